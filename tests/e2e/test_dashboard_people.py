"""The list of people on the dashboard: narrowed by its columns, previewed person by person, asked for again."""
import re
import time

import browser
import events
import pytest
import web
from checks import by_recipient, sent_once
from desk import ask_row, chromium, choose, press, row, sign_in, site  # noqa: F401: fixtures are found here

try:
    from playwright.sync_api import expect
except ImportError:  # then browser.missing() says so
    expect = None


def column(page, name):
    return page.get_by_label(f"Filter by {name}", exact=True)


def shows(page, *events_):
    expect(page.locator("tbody tr")).to_have_count(len(events_))
    for event in events_:
        expect(row(page, event.to)).to_be_visible()


def test_columns(fleet, site, chromium):
    """Every column narrows the list, typed or chosen; what is typed stays while nobody fits, and the address keeps it."""
    ann = fleet.emit(events.invite(role="Nurse", teams=["Night shift"], inviter={"id": "u1", "name": "Vera Wolf"}))
    bob = fleet.emit(events.invite(role="Driver", inviter={"id": "u2", "name": "Peter"}, link={"ttl_s": 300000}))
    cora = fleet.emit(events.invite(role="Nurse", send="hold"))
    for event, word in ((ann, "sent"), (bob, "sent"), (cora, "held")):
        fleet.await_outcome(event, word)
    page = sign_in(site, chromium.page())
    expect(page.locator("tbody tr")).to_have_count(3)
    column(page, "Person").press_sequentially(bob.to[:14])
    shows(page, bob)
    column(page, "Person").fill("nobody-of-this-name")
    expect(page.get_by_role("heading", name="Nobody matches")).to_be_visible()
    expect(column(page, "Person")).to_be_focused()
    column(page, "Person").fill("")
    column(page, "Role").select_option("Nurse")
    shows(page, ann, cora)
    column(page, "User invited").select_option("Yes")
    shows(page, ann)
    column(page, "User invited").select_option("No")
    shows(page, cora)
    column(page, "User invited").select_option("")
    column(page, "Role").select_option("")
    column(page, "Team").select_option("Night shift")
    shows(page, ann)
    column(page, "Team").select_option("")
    column(page, "Invited by").press_sequentially("vera w")
    shows(page, ann)
    browser.look_over(page, "users by column")
    page.reload()
    column(page, "Invited by").wait_for()
    shows(page, ann)
    page.get_by_role("button", name="Clear filters").first.click()
    column(page, "Sent at").select_option("In the last 24 hours")
    shows(page, ann, bob)
    column(page, "Sent at").select_option("More than 12 hours ago")
    expect(page.get_by_label("Sent more than 12 hours ago")).to_be_checked()
    expect(page.get_by_role("heading", name="Nobody matches")).to_be_visible()
    column(page, "Sent at").select_option("")
    column(page, "Expires at").select_option("Within 7 days")
    shows(page, ann, bob)
    column(page, "Expires at").select_option("Within 24 hours")
    shows(page, ann)
    column(page, "Expires at").select_option("")
    column(page, "Status").select_option("Not invited")
    shows(page, cora)
    expect(page.locator("[data-status=not_invited]")).to_have_attribute("aria-pressed", "true")
    choose(page, "invited")
    expect(column(page, "Status")).to_have_value("invited")
    for name in ("Person", "Role", "Team", "Invited by", "Sent at", "Expires at", "Status", "User invited"):
        head = page.get_by_role("button", name=re.compile(f"^{name}"))
        head.click()
        expect(page.locator("th[aria-sort]")).to_contain_text(name)


