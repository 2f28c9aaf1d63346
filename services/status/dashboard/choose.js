// Whom of an import: all of them, but for those who are unticked. Of a longer list some are chosen among the users.
import { at, get } from "./api.js";
import { dialog, fill, h } from "./dom.js";
import { addressOf, nameOf } from "./format.js";
import { t } from "./words.js";

const LISTED = 200;

function lineOf(row, chosen, changed) {
	const box = h("input", { type: "checkbox", checked: true, onchange: () => {
		box.checked ? chosen.add(row.invite) : chosen.delete(row.invite);
		changed();
	} });
	const name = nameOf(row), address = addressOf(row);
	return h("label", { class: "tick" }, box, h("span", null, name, address !== name && h("span", { class: "dim" }, ` ${address}`)));
}

/** Gives {invites} or {filter}, with how many they are, or null where nobody was chosen. */
export async function choosePeople(filter, title) {
	const page = await get(at("invites"), { ...filter, sort: "batch", order: "asc", limit: LISTED });
	if (page.total > page.items.length)
		return { target: { filter }, n: page.total };
	const chosen = new Set(page.items.map((row) => row.invite));
	const said = h("p", { class: "dim", role: "status" });
	let goes = false;
	const button = () => [...document.querySelectorAll("dialog[open]")].at(-1).querySelector(".dialog-foot .primary");
	const changed = () => {
		fill(said, t("selected", { n: chosen.size }));
		button().disabled = chosen.size === 0;
	};
	const list = h("fieldset", { class: "ticks people-of" }, h("legend", null, t("people")), page.items.map((row) => lineOf(row, chosen, changed)));
	const box = dialog(title, () => [h("p", null, t("choose_people")), list, said], [[t("cancel"), "", null], [title, "primary", () => { goes = true; }]]);
	changed();
	await box;
	return goes ? { target: { invites: [...chosen] }, n: chosen.size } : null;
}
