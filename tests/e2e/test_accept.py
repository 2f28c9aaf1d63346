"""The page behind the link: accepting, declining, and every page that says why a link does not work."""
import hashlib
import json
import re

import browser
import events
import markup
import pytest
import seals
from checks import by_recipient
from conftest import need
from desk import chromium  # noqa: F401: a fixture is found here
from life import DAY_MS, ask, skew, token_of
from pages import Page, public_port

TENANTS = {"tenants": {"acme": {"cooldown_s": 0, "accept": {"redirect": "https://app.internal/start?from=mail#home"}},
                       "plain": {"accept": {"mode": "confirm"}},
                       "house": {"brand": {"colour": "#0f766e", "logo": "https://pictures.internal/house.png"}, "contact": "people@house.internal",
                                 "accept": {"mode": "confirm", "redirect": "https://app.internal/start"}},
                       "own": {"accept": {"mode": "redirect", "redirect": "https://app.internal/join#here"}}}}
FILLED = {"answer": "accept", "first_name": "Анна", "last_name": "O'Neil", "password": "correct horse",
          "confirm": "correct horse"}


@pytest.fixture
def door(fleet):
    """The fleet with a status service whose public door is open; gives the port."""
    fleet.up(dispatcher=TENANTS, email=TENANTS)
    return public_port(fleet, **TENANTS)


def invited(fleet, **data):
    """An invite that was sent, and its token."""
    event = fleet.emit(events.invite(**data))
    fleet.await_outcome(event, "sent")
    return event, token_of(by_recipient(fleet.sink)[event.to][-1])


@pytest.mark.story
def test_accepts_once(fleet, door):
    """A hundred looks leave it usable; names and password travel sealed; a second POST finds it accepted."""
    event, token = invited(fleet, role="Engineer <b>", inviter={"id": "u1", "name": "Bob"}, organisation={"name": "A & B"})
    page = Page(door, token)
    for method in ("GET", "HEAD"):
        assert {page.ask(method).status for _ in range(50)} == {200}
    assert page.ask("OPTIONS").status == 405
    shown = page.get()
    assert "Engineer &lt;b&gt;" in shown.text and "A &amp; B" in shown.text and "Bob" in shown.text
    assert shown.headers["Cache-Control"] == "no-store" and shown.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in shown.headers["X-Robots-Tag"] and "<script" not in shown.text
    done = page.post(shown.nonce, **FILLED)
    assert done.status == 303
    ticket = re.fullmatch(r"https://app\.internal/start\?from=mail&ticket=([a-z2-7]{32})#home", done.headers["Location"])
    assert ticket
    good_ms = fleet.redis.client.pttl(f"{fleet.prefix}j:{hashlib.sha256(ticket[1].encode()).hexdigest()}")
    assert 0 < good_ms <= 60_000
    again = page.post(shown.nonce, **FILLED)
    assert again.status == 200 and again.title == "You have accepted"
    told = fleet.await_outcome(event, "accepted")
    sealed = json.loads(seals.open_(fleet.dir / "accept.keys", told["sealed"]))
    assert (sealed["first_name"], sealed["last_name"]) == ("Анна", "O'Neil")
    assert sealed["password_argon2id"].startswith("$argon2id$")
    fleet.wait(lambda: page.get().title == "You have accepted", 10, "the page knows")
    assert fleet.redis.client.exists(f"{fleet.prefix}d:{event.key}")
    assert len(fleet.outcomes.distinct("accepted", event.invite)) == 1


def test_faults_are_marked(fleet, door):
    """Nothing is sent while something is wrong; names stay, passwords do not."""
    event, token = invited(fleet)
    page = Page(door, token)
    faulty = page.post(**{**FILLED, "last_name": " ", "confirm": "another horse"})
    assert faulty.status == 422 and "Enter your last name." in faulty.text
    assert "The two passwords differ." in faulty.text and 'value="Анна"' in faulty.text
    assert "correct horse" not in faulty.text
    assert "Use at least 8 characters." in page.post(**{**FILLED, "password": "short"}).text
    stale = page.post("a" * 26, **FILLED)
    assert stale.status == 400 and "press the button once more" in stale.text
    assert page.ask("POST", body={"first_name": "x" * 9000}).status == 413
    assert fleet.outcomes.distinct("accepted", event.invite) == []
    assert page.post(**FILLED).status == 303


