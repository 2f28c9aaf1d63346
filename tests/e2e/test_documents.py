"""What the documents that beckon was made from tell people to do, done by a person at a browser. documents.tsv names
each of their sentences that somebody can see, and the story that shows it."""
import importlib
import re
import time
from pathlib import Path

import browser
import events
import pytest
import smsd
import web
from checks import by_recipient
from desk import LISTS, ask_row, choose, chromium, press, row, sign_in  # noqa: F401: fixtures are found here
from life import DAY_MS, ask, skew
from smsd import entry

try:
    from playwright.sync_api import expect
except ImportError:  # then browser.missing() says so
    expect = None

SENTENCES = [line.split("\t") for line in (Path(__file__).parent / "documents.tsv").read_text().splitlines()
             if line and not line.startswith("#")]


def test_every_sentence_has_a_story():
    """Each line names a story that is there; each of the five documents has some, and none is named twice."""
    for document, sentence, story in SENTENCES:
        module, name = story.split("::")
        assert callable(getattr(importlib.import_module(module), name, None)), f"{sentence}: there is no {story}"
    assert {document for document, _, _ in SENTENCES} == set("12345")
    said = [(document, sentence) for document, sentence, _ in SENTENCES]
    assert len(said) == len(set(said)) > 60


@pytest.fixture
def site(fleet, chromium, gateway):  # noqa: F811: the fixture
    """Everything there is: e-mail, SMS and the desk; a relay that refuses some people."""
    secret = fleet.secret_file("provider.secret", smsd.SECRET)
    own = {"tenants": {"acme": {"cooldown_s": 0, "sms_window": "off", "home_region": "RU"}}}
    fleet.sink.on("RCPT", to=".*@bad.internal", reply="554 5.7.1 not by our rules")
    doors = web.doors()
    desk = {"tenants": {"*": LISTS["tenants__*"], **own["tenants"]}}
    fleet.up(services=("clock", "dispatcher", "email", "sms", "status"), dispatcher=own, email=own,
             sms={"providers": [entry("webhook", gateway, secret_file=secret)], **own}, status={**doors, **desk})
    chromium.complaints.clear()
    yield web.Site(fleet, doors)
    assert not chromium.complaints, chromium.complaints


def import_file(page, *lines, name="people.csv"):
    page.goto(page.url.split("#")[0] + "#/import")
    page.set_input_files("#file", {"name": name, "mimeType": "text/csv", "buffer": "\n".join(lines).encode()})


def mail_to(fleet, address):
    fleet.wait(lambda: address in by_recipient(fleet.sink), 60, f"no mail to {address}")
    return by_recipient(fleet.sink)[address][-1]


def expired_and_late(fleet, site):
    """One whose link has ended, and one who was invited a day ago, for thirty days."""
    late = fleet.emit(events.invite(recipient={"email": events.address(), "name": "Late Lee"}, link={"ttl_s": 30 * 86400}))
    over = fleet.emit(events.invite(recipient={"email": events.address(), "name": "Over Otto"}))
    for event in (late, over):
        fleet.await_outcome(event, "sent")
    desk = site.key()
    fleet.wait(lambda: desk.get("/v1/tenants/acme/invites", status="invited").json["total"] == 2, 30, "they are not shown")
    skew(fleet, DAY_MS + 60000)
    fleet.await_outcome(over, "expired")
    return late, over


def test_resend_expired(fleet, site, chromium):  # noqa: F811
    """Invited and Expired find those who have not come; ticking and Invite users sends them another link."""
    late, over = expired_and_late(fleet, site)
    page = sign_in(site, chromium.page())
    expect(page.get_by_role("tab")).to_have_text([re.compile("^Enrolled users"), re.compile("^Pending enrollment")])
    expect(page.get_by_role("tab", selected=True)).to_contain_text("Pending enrollment")
    left, people = page.locator(".filters").bounding_box(), page.locator(".list").bounding_box()
    assert left["x"] + left["width"] <= people["x"]
    page.get_by_label("Sent more than 12 hours ago").check()
    expect(row(page, late.to)).to_be_visible()
    page.get_by_label("Sent more than 12 hours ago").uncheck()
    choose(page, "invited")
    expect(row(page, late.to)).to_contain_text(re.compile("in 2[89] d"))
    choose(page, "expired")
    expect(row(page, over.to)).to_contain_text("Link expired")
    page.get_by_label("Select Over Otto").check()
    page.get_by_role("button", name="Invite users (1)").click()
    expect(page.locator("dialog")).to_contain_text("the old one stops at once")
    press(page, "Send the invitation")
    fleet.wait(lambda: len(by_recipient(fleet.sink)[over.to]) == 2, 60, "no second mail")
    choose(page, "invited")
    expect(row(page, over.to)).to_contain_text(re.compile("in (1 d 23 h|2 d)"))  # the browser has stayed behind
    ask_row(page, over.to, "Cancel invitation", "Cancel invitation")
    choose(page, "cancelled")
    ask_row(page, over.to, "Invite again", "Invite again")
    fleet.wait(lambda: len(by_recipient(fleet.sink)[over.to]) == 3, 60, "no third mail")
    browser.look_over(page, "documents expired")


