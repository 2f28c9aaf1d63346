"""The ways out: how relays and providers do, as API and tool show it, and a test sent through one of them."""
import json

import events
import pytest
import smsd
import smtpd
import terminal
import texts
import web
from fleet import program
from smsd import entry

T = "/v1/tenants/acme"


@pytest.fixture
def second():
    with smtpd.Server() as server:
        yield server


@pytest.fixture
def site(fleet, second):
    """Two relays, of which the second only stands by."""
    relays = [{"name": name, "url": f"smtp://127.0.0.1:{server.port}", "tls": "off", "order": order}
              for name, server, order in (("first", fleet.sink, 1), ("second", second, 2))]
    own = web.doors()
    fleet.up(services=("clock", "dispatcher", "email", "status"), status=own, email={"relays": relays})
    return web.Site(fleet, own)


def route(client, name):
    """What is told of one; None = nothing yet."""
    return next((one for one in client.get("/v1/routes").json["items"] if one["route"] == name), None)


def await_state(fleet, client, name, state):
    def reached():
        found = route(client, name)
        return found if found and found["state"] == state else None
    fleet.wait(reached, 20, f"{name} is not {state}")
    return route(client, name)


def tool(fleet, check=True):
    done = fleet.beckon("routes", "--config", fleet.dir / "beckon.yaml", "--json", check=False)
    assert done.returncode in ((0,) if check else (0, 1)), done.stderr
    return done.returncode, {one["route"]: one for one in map(json.loads, done.stdout.splitlines())}


def test_how_relays_do(fleet, site, second):
    """Open, closed with the code of what was wrong, open again, paused: everybody who looks is told the same."""
    client = site.key(role="admin", tenant="*")
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    up = await_state(fleet, client, "first", "up")
    fleet.wait(lambda: route(client, "first")["per_minute"] == 1, 15, "what was taken over is not counted")
    assert (up["channel"], up["couriers"], up["seen_by"], up["sessions"], up["order"]) == ("email", 1, 1, 4, 1), up
    fleet.sink.down()
    fleet.await_outcome(fleet.emit(events.invite()), "sent")
    closed = await_state(fleet, client, "first", "closed")
    assert closed["code"] == "connect_failed" and "cannot connect" in closed["why"] and closed["since"] > up["since"]
    assert event.to not in json.dumps(closed)
    code, listed = tool(fleet, check=False)
    assert code == 1 and listed["first"]["state"] == "closed" and listed["second"]["state"] == "up"
    text = fleet.beckon("routes", "--config", fleet.dir / "beckon.yaml", "--lang", "ru", check=False).stdout
    assert "закрыт" in text and "connect_failed" in text
    fits_a_terminal(fleet)
    top = json.loads(fleet.beckon("top", "--config", fleet.dir / "beckon.yaml", "--json", "--count", "1").stdout)
    assert [one["state"] for one in top["routes"]] == ["closed", "up"]
    fleet.sink.up()
    await_state(fleet, client, "first", "up")
    stop = {"scope": "provider", "name": "second", "paused": True, "reason": "a story"}
    assert client.post("/v1/tenants/*/pauses", stop).status == 200
    await_state(fleet, client, "second", "paused")
    assert client.post("/v1/tenants/*/pauses", {**stop, "paused": False}).status == 200
    await_state(fleet, client, "second", "up")
    assert tool(fleet)[0] == 0


def fits_a_terminal(fleet):
    """In 80 columns nothing is cut off and no row is broken; what was wrong stands below its row."""
    for command, lang in ((["routes"], "en"), (["routes"], "ru"), (["top", "--count", "1"], "en"), (["top", "--count", "1"], "ru")):
        lines = terminal.lines_at(80, [program("beckon"), *command, "--config", fleet.dir / "beckon.yaml", "--lang", lang])
        assert max(map(terminal.width, lines)) <= 80, lines
        row = next(n for n, line in enumerate(lines) if line.startswith("email first"))
        assert len(lines[row].split()) >= 7 and lines[row + 1].startswith("    connect_failed: 127.0.0.1"), lines
    lines = terminal.lines_at(30, [program("beckon"), "routes", "--config", fleet.dir / "beckon.yaml"])
    notes = [line for line in lines if line.startswith("    ")]
    assert " ".join(line.strip() for line in notes).endswith("cannot connect") and len(notes) > 1, lines
    assert max(map(terminal.width, notes)) <= 30, lines


