"""The HTTP API: lists, changes, imports, settings and pauses, live changes; what is refused, and what happens when Kafka is away."""
import csv
import io
import json
import re
import socket
import threading
import time
import urllib.parse
import urllib.request

import pytest

import events
import web
from life import token_of

T = "/v1/tenants/acme"


def rows(client, **query):
    return {i["invite"]: i for i in client.get(f"{T}/invites", **query).json["items"]}


def shown(site, client, invite, status):
    """The invite's row, once the view shows it so."""
    got = []

    def there():
        answer = client.get(f"{T}/invites/{invite}")
        got[:] = [answer.json] if answer.status == 200 else []
        return got and got[0].get("status") == status
    site.fleet.wait(there, 30, lambda: f"{invite} is not {status}: {got}")
    return got[0]


@pytest.mark.story
def test_from_request_to_acceptance(fleet):
    """Several addresses are invited, seen in lists, resent, cancelled; each answer says what was asked and who was refused, and why."""
    site = web.up(fleet, dispatcher={"tenants": {"acme": {"cooldown_s": 0}}})
    operator, viewer = site.key("acme", "operator"), site.key("acme", "viewer")
    asked = operator.post(f"{T}/invites", {"to": "ann@people.internal, bob@people.internal; not-an-address", "role": "Nurse",
                                           "teams": ["Night", "Day"], "note": "Welcome"})
    assert asked.status == 202, asked
    answer = asked.json
    assert answer["total"] == 3 and answer["counts"] == {"request": 2, "refused": 1}
    assert [(r["row"], r["column"], r["code"]) for r in answer["refused"]] == [(3, "email", "email_syntax")]
    assert answer["refused"][0]["text"] and answer["refused"][0]["remedy"]
    ann, bob = (a["invite"] for a in answer["asked"])
    row = shown(site, operator, ann, "invited")
    assert row["person"]["email"] == "ann@people.internal" and row["role"] == "Nurse" and row["teams"] == ["Night", "Day"]
    assert [h["word"] for h in row["history"]][-1] == "sent" and row["history_url"].endswith(ann)
    shown(site, operator, bob, "invited")
    assert row["inviter"] == {"id": f"unnamed:key:{operator.id}", "name": "story"}  # the key's name, for colleagues alone
    assert all(b"story" not in m.raw for m in fleet.sink.messages)

    page = operator.get(f"{T}/invites", status="pending", q="nurse", limit=1).json
    assert page["total"] == 2 and len(page["items"]) == 1 and page["counts"]["invited"] == 2
    second = operator.get(f"{T}/invites", status="pending", q="nurse", limit=1, cursor=page["next"]).json
    assert {page["items"][0]["invite"], second["items"][0]["invite"]} == {ann, bob} and second["next"] is None
    assert operator.get(f"{T}/invites", sent_more_than_s=43200).json["total"] == 0

    masked = rows(viewer)[ann]["person"]  # a viewer sees no address anywhere, and finds none
    assert "email" not in masked and "masked" in masked
    assert viewer.get(f"{T}/invites", email="ann@people.internal").json["total"] == 0
    for path in (f"{T}/invites/{ann}", f"{T}/invites/export"):
        assert "ann@people.internal" not in viewer.get(path).text
    assert viewer.post(f"{T}/invites", {"to": "eve@people.internal"}).status == 403

    for lang, word in (("en", "template"), ("ru", "шаблон")):  # misspelt: nobody is asked anything
        missing = operator.ask("POST", f"{T}/invites?lang={lang}", {"to": "eve@people.internal", "template": "invte"})
        assert missing.status == 422 and missing.json["code"] == "template_missing" and word in missing.json["text"].lower(), missing
    assert operator.ask("POST", f"{T}/invites/import?dry_run=true&template=invte", "email\neve@people.internal\n",
                        Content_Type="text/csv").json["code"] == "template_missing"

    again = operator.post(f"{T}/invites/{ann}/resend", {"note": "Once more"})
    assert again.status == 202 and again.json["asked"][0]["action"] == "resend"
    fleet.wait(lambda: operator.get(f"{T}/invites/{ann}").json["generation"] == 2, 20, "no second generation")
    shown(site, operator, ann, "invited")
    many = operator.post(f"{T}/actions", {"action": "cancel", "invites": [bob, "nobody"]}).json
    assert many["counts"] == {"cancel": 1, "refused": 1} and many["refused"][0]["code"] == "not_found"
    shown(site, operator, bob, "cancelled")
    refused = operator.post(f"{T}/invites/{bob}/cancel", {})
    assert refused.status == 422 and refused.json["code"] == "cancelled" and refused.json["remedy"]
    assert operator.post(f"{T}/invites/nobody/cancel", {}).status == 404

    dry = operator.post(f"{T}/actions", {"action": "invite", "filter": {"status": "all"}, "dry_run": True})
    assert dry.status == 200 and dry.json["counts"] == {"resend": 1, "request": 1}
    assert all("event" not in a for a in dry.json["asked"])
    more = operator.post(f"{T}/actions", {"action": "invite", "filter": {"status": "all"}, "at_most": dry.json["total"] - 1})
    assert more.status == 409 and more.json["code"] == "changed_meanwhile"
    assert operator.post(f"{T}/invites/{bob}/invite", {}).status == 202  # invited again, as the person that is known
    assert shown(site, operator, bob, "invited")["person"]["email"] == "bob@people.internal"

    token = token_of(fleet.sink.messages[-1])
    link = operator.post("/v1/tokens/verify", {"token": token}).json
    assert (link["state"], link["invite"]) == ("good", bob)
    assert site.key("globex").post("/v1/tokens/verify", {"token": token}).json == {"state": "invalid"}
    assert operator.post("/v1/tokens/verify", {"token": "x"}).json == {"state": "invalid"}
    russian = operator.get(f"{T}/errors", lang="ru").json["email_syntax"]["text"]
    assert re.search("[а-я]", russian)
    audit = [line for line in fleet["status"].text().splitlines() if "ev=audit" in line]
    assert len(audit) == 4 and all("tenant=acme by=key:" in line for line in audit)


