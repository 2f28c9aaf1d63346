"""A person at a browser: Debian's Chromium driven by Playwright, looked over by axe-core."""
import json
import re
import shutil
from pathlib import Path

from process import build_root

AXE = build_root() / "browser" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WAIT_MS = 15000


def missing():
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "playwright is not installed; sh tests/run.sh does so"
    if not CHROMIUM:
        return "no chromium"
    return None if AXE.exists() else f"{AXE} is missing; sh tests/run.sh fetches it"


class Browser:
    """Contexts of one Chromium; everything a page complains of is kept."""

    def __init__(self):
        from playwright.sync_api import sync_playwright
        self.playwright = sync_playwright().start()
        self.chromium = self.playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        self.complaints = []

    def page(self, lang="en", theme="light", width=1360, height=900, scripts=True):
        """A new visitor's page. scripts=False: one without JavaScript, who can be looked over by nobody."""
        context = self.chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, java_script_enabled=scripts,
            locale={"en": "en-GB", "ru": "ru-RU"}[lang], timezone_id="Europe/Moscow", reduced_motion="reduce")
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.on("pageerror", lambda e: self.complaints.append(f"{page.url}: {e}"))
        page.on("console", lambda m: m.type == "error" and "Failed to load resource" not in m.text and
                self.complaints.append(f"{page.url}: {m.text}"))
        return page

    def close(self):
        self.chromium.close()
        self.playwright.stop()


def barriers(page):
    """What axe-core finds, a line each. It runs in a world of its own, so the page's policy does not stop it."""
    session = page.context.new_cdp_session(page)
    frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})["executionContextId"]
    session.send("Runtime.evaluate", {"expression": AXE.read_text(), "contextId": world})
    run = f"axe.run(document, {{runOnly: {RULES!r}, resultTypes: ['violations']}}).then(r => JSON.stringify(r.violations.map(" \
          "v => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | ')}`)))"
    result = session.send("Runtime.evaluate", {"expression": run, "contextId": world, "awaitPromise": True,
                                               "returnByValue": True})
    session.detach()
    return json.loads(result["result"]["value"])


def look_over(page, name):
    """Keeps a screenshot in build/screens, finds no barrier, and nothing to scroll sideways."""
    folder = build_root() / "screens"
    folder.mkdir(exist_ok=True)
    page.screenshot(path=Path(folder) / f"{re.sub(r'[^a-z0-9-]+', '-', name.lower())}.png")
    found = barriers(page)
    assert not found, f"{name}:\n" + "\n".join(found)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{name} is {wide} pixels too wide"
    cut = page.evaluate("[...document.querySelectorAll('nav, [role=tablist], [role=tab]')].filter(e => e.scrollWidth > e.clientWidth + 1)"
                        ".map(e => e.outerHTML.slice(0, 160))")
    assert not cut, f"{name}: something to choose is cut off: {cut}"
