"""The HTTP API asks what was meant: what is misspelt is refused and nothing is done, and who is asked anew is asked as before."""
import csv
import io

import events
import web
from checks import by_recipient

T = "/v1/tenants/acme"
CSV = {"Content-Type": "text/csv"}
LIST = "email,name\nkim@people.internal,Kim\n"

# what is asked, with which body; part of what the answer says
REFUSED = [
    ("GET", "/invites?statuss=error", None, "statuss"),
    ("GET", "/invites/export?rolle=Nurse", None, "rolle"),
    ("GET", "/invites?asked_again=perhaps", None, "asked_again"),
    ("GET", "/invites?cursor=0.1.i-1&sort=name", None, "another order"),
    ("POST", "/invites?dry_run=yes", {"to": "kim@people.internal"}, "dry_run"),
    ("POST", "/invites?dryrun=true", {"to": "kim@people.internal"}, "dryrun"),
    ("POST", "/invites", {"to": "kim@people.internal", "password": {"confirm": True, "user": "kim"}}, "password"),
    ("POST", "/invites/import?dry_run=maybe", LIST, "dry_run"),
    ("POST", "/invites/import?chanel=sms", LIST, "chanel"),
    ("POST", "/actions?dry_run=true", {"action": "cancel", "filter": {}}, "dry_run"),
    ("POST", "/actions", {"action": "cancel", "filter": {"statuss": "error"}}, "statuss"),
    ("POST", "/actions", {"action": "resend", "invites": ["i-1", "i-2"], "options": {"recipient": {"email": "kim@people.internal"}}},
     "one invite"),
    ("POST", "/invites/i-1/cancel?dry_run=true", {}, "dry_run"),
    ("POST", "/pauses", {"scope": "domain", "name": "no domain", "paused": True, "reason": "audit"}, "domain"),
    ("POST", "/pauses", {"scope": "tenant", "paused": True, "reason": "audit", "until": "2020-01-01T00:00:00Z"}, "over"),
    ("POST", "/pauses", {"scope": "tenant", "paused": True, "reason": "audit", "untill": "2099-01-01T00:00:00Z"}, "only"),
]


def row(client, invite, **wanted):
    """The invite, once it is shown so."""
    got = []

    def there():
        answer = client.get(f"{T}/invites/{invite}")
        got[:] = [answer.json] if answer.status == 200 else []
        return got and all(got[0].get(name) == value for name, value in wanted.items())
    return there, got


def shown(fleet, client, invite, **wanted):
    there, got = row(client, invite, **wanted)
    fleet.wait(there, 30, lambda: f"{invite} is not {wanted}: {got}")
    return got[0]


def test_what_is_misspelt(fleet):
    """422 with the word that is wrong, and nobody is invited, cancelled, sent to or paused."""
    site = web.up(fleet)
    operator = site.key()
    fleet.emit([events.invite(invite=f"i-{n}", send="hold") for n in (1, 2)])
    for n in (1, 2):
        shown(fleet, operator, f"i-{n}", status="not_invited")
    for method, path, body, word in REFUSED:
        answer = operator.ask(method, T + path, body, **(CSV if isinstance(body, str) else {}))
        assert answer.status == 422 and word in answer.json["detail"], (method, path, answer)
    people = [{"email": "kim@people.internal", "colour": "red"}, {"email": "lee@people.internal", "teams": ["Night", 5]}]
    told = operator.post(f"{T}/invites", {"people": people}).json
    assert told["counts"] == {"refused": 2} and "colour" in told["refused"][0]["detail"] and told["refused"][1]["column"] == "teams"
    for lang, word in (("en", "known"), ("ru", "известно")):
        [lost] = operator.ask("POST", f"{T}/actions?lang={lang}", {"action": "cancel", "invites": ["nobody"]}).json["refused"]
        assert lost["code"] == "not_found" and word in lost["text"] and lost["remedy"]
    assert operator.get(f"{T}/pauses").json["items"] == [] and operator.get(f"{T}/invites").json["counts"]["not_invited"] == 2
    done = operator.post(f"{T}/invites", {"people": [{"email": "kim@people.internal", "invite": "kim", "teams": ["Surgery, Night", "Day"]}]})
    assert done.json["counts"] == {"request": 1}  # all of it was asked before: whoever had been taken would be refused now
    kim = shown(fleet, operator, "kim", status="invited")
    assert kim["teams"] == ["Surgery, Night", "Day"] and len(fleet.sink.messages) == 1
    [exported] = csv.DictReader(io.StringIO(operator.get(f"{T}/invites/export", q="kim").raw.decode("utf-8-sig")))
    assert exported["teams"] == "Surgery, Night;Day"

    held = [operator.ask("POST", f"{T}/invites/import?send={send}", LIST.replace("kim", "max"), Idempotency_Key="k-1", **CSV)
            for send in ("hold", "hold", "now")]
    assert [a.status for a in held] == [202, 202, 422] and held[0].raw == held[1].raw and held[2].json["code"] == "key_reused"


def test_asked_anew(fleet):
    """Who is invited again, or gets a password e-mail, is written to in their language, as they were asked for at first."""
    site = web.up(fleet, dispatcher={"tenants": {"acme": {"cooldown_s": 0}}})
    operator = site.key()
    to, name = events.address(), "Яна " + "Ж" * 190  # as long as a name may be
    fleet.emit(events.invite(invite="yana", recipient={"email": to, "name": name, "locale": "ru", "timezone": "Europe/Moscow"},
                             scope="s-1", link={"base": "https://own.internal/join", "ttl_s": 7200}, batch={"id": "b-1", "row": 3},
                             template={"variables": {"colour": "red"}}, inviter={"id": "u-1", "name": "Olga"}))
    shown(fleet, operator, "yana", status="invited", generation=1)
    assert operator.post(f"{T}/invites/yana/cancel", {}).status == 202
    shown(fleet, operator, "yana", status="cancelled")
    assert operator.post(f"{T}/invites/yana/invite", {"note": "Ещё раз"}).status == 202
    again = shown(fleet, operator, "yana", status="invited", generation=2)
    assert again["template"]["locale"] == "ru" and again["batch"] == {"id": "b-1", "row": 3} and again["person"]["email"] == to
    first, second = (m.parsed.get_body(("plain",)).get_content() for m in by_recipient(fleet.sink)[to])
    for text in (first, second):
        assert "https://own.internal/join" in text and "Olga" in text
    assert "Ещё раз" in second and "Ещё раз" not in first

    asked = operator.post(f"{T}/invites/yana/password", {"confirm": True}).json["asked"]
    assert asked[0]["of"] == "yana" and asked[0]["invite"] != "yana"
    sent = shown(fleet, operator, asked[0]["invite"], status="invited")
    assert sent["kind"] == "password" and sent["template"]["locale"] == "ru" and "batch" not in sent
    refused = operator.post(f"{T}/actions", {"action": "password", "invites": ["yana"]}).json["refused"]
    assert [(r["code"], r["invite"]) for r in refused] == [("confirm_missing", "yana")]  # of the person who was named

    ann = fleet.emit(events.password(username="ann.k"))
    fleet.await_outcome(ann, "sent")
    assert operator.post(f"{T}/invites/{ann.invite}/resend", {"confirm": True}).status == 202
    fleet.wait(lambda: len(by_recipient(fleet.sink).get(ann.to, [])) == 2, 30, "no second password mail")
    assert all("ann.k" in m.parsed.get_body(("plain",)).get_content() for m in by_recipient(fleet.sink)[ann.to])
