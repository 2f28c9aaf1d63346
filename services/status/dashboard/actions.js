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

/** Of a password e-mail what sends it has one sent that cannot be recalled. */
const sendsPassword = (row, action) => action === "password" || (row.kind === "password" && ["resend", "invite"].includes(action));

/** The dialog's content, and what is asked beside the action: null = something is still missing. */
function passwordOf(row) {
	const sure = choice(t("do_password_confirm"), {}), box = sure.querySelector("input");
	return { content: [h("p", null, previewButton("password", () => ({}), row.invite)), sure], options: () => (box.checked ? { confirm: true } : (box.focus(), null)) };
}

/** One invite is asked something; the dialog says what will happen. said: what is asked beside the action; field: where more of it is typed. */
async function confirm(row, { title, text, go, action, danger, said, field: typed }, reload) {
	const key = onceKey();
	const password = sendsPassword(row, action) && passwordOf(row);
	const more = () => [said, typed?.options(), password && password.options()];
	let done = false;
	await dialog(t(password && !typed ? "do_password" : title, { name: nameOf(row) }), () => [h("p", null, t(password ? "do_password_text" : text)), typed?.content, password && password.content], [
		[t(danger ? "keep" : "cancel"), "", null],
		[t(go), danger ? "danger" : "primary", async () => {
			const asked = more();
			if (asked.includes(null))
				return false;
			done = await attempt(async () => told(await post(at("invites", row.invite, action), Object.assign({}, ...asked), { key })));
			return done;
		}],
	]);
	if (done)
		reload();
}

function addressField(row) {
	const input = h("input", { type: "text", required: true, value: addressOf(row), autocomplete: "off", spellcheck: "false" });
	return { content: field(t("new_address"), input), options: () => {
		const address = input.value.trim();
		return address ? { recipient: address.includes("@") ? { email: address } : { phone: address } } : (input.focus(), null);
	} };
}

const asks = {
	release: { title: "do_release", text: "do_release_text", go: "a_release", action: "release" },
	resend: { title: "do_resend", text: "do_resend_text", go: "a_resend", action: "resend" },
	correct: { title: "do_correct", text: "do_correct_text", go: "a_correct", action: "resend" },
	again: { title: "do_again", text: "do_again_text", go: "a_again", action: "invite" },
	mark: { title: "do_mark", text: "do_mark_text", go: "a_mark", action: "resolve", said: { as: "sent" } },
	anew: { title: "do_resend", text: "do_anew_text", go: "a_resend", action: "resolve", said: { as: "resend" } },
	cancel: { title: "do_cancel", text: "do_cancel_sent", go: "a_cancel", action: "cancel", danger: true },
	sendnow: { title: "do_sendnow", text: "do_sendnow_text", go: "a_sendnow", action: "send-now" },
	password: { title: "do_password", text: "do_password_text", go: "a_password", action: "password" },
	forget: { title: "do_forget", text: "do_forget_text", go: "a_forget", action: "forget", danger: true },
};

/** What may be asked in each status, in the order of the menu. */
const byStatus = {
	not_invited: ["release", "cancel"], waiting: ["sendnow", "cancel"], invited: ["resend", "correct", "cancel"],
	error: ["resend", "correct", "cancel"], expired: ["resend", "correct", "cancel"], accepted: [], declined: ["again"], cancelled: ["again"],
};

/** Whether it was sent is for who knows to say; a password is made anew at any time. */
const ofUnknown = (row) => ["mark", row.kind === "password" ? "resend" : "anew", "cancel"];

/** What stays of it with the person. */
const cancelText = (row) => (row.kind === "password" ? "do_cancel_password" : row.sent_at || row.invited_at || row.word === "unknown" ? "do_cancel_sent" : "do_cancel_unsent");

