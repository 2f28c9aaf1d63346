// One invite: what is known, what has happened, and what can be done.
import { at, get } from "./api.js";
import { fill, h, icon, menu, redrawn } from "./dom.js";
import { TICK_MS, addressOf, countdownText, fullTime, momentText, nameOf, plainWord, shortTime, tick } from "./format.js";
import { rowActions } from "./actions.js";
import { badge, ticked } from "./users_table.js";
import { has, t } from "./words.js";

const tones = { sent: "good", delivered: "good", accepted: "good", error: "bad", undelivered: "bad", unknown: "warn", asked_again: "warn", deferred: "warn", expired: "warn", cancelled: "warn", declined: "warn", refused: "bad" };

function entry(told) {
	const why = told.code && (has(`why_${told.code}`) ? t(`why_${told.code}`) : told.text || told.code);
	return h("li", { class: tones[told.word] || "" }, h("div", { class: "what" }, h("b", null, plainWord(told.word)), why && h("span", null, ` · ${why}`),
		told.generation > 1 && h("span", { class: "dim" }, ` · ${t("generation")} ${told.generation}`)),
	h("div", { class: "dim small" }, momentText(told.at), [told.channel && t(told.channel), told.provider, told.masked].filter(Boolean).map((one) => ` · ${one}`)),
	told.remedy && h("p", { class: "remedy" }, h("b", null, t("what_can_i_do")), " ", told.remedy),
	told.reason && told.reason !== told.text && h("code", { class: "said" }, told.reason));
}

function facts(row) {
	const line = (label, value) => value && [h("dt", null, label), h("dd", null, value)];
	return h("dl", { class: "facts" }, line(t("role"), row.role), line(t("department"), row.department), line(t("teams"), (row.teams || []).join(", ")),
		line(t("inviter"), row.inviter?.name), line(t("batch"), row.batch && h("a", { href: `#/batch/${encodeURIComponent(row.batch.id)}` }, row.batch.id)),
		line(t("invited_column"), ticked(row) || t("no")), line(t("sent"), row.sent_at && fullTime(row.sent_at)), line(t("expires"), row.expires_at && [`${fullTime(row.expires_at)} (`, countdownText(row.expires_at), ")"]),
		line(t("generation"), row.generation), line(t("attempts"), row.attempts), line(t("provider"), row.provider),
		line(t("invite_id"), h("code", null, row.invite)));
}

export async function invitePage({ main, args, here }) {
	const draw = redrawn({ main, here }, (row) => {
		const more = h("button", { type: "button" }, t("actions"), " ▾");
		const history = row.history || [];
		fill(main, h("a", { class: "crumb", href: "#/users" }, "‹ ", t("users")),
			h("div", { class: "head" }, h("div", null, h("h1", null, row.forgotten ? t("forgotten") : nameOf(row)), addressOf(row) !== nameOf(row) && h("p", { class: "dim" }, addressOf(row))),
				h("div", { class: "head-actions" }, badge(row), menu(more, () => rowActions(row, load).slice(1)))),
			row.forgotten && h("p", { class: "alert" }, t("forgotten_text")),
			row.asked_again_at && h("div", { class: "alert wished" }, h("p", null, h("b", null, t("asked_again_at", { time: shortTime(row.asked_again_at) }))), h("p", null, t("asked_again_hint"))),
			row.reason?.remedy && h("div", { class: "alert" }, h("p", null, h("b", null, row.reason.text)), h("p", null, h("b", null, t("what_can_i_do")), " ", row.reason.remedy),
				row.reason.detail && h("p", { class: "small" }, t("relay_said"), ": ", h("code", null, row.reason.detail))),
			h("div", { class: "two" },
				h("section", { class: "card" }, h("h2", null, t("timeline")), history.length
					? h("ol", { class: "timeline" }, [...history].reverse().map(entry)) : h("p", { class: "dim" }, icon("clock"), t("no_history"))),
				h("section", { class: "card" }, h("h2", null, t("facts")), facts(row))));
	});

	const load = async () => draw(await get(at("invites", args[0])));
	await load();
	const clock = setInterval(tick, TICK_MS, main);
	return { news: () => load().catch(() => {}), leave: () => clearInterval(clock) };
}
