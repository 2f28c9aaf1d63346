// The list of people. Rows are kept while they say the same, so that news leave alone what somebody is at.
import { may } from "./api.js";
import { fill, h, icon, menu } from "./dom.js";
import { addressOf, countdownText, momentText, nameOf, shortTime, wordsOf } from "./format.js";
import { rowActions } from "./actions.js";
import { PENDING, ENDED, follow, known, lists } from "./users_filter.js";
import { t } from "./words.js";

const columns = [
	["person", "name"], ["role", "role"], ["team", "team"], ["inviter", "inviter"], ["sent", "sent"], ["expires", "expires"],
	["status", "status"], ["invited_column", "invited"],
];

const WAIT_MS = 250; // after the last key
const any = (...options) => [["", t("any")], ...options];

/** What each column is narrowed by, and the choices where there are few. */
const narrowed = {
	person: ["person"], role: ["role", () => lists?.roles], team: ["team", () => lists?.teams], inviter: ["inviter"],
	sent: ["sent", () => any(["day", t("sent_day")], ["week", t("sent_week")], ["old", t("sent_old")])],
	expires: ["expires", () => any(["day", t("expires_day")], ["week", t("expires_week")], ["over", t("expires_over")])],
	status: ["status", (state) => any(...(state.tab === "enrolled" ? [] : [...PENDING, ...ENDED]).map((one) => [one, t(`s_${one}`)]))],
	invited_column: ["invited", () => any(["true", t("yes")], ["false", t("no")])],
};

/** The control that narrows a column: a choice where the values are known, else what it begins with. */
function narrowing(word, state, change) {
	const [name, known] = narrowed[word];
	const options = known?.(state)?.map((one) => (Array.isArray(one) ? one : [one, one]));
	const label = t("filter_by", { column: t(word) });
	let waiting;
	if (options?.length)
		return h("select", { "aria-label": label, "data-filter": name, onchange: (event) => change({ [name]: event.target.value }) },
			(options[0][0] ? any(...options) : options).map(([value, text]) => h("option", { value, selected: value === state[name] }, text)));
	const input = h("input", { type: "search", "aria-label": label, "data-filter": name, value: state[name], autocomplete: "off", spellcheck: "false", oninput: () => {
		clearTimeout(waiting);
		waiting = setTimeout(() => change({ [name]: input.value.trim() }), WAIT_MS);
	} });
	return input;
}

/** The state's badge, and below it what the person wishes. */
export function badge(row) {
	return [stateBadge(row), row.kind === "password" && h("span", { class: "kind small" }, t("kind_password")), row.asked_again_at && h("span", { class: "wish small", title: t("asked_again_at", { time: shortTime(row.asked_again_at) }) }, t("w_asked_again"))];
}

function stateBadge(row) {
	return h("span", { class: `badge s-${row.status}` }, h("span", { class: `dot s-${row.status}` }), wordsOf(row));
}

function expiry(row) {
	if (!row.expires_at || !["invited", "waiting"].includes(row.status))
		return row.status === "expired" ? momentText(row.expires_at || row.updated_at) : "";
	return countdownText(row.expires_at);
}

/** The tick "User invited" with its date; "" where nothing was sent, or where it failed or is sent again only now. */
export function ticked(row) {
	if (!row.invited_at || ["waiting", "error"].includes(row.status))
		return "";
	return h("span", { class: "ticked" }, icon("check"), momentText(row.invited_at));
}

