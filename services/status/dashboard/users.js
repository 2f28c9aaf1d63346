// The users page: two tabs, a filter panel with counts, the list, and what is done with those who are ticked.
import { at, get, hasKey, may, save } from "./api.js";
import { fill, h, icon, keepFocus, menu } from "./dom.js";
import { TICK_MS, tick, zone } from "./format.js";
import { inviteDialog, manyDialog } from "./actions.js";
import { inviteForm } from "./form.js";
import { filterPanel, lists, pendingOf, readLists } from "./users_filter.js";
import { usersTable } from "./users_table.js";
import { t, tag } from "./words.js";

const PAGE = 50;
const FILLING_MS = 1000;
const STATE = ["tab", "status", "q", "person", "role", "team", "department", "inviter", "batch", "channel", "code", "sent", "expires", "invited", "again", "sort", "order"];
const DAY_MS = 86400000;

const moment = (fromNow) => new Date(Date.now() + fromNow).toISOString();
const spans = {
	sent: { day: () => ({ sent_after: moment(-DAY_MS) }), week: () => ({ sent_after: moment(-7 * DAY_MS) }), old: () => ({ sent_more_than_s: 43200 }) },
	expires: {
		day: () => ({ expires_after: moment(0), expires_before: moment(DAY_MS) }), week: () => ({ expires_after: moment(0), expires_before: moment(7 * DAY_MS) }),
		over: () => ({ expires_before: moment(0) }),
	},
};
/** A name of the organisation's own lists is meant whole; of another text it is the beginning. */
const beginning = (text, known) => (!text || known?.includes(text) ? text : `${text.replace(/\*+$/, "")}*`);

/** What the API is asked for what the address says. */
export function filterOf(state) {
	const tabs = { pending: "pending", enrolled: "accepted" };
	return {
		status: state.status || tabs[state.tab], q: state.q, person: state.person, role: beginning(state.role, lists?.roles), team: beginning(state.team, lists?.teams),
		department: beginning(state.department, lists?.departments), inviter: beginning(state.inviter), batch: state.batch, channel: state.channel, code: state.code,
		invited: state.invited, asked_again: state.again && "true", ...spans.sent[state.sent]?.(), ...spans.expires[state.expires]?.(),
	};
}

function readState(query) {
	const state = Object.fromEntries(STATE.map((name) => [name, query.get(name) || ""]));
	const accepted = state.status === "accepted"; // all of them are enrolled
	return { ...state, tab: state.tab === "enrolled" || accepted ? "enrolled" : "pending", status: accepted ? "" : state.status };
}

function addressOfState(state) {
	const query = new URLSearchParams(STATE.filter((name) => state[name] && !(name === "tab" && state.tab === "pending")).map((name) => [name, state[name]]));
	return `#/users${query.size ? `?${query}` : ""}`;
}

const isFiltered = (state) => STATE.some((name) => !["tab", "sort", "order"].includes(name) && state[name]);

function emptyText(state, { counts, filling }) {
	if (filling)
		return ["filling_empty", "filling_text"];
	if (isFiltered(state))
		return ["empty_filter", "empty_filter_text"];
	return state.tab === "enrolled" && pendingOf(counts) ? ["empty_enrolled", "empty_enrolled_text"] : ["empty_all", "empty_all_text"];
}