/** Items for menu(): those that fit the row and the role. */
export function rowActions(row, reload) {
	const items = [[t("a_open"), () => { location.hash = `#/invite/${row.invite}`; }]];
	const item = (name) => [t(asks[name].go), () => confirm(row, { ...asks[name], ...(name === "cancel" && { text: cancelText(row) }), ...(name === "correct" && { field: addressField(row) }) }, reload), asks[name].danger && "danger"];
	if (!may("operator"))
		return items;
	items.push(...(row.word === "unknown" ? ofUnknown(row) : byStatus[row.status] || []).map(item));
	if (!row.forgotten)
		items.push(item("password"), null, item("forget"));
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

/** Asks those who were counted: where there are more of them by now nobody is asked, and they are counted anew. Gives whether it was asked. */
async function askCounted(body, key, count) {
	try {
		told(await post(at("actions"), body, { key }));
		return true;
	} catch (problem) {
		const more = problem.code === "changed_meanwhile";
		note(more ? t("more_by_now") : [problem.message, problem.remedy].filter(Boolean).join(" "), true);
		if (more)
			await count();
		return false;
	}
}

/** "Invite users (N)": says who gets what, who is skipped and why, then asks. Gives whether it was asked. */
export async function inviteDialog(target, n) {
	const key = onceKey();
	const sums = h("div", { class: "sums", role: "status" }, t("counting"));
	const subject = h("input", { type: "text", maxlength: "200" });
	const words = h("textarea", { rows: "3", maxlength: "2000" });
	const options = () => ({ ...(subject.value.trim() && { subject: subject.value.trim() }), ...(words.value.trim() && { note: words.value.trim() }) });
	const refused = new Map();
	let done = false, counted = n;
	const box = dialog(t("invite_dialog", { n }), () => [sums,
		field(t("subject"), subject, t("subject_hint")), field(t("note"), words, t("note_hint")),
		h("button", { type: "button", class: "link", onclick: () => previewPeople(target, n, { name: "invite", refused, options }) }, t("preview_people"))], [
		[t("cancel"), "", null],
		[t("send_invitations", { n }), "primary", async () => {
			done = await askCounted({ action: "invite", ...target, at_most: counted, options: options() }, key, count);
			return done;
		}],
	], true);
	const go = document.querySelector("dialog[open] .dialog-foot .primary");
	async function count() {
		const answer = await post(at("actions"), { action: "invite", ...target, dry_run: true });
		const counts = answer.counts || {};
		counted = answer.total;
		for (const one of answer.refused)
			refused.set(one.invite, one);
		const able = ["release", "resend", "request"].reduce((sum, what) => sum + (counts[what] || 0), 0);
		fill(sums, h("h3", null, t("what_happens")), h("ul", { class: "happens" },
			["release", "resend", "request", "refused"].filter((what) => counts[what]).map((what) => h("li", { class: what }, t(`n_${what}`, { n: counts[what] })))),
		able === 0 && h("p", null, t("nothing_to_send")), answer.refused.length > 0 && skippedList(answer.refused));
		go.textContent = t("send_invitations", { n: able });
		go.disabled = able === 0;
	}
	go.disabled = true;
	count().catch((problem) => fill(sums, h("p", { class: "bad" }, problem.message)));
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
	let done = false, counted = n;
	const agreed = () => !sure || sure.querySelector("input").checked || (sure.querySelector("input").focus(), false);
	const options = sure ? { confirm: true } : {};
	const box = dialog(t("many_dialog", { what: t(go), n }), () => [h("p", null, t(text)), sums,
		template && h("button", { type: "button", class: "link", onclick: () => previewPeople(target, n, { name: template, refused }) }, t("preview_people")), sure], [
		[t(danger ? "keep" : "cancel"), "", null],
		[t(go), danger ? "danger" : "primary", async () => agreed() && (done = await askCounted({ action, ...target, at_most: counted, options }, key, count))],
	], Boolean(template));
	const button = [...document.querySelectorAll("dialog[open]")].at(-1).querySelector(".dialog-foot button:last-child");
	async function count() {
		const answer = await post(at("actions"), { action, ...target, options, dry_run: true });
		const able = answer.counts?.[action] || 0;
		counted = answer.total;
		for (const one of answer.refused)
			refused.set(one.invite, one);
		fill(sums, h("p", null, able ? t(`many_${action}`, { n: able }) : t("many_none")), answer.refused.length > 0 && skippedList(answer.refused));
		button.disabled = able === 0;
	}
	button.disabled = true;
	count().catch((problem) => fill(sums, h("p", { class: "bad" }, problem.message)));
	await box;
	return done;
}

/** Many at once without editing: the failed ones of a batch. */
export async function actMany(action, target, options = {}) {
	const key = onceKey();
	return attempt(async () => told(await post(at("actions"), { action, ...target, options }, { key })));
}
