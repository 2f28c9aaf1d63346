// System Emails: the list, and the editor with live preview, findings and versions.
import { Problem, at, get, may, me, onceKey, post, put } from "./api.js";
import { dialog, field, fill, h, icon, note, select } from "./dom.js";
import { addressOf, momentText, nameOf } from "./format.js";
import { htmlFrame, render, smsWords } from "./preview.js";
import { lang, t, tag } from "./words.js";

const PARTS = ["subject", "text", "html", "sms"];
const FIRST = ["invite", "password", "reminder"]; // in this order, then those of the organisation's own
const WAIT_MS = 400; // after the last key
const PEOPLE = 20; // whose data a preview offers: the latest

const languageName = (locale) => new Intl.DisplayNames([tag()], { type: "language" }).of(locale);

export async function templatesPage({ main, here }) {
	const { items } = await get(at("templates"));
	if (!here.alive)
		return {};
	const place = (name) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
	const names = [...new Set(items.map((one) => one.name))].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
	const state = (one) => `${one.locale.toUpperCase()}: ${one.own ? t("tpl_version", { n: one.version }) : t("tpl_default")}`;
	fill(main, h("div", { class: "head" }, h("h1", null, t("templates"))), h("p", { class: "intro dim" }, t("tpl_intro")),
		h("ul", { class: "cards plain" }, names.map((name) => {
			const mine = items.filter((one) => one.name === name);
			const parts = [...new Set(mine.flatMap((one) => one.parts))].filter((part) => part !== "subject");
			return h("li", { class: "card card-head" }, h("div", null, h("h2", null, h("a", { href: `#/template/${name}` }, mine[0].title)),
				h("p", { class: "dim" }, mine.map(state).join(" · ")), h("p", { class: "dim small" }, parts.map((part) => t(`tpl_${part}`)).join(" · "))),
			h("a", { class: "button square", href: `#/template/${name}`, "aria-label": t("tpl_edit", { name: mine[0].title }), title: t("tpl_edit", { name: mine[0].title }) }, icon("pencil")));
		})));
	return {};
}

function findingsList(findings) {
	if (!findings.length)
		return h("p", { class: "good row" }, icon("check"), t("tpl_clean"));
	return h("ul", { class: "findings" }, findings.map((one) => h("li", { class: one.warning ? "warn" : "bad" },
		h("b", null, [one.part && t(`tpl_${one.part}`), one.line && `${one.line}:${one.column}`].filter(Boolean).join(" ")), " ", one.text)));
}

function diffView(diff) {
	if (!diff.length)
		return h("p", { class: "dim" }, t("tpl_same"));
	return diff.map(({ part, lines }) => [h("h3", null, t(`tpl_${part}`)), h("pre", { class: "message diff", tabindex: "0" }, lines.map(([op, line]) =>
		h(op === "-" ? "del" : op === "+" ? "ins" : "span", null, `${op} ${line}\n`)))]);
}

/** The versions, newest first; each can be compared with what holds, and restored. */
function showVersions(name, locale, now, restored) {
	const place = h("div", { role: "status" }), key = onceKey();
	const compare = async (version) => fill(place, diffView((await get(at("templates", name, locale, "versions", String(version)))).diff));
	dialog(t("tpl_versions"), (close) => [h("ul", { class: "plain versions" }, now.versions.map((one) => h("li", { class: "card-head" },
		h("span", null, h("b", null, one.own ? t("tpl_version", { n: one.version }) : t("tpl_default")), " ", one.time && momentText(one.time), one.actor && h("span", { class: "dim" }, ` ${one.actor}`)),
		one.version !== now.holds && h("span", { class: "row" }, h("button", { type: "button", class: "link", onclick: () => compare(one.version) }, t("tpl_diff")),
			may("admin") && h("button", { type: "button", onclick: async () => {
				try {
					await post(at("templates", name, locale, "restore"), { version: one.version }, { key });
					close();
					await restored();
				} catch (problem) {
					note(problem.message, true);
				}
			} }, t("tpl_restore")))))), place], [[t("close"), "", null]], true);
}

