// English and Russian. Words of the contract (statuses, buttons) are its words.
import { en } from "./words_en.js";
import { ru } from "./words_ru.js";

const languages = { en, ru };
let current = "en";
let plural = new Intl.PluralRules("en");

export const lang = () => current;

/** The language with the region of the reader, for dates and numbers. */
export const tag = () => navigator.languages.find((one) => one.startsWith(`${current}-`)) || (current === "en" ? "en-GB" : current);

/** Remembered; the first time as the browser prefers. */
export function chooseLang(wanted) {
	const saved = wanted || localStorage.getItem("lang");
	const preferred = navigator.languages.map((one) => one.slice(0, 2)).find((one) => languages[one]);
	current = languages[saved] ? saved : preferred || "en";
	if (wanted)
		localStorage.setItem("lang", wanted);
	plural = new Intl.PluralRules(current);
	document.documentElement.lang = current;
}

/** The text of a key, {name} replaced by values.name; where it has forms, that of values.n. */
export function t(key, values = {}) {
	let text = languages[current][key] ?? en[key] ?? key;
	if (typeof text === "object")
		text = text[plural.select(values.n)] ?? text.other;
	return text.replace(/\{(\w+)\}/g, (all, name) => {
		const value = values[name];
		return value === undefined ? all : typeof value === "number" ? value.toLocaleString(tag()) : value;
	});
}

export const has = (key) => key in languages[current];
