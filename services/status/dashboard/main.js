// The frame around every page: who is signed in, where one is, language and theme.
import { Problem, call, chooseTenant, hasKey, hush, listen, may, me, nameTenant, onSignedOut, signIn, tenant, useKey } from "./api.js";
import { dialog, field, fill, h, icon, menu, note, notes } from "./dom.js";
import { chooseLang, lang, t } from "./words.js";
import { usersPage } from "./users.js";
import { importPage } from "./import.js";
import { invitePage } from "./invite.js";
import { batchPage, batchesPage } from "./batches.js";
import { channelsPage } from "./channels.js";
import { fleetPage, heard } from "./fleet.js";
import { settingsPage } from "./settings.js";
import { templatePage, templatesPage } from "./templates.js";

const pages = [
	[/^users$/, usersPage, "users"],
	[/^import$/, importPage, "users"],
	[/^invite\/([\w-]+)$/, invitePage, "users"],
	[/^batches$/, batchesPage, "batches"],
	[/^batch\/(.+)$/, batchPage, "batches"],
	[/^templates$/, templatesPage, "templates"],
	[/^template\/([\w-]+)$/, templatePage, "templates"],
	[/^channels$/, channelsPage, "channels"],
	[/^fleet$/, fleetPage, "fleet"],
	[/^settings$/, settingsPage, "settings"],
];
const nav = [["users", "users"], ["batches", "list"], ["templates", "mail"], ["channels", "send", "operator"], ["fleet", "chart"], ["settings", "gear"]];

const AGAIN_MS = 2000;

const main = h("main", { id: "main", tabindex: "-1" });
const stale = h("div", { class: "stale", role: "status" }); // whether what is seen may be old; empty: no
let tenants = [];
let shown;
let section = ""; // of the page that is shown
let again; // the next try of what could not be done

/** Theme: "", "light" or "dark"; the stylesheet follows the attribute. */
function chooseTheme(name) {
	if (name === undefined)
		name = localStorage.getItem("theme") || "";
	localStorage.setItem("theme", name);
	document.documentElement.dataset.theme = name;
}

function skip(event) {
	event.preventDefault();
	main.focus();
}

async function signOut() {
	useKey("");
	try {
		await call("DELETE", "/v1/session");
	} catch (problem) {
		if (problem.status !== 401)
			return note(problem.message, true); // still signed in
	}
	location.reload();
}

function accountMenu() {
	const button = h("button", { type: "button", class: "quiet account", "aria-label": t("account") },
		h("span", { class: "avatar", "aria-hidden": "true" }, (me.name || me.id || "?").charAt(0).toUpperCase()));
	const say = (name, text) => [(localStorage.getItem("theme") || "") === name ? `✓ ${text}` : text, () => chooseTheme(name)];
	return menu(button, () => [
		[`${t("signed_in_as", { name: me.name || me.id })} · ${t(`role_${me.role}`)}`, () => {}, "plain"], null,
		say("", t("theme_auto")), say("light", t("theme_light")), say("dark", t("theme_dark")), null,
		[lang() === "ru" ? "English" : "Русский", () => unlessUnsaved(() => { chooseLang(lang() === "ru" ? "en" : "ru"); start(); })],
		me.tenant === "*" && tenants.length > 0 && [t("another_tenant"), () => unlessUnsaved(askTenant)],
		...(me.csrf || hasKey() ? [null, [t("sign_out"), () => unlessUnsaved(signOut)]] : []),
	]);
}

/** Another organisation has the same pages, but other people, batches and roles. */
function changeTenant(name, how) {
	how(name);
	history.replaceState(null, "", `#/${section || "users"}`);
	start();
}

function tenantChoice() {
	if (tenants.length < 2)
		return h("span", { class: "tenant" }, tenant);
	return h("select", { class: "tenant", "aria-label": t("tenant"), onchange: async ({ target }) => {
		const name = target.value;
		target.value = tenant;
		await unlessUnsaved(() => changeTenant(name, chooseTenant));
	} }, tenants.map((name) => h("option", { value: name, selected: name === tenant }, name)));
}

