"""Limits: a tenant's is a reservation, the others are asked when a mail is about to leave."""
import os
import re
import time

import events
import pytest
from checks import by_recipient, sent_once

SOAK = os.environ.get("STORY_SOAK") == "1"

# An import takes 2,000 s of sending at any size: 1 % of it is 20 s, so the soak needs a machine that decides
# 5,000 rows a second.
ROWS, RATE, GAP_MS = (100_000, "50/s", 20) if SOAK else (4_000, "2/s", 500)
DAY_S = 86400


def arrivals(fleet, wanted):
    """When each message arrived, in order."""
    people = {e.to for e in wanted}
    return sorted(m.at for m in fleet.sink.messages if m.to in people)


def kept(fleet, wanted, interval_ms, burst=1):
    """No stretch of time has seen more claims than the limit lets pass. A link's time begins at its claim."""
    people = {e.invite for e in wanted}
    claims = sorted(events.milliseconds(o["expires_at"]) for o in fleet.outcomes.distinct("sent")
                    if o["invite"] in people)
    assert len(claims) == len(people)
    for n, first in enumerate(claims):
        for more, last in enumerate(claims[n:], 1):
            assert last - first >= (more - burst) * interval_ms - 2, f"{more} within {last - first} ms: {claims}"


def told_once(fleet, wanted):
    """Each delivery tells of its limit once, however often it is refused."""
    for event in wanted:
        told = [o["code"] for o in fleet.outcomes.distinct("deferred", invite=event.invite)]
        assert told in ([], ["rate_limited"]), f"{event.invite} told {told}"


