// System Emails: the list, and the editor with live preview, findings and versions.
import { at, get, may, me, post, put } from "./api.js";
import { dialog, fill, h, icon, note, select } from "./dom.js";
import { momentText } from "./format.js";
import { htmlFrame, render, smsWords } from "./preview.js";
import { has, lang, t } from "./words.js";

const PARTS = ["subject", "text", "html", "sms"];
const WAIT_MS = 400; // after the last key

const titleOf = (name) => (has(`tpl_${name}`) ? t(`tpl_${name}`) : name);

export async function templatesPage({ main }) {
	const { items } = await get(at("templates"));
	const names = [...new Set(items.map((one) => one.name))];
	fill(main, h("div", { class: "head" }, h("h1", null, t("templates"))), h("p", { class: "dim" }, t("tpl_intro")),
		h("ul", { class: "cards plain" }, names.map((name) => {
			const mine = items.filter((one) => one.name === name);
			return h("li", { class: "card card-head" }, h("div", null, h("h2", null, titleOf(name)),
				h("p", { class: "dim" }, mine.map((one) => `${one.locale.toUpperCase()}: ${one.version ? t("tpl_version", { n: one.version }) : t("tpl_default")}`).join(" · "))),
			h("a", { class: "button square", href: `#/template/${name}`, "aria-label": t("tpl_edit", { name: titleOf(name) }) }, icon("pencil")));
		})));
	return {};
}

function findingsList(findings) {
	if (!findings.length)
		return h("p", { class: "good" }, icon("check"), t("tpl_clean"));
	return h("ul", { class: "findings" }, findings.map((one) => h("li", { class: one.level === "warning" ? "warn" : "bad" },
		h("b", null, [one.part, one.line && `${one.line}:${one.column || 1}`].filter(Boolean).join(" ")), " ", one.text || one.message || one.code)));
}

function versionsButton(name, locale, editor) {
	return h("button", { type: "button", class: "link", onclick: async () => {
		const { items } = await get(at("templates", name, locale(), "versions"));
		dialog(t("tpl_versions"), (close) => h("ul", { class: "plain versions" }, items.map((one) => h("li", { class: "card-head" },
			h("span", null, h("b", null, t("tpl_version", { n: one.version })), " ", one.at && momentText(one.at), " ", one.by),
			may("admin") && h("button", { type: "button", onclick: async () => {
				await post(at("templates", name, locale(), "restore"), { version: one.version });
				close();
				editor.load();
			} }, t("tpl_restore"))))), [[t("close"), "", null]]);
	} }, t("tpl_versions"));
}

export async function templatePage({ main, args, here }) {
	const [name] = args;
	const state = { locale: lang(), part: "html", parts: {}, version: 0, timer: 0 };
	const area = h("textarea", { class: "code", spellcheck: "false", "aria-label": t("tpl_part"), rows: "22", oninput: () => { state.parts[state.part] = area.value; later(); } });
	const frame = htmlFrame();
	const text = h("pre", { class: "message", tabindex: "0", hidden: true });
	const subject = h("p", { class: "subject" }), sms = h("p", { class: "dim small" }), findings = h("div", { role: "status" });
	const tabs = h("div", { class: "segmented" });
	const editor = { load };

	function later() {
		clearTimeout(state.timer);
		state.timer = setTimeout(check, WAIT_MS);
	}

	/** The message as it would be, and what is wrong with it. */
	async function check() {
		const body = { locale: state.locale, parts: state.parts };
		const [made, lint] = await Promise.allSettled([render(name, body), post(at("templates", name, "lint"), body)]);
		if (!here.alive)
			return;
		if (made.status === "fulfilled")
			showMade(made.value);
		fill(findings, h("h2", null, t("tpl_findings")), lint.status === "fulfilled" ? findingsList(lint.value.findings || []) : h("p", { class: "bad" }, lint.reason.message),
			made.status === "rejected" && h("p", { class: "bad" }, made.reason.message));
	}

	function showMade(made) {
		const asHtml = state.part === "html" || state.part === "subject";
		fill(subject, h("b", null, made.subject || ""));
		frame.element.hidden = !asHtml;
		text.hidden = asHtml;
		frame.put(made.html || "");
		text.textContent = state.part === "sms" ? made.sms?.text ?? "" : made.text || "";
		sms.textContent = state.part === "sms" && made.sms ? smsWords(made.sms) : "";
	}

	function drawTabs() {
		fill(tabs, PARTS.filter((part) => part in state.parts).map((part) => h("button", { type: "button", "aria-pressed": String(part === state.part), onclick: () => {
			state.part = part;
			area.value = state.parts[part];
			drawTabs();
			check();
		} }, t(`tpl_${part}`))));
	}

	async function load() {
		const made = await get(at("templates", name, state.locale));
		if (!here.alive)
			return;
		state.parts = { ...made.parts };
		state.version = made.version || 0;
		if (!(state.part in state.parts))
			state.part = PARTS.find((part) => part in state.parts);
		area.value = state.parts[state.part] || "";
		drawTabs();
		check();
	}

	async function save() {
		try {
			await put(at("templates", name, state.locale), { version: state.version, parts: state.parts });
			note(t("saved"));
			await load();
		} catch (problem) {
			note(problem.message, true);
			if (problem.body?.findings)
				fill(findings, findingsList(problem.body.findings));
		}
	}

	async function test() {
		try {
			await post(at("templates", name, "test"), { locale: state.locale, parts: state.parts });
			note(t("tpl_sent", { address: me.email || "" }));
		} catch (problem) {
			note(problem.message, true);
		}
	}

	const width = (label, narrow) => h("button", { type: "button", "aria-pressed": String(narrow === false), onclick: (event) => {
		frame.element.classList.toggle("narrow", narrow);
		for (const one of event.currentTarget.parentElement.children)
			one.setAttribute("aria-pressed", String(one === event.currentTarget));
	} }, label);
	area.readOnly = !may("admin");
	await load();
	fill(main, h("a", { class: "crumb", href: "#/templates" }, "‹ ", t("templates")),
		h("div", { class: "head" }, h("h1", null, titleOf(name)), h("div", { class: "head-actions" },
			select({ "aria-label": t("tpl_locale"), onchange: (event) => { state.locale = event.target.value; load(); } }, [["en", "English"], ["ru", "Русский"]], state.locale),
			versionsButton(name, () => state.locale, editor), h("button", { type: "button", onclick: test }, icon("mail"), t("tpl_test")),
			may("admin") && h("button", { type: "button", class: "primary", onclick: save }, t("tpl_submit")))),
		name === "password" && h("p", { class: "alert" }, t("tpl_recall")),
		h("div", { class: "two even editor" }, h("section", { class: "card" }, tabs, area, findings),
			h("section", { class: "card" }, h("div", { class: "card-head" }, h("h2", null, t("preview")), h("div", { class: "segmented" }, width(t("tpl_desktop"), false), width(t("tpl_phone"), true))),
				subject, frame.element, text, sms)));
	return { leave: () => clearTimeout(state.timer) };
}
