"""The dashboard where somebody is quick, the service slow, or an answer lost: what is seen is what was asked for last, and true."""
import json

import pytest
import web
from desk import chromium, sign_in  # noqa: F401: a fixture is found here

try:
    from playwright.sync_api import expect
except ImportError:  # then browser.missing() says so
    expect = None

T = "/v1/tenants/acme"
UNAVAILABLE = {"status": 503, "content_type": "application/problem+json", "body": json.dumps({"code": "unavailable", "detail": "Redis is away"})}
NOT_SIGNED_IN = {"status": 401, "content_type": "application/problem+json", "body": json.dumps({"code": "not_signed_in", "detail": "sign in", "login": "/auth/login"})}


class Held:
    """Requests to a path that are answered when somebody says so, one after the other or all of them."""

    def __init__(self, page, pattern):
        self.page, self.waiting, self.open = page, [], False
        page.route(pattern, lambda route: route.continue_() if self.open else self.waiting.append(route))

    def await_count(self, count):
        while len(self.waiting) < count:
            self.page.wait_for_timeout(20)

    def let_go(self):
        self.await_count(1)
        self.open = True
        while self.waiting:
            self.waiting.pop().continue_()


@pytest.fixture(scope="module")
def lists():
    return {"tenants__*": {"roles": ["Nurse"], "send_window": {"days": "sat-mon, wed", "from": "08:00", "to": "24:00"}, "default_locale": "de"}}


def goes(page, where):
    page.evaluate("where => { location.hash = `#/${where}`; }", where)


def test_slow_answers(fleet, lists, chromium):  # noqa: F811
    """A page that was left does not come back; of two questions the last one is answered; a service that is away is asked again."""
    chromium.complaints.clear()
    site = web.up(fleet, services=("status",), **lists)
    page = sign_in(site, chromium.page(), role="admin", where="#/import")
    for where, heading in (("templates", f"**{T}/templates"), ("users", f"**{T}/invites?*")):
        slow = Held(page, heading)
        goes(page, where)
        expect(page.locator(".loading")).to_be_visible()
        goes(page, "import")
        expect(page.locator("h1")).to_have_text("Import people")
        with page.expect_response(lambda answer: answer.status == 200):
            slow.let_go()
        page.wait_for_timeout(50)
        expect(page.locator("h1")).to_have_text("Import people")

    goes(page, "template/none")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    goes(page, "template/invite")
    page.get_by_role("button", name="Subject", exact=True).click()
    slow = Held(page, f"**{T}/templates/invite/ru")
    page.get_by_label("Language of the message").select_option("ru")
    expect(page.get_by_label("Language of the message")).to_have_value("en")  # what is seen is English still, and is saved as that
    slow.let_go()
    expect(page.get_by_label("Language of the message")).to_have_value("ru")
    slow = Held(page, f"**{T}/templates/preview")
    area = page.locator("textarea.code")
    for count, name in enumerate(("none_a", "none_b"), 1):
        area.fill(f"{{{{{name}}}}}")
        slow.await_count(count)
    slow.waiting.pop().continue_()
    expect(page.locator(".findings")).to_contain_text("none_b")
    with page.expect_response("**/preview"):
        slow.let_go()
    page.wait_for_timeout(50)
    expect(page.locator(".findings")).to_contain_text("none_b")

    asked = []
    page.route(f"**{T}/summary", lambda route: (asked.append(1), route.fulfill(**UNAVAILABLE) if len(asked) == 1 else route.continue_()))
    goes(page, "fleet")
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", name="beckon is getting ready")).to_be_visible()
    expect(page.get_by_role("heading", name="Invitations by status")).to_be_visible()  # by itself
    assert not chromium.complaints, chromium.complaints


def test_lost_answers(fleet, lists, chromium):  # noqa: F811
    """What was done and not answered is not done again; what is not saved is asked about; who is not signed in any more is told."""
    chromium.complaints.clear()
    site = web.up(fleet, services=("status",), **lists)
    page = sign_in(site, chromium.page(), role="admin", where="#/settings")
    hours = page.locator("fieldset", has_text="Sending hours").first
    assert [box.is_checked() for box in hours.locator(".hours input[type=checkbox]").all()] == [True, False, True, False, False, True, True]
    hours.get_by_label("Tue").check()
    reader = site.key(role="admin")
    before = reader.get(f"{T}/settings").json["version"]

    def done_and_lost(route):
        route.fetch()
        route.abort()
    page.route(f"**{T}/settings", lambda route: done_and_lost(route) if route.request.method == "PUT" else route.continue_())
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".note.bad")).to_contain_text("nothing is done twice")
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Русский").click()
    page.get_by_role("button", name="Stay here").click()
    page.unroute(f"**{T}/settings")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".note", has_text="Saved")).to_be_visible()
    now = reader.get(f"{T}/settings").json
    assert now["settings"] == {"send_window": {"days": ["mon", "tue", "wed", "sat", "sun"], "from": "08:00", "to": "24:00"}}
    assert now["version"] == before + 1

    goes(page, "users")
    with page.expect_download() as got:
        page.get_by_role("link", name="Export CSV").click()
    assert got.value.suggested_filename == "invites.csv" and open(got.value.path(), "rb").read(3) == b"\xef\xbb\xbf"
    page.get_by_role("link", name="Import").click()
    for text, said in (("email\n", "no such"), ("email\na@b.internal\n", "1 of 1 row is fine")):
        page.set_input_files("#file", {"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode()})
        assert page.locator("#file").input_value() == ""  # chosen again it is another one
    expect(page.locator("main")).to_contain_text("1 of 1 row is fine")
    page.evaluate("""() => { const dataTransfer = new DataTransfer(); dataTransfer.items.add(new File(["email\\na@b.internal\\nb@b.internal\\n"], "more.csv"));
        const stays = document.querySelector("h1").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        if (stays) throw new Error("the browser would open the file"); }""")
    expect(page.locator("main")).to_contain_text("2 of 2 rows are fine")
    page.route("**/v1/**", lambda route: route.fulfill(**NOT_SIGNED_IN))
    page.get_by_role("button", name="Import 2 people").click()
    expect(page.get_by_role("heading", name="Sign in to beckon")).to_be_visible()
    assert page.get_by_role("link", name="Sign in").get_attribute("href") == "/auth/login?to=%2F%23%2Fimport"  # and back
    assert not chromium.complaints, chromium.complaints
