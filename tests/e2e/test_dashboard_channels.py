"""Channels and Fleet in the browser: what a person on call sees of the ways out, and what they do with them."""
import browser
import events
import pytest
import smtpd
import web
from desk import chromium, sign_in  # noqa: F401

try:
    from playwright.sync_api import expect
except ImportError:  # then browser.missing() says so
    expect = None

WORDS = {"en": {"closed": "Closed", "open": "Open", "paused": "Paused", "test": "Send a test: first", "go": "Send test",
                "pause": "Pause: first", "pause_go": "Pause", "resume": "Resume", "why": "Why?", "sent": "Sent · through first",
                "to": "Your e-mail address", "passed": "Passed over", "limit": "Its rate limit is used up"},
         "ru": {"closed": "Закрыт", "open": "Открыт", "paused": "Приостановлен", "test": "Отправить тест: first",
                "go": "Отправить", "pause": "Приостановить: first", "pause_go": "Приостановить", "resume": "Продолжить",
                "why": "Почему?", "sent": "Отправлено · через first", "to": "Ваш адрес электронной почты", "passed": "Пропускается",
                "limit": "Исчерпан его лимит"}}


@pytest.fixture
def second():
    with smtpd.Server() as server:
        yield server


@pytest.fixture
def site(fleet, second, chromium):
    """Two relays, and one that takes a message an hour; nothing in the browser may complain."""
    relays = [{"name": name, "url": f"smtp://127.0.0.1:{server.port}", "tls": "off", "order": order, **more}
              for name, server, order, more in (("first", fleet.sink, 1, {}), ("second", second, 2, {}), ("small", second, 3, {"limit": "1/h"}))]
    own = web.doors()
    chromium.complaints.clear()
    fleet.up(services=("clock", "dispatcher", "email", "status"), status=own, email={"relays": relays})
    made = web.Site(fleet, own)
    made.second = second
    yield made
    assert not chromium.complaints, chromium.complaints


def card(page, name):
    return page.locator(f"[data-route='email/{name}']")


def shows(page, name, state):
    expect(card(page, name).locator(".badge")).to_have_text(state, timeout=browser.WAIT_MS)


@pytest.mark.parametrize("lang, theme, width", [("en", "light", 1360), ("ru", "dark", 320)])
def test_channels(fleet, site, chromium, lang, theme, width):
    """A relay that goes away and comes back, a test to oneself through it, and its brake."""
    words = WORDS[lang]
    fleet.await_outcome(fleet.emit(events.invite()), "sent")
    page = sign_in(site, chromium.page(lang=lang, theme=theme, width=width), "super", "#/channels", tenant="*")
    shows(page, "first", words["open"])
    shows(page, "second", words["open"])
    fleet.sink.down()
    fleet.await_outcome(fleet.emit(events.invite()), "sent")
    shows(page, "first", words["closed"])
    expect(card(page, "first")).to_contain_text("connect_failed")
    admin = site.key(role="admin")
    for _ in range(2):  # the second one is over its limit
        assert admin.post("/v1/tenants/acme/routes/email/small/test", {"to": events.address()}).status == 202
    shows(page, "small", words["passed"])
    expect(card(page, "small")).to_contain_text(words["limit"])
    browser.look_over(page, f"channels {lang} {theme} {width}")
    fleet.sink.up()
    shows(page, "first", words["open"])
    page.get_by_role("button", name=words["test"]).click()
    dialog = page.locator("dialog")
    dialog.get_by_label(words["to"]).fill(to := events.address())
    dialog.get_by_role("button", name=words["go"], exact=True).click()
    expect(dialog).to_contain_text(words["sent"], timeout=browser.WAIT_MS)
    browser.look_over(page, f"send a test {lang} {theme} {width}")
    assert [m.to for m in fleet.sink.messages].count(to) == 1 and to not in [m.to for m in site.second.messages]
    page.keyboard.press("Escape")
    page.get_by_role("button", name=words["pause"]).click()
    page.get_by_label(words["why"]).fill("maintenance")
    page.locator("dialog").get_by_role("button", name=words["pause_go"], exact=True).click()
    shows(page, "first", words["paused"])
    expect(card(page, "first")).to_contain_text("maintenance")
    fleet.await_outcome(event := fleet.emit(events.invite()), "sent")
    assert event.to in [m.to for m in site.second.messages], "it went by the paused one"
    card(page, "first").get_by_role("button", name=words["resume"]).click()
    shows(page, "first", words["open"])


def test_channels_by_role(site, chromium):
    """An operator sees them and may stop one, but sends no tests; a viewer has no such page."""
    page = sign_in(site, chromium.page(), "operator", "#/channels")
    expect(card(page, "first")).to_be_visible()
    assert page.get_by_role("button", name="Send a test").count() == 0
    assert page.get_by_role("button", name="Pause: first").count() == 1
    page = sign_in(site, chromium.page(), "viewer", "#/users")
    assert page.get_by_role("link", name="Fleet").count() == 1 and page.get_by_role("link", name="Channels").count() == 0


def test_rates_are_there(fleet, site, chromium):
    """Fleet opens with what was told before: beckon-status has looked, not the page."""
    client = site.key(role="operator")
    assert site.key(role="viewer").get("/v1/processes/past").status == 403
    fleet.wait(lambda: "at" in client.get("/v1/processes/past").json, 30, "nobody looks")
    fleet.await_outcome(fleet.emit(events.invite()), "sent")
    fleet.wait(lambda: any(client.get("/v1/processes/past").json["told"].get("sent", [])), 40, "what was told is not kept")
    page = sign_in(site, chromium.page(), "operator", "#/fleet")
    rates = page.locator("[data-card=rates]")
    expect(rates.get_by_role("row", name="Sent")).to_be_visible()
    expect(rates.locator("svg.spark").first).to_be_visible()
    browser.look_over(page, "fleet rates en")


def test_rates_and_lag(fleet, site, chromium):
    """What is told while Fleet is open, how far each service is behind, and which one does not run."""
    page = sign_in(site, chromium.page(lang="ru", theme="dark", width=320), "operator", "#/fleet")
    rates, lag = (page.locator(f"[data-card={name}]") for name in ("rates", "lag"))
    expect(lag.locator("[data-service=email]")).to_contain_text("topics.email", timeout=browser.WAIT_MS)
    expect(lag.locator("[data-service=sms] .bad")).to_be_visible()
    fleet.await_outcome(fleet.emit(events.invite()), "sent")
    expect(rates.get_by_role("row", name="Отправлено")).to_be_visible(timeout=3 * browser.WAIT_MS)
    expect(lag.locator("svg.spark").first).to_be_visible()
    browser.look_over(page, "fleet rates ru 320")
