// The HTTP API (openapi.yaml): requests, problems in words, and news as they come.
import { lang, t } from "./words.js";

const NEWS_MS = 1000;
const AGAIN_MS = 5000;

export const me = { id: "", role: "anyone", tenant: "" };
export let tenant = "";

export class Problem extends Error {
	constructor(status, body) {
		super(body.text || body.detail || body.title || t("failed"));
		this.status = status;
		this.code = body.code || "";
		this.remedy = body.remedy || "";
		this.body = body;
	}
}

async function problem(answer) {
	let body = {};
	try {
		body = await answer.json();
	} catch {
		body.title = `${answer.status} ${answer.statusText}`;
	}
	return new Problem(answer.status, body);
}

/** Somebody without a session of a browser may have given an API key; it is forgotten with the tab. */
export const useKey = (key) => (key ? sessionStorage.setItem("key", key) : sessionStorage.removeItem("key"));
export const hasKey = () => Boolean(sessionStorage.getItem("key"));

function headersOf(headers) {
	return hasKey() ? { ...headers, Authorization: `Bearer ${sessionStorage.getItem("key")}` } : headers;
}

/** One request. body: an object is sent as JSON; a string needs type; key: of onceKey(). Gives the parsed answer; throws Problem. */
export async function call(method, path, { query, body, type, key, signal } = {}) {
	const headers = headersOf({ "Accept-Language": lang(), Accept: "application/json" });
	const url = new URL(path, location.origin);
	for (const [name, value] of Object.entries(query || {}))
		if (value !== undefined && value !== null && value !== "")
			url.searchParams.set(name, value);
	if (method !== "GET" && me.csrf)
		headers["X-CSRF-Token"] = me.csrf;
	if (body !== undefined)
		headers["Content-Type"] = type || "application/json";
	if (key)
		headers["Idempotency-Key"] = key.of(body);
	let answer;
	try {
		answer = await fetch(url, { method, headers, signal, body: body === undefined || type ? body : JSON.stringify(body) });
	} catch (error) {
		if (error.name === "AbortError")
			throw error;
		throw new Problem(0, { detail: t("no_connection") });
	}
	if (answer.status < 500)
		key?.answered();
	if (!answer.ok)
		throw await problem(answer);
	return answer.status === 204 ? null : answer.json();
}

/** A path of the tenant that is shown. */
export const at = (...parts) => ["/v1/tenants", encodeURIComponent(tenant), ...parts.map(encodeURIComponent)].join("/");

export const get = (path, query, signal) => call("GET", path, { query, signal });
export const post = (path, body, more) => call("POST", path, { body, ...more });
export const put = (path, body) => call("PUT", path, { body });

/** Names what is asked: the same body, sent again since no answer came, asks the same thing; another body another one. */
export function onceKey() {
	let name, said;
	return {
		of(body) {
			const says = JSON.stringify(body ?? null);
			if (says !== said)
				[name, said] = [crypto.randomUUID(), says];
			return name;
		},
		answered: () => { said = undefined; },
	};
}

export async function signIn() {
	Object.assign(me, await get("/v1/session"));
	const all = me.tenant === "*" ? (await get("/v1/tenants")).items.map((one) => one.tenant) : [me.tenant];
	const wanted = localStorage.getItem("tenant");
	if (!all.length && wanted)
		all.push(wanted); // named just now: nothing is known of it before somebody is invited
	tenant = all.includes(wanted) ? wanted : all[0] || "";
	return all;
}

export function chooseTenant(name) {
	localStorage.setItem("tenant", name);
	tenant = name;
}

const ranks = ["anyone", "viewer", "operator", "admin", "super"];
export const may = (role) => ranks.indexOf(me.role) >= ranks.indexOf(role);

let stream;

/** Reads server-sent events until they end; a browser's own reader could not send a key. */
async function follow(signal, told) {
	const answer = await fetch(at("events"), { headers: headersOf({ Accept: "text/event-stream" }), signal });
	if (!answer.ok)
		throw await problem(answer);
	const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
	for (let text = ""; ;) {
		const { value, done } = await reader.read();
		if (done)
			return;
		text += value;
		const end = text.lastIndexOf("\n\n") + 2;
		for (const [, data] of text.slice(0, end < 2 ? 0 : end).matchAll(/^event: *(?:invites|reset)\ndata: *(.*)$/gm))
			told(JSON.parse(data).invites?.length || 0);
		text = end < 2 ? text : text.slice(end);
	}
}

/** Hears what changes: told(how many invites) is called at most once a second. A connection that ends is made again. */
export async function listen(told) {
	let waiting = 0, changed = 0;
	const soon = (n = 0) => {
		changed += n;
		waiting ||= setTimeout(() => {
			const all = changed;
			waiting = changed = 0;
			told(all);
		}, NEWS_MS);
	};
	stream?.abort();
	const mine = stream = new AbortController();
	while (!mine.signal.aborted) {
		try {
			await follow(mine.signal, soon);
		} catch {
			if (mine.signal.aborted)
				return;
		}
		await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
		soon();
	}
}
