// Small tools for building pages: elements, dialogs, menus, notes that come and go.
import { t } from "./words.js";

const MENU_MS = 300; // until it is looked again whether a menu is shut

/** An element: h("button", {class: "x", onclick: f, "aria-label": t}, "text", [more]). null and false are left out. */
export function h(tag, attributes, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes || {})) {
		if (value === null || value === undefined || value === false)
			continue;
		if (name.startsWith("on"))
			element.addEventListener(name.slice(2), value);
		else if (name === "value" || name === "checked" || name === "indeterminate" || name === "selected")
			element[name] = value;
		else
			element.setAttribute(name, value === true ? "" : value);
	}
	append(element, children);
	return element;
}

function append(element, children) {
	for (const child of children.flat(Infinity))
		if (child !== null && child !== undefined && child !== false)
			element.append(child);
}

/** Puts other children into an element. */
export function fill(element, ...children) {
	element.replaceChildren();
	append(element, children);
	return element;
}

const SVG = "http://www.w3.org/2000/svg";
const icons = {
	users: "M16 20v-1.5A3.5 3.5 0 0 0 12.5 15h-6A3.5 3.5 0 0 0 3 18.5V20M9.5 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M21 20v-1.5a3.5 3.5 0 0 0-2.6-3.4M15.5 4.2a3.5 3.5 0 0 1 0 6.6",
	list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
	mail: "M4 5h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM3.5 6.5L12 13l8.5-6.5",
	chart: "M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6",
	gear: "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM19 12a7 7 0 0 0-.1-1.2l2-1.5-2-3.4-2.3 1a7 7 0 0 0-2.1-1.2L14 3h-4l-.5 2.7a7 7 0 0 0-2.1 1.2l-2.3-1-2 3.4 2 1.5a7 7 0 0 0 0 2.4l-2 1.5 2 3.4 2.3-1a7 7 0 0 0 2.1 1.2L10 21h4l.5-2.7a7 7 0 0 0 2.1-1.2l2.3 1 2-3.4-2-1.5c.07-.4.1-.8.1-1.2z",
	plus: "M12 5v14M5 12h14",
	up: "M12 16V4M7 9l5-5 5 5M4 20h16",
	down: "M12 4v12M7 11l5 5 5-5M4 20h16",
	more: "M12 6h.01M12 12h.01M12 18h.01",
	check: "M5 12.5l4.5 4.5L19 7.5",
	cross: "M6 6l12 12M18 6L6 18",
	search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4",
	clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2",
	pencil: "M4 20l1-4L16.5 4.5l3 3L8 19l-4 1zM14.5 6.5l3 3",
	sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5",
	pause: "M9 5v14M15 5v14",
	play: "M7 4.5l12 7.5-12 7.5z",
	chevron: "M9 6l6 6-6 6",
	send: "M21 3L10 14M21 3l-7 18-4-7-7-4z",
};

/** A line drawing that says nothing to a screen reader. */
export function icon(name) {
	const svg = document.createElementNS(SVG, "svg");
	const path = document.createElementNS(SVG, "path");
	svg.setAttribute("viewBox", "0 0 24 24");
	svg.setAttribute("class", `icon icon-${name}`);
	svg.setAttribute("aria-hidden", "true");
	path.setAttribute("d", icons[name]);
	svg.append(path);
	return svg;
}

/** Where notes are shown: part of every page, so that one page's are still read on the next. */
export const notes = h("div", { class: "notes", role: "status", "aria-live": "polite" });

/** Where notes are seen and read out: beneath a dialog they are neither. */
function placeNotes() {
	const box = [...document.querySelectorAll("dialog[open]")].at(-1), place = box || document.body;
	if (notes.parentElement !== place)
		place.insertBefore(notes, box ? box.lastElementChild : null);
}

/** A note at the foot of the page, read out, gone after a while. */
export function note(text, bad = false) {
	placeNotes();
	const one = h("div", { class: bad ? "note bad" : "note" }, text);
	notes.append(one);
	setTimeout(() => one.remove(), bad ? 12000 : 6000);
}

/** What a control is for: the same after it was drawn anew, although it counts something else by then. */
function purpose(element) {
	const row = element.closest("[data-invite], [data-route]")?.dataset;
	const { sort, status } = element.dataset;
	const said = element.id || sort || status || element.getAttribute("aria-label") || element.textContent.replace(/\d+/g, "");
	return `${row?.invite || row?.route} ${element.tagName} ${said}`;
}

/** Gives the focus back to what has it now, should it have lost it by then. */
function wayBack(root) {
	const held = document.activeElement;
	const sought = purpose(held);
	return () => {
		if (document.activeElement !== document.body)
			return;
		const again = held.isConnected ? held : [...root.querySelectorAll(held.tagName)].find((one) => purpose(one) === sought);
		(again || root).focus({ preventScroll: true });
	};
}

/** Draws something of root anew; what had the focus has it again, or what now stands in its place. */
export function keepFocus(root, draw) {
	const back = root.contains(document.activeElement) && document.activeElement !== root && wayBack(root);
	draw();
	back && back();
}