function variablesList(list, insert) {
	return h("details", { class: "variables" }, h("summary", null, t("tpl_variables")), h("dl", { class: "facts" }, list.map((one) => [
		h("dt", null, h("button", { type: "button", class: "link", onclick: () => insert(one.name) }, h("code", null, `{{${one.name}}}`))), h("dd", null, one.text, !one.always && h("span", { class: "dim" }, ` (${t("optional")})`))])));
}

/** Whose data the preview shows: a sample's, or those of somebody invited lately. */
async function dataChoice(onchange) {
	const { items } = await get(at("invites"), { limit: PEOPLE });
	const person = (row) => [row.invite, [...new Set([nameOf(row), addressOf(row)])].filter(Boolean).join(" · ")];
	return select({ onchange }, [["", t("tpl_sample")], ...items.filter((row) => !row.forgotten).map(person)], "");
}

export async function templatePage({ main, args, here }) {
	const [name] = args;
	const all = await get(at("templates"));
	const mine = all.items.filter((one) => one.name === name);
	if (!mine.length)
		throw new Problem(404, { title: t("not_found") });
	const state = { locale: mine.some((one) => one.locale === lang()) ? lang() : mine[0].locale, part: "html", parts: {}, now: null, timer: 0, asked: 0 };
	const area = h("textarea", { class: "code", spellcheck: "false", "aria-label": t("tpl_part"), rows: "22", oninput: () => { state.parts[state.part] = area.value; later(); } });
	const frame = htmlFrame();
	const text = h("pre", { class: "message", tabindex: "0", hidden: true });
	const phone = h("input", { type: "tel", maxlength: "40", autocomplete: "off", placeholder: "+44 7400 123456", onchange: () => check() });
	const priced = field(t("tpl_price_for"), phone, t("tpl_price_hint"));
	const data = await dataChoice(() => check());
	const subject = h("p", { class: "subject" }), sms = h("p", { class: "dim small" }), findings = h("div", { role: "status" });
	const tabs = h("div", { class: "segmented" });

	function later() {
		clearTimeout(state.timer);
		state.timer = setTimeout(check, WAIT_MS);
	}

	/** The message as it would be, and what is wrong with it: as it was typed last, however the answers come. */
	async function check() {
		const asked = ++state.asked;
		try {
			const to = phone.value.trim();
			const made = await render(name, { locale: state.locale, parts: state.parts, ...(to && { phone: to }), ...(data.value && { invite: data.value }) });
			if (here.alive && asked === state.asked)
				showMade(made);
		} catch (problem) {
			if (asked !== state.asked)
				return;
			fill(findings, h("h2", null, t("tpl_findings")), h("p", { class: "bad" }, [problem.message, problem.remedy].filter(Boolean).join(" ")));
		}
	}

	function showMade({ parts, sms: counted, findings: found }) {
		const asHtml = (state.part === "html" || state.part === "subject") && parts?.html;
		fill(findings, h("h2", null, t("tpl_findings")), findingsList(found));
		if (!parts)
			return;
		fill(subject, state.part !== "sms" && h("b", null, parts.subject || ""));
		frame.element.hidden = !asHtml;
		text.hidden = Boolean(asHtml);
		frame.put(parts.html || "");
		text.textContent = state.part === "sms" ? parts.sms ?? "" : parts.text || "";
		sms.textContent = state.part === "sms" && counted ? smsWords(counted) : "";
		priced.hidden = state.part !== "sms";
	}

	function drawTabs() {
		fill(tabs, PARTS.filter((part) => part in state.parts).map((part) => h("button", { type: "button", "aria-pressed": String(part === state.part), onclick: () => {
			state.part = part;
			area.value = state.parts[part];
			area.rows = part === "subject" || part === "sms" ? 5 : 22;
			drawTabs();
			check();
		} }, t(`tpl_${part}`))));
	}

	function take(made) {
		state.now = made;
		state.parts = { ...made.parts };
		if (!(state.part in state.parts))
			state.part = PARTS.find((part) => part in state.parts);
		area.value = state.parts[state.part];
		drawTabs();
		check();
	}

	const unsaved = () => may("admin") && PARTS.some((part) => (state.parts[part] ?? "") !== (state.now.parts[part] ?? ""));

	/** Language and parts change together: what is saved meanwhile is that which is seen. */
	async function load(locale = state.locale) {
		const made = await get(at("templates", name, locale));
		state.locale = locale;
		take(made);
	}

	/** Runs a change, once at a time; what speaks against it is shown among the findings. */
	const change = (work) => async ({ currentTarget: button }) => {
		button.disabled = true;
		try {
			note(await work());
		} catch (problem) {
			note([problem.message, problem.remedy].filter(Boolean).join(" "), true);
			if (problem.body?.findings)
				fill(findings, h("h2", null, t("tpl_findings")), findingsList(problem.body.findings));
		}
		button.disabled = false;
		if (document.activeElement === document.body)
			button.focus();
	};

	/** Another language; what is not saved of this one is asked about. */
	async function choose(control) {
		const locale = control.value;
		let leaves = !unsaved();
		control.value = state.locale;
		if (!leaves)
			await dialog(t("unsaved"), () => h("p", null, t("unsaved_text")), [[t("stay"), "", null], [t("leave"), "danger", () => { leaves = true; }]]);
		if (!leaves)
			return;
		await load(locale);
		control.value = state.locale;
	}

	const saveKey = onceKey(), testKey = onceKey();
	/** What is typed while it is being saved stays, and is not saved yet. */
	async function save() {
		const sent = { ...state.parts };
		const made = await put(at("templates", name, state.locale), { version: state.now.holds, parts: sent }, { key: saveKey });
		if (PARTS.every((part) => sent[part] === state.parts[part]))
			take(made);
		else
			state.now = made;
		return t("saved");
	}

	/** Of what holds: a text that is not saved goes to nobody. */
	async function test() {
		await post(at("templates", name, state.locale, "test"), {}, { key: testKey });
		return t(unsaved() ? "tpl_sent_saved" : "tpl_sent", { address: me.email || "" });
	}
	const width = (label, narrow) => h("button", { type: "button", "aria-pressed": String(!narrow), onclick: (event) => {
		frame.element.classList.toggle("narrow", narrow);
		for (const one of event.currentTarget.parentElement.children)
			one.setAttribute("aria-pressed", String(one === event.currentTarget));
	} }, label);
	const insert = (variable) => {
		area.setRangeText(`{{${variable}}}`, area.selectionStart, area.selectionEnd, "end");
		area.focus();
		area.dispatchEvent(new Event("input"));
	};

	area.readOnly = !may("admin");
	await load();
	if (!here.alive)
		return {};
	fill(main, h("a", { class: "crumb", href: "#/templates" }, "‹ ", t("templates")),
		h("div", { class: "head" }, h("h1", null, mine[0].title), h("div", { class: "head-actions" },
			select({ "aria-label": t("tpl_locale"), onchange: (event) => choose(event.target) }, mine.map((one) => [one.locale, languageName(one.locale)]), state.locale),
			h("button", { type: "button", onclick: () => showVersions(name, state.locale, state.now, load) }, t("tpl_versions")),
			may("admin") && h("button", { type: "button", onclick: change(test) }, icon("mail"), t("tpl_test")),
			may("admin") && h("button", { type: "button", class: "primary", onclick: change(save) }, t("tpl_submit")))),
		mine[0].kind === "password" && h("p", { class: "alert" }, t("tpl_recall")),
		h("div", { class: "two even editor" }, h("section", { class: "card" }, tabs, area, variablesList(all.variables?.[mine[0].kind] || [], insert), findings),
			h("section", { class: "card" }, h("div", { class: "card-head" }, h("h2", null, t("preview")), h("div", { class: "segmented" }, width(t("tpl_desktop"), false), width(t("tpl_phone"), true))),
				field(t("tpl_data"), data), subject, frame.element, text, h("div", { class: "sms-words" }, sms, priced))));
	return { leave: () => clearTimeout(state.timer), unsaved };
}
