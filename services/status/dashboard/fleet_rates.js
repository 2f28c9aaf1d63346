// What the processes of the fleet tell of themselves, now and during the last hour: how much is told by outcome, how far each is behind, why one stands still.
import { get } from "./api.js";
import { h } from "./dom.js";
import { plainWord } from "./format.js";
import { has, t, tag } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const LOOKS = 360; // that a plot shows: an hour, a look every ten seconds
const topics = { dispatcher: "requested", email: "email", sms: "sms", status: "status" };

/** The processes as they are now, and the last hour, which beckon-status has kept. */
export async function look() {
	const [{ items }, past] = await Promise.all([get("/v1/processes"), get("/v1/processes/past")]);
	return { items, past };
}

/** Where it goes on after a look of which nothing is known the pen is lifted. */
function course(values, top) {
	let path = "";
	values.forEach((value, i) => {
		if (value !== null)
			path += `${path && values[i - 1] !== null ? "L" : "M"}${LOOKS - values.length + i} ${19 - (value / top) * 18}h0`;
	});
	return path;
}

/** A line; what it says stands in the cells beside it. */
function plot(values) {
	const svg = document.createElementNS(SVG, "svg");
	const line = document.createElementNS(SVG, "path");
	svg.setAttribute("viewBox", `0 0 ${LOOKS - 1} 20`);
	svg.setAttribute("preserveAspectRatio", "none");
	svg.setAttribute("class", "spark");
	svg.setAttribute("aria-hidden", "true");
	line.setAttribute("d", course(values, Math.max(1, ...values)));
	svg.append(line);
	return svg;
}

const number = (n) => n.toLocaleString(tag());
const now = (values) => (values?.at(-1) ?? null) === null ? "–" : number(values.at(-1));
const most = (values) => number(Math.max(0, ...values));

function table(caption, heads, rows) {
	return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, h("table", { class: "table plain" },
		h("thead", null, h("tr", null, heads.map((one) => h("th", { scope: "col" }, one)))), h("tbody", null, rows)));
}

export function ratesCard({ told }) {
	const words = Object.entries(told).sort(([a], [b]) => a.localeCompare(b));
	return h("section", { class: "card", "data-card": "rates" }, h("h2", null, t("f_rates")), words.length
		? table(t("f_rates"), [t("f_outcome"), t("f_now"), t("f_most"), t("f_course")], words.map(([word, values]) => h("tr", null,
			h("th", { scope: "row" }, has(`w_${word}`) ? plainWord(word) : word), h("td", null, now(values)), h("td", null, most(values)), h("td", { class: "course" }, plot(values)))))
		: h("p", { class: "dim" }, t("f_no_rates")), h("p", { class: "dim small" }, t("f_hour")));
}

export function lagCard({ items, past }) {
	const rows = Object.keys(topics).map((service) => {
		const mine = items.filter((one) => one.service === service), values = past.behind[service] || [];
		return h("tr", { "data-service": service }, h("th", { scope: "row" }, `beckon-${service}`), h("td", null, h("code", null, `topics.${topics[service]}`)),
			h("td", null, mine.length ? number(mine.length) : h("span", { class: "bad" }, t("f_no_process"))),
			h("td", null, now(values)), h("td", { class: "course" }, values.some((one) => one !== null) && plot(values)));
	});
	const still = items.filter((one) => one.waits);
	return h("section", { class: "card", "data-card": "lag" }, h("h2", null, t("f_lag")), table(t("f_lag"), [t("f_service"), t("f_topic"), t("f_processes"), t("f_behind"), t("f_course")], rows),
		still.length > 0 && [h("h3", null, t("f_still")), h("ul", { class: "codes" }, still.map((one) => h("li", null, h("div", null, h("b", null, `${one.service}/${one.name}`), h("p", { class: "bad" }, one.waits)))))]);
}