def test_declines_when_asked_twice(fleet, door):
    event, token = invited(fleet)
    page = Page(door, token)
    asked = page.get(f"/i/{token}?lang=en&answer=decline")
    assert asked.title == "Not for you?" and asked.status == 200
    assert page.get().title.startswith("Join ")
    back = page.post(asked.nonce, answer="decline")
    assert back.status == 303
    shown = page.get(f"/i/{token}{back.headers['Location']}")
    assert shown.title == "Invitation declined"
    fleet.await_outcome(event, "declined")
    fleet.wait(lambda: page.get().title == "Invitation declined", 10, "the page knows")


def test_confirms_with_the_button_alone(fleet, door):
    event, token = invited(fleet, tenant="plain")
    page = Page(door, token)
    assert "password" not in page.get().text
    assert page.post(answer="accept").status == 303
    assert "sealed" not in fleet.await_outcome(event, "accepted")


def test_own_page(fleet, door):
    """The application has a page of its own: the token goes there, and nothing happens here."""
    _, token = invited(fleet, tenant="own")
    sent = Page(door, token).get()
    assert sent.status == 303 and sent.headers["Location"] == f"https://app.internal/join?token={token}#here"


def test_whose_page_it_is(fleet, door):
    """The organisation's colour, picture and contact, and nothing else may be loaded; later, where to sign in."""
    event, token = invited(fleet, tenant="house", organisation={"name": "The House"})
    page = Page(door, token)
    shown = page.get()
    assert "--brand:#0f766e" in shown.text and 'src="https://pictures.internal/house.png" alt="The House"' in shown.text
    policy = dict(part.strip().split(" ", 1) for part in shown.headers["Content-Security-Policy"].split(";") if " " in part.strip())
    assert policy["default-src"] == "'none'" and policy["img-src"] == "https://pictures.internal" and "unsafe" not in str(policy)
    assert 'href="mailto:people@house.internal"' in shown.text
    ask(fleet, "invite.accepted", event, "accepted")  # elsewhere: the application has said so
    fleet.wait(lambda: page.get().title == "Already accepted", 15, "the page does not know")
    after = page.get()
    assert 'href="https://app.internal/start"' in after.text and "<form" not in after.text
    assert page.post(shown.nonce, answer="accept").title == "Already accepted"
    assert len(fleet.outcomes.distinct("accepted", event.invite)) == 1


def asks_once(fleet, late, page):
    """Whoever comes too late asks for another invitation with one button; it is told once, and nothing is sent."""
    shown, sent = page.get(), len(fleet.sink.messages)
    assert "Bob" in shown.text
    assert page.post("a" * 26, answer="renew").status == 400
    for _ in range(2):
        assert page.post(shown.nonce, answer="renew").status == 303
    told = fleet.await_outcome(late, "asked_again")
    assert (told["prev"], told["sequence"]) == ("expired", [1, 0, 0])
    after = page.get()
    assert after.status == 410 and "Bob sees now" in after.text and 'value="renew"' not in after.text
    assert len(fleet.outcomes.distinct("asked_again", late.invite)) == 1 and len(fleet.sink.messages) == sent


