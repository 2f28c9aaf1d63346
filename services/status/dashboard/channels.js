// Channels: relays and SMS providers, how they do, the brake of each, and a test of one.
import { at, get, may, me, onceKey, post, tenant } from "./api.js";
import { dialog, field, fill, h, icon, note, redrawn } from "./dom.js";
import { countryName, momentText, wordsOf } from "./format.js";
import { askPause } from "./pausing.js";
import { t, tag } from "./words.js";

const LOOK_MS = 3000;
const TEST_LOOK_MS = 700;
const tones = { up: "good", passed_over: "warn", probing: "warn", paused: "warn", closed: "bad" };
const inRoom = (n) => (n ?? 0).toLocaleString(tag(), { maximumFractionDigits: 1 });

function stateBadge(stand, couriers) {
	return h("span", { class: `badge r-${tones[stand.state]}` }, h("span", { class: "dot" }), t(`r_${stand.state}`),
		stand.seen_by < couriers && t("r_seen_by", { n: stand.seen_by, of: couriers }));
}

function lastError(stand, texts) {
	if (!stand.code)
		return h("span", { class: "dim" }, t("r_no_error"));
	return [texts[stand.code]?.text || stand.code, " ", h("span", { class: "dim" }, h("code", null, stand.code), " · ", momentText(stand.code_at))];
}

function factsOf(route, texts) {
	const facts = [
		[t("r_since"), route.since && momentText(route.since)],
		[t("r_why"), route.why || (route.reason && t(`r_reason_${route.reason}`))],
		[t("r_taken"), inRoom(route.per_minute)],
		[t("r_limit"), route.limit_per_s ? t("r_per_s", { n: inRoom(route.limit_per_s) }) : t("none")],
		[t("r_in_flight"), t("r_of_sessions", { n: route.in_flight, of: route.sessions })],
		[t("r_sent_back"), inRoom(route.errors_per_minute)],
		[t("r_last_error"), lastError(route, texts)],
	];
	return h("dl", { class: "facts" }, facts.filter(([, value]) => value).map(([name, value]) => [h("dt", null, name), h("dd", null, value)]));
}

function regionTable(route, texts) {
	if (!route.regions?.length)
		return null;
	const heads = ["r_country", "state", "r_since", "r_taken", "r_sent_back", "r_last_error"];
	return h("details", { id: `countries-${route.channel}-${route.route}`, open: route.regions.some((one) => one.state !== "up") }, h("summary", null, t("r_countries", { n: route.regions.length })),
		h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${route.route}: ${t("r_country")}` },
			h("table", { class: "table plain" }, h("thead", null, h("tr", null, heads.map((name) => h("th", { scope: "col" }, t(name))))),
				h("tbody", null, route.regions.map((one) => h("tr", null, h("th", { scope: "row" }, countryName(one.region)), h("td", null, stateBadge(one, route.couriers)),
					h("td", null, one.since && momentText(one.since)), h("td", null, inRoom(one.per_minute)), h("td", null, inRoom(one.errors_per_minute)),
					h("td", null, one.code ? texts[one.code]?.text || one.code : "")))))));
}

/* ---- a test ---- */

/** Follows the test's invite until its first message has an end, and says so as it goes. */
async function follow(invite, said, open) {
	for (let last = ""; open(); await new Promise((resolve) => setTimeout(resolve, TEST_LOOK_MS))) {
		let one;
		try {
			one = await get(at("invites", invite));
		} catch (problem) {
			if (problem.status !== 404)
				throw problem;
			continue;
		}
		const through = one.provider || one.history?.findLast((fact) => fact.provider)?.provider;
		const text = [wordsOf(one), through && t("r_test_through", { name: through }), one.reason?.remedy].filter(Boolean).join(" · ");
		if (text !== last)
			fill(said, h("p", { class: ["error", "undelivered"].includes(one.word) ? "bad" : "" }, text), h("a", { href: `#/invite/${invite}` }, t("a_open")));
		last = text;
		if (["sent", "delivered", "error", "undelivered"].includes(one.word))
			return;
	}
}

