"""Makes the screenshots of README.md from a live fleet: `pytest browser/test_screens.py` in the folder tests. Not part of
the suite; what it makes is looked at and committed (256 colours are enough: pngquant, or Pillow's quantize)."""
import itertools
from pathlib import Path

import events
import web
from checks import by_recipient
from desk import chromium, choose, sign_in  # noqa: F401: fixtures are found here
from life import token_of

SCREENS = Path(__file__).resolve().parents[2] / "services" / "status" / "screens"
FIRST = ("Anna", "Boris", "Clara", "Dmitri", "Elena", "Felix", "Galina", "Hugo", "Irina", "Jonas", "Katya", "Lev")
LAST = ("Moreau", "Petrova", "Lindqvist", "Walsh", "Romanov", "Dubois", "Okafor")
ROLES, TEAMS = ["Driver", "Nurse", "Engineer", "Manager"], ["Night shift", "Routing", "Ward 3"]
TENANT = {"cooldown_s": 0, "roles": ROLES, "teams": TEAMS, "departments": ["North", "South"], "contact": "people@northwind.internal",
          "link_ttl_s": 3 * 86400, "brand": {"colour": "#0f766e"},
          "sender": {"from_name": "Northwind", "from": "invitations@northwind.internal"}}
names = itertools.product(LAST, FIRST)


def person(domain="northwind.internal", locale="en", **data):
    last, first = next(names)
    recipient = {"email": f"{first.lower()}.{last.lower()}@{domain}", "name": f"{first} {last}", "locale": locale}
    n = len(first) + len(last)
    return events.invite(tenant="northwind", recipient=recipient, role=ROLES[n % 4], teams=TEAMS[:n % 3], department="North",
                         organisation={"name": "Northwind"}, inviter={"id": "u-1", "name": ("Olga Orlova", "Bob Miller")[n % 2]}, **data)


def populate(fleet):
    """Some of every kind; the one who is looked at more closely comes back."""
    fleet.sink.on("RCPT", to=".*@nowhere.internal", reply="550 5.1.1 no such user")
    made = {word: [person(**how) for _ in range(count)] for word, count, how in (
        ("sent", 16, {}), ("accepted", 9, {}), ("declined", 2, {}), ("cancelled", 2, {}), ("held", 12, {"send": "hold"}),
        ("deferred", 5, {"schedule": {"not_before": "2099-01-05T08:00:00Z", "not_after": "2099-02-01T00:00:00Z"}}),
        ("error", 3, {"domain": "nowhere.internal"}))}
    fleet.emit([event for many in made.values() for event in many])
    for word, many in made.items():
        for event in many:
            fleet.await_outcome(event, word if word in ("held", "deferred", "error") else "sent")
    for word, type_ in (("accepted", "invite.accepted"), ("declined", "invite.declined"), ("cancelled", "invite.cancel-requested")):
        fleet.emit([events.command(type_, event) for event in made[word]])
        for event in made[word]:
            fleet.await_outcome(event, word)
    for event in made["sent"][:6]:
        receipt = events.command("delivery.receipt-received", event, delivery=f"{event.key}.1.email.0", status="delivered")
        fleet.emit(receipt)
        fleet.await_outcome(event, "delivered")
    fleet.emit(events.command("invite.renewal-requested", made["sent"][3]))
    fleet.await_outcome(made["sent"][3], "asked_again")
    return made["sent"][-1]


def shoot(page, name, **how):
    page.locator(".loading").wait_for(state="detached")
    page.mouse.move(0, 0)
    page.screenshot(path=SCREENS / f"{name}.png", **how)


def test_dashboard(fleet, chromium):  # noqa: F811
    """Users, the dialog of a batch, its preview, the editor, the fleet; light, but for the editor."""
    tenants = {"tenants": {"northwind": TENANT}}
    site = web.up(fleet, dispatcher=tenants, **tenants)
    populate(fleet)
    page = sign_in(site, chromium.page(width=1360, height=850), role="admin", tenant="northwind")
    page.locator("tbody tr").nth(20).wait_for()
    shoot(page, "users")
    choose(page, "not_invited")
    page.locator("tbody tr").nth(11).wait_for()
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Invite users (12)").click()
    page.get_by_label("Note").fill("See you at the kick-off on Monday!")
    page.get_by_text("12 get their first invitation").wait_for()
    shoot(page, "invite")
    page.get_by_role("button", name="Preview for each person").click()
    page.frame_locator("iframe.preview").get_by_text("See you at the kick-off").wait_for()
    shoot(page, "preview")
    page.context.close()
    page = sign_in(site, chromium.page(theme="dark", width=1360, height=850), role="admin", where="#/template/invite", tenant="northwind")
    page.frame_locator("iframe.preview").get_by_text("Accept the invitation").wait_for()
    page.get_by_text("No findings").wait_for()
    shoot(page, "editor")
    page.context.close()
    page = chromium.page(width=1360, height=536)
    page.clock.install()
    sign_in(site, page, role="super", where="#/fleet", tenant="*")
    changes = page.locator(".card", has_text="Changes a minute").locator(".big")
    for count in (5, 12, 30, 22, 40, 35, 18, 26, 12, 8):  # a course to be plotted: a minute each, as far as the page can tell
        page.clock.fast_forward(60000)
        fleet.emit([events.invite(tenant="northwind") for _ in range(count)])
        fleet.wait(lambda count=count: int(changes.inner_text()) >= count, 30, "the changes are not told")
        page.wait_for_timeout(1500)
    shoot(page, "fleet")
    page.context.close()


def test_mails_and_accept_page(fleet, chromium):  # noqa: F811
    """The mail as it was sent, light, dark and on a phone; and the page behind its link."""
    tenants = {"tenants": {"northwind": TENANT}}
    own = web.doors()
    fleet.up(services=("clock", "dispatcher", "email", "status"), dispatcher=tenants, email=tenants, status={**own, **tenants})
    event = person(template={"note": "See you at the kick-off on Monday!"})
    fleet.await_outcome(fleet.emit(event), "sent")
    message = by_recipient(fleet.sink)[event.to][-1]
    html = message.parsed.get_body(("html",)).get_content()
    for name, how in (("mail", {"width": 680, "height": 760}), ("mail-dark", {"width": 680, "height": 760, "theme": "dark"}),
                      ("mail-phone", {"width": 390, "height": 760})):
        page = chromium.page(**how)
        page.set_content(html)
        page.screenshot(path=SCREENS / f"{name}.png")
        page.context.close()
    page = chromium.page(width=1000, height=900)
    page.goto(f"http://{own['http__public']}/i?token={token_of(message)}")
    page.locator("button").wait_for()
    page.screenshot(path=SCREENS / "accept.png")
    page.context.close()
