// What a message looks like, before it is sent: HTML in a sandboxed frame, text, SMS.
import { at, post } from "./api.js";
import { dialog, fill, h, select } from "./dom.js";
import { lang, t } from "./words.js";

/** A frame without rights that shows HTML; put(html) shows other. */
export function htmlFrame() {
	const frame = h("iframe", { class: "preview", src: "/app/preview.html", sandbox: "allow-scripts", title: t("preview") });
	let html = "";
	let ready = false;
	addEventListener("message", (event) => {
		if (event.source !== frame.contentWindow || event.data !== "ready")
			return;
		ready = true;
		frame.contentWindow.postMessage(html, "*");
	});
	return { element: frame, put(text) {
		html = text;
		if (ready)
			frame.src = frame.getAttribute("src"); // another document: the one before is gone with it
	} };
}

/** What the message says: {subject, html, text, sms, segments...} of a template in one language. */
export const render = (name, body) => post(at("templates", name, "preview"), body);

export function smsWords(sms) {
	return sms.segments === undefined ? "" : t("tpl_segments", { n: sms.segments, encoding: sms.encoding });
}

/** Shows one message in all its parts. */
export function messageView(made) {
	const frame = htmlFrame();
	const parts = [["html", t("tpl_html")], ["text", t("tpl_text")], ["sms", t("tpl_sms")]].filter(([part]) => made[part]);
	const shown = h("div");
	const show = (part) => {
		fill(shown, part === "html" ? frame.element : h("pre", { class: "message", tabindex: "0" }, typeof made[part] === "string" ? made[part] : made[part].text),
			part === "sms" && h("p", { class: "dim small" }, smsWords(made.sms)));
		if (part === "html")
			frame.put(made.html);
	};
	const buttons = parts.map(([part, text], i) => h("button", { type: "button", "aria-pressed": String(i === 0), onclick: (event) => {
		for (const one of buttons)
			one.setAttribute("aria-pressed", String(one === event.currentTarget));
		show(part);
	} }, text));
	if (parts.length)
		show(parts[0][0]);
	return h("div", { class: "message-view" }, made.subject && h("p", { class: "subject" }, h("b", null, made.subject)), h("div", { class: "segmented" }, buttons), shown);
}

/** "Preview": the message of a template as this person, or a sample, would get it. */
export function previewButton(name, options, invite) {
	return h("button", { type: "button", class: "link", onclick: () => {
		const place = h("div", { role: "status" }, t("loading"));
		const language = select({ "aria-label": t("tpl_locale"), onchange: () => load() }, [["en", "English"], ["ru", "Русский"]], lang());
		async function load() {
			try {
				fill(place, messageView(await render(name, { locale: language.value, ...(invite && { invite }), ...options() })));
			} catch (problem) {
				fill(place, h("p", { class: "bad" }, problem.message));
			}
		}
		dialog(t("preview"), () => [language, place], [[t("close"), "", null]], true);
		load();
	} }, t("preview"));
}
