"""The dashboard: its files, and what a person can see and do with it."""
import http.client
import re

import browser
import events
import pytest
import web
from checks import by_recipient
from desk import ask_row, choose, chromium, csv, row, sign_in, site  # noqa: F401: fixtures are found here

try:
    from playwright.sync_api import expect
except ImportError:  # then browser.missing() says so
    expect = None


def ask(port, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_files(fleet):
    """Everything the page loads is there, asked for anew and not sent twice, and nothing may come from elsewhere."""
    port = int(web.up(fleet, services=("status",)).private.rsplit(":", 1)[1])
    fleet.wait(lambda: ask(port, "/")[0].status == 200, 15, "the settings are not known")
    page, body = ask(port, "/")
    assert b'<script type="module" src="/app/main.js">' in body
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    loaded, wanted = set(), {"main.js", "base.css", "parts.css", "icon.svg", "preview.html"}
    while wanted - loaded:
        name = (wanted - loaded).pop()
        loaded.add(name)
        file, body = ask(port, f"/app/{name}")
        assert file.status == 200, name
        assert b"http://" not in body.replace(b"http://www.w3.org/2000/svg", b"") and b"https://" not in body, name
        wanted |= {line.split('"')[-2].removeprefix("./") for line in body.decode().splitlines()
                   if line.startswith("import ")}
        again, body = ask(port, f"/app/{name}", **{"If-None-Match": file.headers["ETag"]})
        assert again.status == 304 and not body
    assert len(loaded) > 10
    assert ask(port, "/app/none.js")[0].status == 404


@pytest.mark.story
def test_import_then_invite(fleet, site, chromium):
    """The path of the source documents: import without sending, summary, tick, Invite users (N), all of it live."""
    page = sign_in(site, chromium.page())
    expect(page.get_by_role("heading", name="Nobody yet")).to_be_visible()
    people = [(events.address(), name) for name in ("Ann Abel", "Bob Bell", "Cora Cole")]
    page.get_by_role("link", name="Import").click()
    page.set_input_files("#file", {"name": "people.csv", "mimeType": "text/csv",
                                   "buffer": csv([*people, ("nobody", "Dan Dow")]).encode()})
    expect(page.get_by_text("3 of 4 rows are fine")).to_be_visible()
    expect(page.locator("tbody tr")).to_contain_text("5")
    assert not page.get_by_label("Send invitation").is_checked()
    browser.look_over(page, "import")
    page.get_by_role("button", name="Import 3 people").click()
    expect(page.get_by_role("heading", name="Import Summary")).to_be_visible()
    page.get_by_role("button", name="Invite Users").click()
    assert page.get_by_role("menuitem").all_inner_texts() == ["Send Invite Email", "Send Password Email"]
    assert page.get_by_role("menu").bounding_box()["x"] >= 0  # all of it is in sight
    page.keyboard.press("Escape")
    fleet.await_count("held", 3)
    page.get_by_role("link", name="Users").click()
    choose(page, "not_invited")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.get_by_role("button", name="Invite users (0)")).to_be_disabled()
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Invite users (3)").click()
    expect(page.locator("dialog")).to_contain_text("3 get their first invitation")
    page.get_by_label("Note").fill("See you on Monday!")
    browser.look_over(page, "invite users")
    page.get_by_role("button", name="Send 3 invitations").click()
    page.locator("dialog").wait_for(state="detached")
    fleet.await_count("sent", 3)
    assert all(b"See you on Monday!" in m.raw for m in fleet.sink.messages)
    choose(page, "invited")
    for address, _ in people:
        expect(row(page, address)).to_contain_text("Sent")
        expect(row(page, address).locator(".ticked")).to_be_visible()
    browser.look_over(page, "users")
    page.get_by_role("link", name="Batches").click()
    expect(page.locator(".card")).to_contain_text("3 sent, 0 errors")