def test_import(fleet):
    """A list is looked at row by row; the good ones go, twice the same file invites nobody twice, and cells are no formulas."""
    site = web.up(fleet)
    operator = site.key()
    bad = "email;name;role\nann@people.internal;Ann;Nurse\nbroken;Bob;\nANN@people.internal;Twice;\n=1+2@people.internal;=cmd();Nurse\n"
    headers = {"Content-Type": "text/csv"}
    dry = operator.ask("POST", f"{T}/invites/import?dry_run=true", bad, **headers)
    assert dry.status == 200 and dry.json["counts"] == {"request": 2, "refused": 2}
    assert [(r["row"], r["column"], r["code"]) for r in dry.json["refused"]] == \
        [(3, "email", "email_syntax"), (4, "email", "already_invited")]
    assert dry.json["refused"][1]["remedy"] == "Keep one of the two."
    assert operator.get(f"{T}/summary").json["total"] == 0 and dry.json["sends"] is False and "finished_at" not in dry.json
    assert "sms" not in dry.json
    phones = "phone;name;locale\n+79051111111;Анна;ru\n+79051111112;Ann;en\n9051111111;Bob;en\n"
    sms = operator.ask("POST", f"{T}/invites/import?dry_run=true&organisation=Example", phones, **headers).json["sms"]
    assert sms["messages"] == 2 and sms["most"] == 2 and sms["segments"] == 3 and sms["cap"] == 6
    ladder = operator.ask("POST", f"{T}/invites/import?dry_run=true&channel=ladder", phones, **headers).json
    assert ladder["sms"]["messages"] == 2 and ladder["counts"]["refused"] == 1  # who has no address gets the ladder's SMS at once
    done = operator.ask("POST", f"{T}/invites/import?team=Night", bad, **headers)
    assert done.status == 202 and done.json["batch"] == dry.json["batch"]
    ann = done.json["asked"][0]["invite"]
    assert shown(site, operator, ann, "not_invited")["teams"] == ["Night"]  # imports are held
    operator.ask("POST", f"{T}/invites/import", bad, **headers)
    assert operator.post(f"{T}/actions", {"action": "invite", "filter": {"batch": done.json["batch"]}}).json["total"] == 2
    shown(site, operator, ann, "invited")
    assert len(fleet.sink.messages) == 2
    batch = operator.get(f"{T}/batches/{done.json['batch']}").json
    assert batch["total"] == 2 and batch["state"].startswith("finished") or batch["state"] == "sending"
    assert operator.get(f"{T}/batches").json["items"][0]["batch"] == done.json["batch"]
    assert operator.get(f"{T}/batches/none").status == 404
    exported = list(csv.DictReader(io.StringIO(operator.get(f"{T}/invites/export").raw.decode("utf-8-sig"))))
    assert {r["name"] for r in exported} == {"Ann", "'=cmd()"} and all(not r["email"].startswith("=") for r in exported)

    lines = '{"email": "kim@people.internal", "teams": ["A", "B"]}\n\nnonsense\n{"email": "x", "colour": "red"}\n'
    answer = operator.ask("POST", f"{T}/invites/import?send=now", lines, **{"Content-Type": "application/x-ndjson"}).json
    assert answer["sends"] is True and answer["finished_at"] > "20"
    assert answer["counts"] == {"request": 1, "refused": 2} and [r["row"] for r in answer["refused"]] == [3, 4]
    assert shown(site, operator, answer["asked"][0]["invite"], "invited")["teams"] == ["A", "B"]
    assert operator.ask("POST", f"{T}/invites/import", "x", **{"Content-Type": "text/plain"}).status == 415
    held = operator.ask("POST", f"{T}/invites/import?batch=2026/11%20%231", "email\nlee@people.internal\n", **headers)
    shown(site, operator, held.json["asked"][0]["invite"], "not_invited")
    named = operator.get(f"{T}/batches/2026%2F11%20%231")  # a name is any line
    assert named.status == 200 and (named.json["batch"], named.json["total"]) == ("2026/11 #1", 1)
    assert operator.get(f"{T}/batches/2026/11").status == 404 and operator.get(f"{T}/batches", status="error").status == 422