def test_preview_of_each(fleet, site, chromium):
    """Whoever is ticked is previewed, one after the other, as e-mail and SMS, in both languages; the skipped ones say why."""
    people = [fleet.emit(events.invite(recipient={"email": events.address(), "name": name}, send="hold"))
              for name in ("Ann Abel", "Bob Bell")]
    gone = events.invite(recipient={"email": events.address(), "name": "Cora Cole"})
    fleet.sink.on("RCPT", to=re.escape(gone.to), reply="550 5.1.1 no such user")
    fleet.emit(gone)
    fleet.await_outcome(gone, "error")
    fleet.await_count("held", 2)
    fleet.emit(events.command("invite.forget-requested", gone))
    asked = fleet.emit(events.invite(recipient={"email": events.address(), "name": "Dan Dow"}))
    fleet.await_outcome(asked, "sent")
    fleet.emit(events.command("invite.renewal-requested", asked))
    fleet.await_outcome(asked, "asked_again")
    page = sign_in(site, chromium.page())
    expect(page.locator("tbody", has_text="This person has been erased")).to_be_visible()
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Invite users (4)").click()
    expect(page.locator("dialog")).to_contain_text("1 is skipped")
    page.get_by_label("Note").fill("See you on Monday!")
    page.get_by_role("button", name="Preview for each person").click()
    dialog = page.locator("dialog").last
    seen = []
    for place in range(1, 5):
        expect(dialog).to_contain_text(f"{place} of 4")
        dialog.locator(".alert, iframe.preview").wait_for()
        seen.append(dialog.locator(".person-of b").inner_text())
        if not dialog.locator(".alert").count():
            expect(dialog.frame_locator("iframe.preview").get_by_text("See you on Monday!")).to_be_visible()
        if place < 4:
            dialog.get_by_role("button", name="Next").click()
    assert {"Ann Abel", "Bob Bell", "Dan Dow"} < set(seen)
    dialog.get_by_role("button", name="Previous").click()
    dialog.get_by_label("Language of the message").select_option("Русский")
    dialog.get_by_role("button", name="SMS").click()
    expect(dialog).to_contain_text("segment")
    expect(dialog.locator("pre")).to_contain_text("риглаш")
    browser.look_over(page, "preview of each")
    dialog.locator(".dialog-foot button").click()
    expect(page.locator("dialog")).to_have_count(1)
    press(page, "Send 3 invitations")
    fleet.wait(lambda: len(fleet.sink.messages) == 4, 60, "three messages more")
    got = by_recipient(fleet.sink)
    assert all(b"See you on Monday!" in got[one.to][-1].raw for one in (*people, asked))


def test_asked_again(fleet, site, chromium):
    """Who asks for a new invitation is marked in the list, found by a filter, and told on their page; resending ends it."""
    event = fleet.emit(events.invite(recipient={"email": events.address(), "name": "Ann Abel"}))
    fleet.await_outcome(event, "sent")
    fleet.emit(events.command("invite.renewal-requested", event))
    fleet.await_outcome(event, "asked_again")
    page = sign_in(site, chromium.page())
    expect(row(page, event.to)).to_contain_text("Asked for a new invitation")
    page.get_by_label("Asked for a new invitation").check()
    row(page, event.to).locator(".person a").click()
    expect(page.locator(".alert")).to_contain_text("They asked for a new invitation")
    expect(page.locator(".timeline")).to_contain_text("Asked for a new invitation")
    browser.look_over(page, "asked again")
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Resend", exact=True).click()
    press(page, "Resend")
    expect(page.locator(".alert")).to_have_count(0)


def test_in_doubt(fleet, site, chromium):
    """Of a message that may have left, who knows says so, or has it sent anew; a password is sent once more after it was confirmed."""
    known, lost = (events.invite(recipient={"email": events.address(), "name": name}) for name in ("Ann Abel", "Bob Bell"))
    word = events.invite(kind="password", confirm=True, credentials={"username": "cora", "mint": True}, recipient={"email": events.address(), "name": "Cora Cole"})
    for event in (known, lost):
        fleet.sink.on("DOT", to=re.escape(event.to), times=2, reset=True)
    fleet.emit([known, lost, word])
    fleet.await_outcome(word, "sent")
    page = sign_in(site, chromium.page())
    for event in (known, lost):
        expect(row(page, event.to)).to_contain_text("Not confirmed", timeout=3 * browser.WAIT_MS)
    row(page, known.to).locator(".row-menu button").first.click()
    assert page.get_by_role("menuitem").all_inner_texts()[:4] == ["Details", "Mark as sent", "Resend", "Cancel invitation"]
    page.keyboard.press("Escape")
    assert "when they have it" in ask_row(page, known.to, "Mark as sent", "Mark as sent")
    expect(row(page, known.to)).to_contain_text("Sent")
    page.get_by_label("Select Bob Bell").check()
    page.get_by_role("button", name="Invite users (1)").click()
    page.locator("dialog summary").click()
    expect(page.locator("dialog")).to_contain_text("mark it as sent or resend")
    page.keyboard.press("Escape")
    page.route("**/resolve", lambda route: route.abort(), times=1)
    row(page, lost.to).locator(".row-menu button").first.click()
    page.get_by_role("menuitem", name="Resend", exact=True).click()
    expect(page.locator("dialog")).to_contain_text("Nobody knows whether")
    page.locator("dialog .dialog-foot .primary").click()
    expect(page.locator("dialog")).to_contain_text("nothing is done twice")  # said where one looks
    press(page, "Resend")
    assert fleet.await_outcome(lost, "sent")["generation"] == 2
    row(page, word.to).locator(".row-menu button").first.click()
    page.get_by_role("menuitem", name="Resend", exact=True).click()
    page.locator("dialog .dialog-foot .primary").click()
    page.get_by_label("I know that it cannot be recalled").check()
    press(page, "Resend")
    fleet.wait(lambda: len(by_recipient(fleet.sink)[word.to]) == 2, 30, "no second password")


