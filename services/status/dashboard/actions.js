// What is asked of invites, one or many, and the dialogs that ask first.
import { at, get, may, onceKey, post } from "./api.js";
import { choice, dialog, field, fill, h, note } from "./dom.js";
import { addressOf, nameOf } from "./format.js";
import { previewButton } from "./preview.js";
import { previewPeople } from "./preview_people.js";
import { t } from "./words.js";

/** Tells what became of a request: how many were asked, how many skipped. */
export function told(answer) {
	const n = answer.counts ? Object.entries(answer.counts).reduce((sum, [what, k]) => sum + (what === "refused" ? 0 : k), 0) : answer.asked.length;
	const skipped = answer.counts?.refused ?? answer.refused.length;
	note(t("asked", { n }) + (skipped ? ` ${t("refused_some", { n: skipped })}.` : ""));
}

async function attempt(work) {
	try {
		await work();
		return true;
	} catch (problem) {
		note([problem.message, problem.remedy].filter(Boolean).join(" "), true);
		return false;
	}
}

/** One invite is asked something; the dialog says what will happen. */
async function confirm(row, { title, text, go, action, danger, build, options }, reload) {
	const key = onceKey();
	const name = nameOf(row);
	let done = false;
	await dialog(t(title, { name }), () => [h("p", null, t(text)), build?.()], [
		[t(danger ? "keep" : "cancel"), "", null],
		[t(go), danger ? "danger" : "primary", async () => {
			const more = options ? options() : {};
			if (more === null)
				return false;
			done = await attempt(async () => told(await post(at("invites", row.invite, action), more, { key })));
			return done;
		}],
	]);
	if (done)
		reload();
}

function askCorrect(row, reload) {
	const input = h("input", { type: "text", required: true, value: addressOf(row), autocomplete: "off", spellcheck: "false" });
	confirm(row, {
		title: "do_correct", text: "do_correct_text", go: "a_correct", action: "resend", build: () => field(t("new_address"), input),
		options: () => {
			const address = input.value.trim();
			if (!address)
				return input.focus(), null;
			return { recipient: address.includes("@") ? { email: address } : { phone: address } };
		},
	}, reload);
}

function askPassword(row, reload) {
	const sure = h("div");
	fill(sure, h("p", null, previewButton("password", () => ({}), row.invite)), choice(t("do_password_confirm"), {}));
	confirm(row, {
		title: "do_password", text: "do_password_text", go: "a_password", action: "password", build: () => sure,
		options: () => (sure.querySelector("input").checked ? { confirm: true } : (sure.querySelector("input").focus(), null)),
	}, reload);
}

const asks = {
	release: { title: "do_release", text: "do_release_text", go: "a_release", action: "release" },
	resend: { title: "do_resend", text: "do_resend_text", go: "a_resend", action: "resend" },
	again: { title: "do_again", text: "do_again_text", go: "a_again", action: "invite" },
	cancel: { title: "do_cancel", text: "do_cancel_sent", go: "a_cancel", action: "cancel", danger: true },
	cancel_unsent: { title: "do_cancel", text: "do_cancel_unsent", go: "a_cancel", action: "cancel", danger: true },
	sendnow: { title: "do_sendnow", text: "do_sendnow_text", go: "a_sendnow", action: "send-now" },
	forget: { title: "do_forget", text: "do_forget_text", go: "a_forget", action: "forget", danger: true },
};

/** What may be asked in each status, in the order of the menu. */
const byStatus = {
	not_invited: ["release", "cancel_unsent"], waiting: ["sendnow", "cancel_unsent"], invited: ["resend", "correct", "cancel"],
	error: ["resend", "correct", "cancel_unsent"], expired: ["resend", "correct", "cancel"], accepted: [], declined: ["again"], cancelled: ["again"],
};

/** Items for menu(): those that fit the row and the role. */
export function rowActions(row, reload) {
	const own = { correct: () => askCorrect(row, reload) };
	const items = [[t("a_open"), () => { location.hash = `#/invite/${row.invite}`; }]];
	if (!may("operator"))
		return items;
	for (const name of byStatus[row.status] || [])
		items.push([t(own[name] ? "a_correct" : asks[name].go), own[name] || (() => confirm(row, asks[name], reload)), asks[name]?.danger && "danger"]);
	if (!row.forgotten) {
		items.push([t("a_password"), () => askPassword(row, reload)], null);
		items.push([t("a_forget"), () => confirm(row, asks.forget, reload), "danger"]);
	}
	return items;
}

const NAMED = 20; // of those who are skipped for one reason

/** Their names, each leading to the person's page, and how many more there are. */
async function namesOf(refused) {
	const rows = await Promise.all(refused.slice(0, NAMED).map((one) => get(at("invites", one.invite)).catch(() => ({ invite: one.invite }))));
	return [rows.map((row, i) => [i > 0 && ", ", h("a", { href: `#/invite/${row.invite}` }, row.forgotten ? t("forgotten") : nameOf(row))]),
		refused.length > NAMED && ` ${t("and_more", { n: refused.length - NAMED })}`];
}