def test_row_menu(fleet, site, chromium):  # noqa: F811
    """Correct and resend, Send now, Send password e-mail, Forget; nothing of it for those who have accepted."""
    tomorrow = events.rfc3339(time.time() + 20 * 3600)
    wrong = fleet.emit(events.invite(recipient={"email": events.address("bad.internal"), "name": "Wrong Will"}))
    later = fleet.emit(events.invite(recipient={"email": events.address(), "name": "Later Lea"}, schedule={"not_before": tomorrow}))
    came = fleet.emit(events.invite(recipient={"email": events.address(), "name": "Came Carl"}))
    fleet.await_outcome(came, "sent")
    ask(fleet, "invite.accepted", came, "accepted")
    fleet.await_outcome(wrong, "error")
    fleet.await_outcome(later, "deferred")
    page = sign_in(site, chromium.page())
    choose(page, "error")
    expect(row(page, wrong.to)).to_contain_text("Not sent:")
    row(page, wrong.to).locator(".person a").click()
    expect(page.get_by_text("What can I do?").first).to_be_visible()
    page.go_back()
    right = events.address()
    row(page, "Wrong Will").locator(".row-menu button").first.click()
    page.get_by_role("menuitem", name="Correct and resend").click()
    page.get_by_label("New address").fill(right)
    press(page, "Correct and resend")
    mail_to(fleet, right)
    choose(page, "waiting")
    expect(row(page, later.to)).to_contain_text("Until")
    ask_row(page, later.to, "Send now", "Send now")
    mail_to(fleet, later.to)
    choose(page, "invited")
    row(page, later.to).locator(".row-menu button").first.click()
    page.get_by_role("menuitem", name="Send password e-mail").click()
    expect(page.locator("dialog")).to_contain_text("it cannot be recalled")
    page.get_by_label("I know that it cannot be recalled").check()
    press(page, "Send password e-mail")
    fleet.wait(lambda: any(b"password" in m.raw.lower() for m in by_recipient(fleet.sink)[later.to]), 60, "no password mail")
    ask_row(page, right, "Forget", "Forget")
    expect(page.locator("tbody", has_text=right)).to_have_count(0)
    page.get_by_role("tab", name="Enrolled users").click()
    row(page, came.to).locator(".row-menu button").first.click()
    assert "Resend" not in page.get_by_role("menuitem").all_inner_texts()
    page.keyboard.press("Escape")
    row(page, came.to).locator(".person a").click()
    expect(page.locator(".facts")).to_contain_text("User invited")
    expect(page.locator(".facts .ticked")).to_be_visible()
    refused_at_once(fleet, page, came.to, later.to)


def refused_at_once(fleet, page, came, invited):
    """Whoever has an account, or is invited, is not invited again by the form: it says so, and the others go on."""
    other = events.address()
    page.get_by_role("link", name="Users", exact=True).click()
    page.get_by_role("button", name="Invite User", exact=True).click()
    page.get_by_label("E-mail *").fill(f"{came.upper()}, {other}, {invited}")
    page.get_by_label("Role *").select_option("Nurse")
    page.get_by_role("button", name="Send Invitation").click()
    expect(page.locator("dialog")).to_contain_text("This person already has an account")
    expect(page.locator("dialog")).to_contain_text("This person is already invited")
    expect(page.get_by_label("E-mail *")).to_have_value(f"{came.upper()}, {invited}")
    mail_to(fleet, other)
    assert not fleet.outcomes.distinct("refused")
    page.locator("dialog").get_by_role("link", name="Details").first.click()
    expect(page.get_by_role("heading", name="Came Carl")).to_be_visible()
    expect(page.locator("dialog")).to_have_count(0)