export function usersTable({ state, chosen, view, change, chose, reload }) {
	const body = h("tbody");
	const heads = h("tr");
	const narrow = h("tr", { class: "narrow-by" });
	const all = h("input", { type: "checkbox", "aria-label": t("select_page"), onchange: () => {
		leaveOthers();
		for (const row of view.page.items)
			all.checked ? chosen.add(row.invite) : chosen.delete(row.invite);
		for (const box of body.querySelectorAll("input[type=checkbox]"))
			box.checked = all.checked;
		chose();
	} });
	const pickable = may("operator");
	const rows = new Map();

	/** Who takes one away from all that match is left with those in sight. */
	function leaveOthers() {
		if (!view.everything)
			return;
		view.everything = false;
		chosen.clear();
		for (const row of view.page.items)
			chosen.add(row.invite);
	}

	function tickAll() {
		const n = view.page.items.filter((row) => chosen.has(row.invite)).length;
		all.checked = view.everything || (n > 0 && n === view.page.items.length);
		all.indeterminate = !view.everything && n > 0 && n < view.page.items.length;
	}

	function sorting(word, sort) {
		const by = state.sort === sort;
		const order = by ? state.order || "desc" : "";
		const flip = () => change({ sort, order: order === "asc" ? "desc" : "asc" });
		return h("th", { scope: "col", class: `c-${word}`, "aria-sort": by ? `${order}ending` : null },
			h("button", { type: "button", class: "sort", "data-sort": sort, title: t("sort_by", { column: t(word) }), onclick: flip },
				t(word), h("span", { class: "arrow", "aria-hidden": "true" }, by ? (order === "asc" ? "▲" : "▼") : "")));
	}

	function drawHeads() {
		fill(heads, pickable && h("th", { scope: "col", class: "pick" }, all), columns.map(([word, sort]) => sorting(word, sort)),
			h("th", { scope: "col", class: "row-menu" }, h("span", { class: "unseen" }, t("actions"))));
	}

	function drawNarrowing() {
		fill(narrow, pickable && h("td", { class: "pick" }), columns.map(([word]) => h("td", null, narrowing(word, state, change))), h("td", { class: "row-menu" }));
		narrow.tab = state.tab;
	}

	function make(row) {
		const name = nameOf(row), address = addressOf(row);
		const box = h("input", { type: "checkbox", "aria-label": t("select_one", { name }), checked: view.everything || chosen.has(row.invite), onchange: () => {
			leaveOthers();
			box.checked ? chosen.add(row.invite) : chosen.delete(row.invite);
			tickAll();
			chose();
		} });
		const more = h("button", { type: "button", class: "quiet square", "aria-label": `${t("actions")}: ${name}` }, icon("more"));
		const cell = (word, ...content) => h("td", { "data-label": t(word) }, content);
		return h("tr", { "data-invite": row.invite },
			pickable && h("td", { class: "pick" }, box),
			h("th", { scope: "row", class: "person" }, h("a", { href: `#/invite/${row.invite}` }, row.forgotten ? t("forgotten") : name),
				address && address !== name && h("span", { class: "dim", title: address }, address)),
			cell("role", row.role), cell("team", (row.teams || []).join(", ")), cell("inviter", row.inviter?.name),
			cell("sent", row.sent_at && momentText(row.sent_at)), cell("expires", expiry(row)), cell("status", badge(row)),
			cell("invited_column", ticked(row)), h("td", { class: "row-menu" }, menu(more, () => rowActions(row, reload))));
	}

	function draw() {
		const said = new Set();
		drawHeads();
		if (narrow.tab !== state.tab)
			drawNarrowing();
		follow(narrow, state);
		const wanted = view.page.items.map((row) => {
			const text = JSON.stringify(row) + t("app") + document.documentElement.lang;
			const known = rows.get(row.invite);
			said.add(row.invite);
			if (known?.text !== text)
				rows.set(row.invite, { text, element: make(row) });
			const element = rows.get(row.invite).element;
			const box = element.querySelector("input[type=checkbox]");
			if (box)
				box.checked = view.everything || chosen.has(row.invite);
			return element;
		});
		for (const name of rows.keys())
			if (!said.has(name))
				rows.delete(name);
		if (wanted.length !== body.children.length || wanted.some((element, i) => body.children[i] !== element))
			body.replaceChildren(...wanted);
		tickAll();
	}

	known.then(drawNarrowing);
	return { element: h("table", { class: "table" }, h("thead", null, heads, narrow), body), draw };
}