def test_who_is_known_already(fleet):
    """Whoever is invited, or has come, is refused at once and named; not in a scope of their own, nor by the same list again."""
    site = web.up(fleet, dispatcher={"tenants": {"acme": {"cooldown_s": 0}}})
    client = site.key("acme", "operator")
    came = fleet.emit(events.invite(recipient={"email": "ann@people.internal"}))
    held = fleet.emit(events.invite(recipient={"email": "bob@people.internal"}, send="hold"))
    apart = fleet.emit(events.invite(recipient={"email": "cora@people.internal"}, scope="project"))
    gone = fleet.emit(events.invite(recipient={"email": "dan@people.internal"}))
    lost = fleet.emit(events.invite(recipient={"email": "eve@people.internal"}))
    for event in (came, apart, gone, lost):
        fleet.await_outcome(event, "sent")
    for event, what in ((came, "invite.accepted"), (gone, "invite.cancel-requested"), (lost, "invite.accepted")):
        fleet.emit(events.command(what, event))
    shown(site, client, lost.invite, "accepted")
    fleet.emit(events.command("invite.forget-requested", lost))
    for event, status in ((came, "accepted"), (held, "not_invited"), (apart, "invited"), (gone, "cancelled")):
        shown(site, client, event.invite, status)
    fleet.wait(lambda: client.get(f"{T}/invites/{lost.invite}").json.get("forgotten"), 30, "she is not forgotten")

    names = ("ANN", "bob", "cora", "dan", "eve", "frank")
    people = "email\n" + "".join(f"{name}@People.Internal \n" for name in names)

    def load(**query):
        answer = client.ask("POST", f"{T}/invites/import?{urllib.parse.urlencode(query)}", people, Content_Type="text/csv")
        assert [r["remedy"] for r in answer.json["refused"] if r["code"] == "already_invited"] == ["Tick them among the users, and use Invite users."]
        return [(r["row"], r["code"], r["holder"]) for r in answer.json["refused"]], [a["row"] for a in answer.json["asked"]]
    known = [(2, "account_exists", came.invite), (3, "already_invited", held.invite)]
    assert load(dry_run="true") == (known, [4, 5, 6, 7])
    assert load(send="hold") == (known, [4, 5, 6, 7])
    fleet.await_count("held", 5)
    fleet.wait(lambda: client.get(f"{T}/invites", status="not_invited").json["total"] == 5, 30, "they are not shown")
    assert load(send="hold") == (known, [4, 5, 6, 7])  # the same list: nobody is held by an invite of their own
    scoped = client.post(f"{T}/invites?dry_run=true", {"to": "ann@people.internal", "scope": "project"}).json
    assert scoped["counts"] == {"request": 1}
    password = {"to": "ann@people.internal", "password": {"username": "ann", "confirm": True}}
    assert client.post(f"{T}/invites?dry_run=true", password).json["counts"] == {"request": 1}