function frame(name) {
	section = name;
	const links = nav.filter(([, , role]) => !role || may(role)).map(([name, picture]) => h("a", { href: `#/${name}`, "aria-current": section === name ? "page" : null },
		icon(picture), h("span", null, t(name))));
	fill(document.body,
		h("a", { class: "skip", href: "#main", onclick: skip }, t("skip")),
		h("header", { class: "top" },
			h("a", { class: "logo", href: "#/users", "aria-label": t("app") }, h("img", { src: "/app/icon.svg", alt: "", width: "28", height: "28" }), h("span", null, t("app"))),
			h("nav", { "aria-label": t("nav") }, links),
			h("div", { class: "top-end" }, tenantChoice(), accountMenu())),
		stale, main, notes);
}

/** What there is to read beside the message, once. */
function besideOf(problem) {
	const more = { 503: t("starting_text"), 0: t("tries_again") }[problem.status] || problem.remedy || problem.body?.detail;
	return more !== problem.message && more;
}

/** What may pass by itself is tried again. */
function failure(problem, retry) {
	const title = problem.status === 503 ? t("starting") : problem.message;
	if (problem.status === 503 || problem.status === 0)
		again = setTimeout(retry, AGAIN_MS);
	document.title = `${title} · ${t("app")}`;
	fill(main, h("div", { class: "empty" }, icon(problem.status === 503 ? "clock" : "cross"), h("h1", null, title), h("p", null, besideOf(problem)),
		h("button", { type: "button", class: "primary", onclick: retry }, t("try_again"))));
}

const tenantName = () => h("input", { type: "text", required: true, maxlength: "64", pattern: "[A-Za-z0-9_\\-]+", autocomplete: "off", spellcheck: "false", autofocus: true });

/** One more, of whoever may see all of them. */
async function askTenant() {
	const name = tenantName();
	let named = false;
	await dialog(t("another_tenant"), () => [h("p", null, t("another_tenant_text")), field(t("first_tenant_name"), name, t("first_tenant_hint"))],
		[[t("cancel"), "", null], [t("first_tenant_go"), "primary", () => (named = name.reportValidity())]]);
	if (named)
		changeTenant(name.value, nameTenant);
}

/** Nobody was invited yet, and no organisation has settings: the first one is named by whoever may see all of them. */
function tenantPage() {
	shown?.leave?.();
	shown = undefined;
	const name = tenantName();
	const enter = (event) => {
		event.preventDefault();
		changeTenant(name.value, nameTenant);
	};
	frame("");
	document.title = `${t("first_tenant")} · ${t("app")}`;
	fill(main, h("div", { class: "empty" }, icon("users"), h("h1", null, t("first_tenant")), h("p", null, t("first_tenant_text")),
		h("form", { class: "first", onsubmit: enter }, field(t("first_tenant_name"), name, t("first_tenant_hint")), h("button", { class: "primary" }, t("first_tenant_go")))));
	name.focus();
}

let place = location.hash; // of the page that is shown

/** Does what would lose what is not saved on the page, once that was asked about. */
async function unlessUnsaved(work) {
	let leaves = !shown?.unsaved?.();
	if (!leaves)
		await dialog(t("unsaved"), () => h("p", null, t("unsaved_text")), [[t("stay"), "", null], [t("leave"), "danger", () => { leaves = true; }]]);
	if (leaves)
		await work();
}

/** Goes where the address leads; while it is asked whether one may, the address is still that of the page. */
async function leave() {
	const wanted = location.hash, asks = shown?.unsaved?.();
	if (asks && wanted === place)
		return;
	if (asks)
		history.replaceState(null, "", place || "#/users");
	await unlessUnsaved(async () => {
		history.replaceState(null, "", wanted);
		for (const box of document.querySelectorAll("dialog[open]"))
			box.close(); // a link in it leads elsewhere
		await show();
		main.focus({ preventScroll: true });
		scrollTo(0, 0);
	});
}