/**
 * Of a page that is drawn again and again while it is looked at: draw(what) is called where what differs from the last time. What has the focus
 * keeps it, a menu that is open is waited for, and details that have an id stay open.
 */
export function redrawn({ main, here }, draw) {
	let last = "", waiting;
	return function again(what) {
		const text = JSON.stringify(what);
		clearTimeout(waiting);
		if (!here.alive || text === last)
			return;
		if (main.querySelector(".menu:not([hidden])")) {
			waiting = setTimeout(again, MENU_MS, what);
			return;
		}
		last = text;
		const opened = new Map([...main.querySelectorAll("details[id]")].map((one) => [one.id, one.open]));
		keepFocus(main, () => draw(what));
		for (const one of main.querySelectorAll("details[id]"))
			one.open ||= opened.get(one.id);
	};
}

/**
 * A modal dialog. build(close) gives its content; buttons is a list of [text, class, action]. An action may be asynchronous;
 * the dialog closes unless it gives false. Resolves when it has closed.
 */
export function dialog(title, build, buttons, wide = false) {
	return new Promise((resolve) => {
		const heading = h("h2", { id: `dialog-${Date.now()}` }, title);
		const box = h("dialog", { class: wide ? "dialog wide" : "dialog", "aria-labelledby": heading.id });
		const close = () => box.close();
		const act = (action) => async (event) => {
			event.preventDefault();
			const button = event.currentTarget;
			button.disabled = true;
			try {
				if ((await action?.()) !== false)
					close();
			} finally {
				button.disabled = false;
			}
		};
		const row = buttons.map(([text, kind, action]) => h("button", { type: "button", class: kind, onclick: act(action) }, text));
		append(box, [h("div", { class: "dialog-head" }, heading,
			h("button", { type: "button", class: "quiet square", "aria-label": t("close"), onclick: close }, icon("cross"))),
		h("div", { class: "dialog-body" }, build(close)), h("div", { class: "dialog-foot" }, row)]);
		box.addEventListener("keydown", (event) => {
			if (event.key === "Enter" && !event.isComposing && event.target.matches("input:not([type=checkbox])")) {
				event.preventDefault();
				row.at(-1).click();
			}
		});
		const page = document.getElementById("main");
		const back = page?.contains(document.activeElement) && wayBack(page);
		box.addEventListener("close", () => {
			if (box.contains(notes))
				placeNotes();
			box.remove();
			back && back();
			resolve();
		});
		document.body.append(box);
		box.showModal();
	});
}

/** A button that opens a menu; items are [text, action, kind] or null for a line. */
export function menu(button, items) {
	const list = h("div", { class: "menu", role: "menu", hidden: true });
	const choices = () => [...list.querySelectorAll("[role=menuitem]")];
	const shut = (back) => {
		list.hidden = true;
		button.setAttribute("aria-expanded", "false");
		document.removeEventListener("click", outside, true);
		if (back)
			button.focus();
	};
	const outside = (event) => {
		if (!list.contains(event.target) && !button.contains(event.target))
			shut(false);
	};
	const open = () => {
		fill(list, items().map((item) => item
			? h("button", { type: "button", role: "menuitem", tabindex: "-1", class: item[2] || "", onclick: () => { shut(true); item[1](); } }, item[0])
			: h("hr", { role: "separator" })));
		list.hidden = false;
		button.setAttribute("aria-expanded", "true");
		document.addEventListener("click", outside, true);
		const { bottom, right } = button.getBoundingClientRect();
		list.classList.toggle("above", bottom + list.offsetHeight > innerHeight);
		list.classList.toggle("start", right < list.offsetWidth);
		choices()[0]?.focus();
	};
	button.setAttribute("aria-haspopup", "menu");
	button.setAttribute("aria-expanded", "false");
	button.addEventListener("click", () => (list.hidden ? open() : shut(false)));
	list.addEventListener("keydown", (event) => {
		const all = choices();
		const at = all.indexOf(document.activeElement);
		const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
		if (event.key === "Escape" || event.key === "Tab")
			shut(event.key === "Escape");
		else if (to !== undefined)
			all[to % all.length].focus();
		else
			return;
		if (event.key !== "Tab")
			event.preventDefault();
	});
	return h("div", { class: "menu-place" }, button, list);
}

let fields = 0;

/** A labelled field; control is an input, select or textarea. */
export function field(label, control, hint) {
	const id = control.id || `field-${++fields}`;
	control.id = id;
	if (hint)
		control.setAttribute("aria-describedby", `${id}-hint`);
	return h("div", { class: "field" }, h("label", { for: id }, label), control,
		hint && h("p", { class: "hint", id: `${id}-hint` }, hint));
}

export function choice(label, attributes, hint) {
	const id = `field-${++fields}`;
	return h("div", { class: "choice" }, h("input", { type: "checkbox", id, ...attributes, "aria-describedby": hint ? `${id}-hint` : null }),
		h("div", null, h("label", { for: id }, label), hint && h("p", { class: "hint", id: `${id}-hint` }, hint)));
}

/** A select; options are [value, text]. */
export function select(attributes, options, value) {
	return h("select", attributes, options.map(([v, text]) => h("option", { value: v, selected: v === value }, text)));
}
