// Settings of the organisation: one form; what is not set here holds as the installation says.
import { at, get, may, onceKey, put } from "./api.js";
import { choice, field, fill, h, note, select } from "./dom.js";
import { fullTime } from "./format.js";
import { t } from "./words.js";

const MIDNIGHT = "23:59"; // the latest that a field for a time can say: until the end of the day
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** Shown where nobody says anything. */
const BUILT_IN = { brand: { colour: "#1d4ed8" } };

/** `reminder: off` is none of them. */
const spelled = (settings) => (settings?.reminder === "off" ? { ...settings, reminder: { count: 0 } } : settings);

const read = (object, path) => path.split(".").reduce((at, name) => at?.[name], object);

/** Sets, or takes away where value is undefined; objects that are left empty go too. */
function write(object, path, value) {
	const [name, ...rest] = path.split(".");
	if (rest.length) {
		object[name] = { ...(typeof object[name] === "object" ? object[name] : {}) };
		write(object[name], rest.join("."), value);
		if (!Object.keys(object[name]).length)
			delete object[name];
	} else if (value === undefined) {
		delete object[name];
	} else {
		object[name] = value;
	}
}

/** The days that "mon-fri, sun", or a list, names; a range may go over the week's end. */
function daysOf(said) {
	const days = new Set();
	for (const item of [said].flat().join(" ").split(/[\s,]+/).filter(Boolean)) {
		const [first, last = first] = item.split("-").map((one) => DAYS.indexOf(one));
		for (let i = 0; first >= 0 && i <= (last - first + DAYS.length) % DAYS.length; i++)
			days.add(DAYS[(first + i) % DAYS.length]);
	}
	return days;
}

const listOf = (control) => control.value.split("\n").map((one) => one.trim()).filter(Boolean);

/** What holds is among the choices, whoever has set it. */
const offered = (options, held) => (held === undefined || options.some(([value]) => value === held) ? options : [...options, [held, held]]);

/** Controls that know their place in the settings, now.settings; take() writes into them what was changed, kept() is told that they hold. */
function controls(now) {
	const all = [], kept = [];
	const defaults = spelled(now.defaults) || {};
	const known = (path) => read(spelled(now.settings), path) ?? read(defaults, path) ?? read(BUILT_IN, path);
	const add = (path, control, value) => {
		all.push((out) => {
			const said = value(control);
			if (JSON.stringify(said) !== JSON.stringify(known(path)))
				write(out, path, said);
		});
		return control;
	};
	const hint = (path, text) => [text, read(defaults, path) !== undefined && typeof read(defaults, path) !== "object" && t("default_hint", { value: read(defaults, path) })].filter(Boolean).join(" · ") || null;
	const textValue = (control) => control.value.trim() || undefined;
	return {
		text: (path, label, more, attributes = {}) => field(label, add(path, h("input", { type: "text", value: known(path) ?? "", ...attributes }), textValue), hint(path, more)),
		number: (path, label, { by = 1, ...attributes }, more) => field(label, add(path, h("input", { type: "number", value: known(path) === undefined ? "" : known(path) / by, ...attributes }),
			(control) => (control.value === "" ? undefined : Math.round(Number(control.value) * by))), more),
		flag: (path, label, more) => {
			const made = choice(label, { checked: known(path) === true }, more);
			add(path, made.querySelector("input"), (control) => control.checked);
			return made;
		},
		pick: (path, label, options, more) => field(label, add(path, select({}, offered(options, known(path)), known(path)), textValue), more),
		lines: (path, label, more) => field(label, add(path, h("textarea", { rows: "6", value: (known(path) || []).join("\n") }),
			(control) => (listOf(control).length || known(path) ? listOf(control) : undefined)), more),
		/* A list that is emptied is none: then the installation's holds, or anything goes. */
		limits: (path, label, more) => field(label, add(path, h("textarea", { rows: "3", spellcheck: "false", value: (known(path) || []).join("\n") }),
			(control) => (listOf(control).length ? listOf(control) : known(path)?.length ? undefined : known(path))), more),
		hours: (path, label) => {
			const held = known(path);
			const open = typeof held === "object" && held !== null;
			const days = daysOf(open ? held.days ?? DAYS : DAYS);
			const always = h("input", { type: "checkbox", checked: !open });
			const from = h("input", { type: "time", value: open ? held.from : "08:00", "aria-label": t("set_from") });
			const to = h("input", { type: "time", value: open ? held.to.replace("24:00", MIDNIGHT) : "20:00", "aria-label": t("set_to") });
			const boxes = DAYS.map((day) => h("label", { class: "tick" }, h("input", { type: "checkbox", value: day, checked: days.has(day) }), t(`day_${day}`)));
			const rest = h("div", { class: "row hours", hidden: !open }, boxes, h("span", { class: "pair" }, t("set_from"), from, t("set_to"), to));
			always.addEventListener("change", () => { rest.hidden = always.checked; });
			const said = () => (always.checked ? "off" : { days: boxes.map((box) => box.firstChild).filter((box) => box.checked).map((box) => box.value), from: from.value, to: to.value.replace(MIDNIGHT, "24:00") });
			let before = JSON.stringify(said());
			kept.push(() => { before = JSON.stringify(said()); });
			all.push((out) => {
				if (JSON.stringify(said()) !== before)
					write(out, path, said());
			});
			return h("fieldset", null, h("legend", null, label), h("label", { class: "tick" }, always, t("set_always")), rest, h("p", { class: "hint" }, t("set_window_hint")));
		},
		take: (out) => all.forEach((one) => one(out)),
		kept: () => kept.forEach((one) => one()),
	};
}