def ended(fleet, client, invite, words):
    """The invite of a test, once it stands so."""
    def there():
        answer = client.get(f"{T}/invites/{invite}")
        return answer.status == 200 and answer.json.get("word") in words
    fleet.wait(there, 30, f"{invite} is not {words}")
    return client.get(f"{T}/invites/{invite}").json


def test_a_test_goes_by_its_route(fleet, site, second):
    """By the relay that only stands by, and by no other where that one is away; nothing reminds of it."""
    client, to = site.key(role="admin"), events.address()
    await_state(fleet, client, "second", "up")
    answer = client.post(f"{T}/routes/email/second/test", {"to": to}, Idempotency_Key="one")
    assert answer.status == 202, answer
    one = ended(fleet, client, answer.json["invite"], ("sent",))
    assert one["provider"] == "second" and [m.to for m in second.messages] == [to] and not fleet.sink.messages
    again = client.post(f"{T}/routes/email/second/test", {"to": to}, Idempotency_Key="one")
    assert again.json == answer.json
    second.down()
    answer = client.post(f"{T}/routes/email/second/test", {"to": events.address()})
    deferred = ended(fleet, client, answer.json["invite"], ("deferred",))
    assert deferred["reason"]["code"] == "provider_down"
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    assert [m.to for m in fleet.sink.messages] == [event.to], "the test went by another way, or held others up"
    timers = fleet.beckon("parked", "--config", fleet.dir / "beckon.yaml", "--json").stdout
    waiting = [json.loads(line) for line in timers.splitlines()]
    assert {w["reason"] for w in waiting if one["invite"] in w["id"]} == {"expiry"}, waiting


def test_who_may_test_what(fleet, site, second):
    client, path = site.key(role="admin"), f"{T}/routes/email/first/test"
    await_state(fleet, client, "first", "up")
    assert site.key(role="operator").post(path, {"to": "a@people.internal"}).status == 403
    assert site.key(role="admin", tenant="other").post(path, {"to": "a@people.internal"}).status in (403, 404)
    assert site.key(role="viewer").get("/v1/routes").status == 403
    assert client.post(path, {}).json["code"] == "recipient_missing"
    assert client.post(path, {"to": 7}).status == 422
    assert client.post(path, {"to": "a@people.internal", "cc": "b"}).status == 422
    for wrong in ("email/none", "sms/first", "pigeon/first"):
        assert client.post(f"{T}/routes/{wrong}/test", {"to": "a@people.internal"}).status == 404, wrong
    refused = client.post(path, {"to": "nobody"}).json["refused"]
    assert [(one["code"], bool(one["remedy"])) for one in refused] == [("email_syntax", True)]
    assert not fleet.sink.messages


def test_providers_and_their_countries(fleet):
    """A provider has its countries below it; a test goes by the one that is asked for."""
    with smsd.Server() as gateway:
        secret = fleet.secret_file("provider.secret", smsd.SECRET)
        doors = web.doors()
        providers = [entry(name, gateway, like="webhook", order=n, secret_file=secret)
                     for n, name in enumerate(("a", "b"), 1)]
        fleet.up(services=("clock", "dispatcher", "sms", "status"), status=doors,
                 sms={"providers": providers, "tenants": {"acme": {"sms_window": "off"}}})
        client, to = web.Site(fleet, doors).key(role="admin"), texts.number("RU")
        await_state(fleet, client, "b", "up")
        assert "regions" in route(client, "b") and not route(client, "b")["regions"]
        answer = client.post(f"{T}/routes/sms/b/test", {"to": to})
        one = ended(fleet, client, answer.json["invite"], ("sent",))
        assert one["provider"] == "b" and [m.to for m in gateway.messages] == [to]
        fleet.wait(lambda: route(client, "b")["regions"], 10, "no country is told of")
        found = route(client, "b")["regions"]
        assert [(r["region"], r["state"]) for r in found] == [("RU", "up")], found
        assert client.post(f"{T}/routes/sms/b/test", {}).json["code"] == "recipient_missing"
