// Times, durations and the words of a state.
import { has, tag, t } from "./words.js";

export const TICK_MS = 15000; // of a page's countdowns
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const cache = new Map();

function formatter(kind, options) {
	const key = tag() + kind;
	if (!cache.has(key))
		cache.set(key, new Intl.DateTimeFormat(tag(), options));
	return cache.get(key);
}

const days = { day: "numeric", month: "short" };

/** "14 Mar, 18:00", "14 Mar 2031, 18:00" in another year, and "18:00" today. */
export function shortTime(text) {
	if (!text)
		return "";
	const moment = new Date(text);
	const clock = formatter("clock", { hour: "2-digit", minute: "2-digit" }).format(moment);
	const now = new Date();
	if (moment.toDateString() === now.toDateString())
		return clock;
	const day = moment.getFullYear() === now.getFullYear() ? formatter("day", days) : formatter("date", { ...days, year: "numeric" });
	return `${day.format(moment)}, ${clock}`;
}

/** "14 March 2025 at 18:00:05 CET": with the zone, for titles and details. */
export const fullTime = (text) => text
	? formatter("full", { dateStyle: "long", timeStyle: "long" }).format(new Date(text)) : "";

/** "2 d 3 h", "3 h 12 min", "45 s": of a time that lies ahead. */
export function left(ms) {
	const s = Math.max(0, Math.floor(ms / 1000)), min = Math.floor(s / 60), hr = Math.floor(min / 60), d = Math.floor(hr / 24);
	const say = (n, unit) => `${n} ${t(unit)}`;
	if (d)
		return `${say(d, "d")} ${say(hr % 24, "hr")}`;
	if (hr)
		return `${say(hr, "hr")} ${say(min % 60, "min")}`;
	return min ? say(min, "min") : say(s, "sec");
}

function countdown(text) {
	const ms = new Date(text) - Date.now();
	return ms > 0 ? t("in_time", { time: left(ms) }) : t("ended");
}

/** "in 23 h 12 min", which tick() keeps true. */
export function countdownText(text) {
	const time = momentText(text);
	time.className = "countdown";
	time.textContent = countdown(text);
	return time;
}

export function tick(root) {
	for (const time of root.querySelectorAll("time.countdown"))
		time.textContent = countdown(time.dateTime);
}

/** A sentence as it goes on behind a colon; "SMS" stays as it is. */
const goingOn = (text) => text.replace(/^\p{Lu}(?!\p{Lu})/u, (first) => first.toLowerCase()).replace(/\.$/, "");

/** A row's words: "Sent", "Until 08:00", "Not sent: the mailbox does not exist". */
export function wordsOf(row) {
	const word = row.word || "held";
	const why = row.reason && (has(`why_${row.reason.code}`) ? t(`why_${row.reason.code}`) : row.reason.text || row.reason.code);
	if (word === "deferred" && row.not_before)
		return t("w_deferred", { time: shortTime(row.not_before) }) + (why ? ` (${why})` : "");
	if ((word === "error" || word === "undelivered") && why)
		return t(`w_${word}`, { why: goingOn(why) });
	return plainWord(word);
}

export const plainWord = (word) => (has(`w_${word}_plain`) ? t(`w_${word}_plain`) : t(`w_${word}`));

export const nameOf = (row) => row.person?.name || addressOf(row) || row.invite;
export const addressOf = (row) => row.person?.email || row.person?.phone || row.person?.masked || "";

/** A moment as an element that says the whole of it when asked. */
export function momentText(text) {
	const time = document.createElement("time");
	time.dateTime = text;
	time.title = fullTime(text);
	time.textContent = shortTime(text);
	return time;
}

/** "Russia", of an ISO 3166 code; 001 is a number of no country. */
export const countryName = (region) => (region === "001" ? t("r_no_country") : new Intl.DisplayNames([tag()], { type: "region" }).of(region) || region);

/** "€0.0455": an amount as the API tells it, to the last digit. */
export const money = ({ amount, currency }) => new Intl.NumberFormat(tag(), { style: "currency", currency, maximumFractionDigits: 6 }).format(Number(amount));