def test_import(fleet, site, chromium, gateway):  # noqa: F811
    """What a list may have wrong; Send invitation; those whose mail failed are sent to again; passwords for all of it."""
    page = sign_in(site, chromium.page(), role="admin")
    good, bad, phone = events.address(), events.address("bad.internal"), "+79161234567"
    import_file(page, "email,phone,name,role", f"{good},,Ann Abel,Nurse", f"{bad},,Bob Bell,Nurse", f",{phone},Cora Cole,Nurse",
                ",9051111111,Dan Dow,Nurse", ",,Eve Eck,Nurse", "no-address,,Fay Fox,Nurse")
    expect(page.get_by_text("3 of 6 rows are fine")).to_be_visible()
    expect(page.locator("main")).to_contain_text("did you mean +7 905 111-11-11?")
    for column in ("email", "phone"):
        expect(page.locator("tbody th .dim", has_text=column).first).to_be_visible()
    page.get_by_label("Send invitation").check()
    page.get_by_role("button", name="Import 3 people").click()
    expect(page.get_by_role("heading", name="Import Summary")).to_be_visible()
    mail_to(fleet, good)
    fleet.wait(lambda: any(m.to == phone for m in gateway.messages), 60, "no SMS")
    page.get_by_role("link", name="Show progress").click()
    expect(page.get_by_text("Finished with errors").first).to_be_visible()
    expect(page.get_by_text("2 sent, 1 error")).to_be_visible()
    fleet.sink.clear()
    page.get_by_role("button", name="Resend the one that failed with this code").click()
    mail_to(fleet, bad)
    expect(page.get_by_text("3 sent, 0 errors")).to_be_visible()
    browser.look_over(page, "documents batch")


def test_import_summary(fleet, site, chromium):  # noqa: F811
    """From the summary some get the invitation and others a password, each told beforehand what they will get, in their language."""
    page = sign_in(site, chromium.page(), role="admin")
    first, second, third = [(events.address(), name) for name in ("Gus Gray", "Иван Петров", "Hal Hope")]
    import_file(page, "email,name,language", *(f"{address},{name},{'ru' if name == second[1] else ''}" for address, name in (first, second, third)))
    fleet["dispatcher"].freeze()
    page.get_by_role("button", name="Import 3 people").click()
    expect(page.get_by_text("Held", exact=True)).to_be_visible()
    page.get_by_role("button", name="Invite Users").click()
    with page.expect_response("**/batches/*"):
        page.get_by_role("menuitem", name="Send Invite Email").click()
    fleet["dispatcher"].thaw()
    expect(page.locator("dialog input[type=checkbox]")).to_have_count(3, timeout=browser.WAIT_MS)  # who is still being taken in is waited for
    page.get_by_label(second[1]).uncheck()
    page.get_by_label(third[1]).uncheck()
    expect(page.locator("dialog")).to_contain_text("1 selected")
    browser.look_over(page, "documents choose")
    page.locator("dialog .dialog-foot .primary").click()
    expect(page.locator("dialog")).to_contain_text("1 gets their first invitation")
    press(page, "Send the invitation")
    mail_to(fleet, first[0])
    expect(page.locator(".sum", has_text="Invited")).to_contain_text("1")
    expect(page.locator(".sum", has_text="Held")).to_contain_text("2")
    offer(page, "Send Password Email")
    assert page.locator("dialog input[type=checkbox]").count() == 2
    page.locator("dialog .dialog-foot .primary").click()
    expect(page.locator("dialog")).to_contain_text("2 get a password each")
    page.get_by_role("button", name="Preview for each person").click()
    seen = page.locator("dialog").last
    while seen.locator(".person-of b").inner_text() != second[1]:
        seen.get_by_role("button", name="Next").click()
    expect(seen.get_by_label("Language of the message")).to_have_value("ru")
    expect(seen.frame_locator("iframe.preview").get_by_text(second[0]).first).to_be_visible()
    seen.locator(".dialog-foot button").click()
    page.locator("dialog .dialog-foot .primary").click()  # not before it is known that it cannot be recalled
    expect(page.locator("dialog")).to_be_visible()
    page.get_by_label("I know that it cannot be recalled").check()
    press(page, "Send Password Email")
    expect(page.locator(".note").last).to_contain_text("Requested for 2 people")
    text = mail_to(fleet, second[0]).parsed.get_body(("plain",)).get_content()
    assert second[0] in text and "Пароль" in text
    mail_to(fleet, third[0])
    assert not any(b"assword" in m.raw for m in by_recipient(fleet.sink)[first[0]])
    page.get_by_role("link", name="Users").click()
    expect(row(page, second[0]).filter(has_text="Password e-mail")).to_contain_text("Sent")
    several(page, second[1], third[1])
    expect(page.locator(".note").last).to_contain_text("Requested for 2 people")  # on another page than the first note
    choose(page, "cancelled")
    expect(page.locator("tbody tr")).to_have_count(2)
    ask_row(page, second[0], "Invite again", "Invite again")
    fleet.wait(lambda: len(by_recipient(fleet.sink)[second[0]]) == 2, 60, "nobody was invited again")
    assert "приглаш" in by_recipient(fleet.sink)[second[0]][-1].parsed["Subject"]