def test_export_is_made_while_it_is_sent(fleet):
    """More than a page of them: each once, the last change first, whatever changes before the end is read."""
    count, site = 1300, web.up(fleet)
    fleet.emit([events.invite(f"p{n}@people.internal", send="hold", role="=1") for n in range(count)])
    operator = site.key()
    fleet.wait(lambda: operator.get(f"{T}/summary").json["total"] == count, 60, "not all are shown")
    first = operator.get(f"{T}/invites", limit=1000).json
    rest = operator.get(f"{T}/invites", limit=1000, cursor=first["next"]).json
    wanted = [one["invite"] for one in (*first["items"], *rest["items"])]
    request = urllib.request.Request(f"{site.private}{T}/invites/export", headers=operator.headers)
    with urllib.request.urlopen(request) as answer:
        assert "Content-Length" not in answer.headers and answer.headers["Content-Disposition"].endswith('"invites.csv"')
        head = answer.read(2000)
        last = wanted[-1]  # would be first now
        assert operator.post(f"{T}/invites/{last}/cancel", {}).status == 202
        fleet.wait(lambda: operator.get(f"{T}/invites/{last}").json["status"] == "cancelled", 30, "it is not cancelled")
        rows = list(csv.DictReader(io.StringIO((head + answer.read()).decode("utf-8-sig"))))
    assert [row["invite"] for row in rows] == wanted and {row["role"] for row in rows} == {"'=1"}
    assert {row["status"] for row in rows[:-1]} == {"not_invited"}


def let_in(client, path, length):
    """A connection whose request has begun: the service waits for its body."""
    host, port = client.base.removeprefix("http://").split(":")
    s = socket.create_connection((host, int(port)), 30)
    head = "".join(f"{k}: {v}\r\n" for k, v in client.headers.items())
    s.sendall(f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{head}"
              f"Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n".encode())
    assert b" 100 " in s.recv(4096)
    return s