def import_rows():
    """Rows of one import; one of them is meant for tomorrow."""
    rows = [events.invite(tenant="slow", trigger="import", send="now", batch={"id": "b1", "row": n})
            for n in range(1, ROWS + 1)]
    late = rows[ROWS // 2]
    late.data["schedule"] = {"not_before": events.rfc3339(time.time() + DAY_S)}
    return rows, late


@pytest.mark.story
def test_an_import_delays_nobody_else(fleet):
    """Each row is parked once with its exact slot; another tenant's invite leaves at once; tomorrow's row takes
    no slot of today."""
    fleet.up(dispatcher={"tenants": {"slow": {"limits": {"tenant": RATE}}}})
    rows, late = import_rows()
    fleet.emit(rows, timeout=120)
    other = fleet.emit(events.invite(tenant="acme"))
    fleet.await_outcome(other, "sent", fleet.patience(240 if SOAK else 60))
    slow = {e.to for e in rows}
    left = sum(m.to in slow for m in fleet.sink.messages)
    assert left < ROWS / 100, f"{left} of {ROWS} rows had left before another tenant's invite"

    def all_told(items):
        return len({o["invite"] for o in items if o.word in ("deferred", "queued")}) == ROWS + 1
    fleet.outcomes.wait_for(all_told, fleet.patience(120), "not all rows have been told of")
    told = fleet.outcomes.distinct("deferred", tenant="slow")
    assert len(told) == len({o["invite"] for o in told}) >= ROWS - 1, "a row was parked twice"
    assert [o["code"] for o in told if o["invite"] == late.invite] == ["scheduled"]
    slots = sorted(events.milliseconds(o["not_before"]) for o in told if o["invite"] != late.invite)
    wrong = {round(b - a) for a, b in zip(slots, slots[1:])} - {GAP_MS}
    assert not wrong, f"slots {wrong} ms apart instead of {GAP_MS}"


def same_person(count, **more):
    """Invites to one address, each for another scope: else the first would refuse the others."""
    email = events.address()
    return [events.invite(email=email, scope=f"s{n}", **more) for n in range(count)]


@pytest.mark.story
def test_one_person(fleet):
    """Many invites to one address come apart, whoever asks; each tells of it once; nobody else waits."""
    fleet.up(email={"tenants": {"*": {"limits": {"recipient": "1/s"}}}})
    wanted = same_person(4)
    fleet.emit(wanted)
    other = fleet.emit(events.invite())
    fleet.await_outcome(other, "sent")
    fleet.await_count("sent", len(wanted) + 1)
    kept(fleet, wanted, 1000)
    assert len([m for m in fleet.sink.messages if m.to == wanted[0].to]) == len(wanted)
    told_once(fleet, wanted)
    assert {o["attempt"]["n"] for o in fleet.outcomes.distinct("sent")} == {1}, "waiting consumed an attempt"
    assert {o["reason"] for o in fleet.outcomes.distinct("deferred")} == {"recipient"}


@pytest.mark.parametrize("limit, what", [("global", "global"), ("domain", "domain")])
def test_the_whole_fleet(fleet, limit, what):
    fleet.up(couriers=2, email={"limits": {limit: "4/s burst 2"}})
    wanted = [events.invite() for _ in range(16)]
    fleet.emit(wanted)
    sent_once(fleet, wanted)
    kept(fleet, wanted, 250, burst=2)
    told_once(fleet, wanted)
    assert {o["reason"] for o in fleet.outcomes.distinct("deferred")} == {what}


def test_another_domain_does_not_wait(fleet):
    fleet.up(email={"limits": {"domain": "1/h"}})
    wanted = [events.invite(email=events.address(f"d{n}.internal")) for n in range(8)]
    fleet.emit(wanted)
    sent_once(fleet, wanted)
    assert not fleet.outcomes.distinct("deferred")


@pytest.mark.story
def test_given_back_pays_once(fleet):
    """The relay breaks under a claimed mail again and again: it is as good as before, and its limit is paid."""
    fleet.up(email={"tenants": {"*": {"limits": {"recipient": "1/h"}}}})
    fleet.sink.on("CONNECT", times=3, close=True)
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    told_once(fleet, [])
    assert not fleet.outcomes.distinct("deferred", invite=event.invite)
    assert by_recipient(fleet.sink)[event.to][0] and fleet.outcomes.distinct("sent")[0]["attempt"]["n"] == 1


@pytest.mark.story
def test_try_again_in(fleet):
    """What the relay asks for is waited for, though the schedule is quicker."""
    fleet.up()
    event = events.invite()
    fleet.sink.on("RCPT", to=re.escape(event.to), times=1, reply="450 4.7.1 Greylisted, try again in 3 seconds")
    began = time.time()
    fleet.emit(event)
    waits = fleet.await_outcome(event, "deferred")
    assert waits["code"] == "retry" and events.milliseconds(waits["not_before"]) >= (began + 3) * 1000
    fleet.await_outcome(event, "sent")
    assert arrivals(fleet, [event])[0] >= began + 3


def test_the_end_of_trying(fleet):
    """After the last step, and where the next one would come too late."""
    fleet.up()
    steps, late = events.invite(), events.invite(schedule={"not_after": events.rfc3339(time.time() + 60)})
    fleet.sink.on("RCPT", to=re.escape(steps.to), reply="451 4.3.0 try later")
    fleet.sink.on("RCPT", to=re.escape(late.to), reply="450 4.7.1 try again in 2 hours")
    fleet.emit([steps, late])
    assert fleet.await_outcome(steps, "error")["code"] == "retries_exhausted"
    assert fleet.await_outcome(late, "error")["code"] == "not_sent_in_time"
    assert len(fleet.outcomes.distinct("deferred", invite=steps.invite)) == 4


@pytest.mark.story
def test_a_claim_that_was_never_heard_of(fleet):
    """Redis takes claims and does not answer; then their courier leaves: the next one need not wait for the lease,
    and tells no doubt of what was never sent."""
    fleet.up(email={"sessions": 1})
    fleet.sink.on("RCPT", times=1, hold="first")
    wanted = fleet.emit([events.invite() for _ in range(12)])
    fleet.sink.wait(lambda: any(c.to for c in fleet.sink.connections), 30, "nobody is at the relay")
    fleet.redis.freeze()
    fleet.sink.release("first")
    fleet.wait(lambda: not fleet["email"].ready(), 20, "email is ready without Redis")
    fleet["email"].ask_to_stop()
    fleet.redis.thaw()
    assert fleet["email"].stop() == 0
    began = time.monotonic()
    fleet.service("email", "email-2").start()
    sent_once(fleet, wanted)
    assert time.monotonic() - began < 45, "the lease was waited for"
    assert not fleet.outcomes.distinct("unknown")