@pytest.mark.story
def test_pages_of_failure(fleet, door, tmp_path):
    """Four links that do not work, four pages that say why, in the person's language unless asked otherwise."""
    late, expired = invited(fleet, inviter={"id": "u1", "name": "Bob"}, link={"ttl_s": 300})
    again, superseded = invited(fleet, recipient={"email": events.address(), "locale": "ru"})
    ask(fleet, "invite.resend-requested", again, "sent")
    withdrawn, cancelled = invited(fleet)
    ask(fleet, "invite.cancel-requested", withdrawn, "cancelled")

    seen = {}

    def shows(token, status, title, words):
        for path in (f"/i/{token}?lang=en", f"/i?token={token}&lang=en"):
            answer = Page(door, token).get(path)
            assert (answer.status, answer.title) == (status, title), answer.text
            assert re.search(words, answer.text), answer.text
            seen[title.replace(" ", "-").lower()] = answer.text
    shows(superseded, 410, "There is a newer invitation", r"Open the most recent message, sent \d+ \w+ \d{4}, ")
    assert Page(door, superseded).get(f"/i/{superseded}").title == "Есть более новое приглашение"
    shows(cancelled, 410, "Invitation cancelled", "has been withdrawn")
    shows("k1." + "a" * 32, 404, "This link does not work", "copy the whole address")
    assert Page(door, "x").get("/i").status == 404
    for path, lang in (("/", "en"), (f"/i/{cancelled}/", "ru")):  # what a mail program made of a link
        astray = Page(door, "x").get(path, Accept="text/html,*/*", Accept_Language=f"de, {lang}")
        assert (astray.status, astray.title) == (404, {"en": "This link does not work", "ru": "Ссылка не работает"}[lang])
        assert "style-src 'nonce-" in astray.headers["Content-Security-Policy"]
    assert json.loads(Page(door, "x").get("/").text)["code"] == "not_found"
    skew(fleet, DAY_MS)
    shows(expired, 410, "Invitation Expired", "Ask for a new invitation")
    asks_once(fleet, late, Page(door, expired))
    need(markup.missing())
    found = markup.faults(tmp_path, seen)
    assert len(seen) == 4 and not found, "\n".join(found)


def test_kafka_away(fleet, door, kafka):
    """Nobody is told that it is done while it may still be lost; whoever presses once more learns that it is."""
    event, token = invited(fleet)
    page = Page(door, token)
    nonce = page.get().nonce
    kafka.freeze()
    try:
        refused = page.post(nonce, **FILLED)
        assert refused.status == 503 and "Nothing is lost" in refused.text and refused.headers["Retry-After"]
    finally:
        kafka.thaw()

    def done():
        """Kafka may have taken the first one after all: then there is nothing left to accept."""
        answer = page.post(nonce, **FILLED)
        return answer.status == 303 or answer.title in ("You have accepted", "Already accepted")
    fleet.wait(done, 60, "Kafka is back")
    fleet.await_outcome(event, "accepted")
    assert len(fleet.outcomes.distinct("accepted", event.invite)) == 1


def test_redis_away(fleet, door, redis):
    _, token = invited(fleet)
    page = Page(door, token)
    redis.kill()
    away = page.get()
    assert away.status == 503 and away.title == "One moment, please"
    redis.start()
    fleet.wait(lambda: page.get().status == 200, 30, "the page is back")


@pytest.mark.parametrize("lang, theme, width", [("en", "light", 1000), ("ru", "dark", 320)])
def test_in_a_browser(fleet, door, chromium, lang, theme, width):  # noqa: F811
    """The form, its faults, declining and a dead link: no barrier, nothing too wide."""
    _, token = invited(fleet, recipient={"email": events.address(), "locale": lang, "name": "Ann"}, role="Nurse")
    page = chromium.page(lang=lang, theme=theme, width=width)
    link = f"http://127.0.0.1:{door}/i?token={token}"
    page.goto(link)
    browser.look_over(page, f"accept {lang} {theme}")
    page.locator("#first").fill("Ann")
    page.locator("#last").fill("Abel")
    page.locator("#password").fill("correct horse")
    page.locator("#confirm").fill("another horse")
    page.locator("button").click()
    page.locator("#confirm[aria-invalid]").wait_for()
    browser.look_over(page, f"accept faults {lang} {theme}")
    page.locator("main a").first.click()
    browser.look_over(page, f"accept decline {lang} {theme}")
    page.locator("button").click()
    assert page.locator("h1").inner_text() in ("Invitation declined", "Приглашение отклонено")
    browser.look_over(page, f"accept declined {lang} {theme}")
    page.goto(link.replace(token, "k1.none"))
    browser.look_over(page, f"accept invalid {lang} {theme}")
    page.context.close()


def test_without_scripts(fleet, door, chromium):
    """JavaScript is not needed to get in."""
    event, token = invited(fleet, tenant="plain")
    page = chromium.page(scripts=False)
    page.goto(f"http://127.0.0.1:{door}/i/{token}")
    page.locator("button").click()
    page.get_by_role("heading", name="You have accepted").wait_for()
    fleet.await_outcome(event, "accepted")
    page.context.close()