def test_once(fleet):
    """The same Idempotency-Key asks once and is answered the same; another body under it is refused. Kafka away is 503, and asking again is safe."""
    site = web.up(fleet)
    operator = site.key()
    first = operator.post(f"{T}/invites", {"to": "ann@people.internal"}, Idempotency_Key="k-1")
    second = operator.post(f"{T}/invites", {"to": "ann@people.internal"}, Idempotency_Key="k-1")
    assert first.status == second.status == 202 and first.raw == second.raw
    assert second.headers["Idempotency-Replayed"] == "true"
    assert operator.post(f"{T}/invites", {"to": "bob@people.internal"}, Idempotency_Key="k-1").status == 422
    assert operator.post(f"{T}/invites", {"to": "bob@people.internal"}, Idempotency_Key="no spaces").status == 422
    ann = first.json["asked"][0]["invite"]
    shown(site, operator, ann, "invited")
    pause = {"scope": "batch", "name": "b", "paused": True, "reason": "audit"}
    for path, body, status in ((f"{T}/actions", {"action": "cancel", "invites": [ann]}, 202), (f"{T}/invites/{ann}/forget", {}, 202),
                               (f"{T}/pauses", pause, 200)):  # every change, not only the first
        answers = [operator.post(path, body, Idempotency_Key="k-same") for _ in range(2)]
        assert [a.status for a in answers] == [status] * 2 and answers[0].raw == answers[1].raw, answers
        assert answers[1].headers["Idempotency-Replayed"] == "true"
    elsewhere = operator.post(f"{T}/invites/other/forget", {}, Idempotency_Key="k-same")  # the key is of another one
    assert elsewhere.status == 422 and elsewhere.json["code"] == "key_reused"
    admin = site.key("acme", "admin")
    answers = [admin.ask("PUT", f"{T}/settings", {"version": 0, "settings": {"contact": "x"}}, Idempotency_Key="k-1") for _ in range(2)]
    assert [a.status for a in answers] == [200, 200] and answers[0].raw == answers[1].raw
    fleet.kafka.freeze()
    took = []
    for _ in range(2):  # who comes after the first one is not held up as long
        began = time.monotonic()
        away = operator.post(f"{T}/invites", {"to": "kim@people.internal"}, Idempotency_Key="k-2")
        took.append(time.monotonic() - began)
        assert away.status == 503 and away.headers["Retry-After"] and away.json["code"] == "unavailable"
    assert took[1] < took[0], took
    assert operator.get(f"{T}/invites").status == 200  # what is known is still shown
    fleet.kafka.thaw()
    done = []
    fleet.wait(lambda: done.append(operator.post(f"{T}/invites", {"to": "kim@people.internal"}, Idempotency_Key="k-2")) or
               done[-1].status == 202, 60, lambda: done[-1:])
    shown(site, operator, done[-1].json["asked"][0]["invite"], "invited")
    assert len(fleet.sink.messages) == 2

    fleet.kafka.freeze()  # and a service that is told to end answers whom it has let in, and does not wait for ever
    body = json.dumps({"to": "eva@people.internal"}).encode()
    with let_in(operator, f"{T}/invites", len(body)) as eva:
        fleet["status"].ask_to_stop()
        fleet.wait(lambda: "ev=stopping" in fleet["status"].text(), 20, "it goes on")
        eva.sendall(body)
        answer = b"".join(iter(lambda: eva.recv(4096), b"")).decode()
    code = fleet["status"].stop()
    fleet.kafka.thaw()
    assert code == 0 and " 503 " in answer and "\r\nConnection: close\r\n" in answer, (code, answer, fleet["status"].tail())


def test_settings_and_pauses(fleet):
    """Settings are read and set by version; a pause holds what is sent, and resuming lets it go."""
    site = web.up(fleet)
    admin, operator = site.key("acme", "admin"), site.key()
    now = admin.get(f"{T}/settings").json
    assert now["version"] == 0 and now["settings"] == {} and now["defaults"]["contact"] == "help@mail.internal"
    assert now["defaults"]["link_ttl_s"] == 86400 and now["defaults"]["auto_send"]["import"] is False  # all that holds
    assert operator.ask("PUT", f"{T}/settings", {"version": 0, "settings": {}}).status == 403
    done = admin.ask("PUT", f"{T}/settings", {"version": 0, "settings": {"contact": "it@mail.internal", "roles": ["Nurse"]}})
    assert done.status == 200 and done.json["version"] == 1
    assert admin.get(f"{T}/settings").json["settings"]["contact"] == "it@mail.internal"
    assert admin.ask("PUT", f"{T}/settings", {"version": 0, "settings": {}}).status == 409
    wrong = admin.ask("PUT", f"{T}/settings", {"version": 1, "settings": {"contcat": "x"}})
    assert wrong.status == 422 and "contact" in wrong.json["detail"]
    shown_by_tool = json.loads(fleet.beckon("settings", "get", "--config", fleet.dir / "beckon.yaml", "--tenant", "acme",
                                            "--json").stdout)
    assert shown_by_tool["version"] == 1 and shown_by_tool["actor"].startswith("key:")

    assert operator.post(f"{T}/pauses", {"scope": "all", "paused": True, "reason": "x"}).status == 403
    assert operator.post(f"{T}/pauses", {"scope": "tenant", "paused": True}).status == 422
    paused = operator.post(f"{T}/pauses", {"scope": "tenant", "paused": True, "reason": "audit"})
    assert [(p["scope"], p["reason"]) for p in paused.json["items"]] == [("tenant", "audit")]
    fleet.wait(lambda: fleet["email"].metric("beckon_paused", scope="tenant") == 1, 10, "not followed")
    asked = operator.post(f"{T}/invites", {"to": "ann@people.internal"}).json["asked"][0]["invite"]
    assert shown(site, operator, asked, "waiting")
    fleet.await_outcome(asked, "deferred")
    fleet.wait(lambda: operator.get(f"{T}/invites/{asked}").json["word"] == "deferred", 20, "it is not shown")
    for lang, why in (("en", "paused"), ("ru", "приостановлено")):
        waits = operator.get(f"{T}/invites/{asked}", lang=lang).json
        assert waits["reason"]["code"] == "paused" and waits["reason"]["text"] == waits["history"][-1]["text"] == why
    assert "paused" not in operator.get(f"{T}/errors").json  # a catalogue of errors alone
    assert operator.post(f"{T}/pauses", {"scope": "tenant", "paused": False}).json["items"] == []
    shown(site, operator, asked, "invited")


