"""Tenants' templates over HTTP: looked at, judged, changed, restored, tried on oneself."""
from concurrent.futures import ThreadPoolExecutor

import pytest

import events
import web
from checks import by_recipient
from life import state_of, timer, waits

PREFIX = "/v1/tenants/acme/templates"
SUBJECT = "{{#subject}}{{subject}}{{/subject}}{{^subject}}%s{{/subject}}"
HEADERS = {"auth__proxy_user": "X-User", "auth__proxy_role": "X-Role", "auth__proxy_tenant": "X-Tenant",
           "auth__proxy_email": "X-Email"}


def cost_text(millionths):
    """At least two digits behind the point."""
    whole, fraction = f"{millionths / 1e6:.6f}".split(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"


@pytest.mark.story
def test_editor(fleet):
    """What an editor does: read, preview, be refused, save, compare, restore; each role what it may."""
    site = web.up(fleet, services=("status",))
    admin, viewer, other = site.key("acme", "admin"), site.key("acme", "viewer"), site.key("globex", "admin")
    listed = viewer.get(PREFIX, lang="ru").json
    invite = next(i for i in listed["items"] if (i["name"], i["locale"]) == ("invite", "ru"))
    assert invite["title"] == "Приглашение новым пользователям" and not invite["own"] and invite["version"] == 1
    assert {"subject", "text", "html", "sms"} == set(invite["parts"])
    assert {"link": True, "note": False}.items() <= {v["name"]: v["always"] for v in listed["variables"]["invite"]}.items()
    assert "password" not in {v["name"] for v in listed["variables"]["invite"]}

    one = viewer.get(f"{PREFIX}/invite/en").json
    assert one["version"] == one["holds"] == 1 and "{{link}}" in one["parts"]["text"] and one["diff"] == []
    draft = {**one["parts"], "subject": SUBJECT % "Come in"}
    shown = admin.post(f"{PREFIX}/preview", {"name": "invite", "locale": "en", "parts": draft}).json
    assert shown["fit"] and shown["parts"]["subject"] == "Come in"
    asked = {"name": "invite", "locale": "ru", "subject": "К нам", "note": "Ждём <b>вас</b>"}
    asked = admin.post(f"{PREFIX}/preview", asked).json["parts"]
    assert asked["subject"] == "К нам" and "Ждём &lt;b&gt;вас&lt;/b&gt;" in asked["html"]
    assert shown["sms"]["encoding"] == "gsm" and shown["sms"]["segments"] <= shown["sms"]["cap"] and "worst" in shown["sms"]
    assert "<!doctype html>" in shown["parts"]["html"]
    bad = {**draft, "text": draft["text"] + "{{password}}"}
    found = admin.post(f"{PREFIX}/preview?lang=ru", {"name": "invite", "locale": "en", "parts": bad}).json
    assert not found["fit"] and found["findings"][0]["code"] == "credentials_in_invitation"
    assert "уберите" in found["findings"][0]["text"] and found["findings"][0]["line"] > 20

    refused = admin.ask("PUT", f"{PREFIX}/invite/en", {"version": 1, "parts": bad})
    assert refused.status == 422 and refused.json["code"] == "unfit" and refused.json["findings"]
    assert viewer.ask("PUT", f"{PREFIX}/invite/en", {"version": 1, "parts": draft}).status == 403
    assert other.ask("PUT", f"{PREFIX}/invite/en", {"version": 1, "parts": draft}).status in (403, 404)
    saved = admin.ask("PUT", f"{PREFIX}/invite/en", {"version": 1, "parts": draft})
    assert saved.status == 200 and saved.json["version"] == 2 and saved.json["parts"] == draft
    assert admin.ask("PUT", f"{PREFIX}/invite/en", {"version": 1, "parts": draft}).status == 409
    assert admin.ask("PUT", f"{PREFIX}/invite/en", {"version": 2, "parts": draft}).json["version"] == 2

    before = viewer.get(f"{PREFIX}/invite/en/versions/1").json
    assert before["holds"] == 2 and [d["part"] for d in before["diff"]] == ["subject"]
    assert ["+", draft["subject"]] in before["diff"][0]["lines"]
    assert admin.post(f"{PREFIX}/invite/en/restore", {"version": 1}).json["parts"] == one["parts"]
    listed = viewer.get(PREFIX).json["items"]
    assert [(i["version"], i["own"]) for i in listed if (i["name"], i["locale"]) == ("invite", "en")] == [(3, False)]
    assert admin.post(f"{PREFIX}/invite/en/restore", {"version": 2}).json["parts"] == draft
    versions = viewer.get(f"{PREFIX}/invite/en").json["versions"]
    assert [(v["version"], v["own"]) for v in versions] == [(4, True), (3, False), (2, True), (1, False)]
    assert all(v["actor"] == f"key:{admin.id}" for v in versions[:-1])
    for path in ("/nothing/en", "/invite/x", "/invite/en/versions/9", "/invite/en/versions/x", "/in%2Fvite/en"):
        assert viewer.get(PREFIX + path).status == 404, path
    assert admin.post(f"{PREFIX}/preview", {"name": "invite", "locale": "en", "invite": "nobody"}).status == 404
    for body in ({"version": 4, "parts": {}}, {"version": 4, "parts": {"text": 5}}, {"version": 4, "parts": {"x": "y"}},
                 {"version": 4}, {"version": "4", "parts": None}, {"version": 4, "parts": None, "more": 1}, {}):
        assert admin.ask("PUT", f"{PREFIX}/invite/en", body).status == 422, body
    for body in ({"name": "invite"}, {"name": "invite", "locale": "en", "parts": {}}, {"name": 5, "locale": "en"},
                 {"name": "invite", "locale": "en", "more": 1}, {"name": "invite", "locale": "en", "note": 5}):
        assert admin.post(f"{PREFIX}/preview", body).status == 422, body
    assert viewer.get(f"{PREFIX}/invite/en").json["holds"] == 4
    assert admin.post(f"{PREFIX}/invite/en/test").status == 422  # a key has no address


@pytest.mark.story
def test_several_editors_at_once(fleet):
    """By two services and by hand, all from the same version: of each round one change holds, and the others are told."""
    site = web.up(fleet, services=("status",))
    admin, doors = site.key("acme", "admin"), web.doors()
    fleet.service("status", **doors).start().await_ready()
    second = web.Client(f"http://{doors['http__private']}", Authorization=admin.headers["Authorization"])
    fleet.wait(lambda: second.get("/v1/session").status == 200, 15, "the key is not known")
    parts = admin.get(f"{PREFIX}/invite/en").json["parts"]

    def save(client, version, subject):
        return client.ask("PUT", f"{PREFIX}/invite/en", {"version": version, "parts": {**parts, "subject": SUBJECT % subject}})

    for version in range(1, 9):
        with ThreadPoolExecutor(4) as pool:
            told = list(pool.map(save, [admin, second] * 2, [version] * 4, [f"{version}-{n}" for n in range(4)]))
        assert sorted(t.status for t in told) == [200, 409, 409, 409], [t.text for t in told]
        held = next(t for t in told if t.status == 200).json
        assert held["version"] == version + 1
        for client in (admin, second):
            fleet.wait(lambda c=client: c.get(f"{PREFIX}/invite/en").json["parts"] == held["parts"], 15, "another holds")


def test_a_test_to_oneself(fleet):
    """Of what holds, to the address of whoever asks and nobody else."""
    site = web.up(fleet, http__proxies=["127.0.0.1"], **HEADERS)
    ann = site.anybody(**{"X-User": "u-1", "X-Role": "admin", "X-Tenant": "acme", "X-Email": "ann@people.internal"})
    fleet.wait(lambda: ann.get("/v1/session").status == 200, 15, "not open")
    ann.headers["X-CSRF-Token"] = ann.get("/v1/session").json["csrf"]
    asked = ann.post(f"{PREFIX}/invite/ru/test")
    assert asked.status == 202
    told = fleet.await_outcome(asked.json["invite"], "sent")
    assert told["template"]["locale"] == "ru"
    mails = by_recipient(fleet.sink)["ann@people.internal"]
    assert len(mails) == 1
    shown = ann.post(f"{PREFIX}/preview", {"name": "invite", "locale": "ru", "invite": asked.json["invite"]})
    assert shown.status == 200 and shown.json["fit"]
    assert shown.json["sms"]["cost"] is None and "country" not in shown.json["sms"]  # nobody says what they ask
    test = events.Event("test", {"tenant": "acme", "invite": asked.json["invite"]})
    assert waits(fleet, test) == {timer(test): int(state_of(fleet, test)["sent"]) + 300_000}, "a test is reminded of"


def priced(name, currency, order, **prefixes):
    """A provider that says what it asks; it is never talked to."""
    return {"name": name, "like": "twilio", "order": order, "cost": {"currency": currency, "prefixes": prefixes}}


def test_what_an_sms_costs(fleet):
    """Of an editor's text, to the tenant's country or a number, and of a whole list; no price known where none is."""
    own = {"providers": [priced("cheap", "EUR", 1, **{"7": "0.0455", "7701": 0}), priced("near", "RUB", 2, **{"*": 3})],
           "routes": [{"country": "KZ", "providers": ["cheap"]}, {"tenant": "globex", "providers": ["near"]}, {"country": "GB", "providers": ["near"]},
                      {"country": "DE", "providers": ["cheap"]}]}
    site = web.up(fleet, services=("status",), **own)
    client = site.key("acme", "admin")

    def sms(**more):
        return client.post(f"{PREFIX}/preview", {"name": "invite", "locale": "ru", **more}).json["sms"]

    here = sms()
    assert here["country"] == "RU" and here["worst"] > here["segments"] > 0
    assert here["cost"] == {"amount": cost_text(45500 * here["segments"]), "worst": cost_text(45500 * here["worst"]),
                            "currency": "EUR", "provider": "cheap"}
    there = sms(phone="+44 7400 123456")
    assert (there["country"], there["cost"]["provider"], there["cost"]["currency"]) == ("GB", "near", "RUB")
    assert sms(phone="+77011234567")["cost"]["amount"] == "0.00"
    assert sms(phone="+4915112345678") | {"cost": None, "country": "DE"} == sms(phone="+4915112345678")
    other = site.key("globex").post("/v1/tenants/globex/templates/preview", {"name": "invite", "locale": "en"}).json["sms"]
    assert other["cost"]["provider"] == "near", "another organisation's routes"
    wrong = client.post(f"{PREFIX}/preview?lang=ru", {"name": "invite", "locale": "en", "phone": "905 111"})
    assert wrong.status == 422 and wrong.json["code"].startswith("phone_") and wrong.json["remedy"]
    assert client.post(f"{PREFIX}/preview", {"name": "invite", "locale": "en", "phone": 7}).status == 422

    rows = "phone;locale\n+79051111111;en\n+79051111112;en\n+447400123456;en\n+4915112345678;en\n"
    dry = client.ask("POST", "/v1/tenants/acme/invites/import?dry_run=true&organisation=X", rows, Content_Type="text/csv").json
    assert dry["sms"]["segments"] == dry["sms"]["messages"] == 4, dry
    assert dry["sms"]["costs"] == [{"amount": "0.091", "currency": "EUR"}, {"amount": "3.00", "currency": "RUB"}]
    assert dry["sms"]["unpriced"] == 1


def test_prices_that_cannot_be_read(fleet):
    """A dashboard is more than its prices: it says why there are none, and goes on."""
    site = web.up(fleet, services=("status",), providers=[{"name": "a", "like": "nothing"}])
    assert site.key("acme", "viewer").get(PREFIX).status == 200
    assert "ev=prices-unknown" in fleet["status"].text()
