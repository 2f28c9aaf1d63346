"""beckon explain: says beforehand what the dispatcher then does, and changes nothing by it."""
import json
import subprocess

import events
import pytest
from fleet import Fleet, program
from test_cli_invite import ENV


def structured(event):
    return json.dumps({"specversion": "1.0", "id": event.id, "source": event.source, "type": event.type,
                       "subject": event.data.get("invite", "-"), "datacontenttype": "application/json",
                       "data": event.data})


@pytest.fixture
def explain(fleet):
    """explain(event) -> {rule: (verdict, value)} and the exit code under "exit"."""
    fleet.up(dispatcher={"tenants": {"slow": {"limits": {"tenant": "1/m"}}}})

    def run(event, *args):
        text = event if isinstance(event, str) else structured(event)
        done = subprocess.run([program("beckon"), "explain", "-", "--json", *args, "--config",
                               fleet.dir / "beckon.yaml"], input=text, capture_output=True, text=True, env=ENV,
                              timeout=Fleet.patience(60))
        assert done.returncode in (0, 1), done.stderr
        told = {r["rule"]: (r["verdict"], r["value"]) for r in map(json.loads, done.stdout.splitlines())}
        assert done.returncode == any(verdict == "no" for verdict, _ in told.values())
        return told
    return run


@pytest.mark.story
def test_as_it_then_happens(fleet, explain):
    """For each event the decision told beforehand is the outcome told afterwards."""
    known = fleet.emit(events.invite())
    held = fleet.emit(events.invite(send="hold"))
    fleet.await_outcome(known, "sent")
    fleet.await_outcome(held, "held")

    def command(type_, event, **more):
        return events.Event(events.PREFIX + type_, {"tenant": event.tenant, "invite": event.invite, **more})
    asked = [events.invite(), events.invite(send="hold"), events.invite(trigger="import"),
             events.invite(recipient={"state": "active"}), events.invite(recipient={"email": "no-at-sign"}),
             events.invite(colour="red"), events.invite(invite=known.invite),
             command("invite.release-requested", held), command("invite.accepted", known),
             command("invite.cancel-requested", events.invite()), command("invite.send-now-requested", known),
             events.Event(events.PREFIX + "invite.teleported", {"tenant": "acme", "invite": "i-1"})]
    for event in asked:
        told = explain(event)
        fleet.emit(event)
        answer = fleet.outcomes.wait_for(
            lambda items, e=event: next((o for o in items if (o.get("request") or {}).get("id") == e.id), None),
            Fleet.patience(30), f"nothing is told of {event.type}")
        decision = told["decision"][1]
        assert decision.startswith(answer.word), (event.type, event.data, decision, answer)
        assert (answer.get("code") or "") in decision, (decision, answer)


@pytest.mark.story
def test_nothing_changes(fleet, explain):
    event = events.invite()
    before = fleet.redis.keys(fleet.prefix)
    assert explain(event)["decision"] == ("ok", "queued, generation 1")
    assert fleet.redis.keys(fleet.prefix) == before
    fleet.emit(event)
    fleet.await_outcome(event, "sent")
    fleet.await_outcome(event, "queued")
    assert sorted(fleet.outcomes.words(event.invite)) == ["queued", "sent"]
    assert explain(event)["seen"][0] == "no"
    other = events.invite(email=event.to)
    assert explain(other)["address"] == ("no", f"acme/{event.invite} is live for the same person and scope: "
                                               "already_invited")
    assert explain(events.invite(email=event.to, scope="team-b"))["address"][0] == "ok"
    assert event.to not in json.dumps(explain(event))


def test_when_it_leaves(fleet, explain):
    night = {"send_window": {"days": "mon-sun", "from": "00:00", "to": "00:01"}}
    (fleet.dir / "night.yaml").write_text(json.dumps({"tenants": {"*": night}}))
    told = explain(events.invite(), "--config", str(fleet.dir / "night.yaml"))
    assert told["hours"][0] in ("wait", "ok") and told["pauses"] == ("ok", "not paused")
    assert told["template"] == ("ok", "invite/en, version 1")
    assert explain(events.invite(template={"name": "nothing"}))["template"][0] == "no"
    soon = explain(events.invite(schedule={"not_before": "2099-01-01T00:00:00Z", "not_after": "2099-01-02T00:00:00Z"}))
    assert soon["hours"] == ("wait", "not before 2099-01-01T00:00:00.000Z")
    assert soon["window"] == ("ok", "not after 2099-01-02T00:00:00.000Z")


def test_who_gets_an_sms(explain):
    """Pauses, templates and what was meant are told of numbers as of addresses."""
    def sms(phone, **more):
        event = events.invite(channel="sms", **more)
        event.data["recipient"] = {"phone": phone, "email": "nobody@example.com"}
        return explain(event)
    good = sms("+79051111111")
    assert good["person"] == ("-", "+7 905 ***-**-11, new")
    assert good["pauses"] == ("ok", "not paused") and good["template"] == ("ok", "invite/en, version 1")
    bad = sms("9051111111")
    assert bad["person"] == ("-", "no number that an SMS goes to, new")
    assert bad["decision"][0] == "no" and bad["decision"][1].endswith("Did you mean +7 905 111-11-11?")


def test_what_is_no_event(explain):
    assert explain("{")["event"][0] == "no"
    assert list(explain("{}")) == ["event"]
    nameless = explain(events.Event(events.PREFIX + "invite.requested", {"recipient": {}}))
    assert nameless["data"][0] == "no" and "decision" not in nameless


def test_offline(fleet, explain):
    fleet.redis.freeze()
    told = explain(events.invite(), "--offline")
    fleet.redis.thaw()
    assert told["decision"] == ("ok", "queued, generation 1") and "not asked" in told["state"][1]
