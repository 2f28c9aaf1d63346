// Import: a CSV file is looked at first, its faults are shown beside the rows; then the Import Summary.
import { at, onceKey, post } from "./api.js";
import { choice, dialog, fill, h, icon, menu } from "./dom.js";
import { actMany, inviteDialog } from "./actions.js";
import { money, shortTime } from "./format.js";
import { previewPeople } from "./preview_people.js";
import { t, tag } from "./words.js";

const SHOWN = 200; // rows with faults

export function refusedTable(refused) {
	const withRow = refused.some((one) => one.row);
	return h("div", { class: "scroll", tabindex: "0" }, h("table", { class: "table plain" },
		h("thead", null, h("tr", null, withRow && h("th", { scope: "col" }, t("row")), h("th", { scope: "col" }, t("problem")), h("th", { scope: "col" }, t("remedy")))),
		h("tbody", null, refused.slice(0, SHOWN).map((one) => h("tr", null,
			withRow && h("th", { scope: "row" }, one.row, one.column && h("span", { class: "dim" }, ` ${one.column}`)),
			h("td", null, one.text || one.code, one.detail && h("code", { class: "said" }, one.detail)), h("td", null, one.remedy || ""))))));
}

function summary(place, answer, again) {
	const n = answer.total - (answer.counts?.refused ?? answer.refused.length);
	const target = { filter: { batch: answer.batch, status: "not_invited" } };
	const password = () => dialog(t("send_password_email"), () => [h("p", null, t("do_password_text")),
		h("button", { type: "button", class: "link", onclick: () => previewPeople(target, n, { name: "password" }) }, t("preview_people"))], [
		[t("cancel"), "", null], [t("send_password_email"), "primary", () => actMany("password", target, { confirm: true })]]);
	const button = h("button", { type: "button", class: "primary" }, t("invite_users_plain"), " ▾");
	const sum = (label, value, kind) => h("div", { class: `sum ${kind}` }, h("dt", null, label), h("dd", null, value.toLocaleString(tag())));
	fill(place, h("section", { class: "card", "aria-labelledby": "summary" }, h("h2", { id: "summary" }, t("import_summary")),
		h("dl", { class: "sum-row" }, sum(t("added"), n, "good"), sum(answer.sends ? t("sending") : t("held"), n, ""), sum(t("refused"), answer.total - n, answer.total - n ? "bad" : "")),
		answer.finished_at && answer.sends && h("p", { class: "dim" }, t("finish_at", { time: shortTime(answer.finished_at) })),
		h("div", { class: "row" }, !answer.sends && n > 0 && menu(button, () => [[t("send_invite_email"), () => inviteDialog(target, n)], [t("send_password_email"), password]]),
			h("a", { class: "button", href: `#/batch/${encodeURIComponent(answer.batch)}` }, t("show_people")),
			h("button", { type: "button", class: "link", onclick: again }, t("another_file")))),
	answer.refused.length > 0 && h("section", { class: "card" }, h("h2", null, t("bad_rows", { n: answer.refused.length })), refusedTable(answer.refused)));
	place.querySelector("button, a")?.focus();
}

/** What the SMS of a list cost by currency, and of how many nobody knows. */
function costWords({ costs, unpriced }) {
	const known = costs.map(money).join(" + ");
	return [known && t("import_cost", { cost: known }), unpriced > 0 && t("import_no_price", { n: unpriced })].filter(Boolean).join(" ");
}

export async function importPage({ main }) {
	const place = h("div");
	const file = h("input", { type: "file", accept: ".csv,text/csv", class: "unseen", id: "file", onchange: () => file.files[0] && look(file.files[0]) });
	const send = (text, query, key) => post(at("invites", "import"), text, { query, key, type: "text/csv" });

	async function look(chosen) {
		const text = await chosen.text();
		fill(place, h("p", { class: "loading", role: "status" }, t("loading")));
		try {
			checked(chosen.name, text, await send(text, { dry_run: "true" }));
		} catch (problem) {
			fill(place, h("p", { class: "alert", role: "alert" }, problem.message, " ", problem.remedy));
		}
	}

	function checked(name, text, answer) {
		const bad = answer.counts?.refused ?? answer.refused.length, good = answer.total - bad;
		const key = onceKey();
		const invite = choice(t("send_with_import"), {}, t("send_with_import_hint"));
		const go = h("button", { type: "button", class: "primary", disabled: good === 0, onclick: async () => {
			go.disabled = true;
			try {
				const now = invite.querySelector("input").checked;
				summary(place, await send(text, { send: now ? "now" : "hold" }, key), () => { drop.hidden = false; fill(place); file.value = ""; file.focus(); });
				drop.hidden = true;
			} catch (problem) {
				go.disabled = false;
				go.after(h("p", { class: "alert", role: "alert" }, problem.message, " ", problem.remedy));
			}
		} }, t("import_good", { n: good }));
		fill(place, h("section", { class: "card" }, h("h2", null, name), h("p", { role: "status" }, t("checked", { good, n: answer.total })),
			answer.columns_unused && h("p", { class: "dim" }, t("columns_unused", { names: answer.columns_unused })),
			answer.sms && h("p", { class: answer.sms.most > answer.sms.cap ? "alert" : "dim" }, t("import_sms", { n: answer.sms.messages, segments: answer.sms.segments, most: answer.sms.most, cap: answer.sms.cap })),
			answer.sms && h("p", { class: "dim" }, costWords(answer.sms)),
			answer.finished_at && h("p", { class: "dim" }, t("finish_at", { time: shortTime(answer.finished_at) })), invite, h("div", { class: "row" }, go)),
		bad > 0 && h("section", { class: "card" }, h("h2", null, t("bad_rows", { n: bad })), h("p", { class: "dim" }, t("file_rest")), refusedTable(answer.refused)));
	}

	const drop = h("div", { class: "drop" }, icon("up"), h("p", null, t("drop")), h("p", { class: "dim small" }, t("drop_hint")),
		file, h("label", { class: "button", for: "file" }, t("choose_file")));
	drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
	drop.addEventListener("dragleave", () => drop.classList.remove("over"));
	drop.addEventListener("drop", (event) => {
		event.preventDefault();
		drop.classList.remove("over");
		if (event.dataTransfer.files[0])
			look(event.dataTransfer.files[0]);
	});
	fill(main, h("div", { class: "head" }, h("h1", null, t("import_title"))), drop, place);
	return {};
}
