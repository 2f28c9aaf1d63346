"""What stories about the dashboard share: the fleet with a desk in front of it, and what a person does there."""
import browser
import pytest
import web
from conftest import need

LISTS = {"tenants__*": {"roles": ["Nurse", "Driver"], "teams": ["Night shift"], "departments": ["Ward 3"]}}


@pytest.fixture(scope="module")
def chromium(built):
    need(browser.missing())
    opened = browser.Browser()
    yield opened
    opened.close()


@pytest.fixture
def site(fleet, chromium):
    """The whole fleet with a desk in front of it; nothing in the browser may complain."""
    chromium.complaints.clear()
    yield web.up(fleet, dispatcher={"tenants": {"acme": {"cooldown_s": 0}}}, **LISTS)
    assert not chromium.complaints, chromium.complaints


def sign_in(site, page, role="operator", where="", tenant="acme"):
    """With an API key, as somebody does who has no directory yet."""
    key = site.key(tenant, role).headers["Authorization"].removeprefix("Bearer ")
    page.goto(f"{site.private}/{where}")
    page.locator("input[type=password]").fill(key)
    page.locator("form button").click()
    page.locator("main h1, main h2").first.wait_for()
    return page


def row(page, address):
    return page.locator("tbody tr", has_text=address)


def choose(page, status):
    """A status of the filter panel."""
    page.locator(f"[data-status={status}]").click()


def ask_row(page, address, item, button):
    """An item of a row's menu, and the dialog's button."""
    row(page, address).locator(".row-menu button").first.click()
    page.get_by_role("menuitem", name=item, exact=True).click()
    text = page.locator("dialog .dialog-body").inner_text()
    press(page, button)
    return text


def press(page, button):
    """A button at the foot of the dialog, which then closes."""
    page.locator("dialog .dialog-foot").get_by_role("button", name=button, exact=True).click()
    page.locator("dialog").wait_for(state="detached")


def csv(people):
    return "email,name,role\n" + "".join(f"{address},{name},Nurse\n" for address, name in people)
