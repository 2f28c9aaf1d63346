"""How soon a person sees the list of 100,000 invites, and another one after a click. README.md says how to read the figures."""
import statistics
import time
import uuid

import browser
import fleet as fleet_module
import rig as rigs
import view
import web
from meters import Meter
from process import wait_until

INVITES = 100_000
TIMES = 7

# Marks the moment at which the first row has been painted.
FIRST_ROW = """
new MutationObserver((_, self) => {
	if (!document.querySelector("tbody tr"))
		return;
	self.disconnect();
	requestAnimationFrame(() => setTimeout(() => { window.firstRow = performance.now(); }));
}).observe(document, { childList: true, subtree: true });
"""

# From a click to the frame after which the list is no longer busy.
CHANGE = """
async (selector) => {
	const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
	const began = performance.now();
	const control = document.querySelector(selector);
	if (!control)
		throw new Error(`there is no ${selector} on ${document.body.innerText.slice(0, 400)}`);
	control.click();
	if (!document.querySelector(".list[aria-busy]"))
		throw new Error(`${selector} asks nothing`);
	do
		await frame();
	while (document.querySelector(".list[aria-busy]"));
	return performance.now() - began;
}
"""


def first_paint(page, url):
    """(the first contents, the first row), in ms from the click on a link."""
    page.goto("about:blank")
    page.goto(url)
    wait_until(lambda: page.evaluate("window.firstRow"), 60, "no row is shown")
    return page.evaluate("[performance.getEntriesByName('first-contentful-paint')[0].startTime, window.firstRow]")


def changes(page, selectors):
    """ms of each click, a few times over; the first round warms."""
    took = [page.evaluate(CHANGE, selector) for _ in range(TIMES) for selector in selectors]
    return took[len(selectors):]


def start(rig):
    fleet = fleet_module.Fleet(rig.dir / f"paint-{uuid.uuid4().hex[:6]}", rig.kafka, rig.redis, None, rigs.PARTITIONS)
    fleet.outcomes.close()
    fleet.init()
    view.figures(view.bench("fill", rig.redis.url, fleet.prefix, INVITES))
    own = web.doors()
    fleet.service("status", **own).start()
    fleet["status"].await_ready()
    return web.Site(fleet, own)


def measure(rig, _options):
    site = start(rig)
    chromium = browser.Browser()
    try:
        page = chromium.page()
        page.add_init_script(FIRST_ROW)
        key = site.key("acme", "operator").headers["Authorization"].removeprefix("Bearer ")
        began = time.time()
        with Meter(rig.processes(site.fleet, None)) as meter:
            page.goto(site.private)
            page.locator("input[type=password]").fill(key)
            page.locator("form button").click()
            page.locator("tbody tr").first.wait_for(timeout=60_000)
            cold_ms = (time.time() - began) * 1000
            paints = [first_paint(page, site.private) for _ in range(TIMES)]
            filters = changes(page, ["[data-status=invited]", "[data-status=error]"])
            sorts = changes(page, ["[data-sort=name]"])
            used = meter.cpu(began, time.time())
    finally:
        chromium.close()
        site.fleet.stop()
        rig.forget(site.fleet)
    return {"sign_in_ms": cold_ms, "contents_ms": statistics.median(p[0] for p in paints),
            "first_row_ms": statistics.median(p[1] for p in paints), "click_ms": statistics.median(filters),
            "click_max_ms": max(filters), "sort_click_ms": statistics.median(sorts), "other": used["other"]}
