// The HTTP API (openapi.yaml): requests, problems in words, and news as they come.
import { lang, t } from "./words.js";

const NEWS_MS = 1000;
const AGAIN_MS = 5000;
const SAVED_MS = 60000; // a browser has taken a file by then

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

/** What was answered: null = nothing; undefined = a proxy, or whoever stands in between, has answered in words of its own. */
function parse(text) {
	try {
		return text ? JSON.parse(text) : null;
	} catch {
		return undefined;
	}
}

const problemOf = (answer, text) => new Problem(answer.status, parse(text) || { title: `${answer.status} ${answer.statusText}` });

let signedOut = () => {};

/** told(problem) is called whenever somebody is not signed in, or not any more. */
export const onSignedOut = (told) => { signedOut = told; };

/** Somebody without a session of a browser may have given an API key; it is forgotten with the tab. */
export const useKey = (key) => (key ? sessionStorage.setItem("key", key) : sessionStorage.removeItem("key"));
export const hasKey = () => Boolean(sessionStorage.getItem("key"));

function headersOf(headers) {
	return hasKey() ? { ...headers, Authorization: `Bearer ${sessionStorage.getItem("key")}` } : headers;
}

/** What came of it, read to its end: an answer that breaks off is none. */
async function ask(url, options, unanswered) {
	try {
		const answer = await fetch(url, options);
		return { answer, content: await answer.blob() };
	} catch (error) {
		if (error.name === "AbortError")
			throw error;
		throw new Problem(0, { detail: t(unanswered) });
	}
}

/**
 * One request. body: an object is sent as JSON; a string needs type; key: of onceKey(). Gives the parsed answer, or as a file the whole of it;
 * throws Problem.
 */
export async function call(method, path, { query, body, type, key, signal, file } = {}) {
	const headers = headersOf({ "Accept-Language": lang(), Accept: file ? "*/*" : "application/json" });
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
	const said = { method, headers, signal, body: body === undefined || type ? body : JSON.stringify(body) };
	const { answer, content } = await ask(url, said, key ? "no_answer" : "no_connection");
	if (answer.status < 500)
		key?.answered();
	const parsed = !file && answer.ok && parse(await content.text());
	if (answer.ok && parsed !== undefined)
		return file ? content : parsed;
	const problem = problemOf(answer, await content.text());
	if (answer.status === 401)
		signedOut(problem);
	throw problem;
}

/** Saves what a GET answers as a file. A link would do, but a browser that follows one does not send a key. */
export async function save(path, query, name) {
	const address = URL.createObjectURL(await call("GET", path, { query, file: true }));
	const link = document.createElement("a");
	link.href = address;
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(address), SAVED_MS);
}

/** A path of the tenant that is shown. */
export const at = (...parts) => ["/v1/tenants", encodeURIComponent(tenant), ...parts.map(encodeURIComponent)].join("/");

export const get = (path, query, signal) => call("GET", path, { query, signal });
export const post = (path, body, more) => call("POST", path, { body, ...more });
export const put = (path, body, more) => call("PUT", path, { body, ...more });

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
	const wanted = localStorage.getItem("tenant"), named = sessionStorage.getItem("named");
	for (const one of [named, !all.length && wanted])
		if (me.tenant === "*" && one && !all.includes(one))
			all.push(one); // named just now: nothing is known of it before somebody is invited
	tenant = all.includes(wanted) ? wanted : all[0] || "";
	return all;
}

export function chooseTenant(name) {
	localStorage.setItem("tenant", name);
	tenant = name;
}

/** One of which nothing is known yet. */
export function nameTenant(name) {
	sessionStorage.setItem("named", name);
	chooseTenant(name);
}

const ranks = ["anyone", "viewer", "operator", "admin", "super"];
export const may = (role) => ranks.indexOf(me.role) >= ranks.indexOf(role);

let stream;

/** Nobody listens any more. */
export const hush = () => stream?.abort();

/** Reads server-sent events until they end; a browser's own reader could not send a key. */
async function follow(signal, told, open) {
	const answer = await fetch(at("events"), { headers: headersOf({ Accept: "text/event-stream" }), signal });
	if (!answer.ok)
		throw problemOf(answer, await answer.text());
	open();
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

/**
 * Hears what changes: told(how many invites) is called at most once a second. A connection that ends is made again; hears(whether there is one)
 * is called as it comes and goes, but not for the moment between two of them.
 */
export async function listen(told, hears) {
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
			await follow(mine.signal, soon, () => hears(true));
		} catch (problem) {
			if (mine.signal.aborted)
				return;
			hears(false);
			if (problem.status === 401)
				return signedOut(problem);
		}
		await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
		soon();
	}
}
