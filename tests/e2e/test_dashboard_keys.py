"""The dashboard without a mouse: what is at hand is seen, what is done returns one to where one was, and news do not move one away."""
import browser
import events
from checks import by_recipient
from desk import chromium, row, site  # noqa: F401: fixtures are found here

try:
    from playwright.sync_api import expect
except ImportError:  # then browser.missing() says so
    expect = None

AT_HAND = """() => {
    const at = document.activeElement, box = (at.labels?.[0] && at.matches('.unseen') ? at.labels[0] : at).getBoundingClientRect();
    const x = box.x + box.width / 2, y = box.y + Math.min(box.height / 2, 20), over = document.elementFromPoint(x, y);
    const text = at.getAttribute('aria-label') || at.labels?.[0]?.innerText || at.innerText || at.tagName;
    const seen = at === document.body || (over && (at.contains(over) || over.contains(at) || at.labels?.[0]?.contains(over)
        || over.closest('.notes')));
    return { text: text.trim(), role: at.getAttribute('role') || at.tagName, seen: Boolean(seen), ring: getComputedStyle(at).outlineStyle };
}"""


def at_hand(page):
    """What has the focus; it stands in sight, beneath nothing that stays there, and shows that it has it."""
    found = page.evaluate(AT_HAND)
    assert found["seen"], found
    assert found["role"] in ("BODY", "MAIN", "menuitem") or found["ring"] != "none", found
    return found["text"]


def go_to(page, text, key="Tab", most=60):
    """Presses Tab until what begins so has the focus."""
    passed = []
    for _ in range(most):
        page.keyboard.press(key)
        passed.append(at_hand(page))
        if passed[-1].startswith(text):
            return
    raise AssertionError(f"{text} is not reached by {key}: {passed}")


def arrive(site, page, role="operator"):  # noqa: F811: the fixture
    key = site.key("acme", role).headers["Authorization"].removeprefix("Bearer ")
    page.goto(f"{site.private}/")
    page.locator("input[type=password]").wait_for()
    go_to(page, "API key")
    page.keyboard.type(key)
    page.keyboard.press("Enter")
    page.locator("main h1").wait_for()


def test_main_flows(fleet, site, chromium):  # noqa: F811
    """Signing in, inviting with a slip that is mended, ticking, cancelling: Tab, Enter, Space, arrows and Escape do all of it."""
    ann, bob = events.address(), events.address()
    page = chromium.page()
    arrive(site, page)
    page.keyboard.press("Tab")
    assert at_hand(page) == "Skip to content"
    page.keyboard.press("Enter")
    go_to(page, "Invite User")
    page.keyboard.press("Enter")
    page.locator("dialog").wait_for()
    assert at_hand(page).startswith("E-mail")
    page.keyboard.type(f"{ann}, nobody")
    go_to(page, "Role")
    page.keyboard.type("Nurse")
    go_to(page, "Send Invitation")
    page.keyboard.press("Enter")
    expect(page.get_by_text("These were not invited")).to_be_visible()
    expect(page.get_by_label("E-mail *")).to_have_value("nobody")  # who was invited is not asked for again
    go_to(page, "E-mail", "Shift+Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type(bob)
    go_to(page, "Send Invitation")
    page.keyboard.press("Enter")
    page.locator("dialog").wait_for(state="detached")
    assert at_hand(page).startswith("Invite User")
    fleet.await_count("sent", 2)
    expect(row(page, ann)).to_contain_text("Sent")
    expect(row(page, bob)).to_contain_text("Sent")

    go_to(page, f"Select {ann}")
    page.keyboard.press("Space")
    go_to(page, "Invite users (1)", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_contain_text("1 get")
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    assert at_hand(page) == "Invite users (1)"
    go_to(page, f"Actions: {bob}")
    page.keyboard.press("Enter")
    go_to(page, "Cancel invitation", "ArrowDown")
    page.keyboard.press("Enter")
    go_to(page, "Cancel invitation")
    page.keyboard.press("Enter")
    page.locator("dialog").wait_for(state="detached")
    fleet.await_count("cancelled", 1)
    expect(row(page, bob)).to_have_count(0)
    assert sorted(len(mails) for mails in by_recipient(fleet.sink).values()) == [1, 1]


def test_news_leave_one_alone(fleet, site, chromium):  # noqa: F811
    """Whoever is at a row, a head or the button stays there while others are invited and the list grows."""
    ours = fleet.emit(events.invite(recipient={"email": events.address(), "name": "Ann Abel"}))
    fleet.await_outcome(ours, "sent")
    page = chromium.page()
    arrive(site, page)
    row(page, ours.to).wait_for()
    for place, rows in (("Actions: Ann Abel", 2), ("Select Ann Abel", 3), ("Role", 4), ("Select all", 5)):
        page.evaluate("document.getElementById('main').focus()")
        go_to(page, place)
        fleet.await_outcome(fleet.emit(events.invite()), "sent")
        expect(page.locator("tbody tr")).to_have_count(rows)
        expect(page.locator("tbody tr .badge", has_text="Sent")).to_have_count(rows)
        assert at_hand(page).startswith(place)


def test_slip_in_an_address(fleet, site, chromium):  # noqa: F811
    """A phone's width: one address, wrong at first, then right; the form takes both."""
    page = chromium.page(width=320, lang="ru", theme="dark")
    arrive_ru = site.key("acme", "operator").headers["Authorization"].removeprefix("Bearer ")
    page.goto(f"{site.private}/")
    page.locator("input[type=password]").fill(arrive_ru)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Пригласить пользователя").first.click()
    to, address = page.locator("dialog textarea").first, events.address()
    to.fill(address.replace("@", " at "))
    page.locator("dialog select").first.select_option("Nurse")
    page.get_by_role("button", name="Отправить приглашение").click()
    page.locator("dialog table").wait_for()
    browser.look_over(page, "form slip ru dark 320")
    to.fill(address)
    page.get_by_role("button", name="Отправить приглашение").click()
    page.locator("dialog").wait_for(state="detached")
    fleet.await_count("sent", 1)