/** Why some are skipped, and who: names are asked for when somebody wants to see them. */
function skippedList(refused) {
	const reasons = new Map();
	for (const one of refused)
		reasons.has(one.code) ? reasons.get(one.code).push(one) : reasons.set(one.code, [one]);
	const lines = [...reasons.values()].map((all) => {
		const [one] = all, names = h("p", { class: "small" });
		return { all, names, line: h("li", null, h("b", null, `${all.length}: `), one.text || one.code, one.remedy && h("span", { class: "dim" }, ` ${one.remedy}`), names) };
	});
	const told = h("details", { ontoggle: () => told.open && lines.forEach(async ({ all, names }) => names.hasChildNodes() || fill(names, await namesOf(all))) },
		h("summary", null, t("who_skipped")), h("ul", { class: "plain" }, lines.map(({ line }) => line)));
	return told;
}

/** "Invite users (N)": says who gets what, who is skipped and why, then asks. Gives whether it was asked. */
export async function inviteDialog(target, n) {
	const key = onceKey();
	const sums = h("div", { class: "sums", role: "status" }, t("counting"));
	const subject = h("input", { type: "text", maxlength: "200" });
	const words = h("textarea", { rows: "3", maxlength: "2000" });
	const options = () => ({ ...(subject.value.trim() && { subject: subject.value.trim() }), ...(words.value.trim() && { note: words.value.trim() }) });
	const refused = new Map();
	let done = false;
	const box = dialog(t("invite_dialog", { n }), () => [sums,
		field(t("subject"), subject, t("subject_hint")), field(t("note"), words, t("note_hint")),
		h("button", { type: "button", class: "link", onclick: () => previewPeople(target, n, { name: "invite", refused, options }) }, t("preview_people"))], [
		[t("cancel"), "", null],
		[t("send_invitations", { n }), "primary", async () => {
			done = await attempt(async () => told(await post(at("actions"), { action: "invite", ...target, options: options() }, { key })));
			return done;
		}],
	], true);
	const go = document.querySelector("dialog[open] .dialog-foot .primary");
	go.disabled = true;
	try {
		const answer = await post(at("actions"), { action: "invite", ...target, dry_run: true });
		const counts = answer.counts || {};
		for (const one of answer.refused)
			refused.set(one.invite, one);
		const able = ["release", "resend", "request"].reduce((sum, what) => sum + (counts[what] || 0), 0);
		fill(sums, h("h3", null, t("what_happens")), h("ul", { class: "happens" },
			["release", "resend", "request", "refused"].filter((what) => counts[what]).map((what) => h("li", { class: what }, t(`n_${what}`, { n: counts[what] })))),
		able === 0 && h("p", null, t("nothing_to_send")), answer.refused.length > 0 && skippedList(answer.refused));
		go.textContent = t("send_invitations", { n: able });
		go.disabled = able === 0;
	} catch (problem) {
		fill(sums, h("p", { class: "bad" }, problem.message));
	}
	await box;
	return done;
}

const manyAsks = {
	password: { go: "send_password_email", text: "do_password_text", template: "password" },
	cancel: { go: "n_cancel_go", text: "do_cancel_many_text", danger: true },
};

/** The same is asked of many: says of how many, who is skipped and why, then asks. Gives whether it was asked. */
export async function manyDialog(action, target, n) {
	const { go, text, template, danger } = manyAsks[action];
	const key = onceKey();
	const sums = h("div", { class: "sums", role: "status" }, t("counting"));
	const sure = template && choice(t("do_password_confirm"), {});
	const refused = new Map();
	let done = false;
	const agreed = () => !sure || sure.querySelector("input").checked || (sure.querySelector("input").focus(), false);
	const options = sure ? { confirm: true } : {};
	const box = dialog(t("many_dialog", { what: t(go), n }), () => [h("p", null, t(text)), sums,
		template && h("button", { type: "button", class: "link", onclick: () => previewPeople(target, n, { name: template, refused }) }, t("preview_people")), sure], [
		[t(danger ? "keep" : "cancel"), "", null],
		[t(go), danger ? "danger" : "primary", async () => agreed() && (done = await attempt(async () => told(await post(at("actions"), { action, ...target, options }, { key }))))],
	], Boolean(template));
	const button = [...document.querySelectorAll("dialog[open]")].at(-1).querySelector(".dialog-foot button:last-child");
	button.disabled = true;
	try {
		const answer = await post(at("actions"), { action, ...target, options, dry_run: true });
		const able = answer.counts?.[action] || 0;
		for (const one of answer.refused)
			refused.set(one.invite, one);
		fill(sums, h("p", null, able ? t(`many_${action}`, { n: able }) : t("many_none")), answer.refused.length > 0 && skippedList(answer.refused));
		button.disabled = able === 0;
	} catch (problem) {
		fill(sums, h("p", { class: "bad" }, problem.message));
	}
	await box;
	return done;
}

/** Many at once without editing: the failed ones of a batch. */
export async function actMany(action, target, options = {}) {
	const key = onceKey();
	return attempt(async () => told(await post(at("actions"), { action, ...target, options }, { key })));
}
