"""The fleet keeps its own contract: every example is answered as examples/expected.tsv says, in the schemas' terms."""
import json

import contract
import pytest

EXAMPLES = contract.SCHEMAS / "examples"
STRUCTURED = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
OWN_TYPES = ("expiry-due", "reminder-due", "ladder-due", "receipt-received")
ADDRESSES = ("acme-corp.com", "acme.io", "acme_corp.com")  # in every example; outcomes must not tell them


def example(path, number):
    """The event of a file, with an id and an invite of its own unless they are what is wrong in it."""
    event = json.loads(path.read_text())
    event["source"] = "/examples" if event.get("source") == "/people" else event.get("source")
    event["id"] = f"x-{number}" if event.get("id") == "e-1001" else event.get("id")
    event = {k: v for k, v in event.items() if v is not None}
    data = event.get("data")
    if isinstance(data, dict) and data.get("invite") == "inv-1001":
        data["invite"] = f"i-{number}"
    return event


def key(event):
    data = event.get("data")
    return f"{data.get('tenant')}/{data.get('invite')}" if isinstance(data, dict) else "none"


def send(fleet, paths):
    """Appends all and returns {file name: event}."""
    sent = {path.name: example(path, n) for n, path in enumerate(paths)}
    for event in sent.values():
        fleet.append("requested", key(event), json.dumps(event, ensure_ascii=False).encode(), STRUCTURED)
    fleet.flush()
    return sent


def expected():
    rows = [line.split("\t") for line in (EXAMPLES / "expected.tsv").read_text().splitlines() if line[0] != "#"]
    return {name: (code, where) for name, code, where in rows}


def told_rightly(outcomes):
    for outcome in outcomes:
        assert contract.faults("outcome", dict(outcome)) == [], outcome
        assert outcome.headers["ce_source"].startswith("beckon/") and outcome.headers["ce_specversion"] == "1.0"
        assert not [a for a in ADDRESSES if a in outcome.raw], outcome


@pytest.mark.story
def test_each_invalid_example(fleet):
    fleet.up()
    sent = send(fleet, sorted((EXAMPLES / "invalid").glob("*.json")))
    unreadable = {name for name, event in sent.items() if contract.faults("envelope", event)}
    dead = fleet.read("dead_letter")
    letters = dead.wait_for(lambda items: len(items) >= len(unreadable) and items, fleet.patience(30),
                            lambda items: f"{len(items)} of {len(unreadable)} dead letters")
    dead.close()
    wanted = {sent[name]["id"]: rule for name, rule in expected().items() if name not in unreadable}
    answers = {}
    for id_ in wanted:
        found = fleet.outcomes.wait_for(lambda items, id_=id_: next(
            (o for o in items if (o.get("request") or {}).get("id") == id_), None), 60, f"no answer to {id_}")
        answers[id_] = (found["code"], found["reason"].partition(":")[0] if wanted[id_][1] else "")
        assert found.word in ("error", "refused")
    assert answers == wanted
    told_rightly(fleet.outcomes.distinct())
    by_value = {letter.value(): dict(letter.headers()) for letter in letters}
    for name in unreadable:
        headers = by_value[json.dumps(sent[name], ensure_ascii=False).encode()]
        assert headers["kafka_dlt-exception-message"].decode().startswith(f"{expected()[name][1]}: ")
    assert fleet.sink.messages == []


def test_each_valid_example(fleet):
    """Each gets an answer in the schemas' terms; what the fleet tells itself of nobody it knows gets none."""
    fleet.up()
    sent = send(fleet, sorted((EXAMPLES / "valid").glob("*.json")))
    asked = [event for event in sent.values() if not event["type"].endswith(OWN_TYPES)]
    assert len(asked) < len(sent)
    for event in asked:
        fleet.outcomes.wait_for(lambda items, id_=event["id"]: next(
            (o for o in items if (o.get("request") or {}).get("id") == id_), None), 60, f"no answer to {event['id']}")
    told_rightly(fleet.outcomes.distinct())
    assert {(o.get("request") or {}).get("id") for o in fleet.outcomes.distinct()} == {e["id"] for e in asked}