def test_all_but_one(fleet, site, chromium):
    """More than a page: all of them, as many as were counted; then all in sight but one; by heads also where they are narrow, and who is skipped by name."""
    held = fleet.emit([events.invite(send="hold") for _ in range(51)])
    later = fleet.emit(events.invite(recipient={"email": events.address(), "name": "Lea Lang"},
                                     schedule={"not_before": events.rfc3339(time.time() + 20 * 3600)}))
    fleet.await_outcome(later, "deferred")
    fleet.await_count("held", len(held))
    page = sign_in(site, chromium.page(width=820))
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Select all 52 matching").click()
    button = page.get_by_role("button", name=re.compile(r"^Invite users"))
    expect(button).to_have_text("Invite users (52)")
    button.click()
    expect(page.locator("dialog")).to_contain_text("51 get their first invitation")
    fleet.emit(events.invite(send="hold"))
    expect(page.locator("#tab-pending .count")).to_have_text("53")
    page.get_by_role("button", name="Send 51 invitations").click()
    expect(page.locator("dialog")).to_contain_text("There are more of them by now")  # nobody gets what was not counted
    expect(page.get_by_role("button", name="Send 52 invitations")).to_be_enabled()
    page.keyboard.press("Escape")
    assert not fleet.sink.messages
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.locator("tbody tr").first.locator("input").uncheck()
    expect(button).to_have_text("Invite users (2)")
    assert page.locator("tbody input:checked").count() == 2
    page.get_by_role("button", name="Clear selection").click()
    page.get_by_role("button", name="Person", exact=True).click()
    expect(page.locator("th[aria-sort]")).to_contain_text("Person")
    browser.look_over(page, "users 820")
    page.locator(".filters summary").click()
    choose(page, "waiting")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_label("Select Lea Lang").check()
    button.click()
    page.locator("dialog summary").click()
    expect(page.locator("dialog").get_by_role("link", name="Lea Lang")).to_be_visible()
    expect(page.locator("dialog h2")).to_have_text("Invite one person")
    browser.look_over(page, "who is skipped")


@pytest.mark.parametrize("lang, words", [
    ("en", ("not in UTF-8", "This file is empty.", "cannot be read as a list of people", "1 of 1 row is fine")),
    ("ru", ("Кодировка файла", "Этот файл пуст.", "не удалось прочитать как список людей", "Верных строк: 1 из 1"))])
def test_files_that_are_no_list(fleet, chromium, lang, words):
    """What is wrong with a file is said in the reader's language; what says that it is UTF-16 is read."""
    site = web.up(fleet, services=("status",))
    page = sign_in(site, chromium.page(lang=lang), where="#/import")
    files = ("email,name\na@b.internal,Анна\n".encode("cp1251"), b" \n", b"a@b.internal,Ann\n", "\ufeffemail,name\na@b.internal,Анна\n".encode("utf-16-le"))
    for number, (content, said) in enumerate(zip(files, words)):
        page.set_input_files("#file", {"name": f"{number}.csv", "mimeType": "text/csv", "buffer": content})
        expect(page.locator("main")).to_contain_text(said)
    browser.look_over(page, f"import utf-16 {lang}")