@pytest.mark.story
def test_one_person(fleet, site, chromium):
    """Invite User with two addresses, then resend, cancel, and what the invite's page tells of it."""
    page = sign_in(site, chromium.page())
    first, second = events.address(), events.address()
    page.get_by_role("button", name="Invite User").first.click()
    page.get_by_label("E-mail *").fill(f"{first}, {second}")
    page.get_by_label("Role *").select_option("Nurse")
    page.get_by_label("Night shift").check()
    page.get_by_role("button", name="Send Invitation").click()
    page.locator("dialog").wait_for(state="detached")
    fleet.await_count("sent", 2)
    expect(row(page, first)).to_contain_text("Sent")
    expect(row(page, first)).to_contain_text("Night shift")
    assert "stops working at once" in ask_row(page, first, "Resend", "Resend")
    fleet.wait(lambda: len(by_recipient(fleet.sink)[first]) == 2, 30, "no second message")
    text = ask_row(page, second, "Cancel invitation", "Cancel invitation")
    assert "The message stays in their inbox, the link stops." in text
    fleet.await_count("cancelled", 1)
    choose(page, "cancelled")
    expect(row(page, second)).to_contain_text("Cancelled")
    row(page, second).locator(".person a").click()
    expect(page.get_by_role("heading", name="What has happened")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("Cancelled")
    browser.look_over(page, "one invite")


def test_who_may_what(fleet, site, chromium):
    """A viewer sees no address and no button that changes anything."""
    event = fleet.emit(events.invite(role="Nurse"))
    fleet.await_outcome(event, "sent")
    page = sign_in(site, chromium.page(), role="viewer")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert event.to not in page.content() and "***" in page.content()
    for name in ("Invite User", re.compile(r"Invite users \(")):
        assert page.get_by_role("button", name=name).count() == 0
    page.locator(".row-menu button").first.click()
    assert page.get_by_role("menuitem").all_inner_texts() == ["Details"]


def test_settings(fleet, site, chromium):
    """What is saved holds for every service, and only what was changed is written."""
    page = sign_in(site, chromium.page(), role="admin", where="#/settings")
    welcome = page.get_by_label("Automatic welcome e-mails")
    assert welcome.is_checked()
    welcome.uncheck()
    page.get_by_label("Roles").fill("Nurse\nDoctor")
    page.get_by_label("Other hosts that links may lead to").fill("app.example.org\n*.example.net\n")
    page.get_by_label("Forget people after").fill("90")
    page.get_by_label("Messages of the organisation").fill("50/s burst 100")
    page.get_by_label("No SMS to these countries").fill("KP")
    browser.look_over(page, "settings")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".note")).to_contain_text("Saved")
    now = site.key(role="admin").get("/v1/tenants/acme/settings").json
    assert now["settings"] == {"auto_send": {"directory": False}, "roles": ["Nurse", "Doctor"], "keep_days": 90,
                               "link_hosts": ["app.example.org", "*.example.net"], "limits": {"tenant": "50/s burst 100"},
                               "countries": {"deny": ["KP"]}}
    page.reload()
    page.locator("details summary").wait_for(state="detached")
    expect(page.get_by_label("Automatic welcome e-mails")).not_to_be_checked()
    expect(page.get_by_label("Forget people after")).to_have_value("90")
    page.get_by_label("Forget people after").fill("")  # as the installation says again
    page.get_by_label("Other hosts that links may lead to").fill("")
    page.get_by_label("No SMS to these countries").fill("XKX")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".note.bad")).to_contain_text("countries")
    page.get_by_label("No SMS to these countries").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".note", has_text="Saved")).to_be_visible()
    now = site.key(role="admin").get("/v1/tenants/acme/settings").json["settings"]
    assert now == {"auto_send": {"directory": False}, "roles": ["Nurse", "Doctor"], "limits": {"tenant": "50/s burst 100"}}
    page.locator(".note").evaluate_all("all => all.forEach(one => one.remove())")
    always = page.locator("fieldset", has_text="Sending hours").first.get_by_label("At any time")
    always.uncheck()
    page.get_by_label("Roles").fill("Nurse")
    page.get_by_role("button", name="Save").click()
    page.locator(".note", has_text="Saved").wait_for()
    always.check()
    page.get_by_label("Roles").fill("Nurse\nDoctor")  # as it was: that is a change, too
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".note", has_text="Saved")).to_have_count(2)
    again = site.key(role="admin").get("/v1/tenants/acme/settings").json["settings"]
    assert again["roles"] == now["roles"] and again["send_window"] == "off"


def test_leaving_asks(fleet, site, chromium):
    """What was changed and is not saved is asked about, in settings and in the editor, before it is lost."""
    page = sign_in(site, chromium.page(), role="admin", where="#/settings")
    contact = page.get_by_label("Contact for people")
    contact.fill("Ann, extension 7")
    page.get_by_role("link", name="Fleet").click()
    browser.look_over(page, "leave without saving")
    page.get_by_role("button", name="Stay here").click()
    page.locator("dialog").wait_for(state="detached")
    expect(contact).to_have_value("Ann, extension 7")
    page.get_by_role("link", name="System Emails").click()
    page.get_by_role("button", name="Leave").click()
    expect(page.locator("li.card h2")).to_have_text(["Invitation Email to New Users", "Reset Password", "Reminder"])
    page.get_by_role("link", name="Edit Invitation Email to New Users").click()
    page.get_by_role("button", name="Subject", exact=True).click()
    page.locator("textarea.code").fill("Come in to {{organisation}}")
    page.get_by_label("Language of the message").select_option("ru")
    page.get_by_role("button", name="Stay here").click()
    expect(page.locator("textarea.code")).to_have_value("Come in to {{organisation}}")
    expect(page.get_by_label("Language of the message")).to_have_value("en")
    page.evaluate("history.back()")
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", name="System Emails")).to_be_visible()


PRICED = {"providers": [{"name": "cheap", "like": "twilio", "cost": {"currency": "EUR", "prefixes": {"7": "0.0455"}}}]}


COST_WORDS = {
    "en": ("Price for a number", ["about €0.", "(Russia) through cheap"], "no price known (Germany)", "country code",
           ["Estimated cost: €0.0455", "No price is known for 1 of them."]),
    "ru": ("Цена для номера", ["около 0,", "(Россия) через cheap"], "цена неизвестна (Германия)", "нет кода страны",
           ["Примерная стоимость: 0,0455", "SMS с неизвестной ценой: 1."])}