export async function settingsPage({ main, here }) {
	const now = await get(at("settings"));
	if (!here.alive)
		return {};
	const c = controls(now);
	const able = may("admin");
	let touched = false;
	const card = (title, ...content) => h("section", { class: "card" }, h("h2", null, t(title)), content);
	const last = now.history?.at(-1);
	const key = onceKey();
	const save = h("button", { type: "submit", class: "primary", disabled: !able }, t("save"));
	const form = h("form", { class: "settings", oninput: () => { touched = true; }, onsubmit: async (event) => {
		event.preventDefault();
		const wanted = structuredClone(spelled(now.settings));
		c.take(wanted);
		save.disabled = true;
		touched = false; // what is typed from here on is not saved yet
		try {
			Object.assign(now, await put(at("settings"), { version: now.version, settings: wanted }, { key }));
			c.kept();
			note(t("saved"));
		} catch (problem) {
			touched = true;
			note(problem.status === 409 ? t("set_conflict") : [t("set_refused"), problem.message, problem.remedy].filter(Boolean).join(" "), true);
		}
		save.disabled = !able;
	} },
	card("set_integrations", c.flag("auto_send.directory", t("set_scim"), t("set_scim_hint")), c.flag("auto_send.import", t("set_import")), c.flag("auto_send.api", t("set_api")),
		c.flag("auto_send.manual", t("set_manual"))),
	card("set_authorization", c.flag("email_only", t("set_email_only"), t("set_email_only_hint")), c.flag("landlines", t("set_landlines"), t("set_landlines_hint")),
		c.pick("accept.mode", t("set_accept"), [["form", t("set_mode_form")], ["confirm", t("set_mode_confirm")], ["redirect", t("set_mode_redirect")]]),
		c.text("accept.redirect", t("set_redirect"), null, { type: "url" }), c.text("accept.public_key", t("set_key"), t("set_key_hint"))),
	card("set_link", c.text("link_base", t("set_link_base"), t("set_link_base_hint"), { type: "url" }), c.limits("link_hosts", t("set_link_hosts"), t("set_link_hosts_hint")), c.number("link_ttl_s", `${t("set_ttl")} (${t("set_hours")})`, { by: 3600, min: "0.0833", max: "8760", step: "any" }), c.number("reminder.count", t("set_reminders"), { min: "0", max: "2" }, t("set_reminders_hint")),
		c.number("reminder.at_percent", `${t("set_reminder_at")} (%)`, { min: "1", max: "99" }, t("set_reminder_at_hint")),
		c.number("ladder_after_s", `${t("set_ladder")} (${t("set_hours")})`, { by: 3600, min: "0.0166", max: "8760", step: "any" }, t("set_ladder_hint")),
		c.number("cooldown_s", `${t("set_cooldown")} (${t("seconds")})`, { min: "0", max: "604800" }), c.hours("send_window", t("set_window")), c.hours("sms_window", t("set_sms_window"))),
	card("set_sender", c.text("sender.from_name", t("set_from_name")), c.text("sender.from", t("set_from_address")), c.text("sender.reply_to", t("set_reply_to")), c.text("sender.sms_id", t("set_sms_id")),
		c.text("contact", t("set_contact"), t("set_contact_hint")), c.text("brand.colour", t("set_colour"), null, { type: "color" }), c.text("brand.logo", t("set_logo"), null, { type: "url" })),
	card("set_lists", h("p", { class: "dim" }, t("set_list_hint")), h("div", { class: "three" }, c.lines("roles", t("set_roles")), c.lines("departments", t("set_departments")), c.lines("teams", t("teams")))),
	card("set_limits", h("div", { class: "two even" }, c.text("limits.tenant", t("set_limit_tenant"), t("set_limit_hint")), c.text("limits.recipient", t("set_limit_recipient")), c.text("limits.domain", t("set_limit_domain")),
		c.text("limits.content", t("set_limit_content")), c.number("segment_cap", t("set_segments"), { min: "1", max: "15" }),
		c.limits("countries.allow", t("set_allow"), t("set_allow_hint")), c.limits("countries.deny", t("set_deny")), c.text("home_region", t("set_home"), t("set_home_hint"), { maxlength: "2" }))),
	card("set_data", c.number("keep_days", `${t("set_keep")} (${t("set_days")})`, { min: "0", max: "3650" }, t("set_keep_hint")), c.flag("test_recipients", t("set_tests"), t("set_tests_hint"))),
	card("set_language", c.pick("default_locale", t("set_locale"), [["en", "English"], ["ru", "Русский"]]), c.text("timezone", t("set_zone"))),
	h("div", { class: "sticky" }, able ? save : h("p", { class: "dim" }, t("read_only")), last && h("span", { class: "dim small" }, t("set_changed", { name: last.by || last.actor || "", time: fullTime(last.at) }))));
	if (!able)
		for (const control of form.querySelectorAll("input, select, textarea"))
			control.disabled = true;
	fill(main, h("div", { class: "head" }, h("h1", null, t("settings"))), form);
	return { unsaved: () => touched };
}