export async function usersPage({ main, query, here }) {
	readLists();
	const state = readState(query);
	const chosen = new Set();
	const view = { page: null, cursors: [""], everything: false };
	let asking, again;

	const panel = h("aside", { class: "filters", "aria-label": t("filters") });
	const list = h("div", { class: "list" });
	const bar = h("div", { class: "toolbar" });
	const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": t("users") });
	const people = h("section", { class: "people", id: "people", role: "tabpanel" }, bar, list, h("p", { class: "dim small zone" }, t("zone", { zone })));

	/** Of two questions the later one is answered. Gives whether it was this one. */
	async function load() {
		asking?.abort();
		asking = new AbortController();
		try {
			view.page = await get(at("invites"), { ...filterOf(state), sort: state.sort || undefined, order: state.order || undefined,
				limit: PAGE, cursor: view.cursors.at(-1) }, asking.signal);
		} catch (problem) {
			if (problem.name === "AbortError")
				return false;
			throw problem;
		}
		if (!here.alive)
			return false;
		draw();
		clearTimeout(again);
		if (view.page.filling)
			again = setTimeout(() => load().catch(() => {}), FILLING_MS);
		return true;
	}

	/** Another question; the address keeps it, so that going back and reloading work. */
	async function change(more) {
		if (!here.alive)
			return; // what was typed last was meant for a page that is left
		Object.assign(state, more);
		view.cursors = [""];
		chosen.clear();
		view.everything = false;
		history.replaceState(null, "", addressOfState(state));
		list.setAttribute("aria-busy", "true");
		try {
			await load();
		} finally {
			list.removeAttribute("aria-busy");
		}
	}

	function drawTabs() {
		const counts = view.page.counts;
		const all = { pending: pendingOf(counts), enrolled: counts.accepted || 0 };
		const keys = (event) => {
			if (event.key !== "ArrowLeft" && event.key !== "ArrowRight")
				return;
			change({ tab: state.tab === "pending" ? "enrolled" : "pending", status: "" }).then(() => tabs.querySelector("[aria-selected=true]").focus());
		};
		people.setAttribute("aria-labelledby", `tab-${state.tab}`);
		fill(tabs, ["enrolled", "pending"].map((name) => h("button", {
			type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "people", "aria-selected": String(state.tab === name),
			tabindex: state.tab === name ? "0" : "-1", onkeydown: keys, onclick: () => change({ tab: name, status: "" }),
		}, t(name), " ", h("span", { class: "count" }, all[name].toLocaleString(tag())))));
	}

	/** Once those who are ticked were asked something, nobody is ticked any more. */
	async function ask(dialog) {
		if (!(await dialog))
			return;
		chosen.clear();
		view.everything = false;
		await load();
	}

	const count = () => (view.everything ? view.page.total : chosen.size);

	function drawBar() {
		if (bar.querySelector(".menu:not([hidden])"))
			return; // somebody is choosing from it
		const n = count();
		const able = may("operator") && state.tab === "pending";
		const target = view.everything ? { filter: filterOf(state) } : { invites: [...chosen] };
		fill(bar,
			n > 0 && h("span", { class: "chosen", role: "status" }, t("selected", { n })),
			n > 0 && !view.everything && view.page.total > chosen.size && chosen.size >= view.page.items.length &&
				h("button", { type: "button", class: "link", onclick: () => { view.everything = true; draw(); } }, t("select_all", { n: view.page.total })),
			n > 0 && h("button", { type: "button", class: "link", onclick: () => { chosen.clear(); view.everything = false; draw(); } }, t("clear_selection")),
			h("span", { class: "grow" }),
			!n && h("span", { class: "dim" }, t("total", { n: view.page.total })),
			!n && view.page.filling && h("span", { class: "dim", role: "status" }, t("filling")),
			!n && h("a", { class: "link", href: exportAddress(), download: "", onclick: exportByKey }, icon("down"), t("export")),
			able && n > 0 && menu(h("button", { type: "button" }, t("more"), " ▾"), () => [[t("send_password_email"), () => ask(manyDialog("password", target, n))],
				[t("n_cancel_go"), () => ask(manyDialog("cancel", target, n)), "danger"]]),
			able && h("button", { type: "button", class: "primary", disabled: n === 0, onclick: () => ask(inviteDialog(target, n)) }, t("invite_users", { n })));
	}

	function exportAddress() {
		const url = new URL(at("invites", "export"), location.origin);
		for (const [name, value] of Object.entries(filterOf(state)))
			if (value)
				url.searchParams.set(name, value);
		return url.pathname + url.search;
	}

	/** A link would not send the key. */
	function exportByKey(event) {
		if (!hasKey())
			return;
		event.preventDefault();
		save(at("invites", "export"), filterOf(state), "invites.csv");
	}

	async function turn(cursors) {
		const before = view.cursors;
		view.cursors = cursors;
		try {
			await load() && scrollTo(0, 0);
		} catch (problem) {
			view.cursors = before;
			throw problem;
		}
	}

	/** Its buttons lead from the page that is shown, however often they are pressed before the next one is. */
	function pager() {
		const { cursors } = view, from = (cursors.length - 1) * PAGE;
		if (!view.page.next && !from)
			return null;
		return h("nav", { class: "pager", "aria-label": t("next") },
			h("button", { type: "button", disabled: !from, onclick: () => turn(cursors.slice(0, -1)) }, t("previous")),
			h("span", { class: "dim" }, t("page_of", { from: from + 1, to: from + view.page.items.length, n: view.page.total })),
			h("button", { type: "button", disabled: !view.page.next, onclick: () => turn([...cursors, view.page.next]) }, t("next")));
	}

	function emptyState() {
		const [title, text] = emptyText(state, view.page);
		return h("div", { class: "empty" }, icon("users"), h("h2", null, t(title)), h("p", null, t(text)),
			title === "empty_all" && may("operator") && h("button", { type: "button", class: "primary", onclick: invite }, t("invite_user")),
			title === "empty_filter" && h("button", { type: "button", onclick: clear }, t("clear")));
	}

	const clear = () => change(Object.fromEntries(STATE.filter((name) => !["tab", "sort", "order"].includes(name)).map((name) => [name, ""])));
	const invite = async () => (await inviteForm()) && load();

	const draw = () => keepFocus(main, drawAll);

	function drawAll() {
		drawTabs();
		drawBar();
		panel.draw ??= filterPanel(panel, state, change, clear);
		panel.draw(view.page.counts);
		if (!view.page.items.length && !(isFiltered(state) && list.table)) {
			list.table = undefined;
			fill(list, emptyState());
			return;
		}
		if (!list.table) {
			list.table = usersTable({ state, chosen, view, change, chose: drawBar, reload: load });
			list.foot = h("div");
			fill(list, list.table.element, list.foot);
		}
		list.table.draw();
		fill(list.foot, view.page.items.length ? pager() : emptyState());
	}

	await load();
	if (!here.alive)
		return {};
	fill(main,
		h("div", { class: "head" }, h("h1", null, t("users")),
			may("operator") && h("div", { class: "head-actions" },
				h("a", { class: "button", href: "#/import" }, icon("up"), t("import")),
				h("button", { type: "button", class: "primary", onclick: invite }, icon("plus"), t("invite_user")))),
		tabs,
		h("div", { class: "with-panel" }, panel, people));
	const clock = setInterval(tick, TICK_MS, list);
	return { news: () => load().catch(() => {}), leave: () => { clearInterval(clock); clearTimeout(again); asking?.abort(); } };
}