def test_ready_is_ready(fleet):
    """Once /readyz has said 200 whoever asks is answered."""
    site = web.up(fleet, services=("status",))
    for _ in range(4):
        assert site.anybody().get("/v1/openapi.yaml").status == 200
        fleet["status"].stop()
        fleet["status"].start()
        fleet["status"].await_ready()


def test_fleet(fleet):
    """Every process tells how it does, within seconds, and is gone from the list when it is gone."""
    site = web.up(fleet)
    operator = site.key()
    listed = []

    def all_there():
        listed[:] = operator.get("/v1/processes").json["items"]
        return {p["service"] for p in listed} == {"clock", "dispatcher", "email", "status"} and not any("waits" in p for p in listed)
    fleet.wait(all_there, 20, lambda: listed)
    email = next(p for p in listed if p["service"] == "email")
    assert email["name"] == fleet["email"].slot
    routes = [(m["labels"], m["value"]) for m in email["metrics"] if m["name"] == "beckon_route_up"]
    assert routes == [({"route": "sink"}, 1)]
    assert site.key(role="viewer").get("/v1/processes").status == 403


def test_listens_no_longer_than_the_key_is_good(fleet):
    """A stream ends by itself; whose key is gone meanwhile hears nothing more."""
    site = web.up(fleet, services=("status",), http__listen_for="1s")
    operator = site.key()
    request = urllib.request.Request(f"{site.private}{T}/events", headers=operator.headers)
    for _ in range(2):
        with urllib.request.urlopen(request, timeout=60) as stream:
            assert stream.read().startswith(b": hello")  # to its end
    fleet.beckon("apikey", "remove", "--config", fleet.dir / "beckon.yaml", "--tenant", "acme", operator.id)
    fleet.wait(lambda: operator.get(f"{T}/events").status == 401, 20, "the key is still good")


def test_live(fleet):
    """Who listens hears of changes of the own tenant, and of no other."""
    site = web.up(fleet)
    operator = site.key()
    request = urllib.request.Request(f"{site.private}{T}/events", headers=operator.headers)
    heard = []

    def listen():
        with urllib.request.urlopen(request, timeout=60) as stream:
            heard.append(stream.headers["Content-Type"])
            for line in stream:
                heard.append(line.decode())
    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    fleet.wait(lambda: any("hello" in h for h in heard), 10, "nothing is heard")
    other = fleet.emit(events.invite(tenant="globex"))
    ours = fleet.emit(events.invite(tenant="acme"))
    fleet.await_outcome(other, "sent")
    fleet.await_outcome(ours, "sent")
    fleet.wait(lambda: any(ours.invite in h for h in heard), 20, lambda: heard)
    assert not any(other.invite in h for h in heard)
    fleet["status"].stop()
    listener.join(20)
    assert not listener.is_alive()
