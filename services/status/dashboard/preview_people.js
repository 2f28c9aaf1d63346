// What each person of a batch will get, one after the other: by e-mail and SMS, in each language.
import { at, get } from "./api.js";
import { dialog, fill, h, select } from "./dom.js";
import { addressOf, nameOf } from "./format.js";
import { messageView, render } from "./preview.js";
import { lang, t } from "./words.js";

const PAGE = 50;

/** People by their place: those who are named, or the filter's, read a page at a time. */
function walkOf(target, total) {
	const known = new Map();
	let next;
	return async (place) => {
		if (target.invites && !known.has(place))
			known.set(place, await get(at("invites", target.invites[place])));
		while (target.filter && !known.has(place) && place < total && next !== null) {
			const page = await get(at("invites"), { ...target.filter, limit: PAGE, cursor: next });
			for (const row of page.items)
				known.set(known.size, row);
			next = page.next || null;
		}
		return known.get(place);
	};
}

/** what: {name of the template, refused: by invite, who gets nothing and why, options(): the batch's subject and note}. */
export function previewPeople(target, total, { name: template, refused = new Map(), options = () => ({}) }) {
	const personAt = walkOf(target, total);
	const shown = { place: 0, part: "", asked: 0 };
	const place = h("div", { role: "status" }), who = h("p", { class: "person-of" }), count = h("span", { class: "dim" });
	const language = select({ "aria-label": t("tpl_locale"), onchange: () => { shown.chosen = true; load(); } }, [["en", "English"], ["ru", "Русский"]], lang());
	const step = (by) => h("button", { type: "button", onclick: () => go(by) }, t(by < 0 ? "previous" : "next"));
	const back = step(-1), on = step(1);

	function go(by) {
		shown.place = Math.min(Math.max(shown.place + by, 0), total - 1);
		load();
	}

	/** Who is asked for last is shown, however the answers come. */
	async function load() {
		const asked = ++shown.asked;
		back.disabled = shown.place === 0;
		on.disabled = shown.place >= total - 1;
		count.textContent = t("preview_of", { n: shown.place + 1, total });
		const content = await contentOf().catch((problem) => h("p", { class: "bad" }, problem.message));
		if (asked === shown.asked)
			fill(place, content);
	}

	async function contentOf() {
		const row = await personAt(shown.place);
		if (!row)
			return h("p", { class: "dim" }, t("empty_filter"));
		const name = nameOf(row), address = addressOf(row);
		fill(who, h("b", null, name), address !== name && h("span", { class: "dim" }, ` ${address}`));
		const why = refused.get(row.invite);
		if (why)
			return h("p", { class: "alert" }, t("person_skipped", { why: why.text || why.code }));
		if (!shown.chosen) // as they will get it
			language.value = /^(en|ru)\b/i.exec(row.person?.locale)?.[0].toLowerCase() || lang();
		const { note, subject } = options();
		const made = await render(template, { locale: language.value, invite: row.invite, ...(note && { note }), ...(subject && { subject }) });
		return messageView(made, shown.part || (row.person?.email ? "html" : "sms"), (part) => { shown.part = part; });
	}

	dialog(t("preview_people"), () => [h("div", { class: "row" }, back, count, on, h("span", { class: "grow" }), language), who, place],
		[[t("close"), "", null]], true);
	load();
}