def test_what_an_sms_costs(fleet, chromium):
    """In the editor for one's own country or a number, and of a whole list in its dry run."""
    chromium.complaints.clear()
    site = web.up(fleet, services=("status",), **PRICED)
    for lang, (label, known, unknown, wrong, listed) in COST_WORDS.items():
        page = sign_in(site, chromium.page(lang=lang), role="admin", where="#/template/invite")
        page.get_by_role("button", name="SMS", exact=True).click()
        for words in known:
            expect(page.locator("main")).to_contain_text(words)
        number = page.get_by_label(label)
        number.fill("+49 1512 3456789")
        number.blur()
        expect(page.locator("main")).to_contain_text(unknown)
        browser.look_over(page, f"editor sms {lang}")
        number.fill("9051111111")
        number.blur()
        expect(page.locator(".bad")).to_contain_text(wrong)
        page.evaluate("location.hash = '#/import'")
        page.set_input_files("#file", {"name": "people.csv", "mimeType": "text/csv",
                                       "buffer": b"phone,locale\n+79051111111,en\n+4915112345678,en\n"})
        for words in listed:
            expect(page.locator("main")).to_contain_text(words)
        browser.look_over(page, f"import sms {lang}")
    assert not chromium.complaints


@pytest.mark.story
def test_editor(fleet, site, chromium):
    """A template in the editor: what it would look like, to whom, what is wrong with it, a version that can be taken back."""
    event = fleet.emit(events.invite(organisation={"name": "Harbour Clinic"}))
    fleet.await_outcome(event, "sent")
    page = sign_in(site, chromium.page(), role="admin", where="#/templates")
    page.get_by_role("link", name="Edit Invitation Email to New Users").click()
    frame = page.frame_locator("iframe.preview")
    expect(frame.get_by_text("Accept the invitation")).to_be_visible()
    expect(page.get_by_text("No findings")).to_be_visible()
    browser.look_over(page, "editor")
    expect(frame.get_by_text("Harbour Clinic")).to_have_count(0)
    page.get_by_label("Data of").select_option(event.invite)
    expect(frame.get_by_text("Harbour Clinic").first).to_be_visible()
    page.get_by_role("button", name="Subject", exact=True).click()
    page.locator("textarea.code").fill("Come in, {{nobody}}")
    expect(page.locator(".findings")).to_contain_text("nobody")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".note.bad")).to_be_visible()
    page.locator("textarea.code").fill("{{#subject}}{{subject}}{{/subject}}{{^subject}}Come in to {{organisation}}{{/subject}}")
    expect(page.get_by_text("No findings")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".note", has_text="Saved")).to_be_visible()
    page.get_by_role("button", name="Versions").click()
    page.get_by_role("button", name="Compare").last.click()
    expect(page.locator(".diff del, .diff ins").first).to_be_visible()
    page.get_by_role("button", name="Restore").last.click()
    page.locator("dialog").wait_for(state="detached")


def test_fleet(fleet, site, chromium):
    """What waits and why is for who may see all organisations; the brake stops this one."""
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    assert site.key(role="admin").get("/v1/fleet").status == 403
    page = sign_in(site, chromium.page(), role="super", tenant="*", where="#/fleet")
    expect(page.locator(".card", has_text="What waits")).to_contain_text("1")
    changes = page.locator(".card", has_text="Changes a minute").locator(".big")
    fleet.emit([events.invite(send="hold") for _ in range(20)])  # told together, and counted each
    fleet.wait(lambda: int(changes.inner_text()) >= 5, 30, "changes are not counted")
    page.get_by_role("button", name="Pause sending").click()
    page.get_by_label("Why?").fill("wrong text")
    page.locator("dialog").get_by_role("button", name="Pause sending").click()
    expect(page.get_by_text("Sending of this organisation is paused")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Sending runs")).to_be_visible()


@pytest.mark.parametrize("lang, theme, width", [("en", "dark", 1360), ("ru", "light", 1360), ("ru", "dark", 320)])
def test_every_page(fleet, site, chromium, lang, theme, width):
    """No barrier and nothing too wide on any page, in either language and theme, down to 320 pixels."""
    event = fleet.emit(events.invite(role="Nurse", batch={"id": "spring", "row": 2}, recipient={"email": "long." * 7 + events.address(), "name": "Ann"}))
    fleet.await_outcome(event, "sent")
    page = sign_in(site, chromium.page(lang=lang, theme=theme, width=width), role="admin")
    row(page, "Nurse").wait_for()
    for where in ("users", "import", f"invite/{event.invite}", "batches", "batch/spring", "templates", "template/invite",
                  "fleet", "settings"):
        page.evaluate("where => { location.hash = `#/${where}`; }", where)
        page.locator("main h1").wait_for()
        page.locator(".loading").wait_for(state="detached")
        browser.look_over(page, f"{where.split('/')[0]} {lang} {theme} {width}")
