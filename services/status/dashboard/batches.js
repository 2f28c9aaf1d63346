// Batches: how far each is, what went wrong, and sending again those that failed.
import { at, get, may, onceKey, post } from "./api.js";
import { fill, h, icon, note, redrawn } from "./dom.js";
import { actMany } from "./actions.js";
import { momentText } from "./format.js";
import { askPause } from "./pausing.js";
import { t, tag } from "./words.js";

const order = ["accepted", "invited", "waiting", "not_invited", "expired", "declined", "cancelled", "error"];
const stateWords = { held: "batch_held", sending: "batch_sending", finished: "batch_finished", finished_with_errors: "batch_errors" };

const sentOf = (counts) => ["accepted", "invited", "expired", "declined"].reduce((sum, status) => sum + (counts[status] || 0), 0);

/** A bar of all statuses, each as wide as it is many; said in words for those who do not see it. */
export function statusBar(counts, total) {
	const parts = order.filter((status) => counts[status]);
	return h("div", { class: "bar-of", role: "img", "aria-label": parts.map((status) => `${t(`s_${status}`)}: ${counts[status]}`).join(", ") },
		parts.length > 0 && drawn(parts, counts, total));
}

const SVG = "http://www.w3.org/2000/svg";

/* Widths are attributes of a drawing: a style attribute is what the policy forbids. */
function drawn(parts, counts, total) {
	const svg = document.createElementNS(SVG, "svg");
	let at = 0;
	svg.setAttribute("viewBox", "0 0 1000 10");
	svg.setAttribute("preserveAspectRatio", "none");
	for (const status of parts) {
		const rect = document.createElementNS(SVG, "rect");
		const wide = (counts[status] / Math.max(1, total)) * 1000;
		for (const [name, value] of Object.entries({ x: at, y: 0, width: Math.max(wide - 2, 1), height: 10, class: `s-${status}` }))
			rect.setAttribute(name, value);
		svg.append(rect);
		at += wide;
	}
	return svg;
}

export function legend(counts, href) {
	return h("ul", { class: "legend" }, order.filter((status) => counts[status]).map((status) => h("li", null, h("a", { href: href(status) },
		h("span", { class: `dot s-${status}` }), t(`s_${status}`), h("b", null, counts[status].toLocaleString(tag()))))));
}

const badgeOf = (batch, paused) => (paused ? h("span", { class: "badge paused" }, t("batch_paused")) : h("span", { class: `badge ${batch.state}` }, t(stateWords[batch.state])));

export async function batchesPage({ main, here }) {
	const draw = redrawn({ main, here }, ({ items }) => fill(main, h("div", { class: "head" }, h("h1", null, t("batches"))),
			items.length ? h("div", { class: "cards" }, items.map((batch) => h("section", { class: "card" },
				h("div", { class: "card-head" }, h("h2", null, h("a", { href: `#/batch/${encodeURIComponent(batch.batch)}` }, batch.batch)), badgeOf(batch)),
				statusBar(batch.counts, batch.total), h("p", { class: "dim" }, t("total", { n: batch.total }), " · ",
					t("batch_sum", { sent: sentOf(batch.counts), n: batch.counts.error || 0 }), batch.updated_at && [" · ", momentText(batch.updated_at)]))))
				: h("div", { class: "empty" }, icon("list"), h("h2", null, t("no_batches")), h("p", null, t("no_batches_text")), h("a", { class: "button primary", href: "#/import" }, t("import")))));

	const load = async () => draw(await get(at("batches")));
	await load();
	return { news: () => load().catch(() => {}) };
}

/** What is not there is nothing; every other problem stays one. */
function missing(problem) {
	if (problem.status !== 404)
		throw problem;
	return null;
}

export async function batchPage({ main, args, here }) {
	const name = args[0];
	const people = (status) => `#/users?${new URLSearchParams({ batch: name, status })}`;

	async function pause(change) {
		try {
			await post(at("pauses"), { scope: "batch", name, ...change }, { key: onceKey() });
			await load();
			return true;
		} catch (problem) {
			note(problem.message, true);
			return false;
		}
	}

	const stop = () => askPause({ title: t("do_pause"), text: t("do_pause_text"), button: t("stop_batch") },
		(reason) => pause({ paused: true, reason }));

	function errors(batch, texts) {
		const codes = Object.entries(batch.errors || {}).filter(([, n]) => n > 0);
		return codes.length > 0 && h("section", { class: "card" }, h("h2", null, t("errors_by_code")), h("ul", { class: "codes" }, codes.map(([code, n]) => h("li", null,
			h("div", null, h("b", null, texts[code]?.text || code), texts[code] && h("p", { class: "dim" }, texts[code].remedy)),
			may("operator") && h("button", { type: "button", onclick: () => actMany("resend", { filter: { batch: name, status: "error", code } }).then(load) }, t("resend_failed", { n }))))));
	}

	const crumb = () => h("a", { class: "crumb", href: "#/batches" }, "‹ ", t("batches"));

	/** Of what was imported just now nothing may be known yet; of a name that is wrong nothing ever will. */
	function unknown() {
		fill(main, crumb(), h("div", { class: "head" }, h("h1", null, name)),
			h("div", { class: "empty", role: "status" }, icon("clock"), h("h2", null, t("batch_unknown")), h("p", null, t("batch_unknown_text"))));
	}

	const draw = redrawn({ main, here }, ({ batch, paused, texts }) => {
		if (!batch) {
			unknown();
			return;
		}
		fill(main, crumb(),
			h("div", { class: "head" }, h("h1", null, name), h("div", { class: "head-actions" }, badgeOf(batch, paused && batch.state === "sending"),
				may("operator") && (batch.state === "sending" || paused) && h("button", { type: "button", onclick: () => (paused ? pause({ paused: false }) : stop()) },
					icon(paused ? "play" : "pause"), t(paused ? "resume_batch" : "stop_batch")),
				h("a", { class: "button", href: `#/users?${new URLSearchParams({ batch: name })}` }, t("show_people")))),
			h("section", { class: "card" }, h("h2", null, t("progress")),
				h("p", { class: "big", role: "status" }, t("batch_sum", { sent: sentOf(batch.counts), n: batch.counts.error || 0 }), batch.state !== "sending" && `, ${t(stateWords[batch.state])}`),
				statusBar(batch.counts, batch.total), legend(batch.counts, people),
				paused && batch.state === "sending" && h("p", { class: "dim" }, paused.reason, " · ", t("do_pause_text"))),
			errors(batch, texts));
	});

	async function load() {
		const [batch, pauses, texts] = await Promise.all([get(at("batches", name)).catch(missing), get(at("pauses")), get(at("errors"))]);
		draw({ batch, texts, paused: pauses.items.find((one) => one.scope === "batch" && one.name === name) });
	}
	await load();
	return { news: () => load().catch(() => {}) };
}
