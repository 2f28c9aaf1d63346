// Import: a CSV file is looked at first, its faults are shown beside the rows; then the Import Summary.
import { at, get, onceKey, post } from "./api.js";
import { choice, fill, h, icon, menu } from "./dom.js";
import { inviteDialog, manyDialog } from "./actions.js";
import { choosePeople } from "./choose.js";
import { money, shortTime } from "./format.js";
import { t, tag } from "./words.js";

const SHOWN = 200; // rows with faults
const LOOK_MS = 300;
const STILL_MS = 5000; // without one more of those who were imported: no more come

export function refusedTable(refused) {
	const withRow = refused.some((one) => one.row);
	return h("div", { class: "scroll", tabindex: "0" }, h("table", { class: "table plain refusals" },
		h("thead", null, h("tr", null, withRow && h("th", { scope: "col" }, t("row")), h("th", { scope: "col" }, t("problem")), h("th", { scope: "col" }, t("remedy")))),
		h("tbody", null, refused.slice(0, SHOWN).map((one) => h("tr", null,
			withRow && h("th", { scope: "row" }, one.row, one.column && h("span", { class: "dim" }, ` ${one.column}`)),
			h("td", null, one.text || one.code, one.detail && h("code", { class: "said" }, one.detail), one.holder && [" ", h("a", { href: `#/invite/${one.holder}` }, t("a_open"))]), h("td", null, one.remedy || ""))))));
}

/** The Import Summary: what became of the rows, and what may be sent to those who wait. Gives how to draw it anew when there is news. */
function summary(place, answer, again) {
	const n = answer.total - (answer.counts?.refused ?? answer.refused.length);
	const filter = { batch: answer.batch, status: "not_invited" };
	const button = h("button", { type: "button", class: "primary" }, t("invite_users_plain"), " ▾");
	const sum = (label, value, kind) => h("div", { class: `sum ${kind}` }, h("dt", null, label), h("dd", null, value.toLocaleString(tag())));
	const sums = h("dl", { class: "sum-row" });
	const offer = menu(button, () => ["send_invite_email", "send_password_email"].map((what) => [t(what), () => choose(what)]));
	offer.hidden = answer.sends || n === 0;

	const draw = (held, sent) => fill(sums, sum(t("added"), n, "good"), held > 0 && sum(t("held"), held, ""), sent > 0 && sum(answer.sends ? t("sending") : t("s_invited"), sent, ""),
		sum(t("refused"), answer.total - n, answer.total - n ? "bad" : ""));
	async function refresh() {
		const { counts, total } = await get(at("batches", answer.batch));
		if (answer.sends || total < n)
			return; // not all of them are shown yet
		draw(counts.not_invited || 0, total - (counts.not_invited || 0));
		offer.hidden = !counts.not_invited;
	}

	/** Who was imported is taken in one after the other: until all of them are there to be chosen from. */
	async function takenIn() {
		let seen = 0;
		for (let since = Date.now(); seen < n && Date.now() - since < STILL_MS;) {
			const { total } = await get(at("batches", answer.batch)).catch(() => ({ total: 0 }));
			if (total > seen)
				[seen, since] = [total, Date.now()];
			if (seen < n)
				await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
		}
	}

	let waits = false;
	async function choose(what) {
		if (waits)
			return;
		waits = true;
		await takenIn();
		waits = false;
		if (!place.isConnected)
			return; // somebody has gone elsewhere
		const chosen = await choosePeople(filter, t(what));
		if (chosen)
			await (what === "send_invite_email" ? inviteDialog(chosen.target, chosen.n) : manyDialog("password", chosen.target, chosen.n));
	}

	draw(answer.sends ? 0 : n, answer.sends ? n : 0);
	fill(place, h("section", { class: "card", "aria-labelledby": "summary" }, h("h2", { id: "summary" }, t("import_summary")), sums,
		answer.finished_at && answer.sends && h("p", { class: "dim" }, t("finish_at", { time: shortTime(answer.finished_at) })),
		h("div", { class: "row" }, offer, h("a", { class: "button", href: `#/batch/${encodeURIComponent(answer.batch)}` }, t("show_progress")),
			h("button", { type: "button", class: "link", onclick: again }, t("another_file")))),
	answer.refused.length > 0 && h("section", { class: "card" }, h("h2", null, t("bad_rows", { n: answer.refused.length })), refusedTable(answer.refused)));
	place.querySelector("button:not([hidden] *), a")?.focus();
	return refresh;
}

/** What the SMS of a list cost by currency, and of how many nobody knows. */
function costWords({ costs, unpriced }) {
	const known = costs.map(money).join(" + ");
	return [known && t("import_cost", { cost: known }), unpriced > 0 && t("import_no_price", { n: unpriced })].filter(Boolean).join(" ");
}

/** UTF-8, or UTF-16 that says so; null: something else, of which nobody knows what it means. */
async function textOf(file) {
	const bytes = new Uint8Array(await file.arrayBuffer());
	const encoding = { "255,254": "utf-16le", "254,255": "utf-16be" }[bytes.slice(0, 2).join()] || "utf-8";
	try {
		return new TextDecoder(encoding, { fatal: true }).decode(bytes);
	} catch {
		return null;
	}
}

export async function importPage({ main }) {
	const place = h("div");
	let news = () => {}, looked = 0;
	const file = h("input", { type: "file", accept: ".csv,text/csv", class: "unseen", id: "file", onchange: () => {
		const [chosen] = file.files;
		file.value = ""; // else the same file, mended, is none that was chosen anew
		chosen && look(chosen);
	} });
	const send = (text, query, key) => post(at("invites", "import"), text, { query, key, type: "text/csv" });

	async function look(chosen) {
		const mine = ++looked; // of two files the one that was chosen last
		const text = await textOf(chosen);
		if (mine !== looked)
			return;
		news = () => {};
		const fault = text === null ? [t("not_utf8"), " ", t("not_utf8_what")] : !text.trim() && [t("import_empty"), " ", t("drop_hint")];
		if (fault) {
			fill(place, h("p", { class: "alert", role: "alert" }, fault));
			return;
		}
		fill(place, h("p", { class: "loading", role: "status" }, t("loading")));
		try {
			const answer = await send(text, { dry_run: "true" });
			mine === looked && checked(chosen.name, text, answer);
		} catch (problem) {
			if (mine !== looked)
				return;
			const why = problem.code === "invalid" ? t("import_bad", { why: problem.message }) : problem.message;
			fill(place, h("p", { class: "alert", role: "alert" }, why, " ", problem.remedy || t("drop_hint")));
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
				news = summary(place, await send(text, { send: now ? "now" : "hold" }, key), () => { drop.hidden = false; fill(place); file.focus(); });
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
	const page = new AbortController(), { signal } = page;
	/* Beside its place a file would be opened by the browser, in the dashboard's stead. */
	addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); }, { signal });
	addEventListener("dragleave", (event) => event.relatedTarget || drop.classList.remove("over"), { signal });
	addEventListener("drop", (event) => {
		const [dropped] = event.dataTransfer.files;
		event.preventDefault();
		drop.classList.remove("over");
		if (dropped && !drop.hidden)
			look(dropped);
	}, { signal });
	fill(main, h("div", { class: "head" }, h("h1", null, t("import_title"))), drop, place);
	return { news: () => news()?.catch(() => {}), leave: () => page.abort() };
}
