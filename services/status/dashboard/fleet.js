// Fleet: how many are where, what went wrong, how much is happening, and the brake.
import { at, get, may, onceKey, post, me } from "./api.js";
import { fill, h, icon, note, redrawn } from "./dom.js";
import { legend, statusBar } from "./batches.js";
import { lagCard, look, ratesCard } from "./fleet_rates.js";
import { shortTime } from "./format.js";
import { askPause } from "./pausing.js";
import { has, t, tag } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const MINUTES = 30; // that the plot shows
const LOOK_MS = 10000;

/** Columns, one a minute, the newest at the right; its numbers are in the text beside it. */
function plot(values) {
	const svg = document.createElementNS(SVG, "svg");
	const most = Math.max(1, ...values);
	svg.setAttribute("viewBox", `0 0 ${MINUTES * 10} 60`);
	svg.setAttribute("preserveAspectRatio", "none");
	svg.setAttribute("class", "plot");
	svg.setAttribute("role", "img");
	svg.setAttribute("aria-label", `${t("changes_now")}: ${values.at(-1) || 0}`);
	values.forEach((value, i) => {
		const bar = document.createElementNS(SVG, "rect");
		const high = Math.max(1, (value / most) * 56);
		for (const [name, said] of Object.entries({ x: (MINUTES - values.length + i) * 10 + 1, y: 60 - high, width: 8, height: high, rx: 1 }))
			bar.setAttribute(name, said);
		svg.append(bar);
	});
	return svg;
}

const pauseAll = (load) => askPause({ title: t("do_pause"), text: t("do_pause_text"), button: t("pause") },
	(reason) => change({ scope: "tenant", paused: true, reason }, load));

async function change(body, load) {
	try {
		await post(at("pauses"), body, { key: onceKey() });
		await load();
		return true;
	} catch (problem) {
		note(problem.message, true);
		return false;
	}
}

function sending(pauses, load) {
	const stopped = pauses.find((one) => one.scope === "all") || pauses.find((one) => one.scope === "tenant");
	const line = (one) => h("li", null, icon("pause"), h("div", null, h("b", null, one.scope === "all" ? t("paused_all") : one.scope === "tenant" ? t("paused_tenant")
		: t("paused_thing", { scope: t(`scope_${one.scope}`), name: one.name })), h("p", { class: "dim" }, one.reason, one.until && ` · ${t("until", { time: shortTime(one.until) })}`)),
	may("operator") && one.scope !== "provider" && (one.scope !== "all" || me.role === "super") &&
		h("button", { type: "button", onclick: () => change({ scope: one.scope, ...(one.name && { name: one.name }), paused: false }, load) }, icon("play"), t("resume")));
	return h("section", { class: "card" }, h("h2", null, t("pauses")),
		pauses.length ? h("ul", { class: "pauses" }, pauses.map(line)) : h("p", { class: "runs" }, h("span", { class: "dot s-accepted" }), t("running")),
		!stopped && may("operator") && h("button", { type: "button", onclick: () => pauseAll(load) }, icon("pause"), t("pause")));
}

function errorCard(errors, texts) {
	const codes = Object.entries(errors || {}).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
	return h("section", { class: "card" }, h("h2", null, t("errors_by_code")), codes.length
		? h("ul", { class: "codes" }, codes.map(([code, n]) => h("li", null, h("div", null, h("a", { href: `#/users?status=error&code=${code}` }, h("b", null, texts[code]?.text || code)),
			texts[code] && h("p", { class: "dim" }, texts[code].remedy)), h("span", { class: "count big" }, n.toLocaleString(tag())))))
		: h("p", { class: "dim" }, h("b", null, t("no_errors")), " ", t("no_errors_text")));
}

/** What waits, of all organisations: for those who may see all. */
function waitingCard(fleet) {
	const reasons = Object.entries(fleet.reasons).sort((a, b) => b[1] - a[1]);
	return h("section", { class: "card" }, h("h2", null, t("waits")), h("p", { class: "big" }, fleet.waiting.toLocaleString(tag())),
		h("ul", { class: "codes" }, reasons.map(([reason, n]) => h("li", null, h("div", null, has(`why_${reason}`) ? t(`why_${reason}`) : reason), h("span", { class: "count big" }, n.toLocaleString(tag()))))),
		fleet.overdue > 0 && h("p", { class: "bad" }, t("overdue", { n: fleet.overdue })), h("p", { class: "dim small" }, t("waits_hint")));
}

const perMinute = [0]; // for as long as the dashboard is open

setInterval(() => {
	perMinute.push(0);
	perMinute.splice(0, perMinute.length - MINUTES);
}, 60000);

export function heard(changed) {
	perMinute[perMinute.length - 1] += changed;
}

export async function fleetPage({ main, here }) {
	const texts = await get(at("errors"));

	const draw = redrawn({ main, here }, ({ summary, pauses, fleet, processes }) => fill(main, h("div", { class: "head" }, h("h1", null, t("fleet"))),
			h("div", { class: "two even" },
				h("section", { class: "card" }, h("h2", null, t("fleet_now")), h("p", { class: "big" }, t("total", { n: summary.total })), statusBar(summary.counts, summary.total),
					legend(summary.counts, (status) => `#/users?${new URLSearchParams(status === "accepted" ? { tab: "enrolled" } : { status })}`)),
				h("section", { class: "card" }, h("h2", null, t("changes_now")), h("p", { class: "big" }, perMinute.at(-1).toLocaleString(tag())), plot(perMinute), h("p", { class: "dim small" }, t("changes_hint"))),
				sending(pauses.items, load), errorCard(summary.errors, texts), processes && [ratesCard(processes.past), lagCard(processes)], fleet && waitingCard(fleet))));

	async function load() {
		const [summary, pauses, fleet, processes] = await Promise.all([get(at("summary")), get(at("pauses")), me.role === "super" ? get("/v1/fleet") : null, may("operator") ? look() : null]);
		draw({ summary, pauses, fleet, processes, perMinute });
	}
	await load();
	const clock = setInterval(() => load().catch(() => {}), LOOK_MS);
	return { news: () => load().catch(() => {}), leave: () => clearInterval(clock) };
}