def several(page, *names):
    """Those who were not invited are ticked, and their invitations cancelled at once."""
    choose(page, "not_invited")
    expect(page.locator("tbody tr")).to_have_count(len(names))
    for name in names:
        page.get_by_label(f"Select {name}").check()
    page.locator(".toolbar").get_by_role("button", name="More").click()
    assert page.get_by_role("menuitem").all_inner_texts() == ["Send Password Email", "Cancel invitations"]
    page.get_by_role("menuitem", name="Cancel invitations").click()
    expect(page.locator("dialog")).to_contain_text("2 invitations are cancelled")
    press(page, "Cancel invitations")


def offer(page, what):
    page.get_by_role("button", name="Invite Users").click()
    page.get_by_role("menuitem", name=what).click()
    page.locator("dialog").wait_for()


def test_settings_hold(fleet, site, chromium, gateway):  # noqa: F811
    """Welcome e-mails for directory users off: created, not invited, until somebody does it; and e-mail alone confirms."""
    page = sign_in(site, chromium.page(lang="ru"), role="admin", where="#/settings")
    page.get_by_label("Автоматические приветственные письма").uncheck()
    page.get_by_label("Подтверждать только по почте").check()
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator(".note")).to_be_visible()
    made = [events.invite(trigger="directory", recipient={"email": events.address(), "name": "Ann Abel"}),
            events.invite(recipient={"email": events.address(), "phone": "+79161234568", "name": "Bob Bell"}),
            events.invite(recipient={"phone": "+79161234569", "name": "Cora Cole"})]
    del made[2].data["recipient"]["email"]
    fleet.wait(lambda: site.key(role="admin").get("/v1/tenants/acme/settings").json["settings"].get("email_only"), 15, "not saved")
    for event in made:
        fleet.emit(event)
    fleet.await_outcome(made[0], "held")
    fleet.await_outcome(made[1], "sent")
    fleet.await_outcome(made[2], "error")
    assert not gateway.messages
    page.get_by_role("link", name="Пользователи").click()
    expect(page.get_by_role("tab")).to_have_text([re.compile("^Зарегистрированные"), re.compile("^Ожидают регистрации")])
    for status, words in (("not_invited", "Не приглашены"), ("waiting", "Ожидают отправки"), ("invited", "Приглашены"),
                          ("error", "Ошибка"), ("expired", "Срок истёк")):
        expect(page.locator(f"[data-status={status}]")).to_contain_text(words)
    choose(page, "not_invited")
    page.get_by_label("Выбрать: Ann Abel").check()
    page.get_by_role("button", name="Пригласить (1)").click()
    press(page, "Отправить приглашения (1)")
    mail_to(fleet, made[0].to)
    choose(page, "invited")
    expect(page.locator("tbody tr .ticked")).to_have_count(2)
    browser.look_over(page, "documents ru")
    page.get_by_role("button", name="Учётная запись").or_(page.locator(".account")).first.click()
    page.get_by_role("menuitem", name="English").click()
    expect(page.get_by_role("tab", selected=True)).to_contain_text("Pending enrollment")