/** The page of the address; what a former one still waits for is dropped. */
async function show() {
	clearTimeout(again);
	place = location.hash;
	if (!tenant)
		return tenantPage();
	const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
	const found = pages.map(([pattern, page, section]) => [pattern.exec(path || "users"), page, section]).find(([match]) => match);
	shown?.leave?.();
	shown = undefined;
	if (!found) {
		frame("");
		document.title = `${t("not_found")} · ${t("app")}`;
		fill(main, h("div", { class: "empty" }, h("h1", null, t("not_found")), h("a", { class: "button", href: "#/users" }, t("users"))));
		return;
	}
	const [match, page, name] = found;
	const here = { alive: true };
	frame(name);
	fill(main, h("p", { class: "loading", role: "status" }, t("loading")));
	shown = { leave: () => { here.alive = false; } };
	try {
		const made = await page({ main, args: match.slice(1).map(decodeURIComponent), query: new URLSearchParams(query || ""), here });
		if (!here.alive)
			return made?.leave?.();
		shown = { ...made, leave: () => { here.alive = false; made?.leave?.(); } };
		document.title = `${main.querySelector("h1")?.textContent || t(name)} · ${t("app")}`;
	} catch (problem) {
		if (here.alive && problem.status !== 401 && problem.name !== "AbortError")
			failure(problem, show);
	}
}

/** The session has ended, or the key was taken away. What somebody is at stays before them. */
function signedOut(problem) {
	if (shown?.unsaved?.() || document.querySelector("dialog[open]"))
		note(t("signed_out"), true);
	else if (hasKey() || !document.querySelector(".sign-in"))
		signInPage(problem);
}

function signInPage(problem) {
	const key = h("input", { type: "password", autocomplete: "off", required: true });
	const enter = (event) => {
		event.preventDefault();
		useKey(key.value.trim());
		start();
	};
	const back = { refused: t("sign_in_refused"), away: t("sign_in_away") }[new URLSearchParams(location.search).get("sign_in")];
	const byKey = hasKey(), wrong = byKey ? problem.message : back;
	const login = problem.body.login && `${problem.body.login}?${new URLSearchParams({ to: `/${location.hash}` })}`; // and back to the page that was wanted
	const form = h("form", { onsubmit: enter }, field(t("api_key"), key, t("api_key_hint")), h("button", { class: login ? "" : "primary" }, t("sign_in")));
	useKey("");
	shown?.leave?.();
	shown = undefined;
	clearTimeout(again);
	hush();
	fill(document.body, h("main", { class: "sign-in" }, h("img", { src: "/app/icon.svg", alt: "", width: "56", height: "56" }),
		h("h1", null, t("sign_in_title")), h("p", null, t("sign_in_text")), wrong && h("p", { class: "alert", role: "alert" }, wrong),
		login && h("a", { class: "button primary", href: login }, t("sign_in")),
		login ? h("details", { open: byKey }, h("summary", null, t("with_key")), form) : form,
		h("button", { type: "button", class: "link", onclick: () => { chooseLang(lang() === "ru" ? "en" : "ru"); signInPage(problem); } }, lang() === "ru" ? "English" : "Русский")));
	document.title = t("sign_in_title");
}

/** A word above the page while news do not come. */
const hears = (whether) => fill(stale, !whether && [icon("clock"), t("stale")]);

async function start() {
	clearTimeout(again);
	try {
		tenants = await signIn();
	} catch (problem) {
		if (problem.status === 401)
			return;
		document.body.replaceChildren(main);
		failure(problem, start);
		return;
	}
	if (tenant)
		listen((changed) => {
			heard(changed);
			shown?.news?.();
		}, hears);
	await show();
}

chooseLang();
chooseTheme();
onSignedOut(signedOut);
/** What somebody began by a click and could not be done is told, whoever has not waited for it. */
addEventListener("unhandledrejection", (event) => {
	if (event.reason instanceof Problem) {
		event.preventDefault();
		note(event.reason.message, true);
	}
});
addEventListener("beforeunload", (event) => shown?.unsaved?.() && event.preventDefault());
addEventListener("hashchange", leave);
start();

