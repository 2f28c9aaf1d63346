// What the processes of the fleet tell of themselves: how much is told by outcome, how far each is behind, why one stands still.
import { get } from "./api.js";
import { h } from "./dom.js";
import { plainWord } from "./format.js";
import { has, t, tag } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const KEPT = 60; // looks that a plot shows
const topics = { dispatcher: "requested", email: "email", sms: "sms", status: "status" };
const lags = { dispatcher: "beckon_lag", email: "beckon_lag", sms: "beckon_lag", status: "beckon_view_lag" };

let before; // the last look: {at, told: process -> word -> so many}
const rates = new Map(); // word -> a minute, look by look
const behind = new Map(); // service -> records, look by look

function keep(map, name, value, looks) {
	if (!map.has(name))
		map.set(name, Array(Math.min(looks, KEPT - 1)).fill(0));
	map.get(name).push(value);
	map.get(name).splice(0, map.get(name).length - KEPT);
}

const valuesOf = (process, name) => process.metrics.filter((one) => one.name === name);

function countWords(processes) {
	const told = new Map();
	for (const one of processes) {
		const words = {};
		for (const sample of valuesOf(one, "beckon_outcomes_total"))
			words[sample.labels.word] = (words[sample.labels.word] || 0) + sample.value;
		told.set(`${one.service}/${one.name}`, words);
	}
	return told;
}

/** What came since the last look, a minute. A process that began anew counts from nothing. */
function noteRates(told, minutes) {
	const sums = {};
	for (const [name, words] of told)
		for (const [word, n] of Object.entries(words)) {
			const was = before.told.get(name)?.[word] ?? 0;
			sums[word] = (sums[word] || 0) + (n >= was ? n - was : n);
		}
	const looks = Math.max(0, ...[...rates.values()].map((list) => list.length));
	for (const word of new Set([...rates.keys(), ...Object.keys(sums).filter((one) => sums[one])]))
		keep(rates, word, (sums[word] || 0) / minutes, looks);
}

function noteLag(processes) {
	for (const [service, metric] of Object.entries(lags)) {
		const mine = processes.filter((one) => one.service === service);
		if (mine.length)
			keep(behind, service, mine.reduce((sum, one) => sum + valuesOf(one, metric).reduce((all, sample) => all + Math.max(0, sample.value), 0), 0), 0);
	}
}

/** Asks once more; gives the processes. */
export async function look() {
	const { items } = await get("/v1/processes");
	const now = performance.now(), told = countWords(items);
	if (before && now - before.at > 1000)
		noteRates(told, (now - before.at) / 60000);
	if (!before || now - before.at > 1000) {
		noteLag(items);
		before = { at: now, told };
	}
	return items;
}

/** A line with its area; what it says stands in the cell beside it. */
function plot(values) {
	const svg = document.createElementNS(SVG, "svg");
	const line = document.createElementNS(SVG, "polyline");
	const most = Math.max(1, ...values);
	svg.setAttribute("viewBox", `0 0 ${KEPT - 1} 20`);
	svg.setAttribute("preserveAspectRatio", "none");
	svg.setAttribute("class", "spark");
	svg.setAttribute("aria-hidden", "true");
	line.setAttribute("points", values.map((value, i) => `${KEPT - values.length + i},${19 - (value / most) * 18}`).join(" "));
	svg.append(line);
	return svg;
}

const number = (n) => n.toLocaleString(tag(), { maximumFractionDigits: n < 10 ? 1 : 0 });
const most = (values) => number(Math.max(0, ...values));

function table(caption, heads, rows) {
	return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, h("table", { class: "table plain" },
		h("thead", null, h("tr", null, heads.map((one) => h("th", { scope: "col" }, one)))), h("tbody", null, rows)));
}

export function ratesCard() {
	const words = [...rates].sort(([a], [b]) => a.localeCompare(b));
	return h("section", { class: "card", "data-card": "rates" }, h("h2", null, t("f_rates")), words.length
		? table(t("f_rates"), [t("status"), t("f_now"), t("f_most"), t("f_course")], words.map(([word, values]) => h("tr", null,
			h("th", { scope: "row" }, has(`w_${word}`) ? plainWord(word) : word), h("td", null, number(values.at(-1))), h("td", null, most(values)), h("td", { class: "course" }, plot(values)))))
		: h("p", { class: "dim" }, t("f_no_rates")), h("p", { class: "dim small" }, t("changes_hint")));
}

export function lagCard(processes) {
	const rows = Object.keys(topics).map((service) => {
		const mine = processes.filter((one) => one.service === service), values = behind.get(service) || [];
		return h("tr", { "data-service": service }, h("th", { scope: "row" }, `beckon-${service}`), h("td", null, h("code", null, `topics.${topics[service]}`)),
			h("td", null, mine.length ? number(mine.length) : h("span", { class: "bad" }, t("f_no_process"))),
			h("td", null, mine.length ? number(values.at(-1) ?? 0) : "–"), h("td", { class: "course" }, mine.length > 0 && plot(values)));
	});
	const still = processes.filter((one) => one.waits);
	return h("section", { class: "card", "data-card": "lag" }, h("h2", null, t("f_lag")), table(t("f_lag"), [t("f_service"), t("f_topic"), t("f_processes"), t("f_behind"), t("f_course")], rows),
		still.length > 0 && [h("h3", null, t("f_still")), h("ul", { class: "codes" }, still.map((one) => h("li", null, h("div", null, h("b", null, `${one.service}/${one.name}`), h("p", { class: "bad" }, one.waits)))))]);
}