def test_service_is_away(fleet, site, chromium):
    """What somebody does while nobody answers is told to be undone, and the list is no longer waited for."""
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    page = sign_in(site, chromium.page())
    expect(row(page, event.to)).to_be_visible()
    fleet["status"].stop()
    page.get_by_role("tab", name="Enrolled").click()
    expect(page.locator(".note.bad")).to_contain_text("The service does not answer")
    expect(page.locator(".list")).not_to_have_attribute("aria-busy", "true")


def test_batch_is_stopped(fleet, site, chromium):
    """A batch is stopped from its page, which waited for it, while it is being sent: what is on its way arrives, all else waits until it goes on."""
    fleet.sink.on("DOT", hold="go on")
    page = sign_in(site, chromium.page(), where="#/batch/spring")
    expect(page.get_by_role("heading", name="Nothing is known of this batch yet")).to_be_visible()
    browser.look_over(page, "batch unknown")
    wanted = fleet.emit([events.invite(batch={"id": "spring", "row": n + 1}) for n in range(30)])
    page.get_by_role("button", name="Pause sending").click()
    asked = page.locator("dialog")
    asked.get_by_label("Why?").fill("  ")
    asked.get_by_role("button", name="Pause sending").click()
    expect(asked).to_be_visible()  # a pause says why
    asked.get_by_label("Why?").fill("wrong logo")
    asked.get_by_role("button", name="Pause sending").click()
    expect(page.locator(".badge")).to_have_text("Paused")
    expect(page.locator("main")).to_contain_text("wrong logo · What is on its way arrives")
    fleet.wait(lambda: all(s.metric("beckon_paused", scope="batch") == 1 for s in fleet.services if s.service != "status"), 20,
               "the pause is not known everywhere")
    fleet.sink.release("go on")

    def stopped():
        told = {o["invite"]: o for o in fleet.outcomes.distinct("deferred") if o["code"] == "paused"}
        return told if len(told) + len(fleet.sink.messages) == len(wanted) else None
    fleet.wait(stopped, 60, "not all of them wait")
    sent = len(fleet.sink.messages)
    assert sent < len(wanted)
    expect(page.get_by_text(f"{sent} sent, 0 errors")).to_be_visible()
    browser.look_over(page, "batch paused")
    page.get_by_role("button", name="Resume sending").click()
    expect(page.get_by_text("30 sent, 0 errors")).to_be_visible(timeout=3 * browser.WAIT_MS)
    expect(page.locator(".badge")).to_have_text("Finished")
    sent_once(fleet, wanted)


def test_nobody_yet(fleet, site, chromium):
    """Where no organisation is known, whoever may see all of them names the first, and begins; notes follow to the next page."""
    page = sign_in(site, chromium.page(), role="super", tenant="*")
    expect(page.get_by_role("heading", name="Which organisation")).to_be_visible()
    browser.look_over(page, "first organisation")
    name = page.get_by_label("Name of the organisation")
    name.fill("no such name!")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="Which organisation")).to_be_visible()
    name.fill("harbour")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="Nobody yet")).to_be_visible()
    for count, where in ((1, "Batches"), (2, "Users")):
        page.get_by_role("link", name="Users").click()
        page.get_by_role("button", name="Invite User").first.click()
        page.get_by_label("E-mail *").fill(events.address())
        page.get_by_label("Role *").select_option("Nurse")
        page.get_by_role("button", name="Send Invitation").click()
        page.get_by_role("link", name=where).click()
        expect(page.locator(".note").last).to_contain_text("1 invitation is on its way")
        fleet.await_count("sent", count)
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator(".tenant")).to_have_text("harbour")
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Another organisation").click()
    page.locator("dialog input").fill("quay")
    press(page, "Begin")
    expect(page.get_by_role("heading", name="Nobody yet")).to_be_visible()
    page.get_by_label("Organisation").select_option("harbour")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.evaluate("location.hash = '#/users?status=accepted'")  # as a batch's page leads there
    expect(page.get_by_role("tab", name="Enrolled")).to_have_attribute("aria-selected", "true")
