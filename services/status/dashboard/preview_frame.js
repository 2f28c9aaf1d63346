// Runs inside the sandboxed frame: shows the message it is handed. What it holds runs no script and loads no page.
addEventListener("message", (event) => {
	const made = new DOMParser().parseFromString(String(event.data), "text/html");
	for (const element of made.querySelectorAll("script, meta[http-equiv], base, iframe, object, embed"))
		element.remove();
	document.replaceChild(document.adoptNode(made.documentElement), document.documentElement);
});
parent.postMessage("ready", "*");
