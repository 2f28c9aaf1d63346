// What a message looks like, before it is sent: HTML in a sandboxed frame, text, SMS.
import { at, post } from "./api.js";
import { dialog, fill, h, select } from "./dom.js";
import { countryName, money } from "./format.js";
import { lang, t } from "./words.js";

const waiting = new WeakMap(); // frames, and what each does when it is ready

addEventListener("message", (event) => {
	const frame = event.source && event.data === "ready" && [...document.querySelectorAll("iframe.preview")].find((one) => one.contentWindow === event.source);
	waiting.get(frame)?.();
});

/** A frame without rights that shows HTML; put(html) shows other. */
export function htmlFrame() {
	const frame = h("iframe", { class: "preview", src: "/app/preview.html", sandbox: "allow-scripts", title: t("preview") });
	let html = "";
	let ready = false;
	waiting.set(frame, () => {
		ready = true;
		frame.contentWindow.postMessage(html, "*");
	});
	return { element: frame, put(text) {
		html = text;
		if (ready)
			frame.contentWindow.location.replace(frame.src); // another document: the one before is gone with it, and is no step back
	} };
}

/** What people get of a template: {parts, sms, findings, fit}; body: locale, and parts or an invite's name. */
export const render = (name, body) => post(at("templates", "preview"), { name, ...body });

/** "€0.0455 to Russia through twilio, at most €0.091", and that nobody knows. */
function costWords({ cost, country }) {
	const to = country && t("tpl_cost_to", { country: countryName(country) });
	if (!cost)
		return [t("tpl_no_price"), to].filter(Boolean).join(" ");
	const most = cost.worst !== cost.amount && t("tpl_cost_most", { cost: money({ amount: cost.worst, currency: cost.currency }) });
	return [[t("tpl_cost", { cost: money(cost) }), to, t("tpl_cost_through", { name: cost.provider })].filter(Boolean).join(" "), most].filter(Boolean).join(", ");
}

/** "2 segments (GSM-7) · at most 3 of 6", which character made it Unicode, and what it costs. */
export function smsWords(sms) {
	return [t("tpl_segments", { n: sms.segments, encoding: sms.encoding === "gsm" ? "GSM-7" : "UCS-2" }), sms.worst && t("tpl_worst", { n: sms.worst, cap: sms.cap }),
		sms.culprit && t("tpl_culprit", { name: sms.culprit }), costWords(sms)].filter(Boolean).join(" · ");
}

/** Shows one message in all its parts; chose(part) is told which one somebody wants to look at. */
export function messageView(made, first = "html", chose = () => {}) {
	const frame = htmlFrame();
	const parts = ["html", "text", "sms"].filter((part) => made.parts[part]);
	const shown = h("div"), subject = h("p", { class: "subject" }, h("b", null, made.parts.subject));
	const show = (part) => {
		subject.hidden = !made.parts.subject || part === "sms";
		fill(shown, part === "html" ? frame.element : h("pre", { class: "message", tabindex: "0" }, made.parts[part]),
			part === "sms" && made.sms && h("p", { class: "dim small" }, smsWords(made.sms)));
		if (part === "html")
			frame.put(made.parts.html);
	};
	const buttons = parts.map((part) => h("button", { type: "button", "aria-pressed": "false", onclick: (event) => { chose(part); choose(part, event.currentTarget); } }, t(`tpl_${part}`)));
	const choose = (part, button) => {
		for (const one of buttons)
			one.setAttribute("aria-pressed", String(one === button));
		show(part);
	};
	if (parts.length)
		choose(parts.includes(first) ? first : parts[0], buttons[Math.max(0, parts.indexOf(first))]);
	return h("div", { class: "message-view" }, subject, h("div", { class: "segmented" }, buttons), shown);
}

/** "Preview": the message of a template as this person, or a sample, would get it. */
export function previewButton(name, options, invite) {
	return h("button", { type: "button", class: "link", onclick: () => {
		const place = h("div", { role: "status" }, t("loading"));
		const language = select({ "aria-label": t("tpl_locale"), onchange: () => load() }, [["en", "English"], ["ru", "Русский"]], lang());
		let asked = 0;
		/** In the language that was chosen last, however the answers come. */
		async function load() {
			const mine = ++asked;
			const { note } = options();
			const content = await render(name, { locale: language.value, ...(invite && { invite }), ...(note && { note }) })
				.then(messageView, (problem) => h("p", { class: "bad" }, problem.message));
			if (mine === asked)
				fill(place, content);
		}
		dialog(t("preview"), () => [language, place], [[t("close"), "", null]], true);
		load();
	} }, t("preview"));
}