async function askTest(route) {
	const email = route.channel === "email";
	const key = onceKey();
	const to = h("input", { type: email ? "email" : "tel", required: true, maxlength: "254", value: email ? me.email || "" : "", autocomplete: email ? "email" : "tel" });
	const said = h("div", { class: "said-test", role: "status" });
	let open = true, asked = false;
	await dialog(t("r_test_title", { name: route.route }), () => [h("p", null, t("r_test_text")), field(t(email ? "r_test_email" : "r_test_phone"), to, t("r_test_hint")), said], [
		[t("close"), "", null],
		[t("r_test_go"), "primary", async () => {
			if (asked || !to.reportValidity())
				return false;
			try {
				const answer = await post(at("routes", route.channel, route.route, "test"), { to: to.value.trim() }, { key });
				const refused = answer.refused[0];
				if (refused) {
					fill(said, h("p", { class: "bad" }, [refused.text || refused.code, refused.remedy].filter(Boolean).join(" ")));
					return false;
				}
				asked = true;
				to.disabled = true;
				fill(said, h("p", null, t("r_test_asked")));
				follow(answer.invite, said, () => open).catch((problem) => fill(said, h("p", { class: "bad" }, problem.message)));
			} catch (problem) {
				fill(said, h("p", { class: "bad" }, [problem.message, problem.remedy].filter(Boolean).join(" ")));
			}
			return false;
		}],
	]);
	open = false;
}

/* ---- the brake ---- */

const pausesOf = (pauses, route) => pauses.filter((one) => one.scope === "provider" && one.name === route.route);

/** Who may see all organisations stops a route for all of them, others for their own. */
async function change(key, body, load) {
	const path = key.startsWith("*/") ? "/v1/tenants/*/pauses" : at("pauses");
	try {
		await post(path, { scope: "provider", ...body }, { key: onceKey() });
		await load();
		return true;
	} catch (problem) {
		note(problem.message, true);
		return false;
	}
}

function pauseRoute(route, load) {
	const everybody = me.tenant === "*";
	return askPause({ title: t("r_pause_title", { name: route.route }), text: everybody ? t("r_pause_all") : t("r_pause_own", { name: tenant }), button: t("r_pause") },
		(reason) => change(everybody ? "*/" : "", { name: route.route, paused: true, reason }, load));
}

function brake(route, pauses, load) {
	const held = pausesOf(pauses, route);
	const mayResume = (one) => may("operator") && (!one.key.startsWith("*/") || me.tenant === "*");
	return held.map((one) => h("p", { class: "remedy" }, icon("pause"), " ", one.key.startsWith("*/") ? t("r_paused_all") : t("r_paused_own", { name: tenant }), " ", h("span", null, one.reason), " ",
		mayResume(one) && h("button", { type: "button", onclick: () => change(one.key, { name: route.route, paused: false }, load) }, icon("play"), t("resume"))));
}

function routeCard(route, { pauses, texts, load }) {
	const name = h("h3", null, route.route);
	return h("li", { class: "card", "data-route": `${route.channel}/${route.route}` },
		h("div", { class: "card-head" }, name, stateBadge(route, route.couriers)),
		factsOf(route, texts), route.state === "closed" && texts[route.code] && h("p", { class: "remedy" }, texts[route.code].remedy), brake(route, pauses, load), regionTable(route, texts),
		h("div", { class: "row card-foot" },
			may("admin") && h("button", { type: "button", "aria-label": `${t("r_test")}: ${route.route}`, onclick: () => askTest(route) }, icon("mail"), t("r_test")),
			may("operator") && !pausesOf(pauses, route).length && h("button", { type: "button", class: "quiet", "aria-label": `${t("r_pause")}: ${route.route}`, onclick: () => pauseRoute(route, load) }, icon("pause"), t("r_pause"))));
}

function group(channel, routes, more) {
	return h("section", null, h("h2", { class: "group" }, t(`r_channel_${channel}`)), routes.length
		? h("ul", { class: "cards routes" }, routes.map((route) => routeCard(route, more)))
		: h("p", { class: "dim" }, t(`r_none_${channel}`)));
}

export async function channelsPage({ main, here }) {
	const texts = await get(at("errors"));
	const draw = redrawn({ main, here }, ({ items, pauses }) => {
		const more = { pauses, texts, load };
		fill(main, h("div", { class: "head" }, h("h1", null, t("channels"))), h("p", { class: "dim intro" }, t("r_intro")),
			items.length ? ["email", "sms"].map((channel) => group(channel, items.filter((one) => one.channel === channel), more))
				: h("div", { class: "empty" }, icon("mail"), h("h2", null, t("r_empty")), h("p", null, t("r_empty_text"))));
	});

	async function load() {
		const [{ items }, pauses] = await Promise.all([get("/v1/routes"), get(at("pauses"))]);
		draw({ items, pauses: pauses.items });
	}
	await load();
	const clock = setInterval(() => load().catch(() => {}), LOOK_MS);
	return { news: () => load().catch(() => {}), leave: () => clearInterval(clock) };
}
