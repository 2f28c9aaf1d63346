// Invite User: one address or several, role, department, teams.
import { at, get, onceKey, post } from "./api.js";
import { dialog, field, h, note } from "./dom.js";
import { previewButton } from "./preview.js";
import { refusedTable } from "./import.js";
import { t } from "./words.js";

async function known() {
	try {
		const { settings, defaults } = await get(at("settings"));
		return { ...defaults, ...settings };
	} catch {
		return {};
	}
}

let lists = 0;

/** A select where the organisation has named what there is, else a text with nothing to choose from. */
function named(options, attributes = {}) {
	if (!options?.length)
		return h("input", { type: "text", maxlength: "100", autocomplete: "off", ...attributes });
	return h("select", attributes, [["", t("choose")], ...options.map((one) => [one, one])].map(([value, text]) => h("option", { value }, text)));
}

function teamsOf(settings) {
	const id = `teams-${++lists}`;
	if (!settings.teams?.length)
		return { element: field(t("teams"), h("input", { type: "text", id, autocomplete: "off" })), read: () => document.getElementById(id).value.split(",").map((one) => one.trim()).filter(Boolean) };
	const boxes = settings.teams.map((team) => h("label", { class: "tick" }, h("input", { type: "checkbox", value: team }), team));
	return { element: h("fieldset", { class: "ticks" }, h("legend", null, t("teams")), boxes),
		read: () => boxes.map((box) => box.firstChild).filter((box) => box.checked).map((box) => box.value) };
}

/** Of the addresses those that were refused: the others have been invited. */
function stillToMend(text, { total, refused }) {
	const each = text.split(/[,;\n]/).map((one) => one.trim()).filter(Boolean);
	return each.length === total ? refused.map((one) => each[one.row - 1]).join(", ") : text;
}

/** Gives whether anybody was invited. */
export async function inviteForm() {
	const settings = await known();
	if (document.querySelector("dialog[open]"))
		return false; // pressed twice while that was asked
	const key = onceKey();
	const to = h("textarea", { rows: "2", required: true, autocomplete: "off", spellcheck: "false", autofocus: true, placeholder: "ann@example.com, bob@example.com" });
	const role = named(settings.roles, { required: true });
	const department = named(settings.departments);
	const teams = teamsOf(settings);
	const words = h("textarea", { rows: "3", maxlength: "2000" });
	const wrong = h("div", { role: "alert" });
	let done = false;

	const body = () => ({
		to: to.value, role: role.value, ...(department.value && { department: department.value }),
		...(teams.read().length && { teams: teams.read() }), ...(words.value.trim() && { note: words.value.trim() }), send: "now",
	});
	async function send() {
		for (const control of [to, role])
			if (!control.reportValidity())
				return false;
		try {
			const answer = await post(at("invites"), body(), { key });
			done ||= answer.asked.length > 0;
			if (answer.asked.length)
				note(t("form_done", { n: answer.asked.length }));
			if (!answer.refused.length)
				return true;
			wrong.replaceChildren(h("h3", null, t("form_refused")), refusedTable(answer.refused));
			to.value = stillToMend(to.value, answer);
		} catch (problem) {
			wrong.replaceChildren(h("p", { class: "bad" }, problem.message, " ", problem.remedy));
		}
		return false;
	}

	await dialog(t("form_title"), () => h("form", { onsubmit: (event) => event.preventDefault() },
		field(`${t("form_to")} *`, to, t("form_to_hint")), field(`${t("role")} *`, role),
		field(`${t("department")} (${t("optional")})`, department), teams.element,
		field(`${t("form_note")} (${t("optional")})`, words, t("note_hint")),
		previewButton("invite", () => ({ note: words.value.trim() })), wrong), [
		[t("cancel"), "", null],
		[t("send_invitation"), "primary", send],
	]);
	return done;
}
