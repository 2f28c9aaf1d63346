"""Who is not written to: what relays say of dead addresses, what operators say, and asking again."""
import json
import re

import events


def beckon(fleet, *args, **options):
    return fleet.beckon("suppress", *args, "--config", fleet.dir / "beckon.yaml", **options)


def listed(fleet, *args):
    return [json.loads(line) for line in beckon(fleet, "list", "--json", *args).stdout.splitlines()]


def followed(fleet, change):
    """Until the dispatcher has heard of it."""
    def changes():
        return len(re.findall("ev=settings count", fleet["dispatcher"].text()))
    before = changes()
    change()
    fleet.wait(lambda: changes() > before, 10, "the dispatcher did not follow")


def test_a_dead_address_is_not_written_to_again(fleet):
    """A relay's 550 5.1.1 suppresses the address of this tenant; a policy's 5.7.1 never does."""
    fleet.up()
    dead, disliked = events.address(), events.address()
    fleet.sink.on("RCPT", to=dead, reply="550 5.1.1 user unknown")
    fleet.sink.on("DATA", to=disliked, reply="550 5.7.1 rejected by policy")
    first = [fleet.emit(events.invite(dead)), fleet.emit(events.invite(disliked))]
    followed(fleet, lambda: [fleet.await_outcome(i, "error") for i in first])
    fleet.wait(lambda: listed(fleet), 10, "nobody is suppressed")
    [row] = listed(fleet)
    told = fleet.await_outcome(first[0], "error")
    assert told["code"] == "mailbox_unknown"
    assert row["tenant"] == "acme" and row["recipient_hash"] == told["recipient_hash"]
    assert row["record"]["why"] == "failed" and row["record"]["code"] == "mailbox_unknown"
    assert row["record"]["actor"] == "beckon/email" and row["record"]["until"] > row["record"]["time"]

    again = fleet.await_outcome(fleet.emit(events.invite(dead)), "error")
    assert again["code"] == "suppressed" and "attempt" not in again
    fleet.sink.clear()
    fleet.await_outcome(fleet.emit(events.invite(disliked)), "sent")
    fleet.await_outcome(fleet.emit(events.invite(dead, tenant="globex")), "sent")  # another tenant's list

    asked = events.command("invite.resend-requested", first[0])
    fleet.emit(asked)
    assert fleet.outcomes.wait_request(asked.id, "refused")["code"] == "suppressed"
    followed(fleet, lambda: beckon(fleet, "remove", "--tenant", "acme", dead.upper()))
    assert listed(fleet) == []
    assert "was not suppressed" in beckon(fleet, "remove", "--tenant", "acme", dead).stderr
    fleet.emit(events.command("invite.resend-requested", first[0]))
    fleet.await_outcome(first[0], "sent")


def test_by_hand(fleet, tmp_path):
    fleet.up(services=("dispatcher",))
    ann, bob, number = events.address(), events.address(), "+7 905 111-11-11"
    followed(fleet, lambda: beckon(fleet, "add", ann, number, "--tenant", "acme", "--actor", "eve", "--why", "opted_out"))
    beckon(fleet, "add", bob, "--all-tenants", "--until", "1h")
    rows = listed(fleet)
    assert len(rows) == 3 and {r["tenant"] for r in rows} == {"acme", "*"}
    [row] = listed(fleet, ann)
    assert row["record"]["why"] == "opted_out" and row["record"]["actor"] == "eve" and "until" not in row["record"]
    assert len(listed(fleet, number)) == 1 and listed(fleet, events.address()) == []
    assert len(listed(fleet, "--tenant", "globex")) == 1  # what holds for all
    fleet.wait(lambda: len(listed(fleet, bob)) == 1, 10, "bob is not suppressed")
    for who, tenant in ((ann, "acme"), (bob, "acme"), (bob, "globex")):
        assert fleet.await_outcome(fleet.emit(events.invite(who, tenant=tenant)), "error")["code"] == "suppressed"
    fleet.await_outcome(fleet.emit(events.invite(ann, tenant="globex")), "queued")
    path = tmp_path / "event.json"
    path.write_text(events_json(events.invite(ann)))
    told = fleet.beckon("explain", "--config", fleet.dir / "beckon.yaml", path, check=False).stdout
    assert "suppressed" in told

    text = beckon(fleet, "list").stdout
    assert "opted_out" in text and "905" not in text and "@" not in text
    for wrong in (["add", ann], ["add", "--tenant", "acme"], ["add", "905", "--tenant", "acme"], ["drop"],
                  ["add", ann, "--tenant", "acme", "--why", "none"], ["add", "--hash", "x", "--tenant", "acme"],
                  ["add", ann, "--tenant", "acme", "--until", "soon"]):
        assert beckon(fleet, *wrong, check=False).returncode in (1, 2), wrong


def events_json(event):
    return json.dumps({"specversion": "1.0", "id": event.id, "source": event.source, "type": event.type,
                       "datacontenttype": "application/json", "data": event.data})
