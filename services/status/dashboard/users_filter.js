// The filter panel: statuses with their counts, and what else narrows the list.
import { at, get } from "./api.js";
import { choice, field, fill, h } from "./dom.js";
import { t, tag } from "./words.js";

export const PENDING = ["not_invited", "waiting", "invited", "error", "expired"];
export const ENDED = ["declined", "cancelled"];
const WAIT_MS = 200; // after the last key

export const pendingOf = (counts) => PENDING.reduce((sum, status) => sum + (counts[status] || 0), 0);

export let lists; // roles, departments and teams that the organisation has named
export let known = Promise.resolve(); // when they are
let listsOf; // whose they are

/** Asks for them anew: with each page, since they change. */
export function readLists() {
	const path = at("settings");
	if (listsOf !== path)
		lists = undefined;
	listsOf = path;
	known = get(path).then(({ settings, defaults }) => { lists = { ...defaults, ...settings }; }, () => { lists ??= {}; });
}

function narrowing(name, label, state, change) {
	const options = lists?.[`${name}s`];
	if (options?.length)
		return field(label, h("select", { "data-filter": name, onchange: (event) => change({ [name]: event.target.value }) },
			["", ...options].map((one) => h("option", { value: one, selected: one === state[name] }, one || t("any")))));
	return typed(name, label, state, change);
}

function typed(name, label, state, change, more = {}) {
	let waiting;
	const input = h("input", { type: "search", value: state[name], "data-filter": name, autocomplete: "off", spellcheck: "false", ...more, oninput: () => {
		clearTimeout(waiting);
		waiting = setTimeout(() => change({ [name]: input.value.trim() }), WAIT_MS);
	} });
	return field(label, input);
}

/** What was chosen elsewhere is shown here too; where somebody types nothing is touched. */
export function follow(element, state) {
	for (const control of element.querySelectorAll("[data-filter]")) {
		const said = state[control.dataset.filter];
		if (control.type === "checkbox")
			control.checked = control.value === said;
		else if (control !== document.activeElement && control.value !== said)
			control.value = said;
	}
}

/** Builds the panel into element; gives a function that draws other counts. */
export function filterPanel(element, state, change, clear) {
	const statuses = h("ul", { class: "statuses", "aria-label": t("status") });
	const more = h("div", { class: "more-filters" });
	const opened = matchMedia("(min-width: 60rem)");
	const details = h("details", { open: opened.matches }, h("summary", null, t("filters")),
		typed("q", t("search"), state, change, { placeholder: t("search_hint"), title: t("search_hint") }),
		statuses, more, h("button", { type: "button", class: "link", onclick: clear }, t("clear")));
	const ticked = (name, value, label) => choice(label, { checked: state[name] === value, "data-filter": name, value, onchange: (event) => change({ [name]: event.target.checked ? value : "" }) });

	function build() {
		fill(more, ticked("sent", "old", t("follow_up")), ticked("again", "1", t("asked_again")),
			narrowing("role", t("role"), state, change), narrowing("team", t("team"), state, change),
			narrowing("department", t("department"), state, change), typed("inviter", t("inviter"), state, change),
			typed("batch", t("batch"), state, change),
			field(t("channel"), h("select", { "data-filter": "channel", onchange: (event) => change({ channel: event.target.value }) },
				[["", t("any")], ["email", t("email")], ["sms", t("sms")]].map(([v, text]) => h("option", { value: v, selected: v === state.channel }, text)))));
	}

	fill(element, details);
	build();
	known.then(build);
	return (counts) => {
		follow(details, state);
		const all = state.tab === "enrolled" ? [["", counts.accepted || 0]]
			: [["", pendingOf(counts)], ...[...PENDING, ...ENDED].map((status) => [status, counts[status] || 0])];
		fill(statuses, all.map(([status, n]) => h("li", null, h("button", {
			type: "button", "data-status": status, "aria-pressed": String(state.status === status), onclick: () => change({ status }),
		}, h("span", { class: `dot s-${status || "all"}` }), h("span", null, t(`s_${status || "all"}`)), h("span", { class: "count" }, n.toLocaleString(tag()))))));
	};
}
