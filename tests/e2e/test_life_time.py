"""What time does to an invitation: it expires, is reminded of, waits, comes too late. Days pass by a skewed clock."""
import re
import time

import events
import pytest
from checks import by_recipient, sent_once
from life import DAY_MS, HOUR_MS, answer, ask, holder, skew, state_of, timer, token_of, waits
from process import wait_until

MINUTE_MS = 60 * 1000
TWO = {"tenants": {"acme": {"reminder": {"count": 2, "at_percent": 50}, "cooldown_s": 0},
                   "off": {"reminder": "off"}}}


def up(fleet, **own):
    return fleet.up(dispatcher=TWO, email=TWO, **own)


def at(ms):
    return events.rfc3339(time.time() + ms / 1000)


def messages(fleet, event):
    return by_recipient(fleet.sink).get(event.to, [])


def nothing_is_under_way(fleet):
    """Every event so far has been dealt with: a last one has been answered behind them, in each partition."""
    for partition in (0, 1):
        last = fleet.emit(events.invite(recipient={"state": "active"}, partition=partition))
        answer(fleet, last, "refused")


@pytest.mark.story
def test_expiry(fleet):
    """Not before its time: told, the address free; a resend grants a whole window again."""
    up(fleet)
    event = fleet.emit(events.invite(link={"ttl_s": 300}))
    sent = fleet.await_outcome(event, "sent")
    end = events.milliseconds(sent["expires_at"])
    ahead = int(end - time.time() * 1000 - 4000)
    skew(fleet, ahead)
    assert state_of(fleet, event)["state"] == "sent"
    expired = fleet.await_outcome(event, "expired")
    assert 0 <= expired.timestamp_ms + ahead - end < fleet.patience(5) * 1000
    assert expired["prev"] == "sent" and expired["sequence"] == [1, 2 ** 31 - 1, 1]
    assert expired["recipient_masked"] and expired["role"] == "member"
    assert holder(fleet, event) is None and waits(fleet, event) == {}
    again = fleet.emit(events.command("invite.resend-requested", event))
    window = events.milliseconds(answer(fleet, again, "sent")["expires_at"]) - time.time() * 1000 - ahead
    assert 240_000 < window <= 300_000
    assert "superseded" not in fleet.outcomes.words(event.invite)  # the old link had ended by itself


@pytest.mark.story
def test_thirty_days(fleet):
    """A link of 30 days: reminded at 15 and at 22.5, with the same link; over after 30."""
    up(fleet)
    event = fleet.emit(events.invite(link={"ttl_s": 30 * 86400}))
    accepted = fleet.emit(events.invite(link={"ttl_s": 30 * 86400}))
    quiet = fleet.emit(events.invite(tenant="off", link={"ttl_s": 30 * 86400}))
    sent = fleet.await_outcome(event, "sent")
    sent_once(fleet, [event, accepted, quiet])
    start = int(state_of(fleet, event)["sent"])
    assert waits(fleet, event) == {timer(event): start + 15 * DAY_MS}
    assert list(waits(fleet, quiet).values()) == [int(state_of(fleet, quiet)["sent"]) + 30 * DAY_MS]

    skew(fleet, 15 * DAY_MS + MINUTE_MS)
    wait_until(lambda: len(messages(fleet, event)) == 2 and len(messages(fleet, accepted)) == 2,
               fleet.patience(20), "no reminder")
    ask(fleet, "invite.accepted", accepted, "accepted")
    reminder = fleet.outcomes.wait_for(lambda items: next((o for o in items if o.word == "sent" and
                                                           o["delivery"] == f"{event.key}.1.email.1"), None), 20, "n=1")
    assert reminder["expires_at"] == sent["expires_at"] and reminder["token_sha256"] == sent["token_sha256"]
    assert [m.parsed["Subject"].startswith("Reminder:") for m in messages(fleet, event)] == [False, True]
    assert waits(fleet, event) == {timer(event): start + 22 * DAY_MS + 12 * HOUR_MS}
    state = state_of(fleet, event)
    assert state["state"] == "sent" and state["rem"] == "1" and int(state["sent"]) == start

    skew(fleet, 23 * DAY_MS)
    wait_until(lambda: len(messages(fleet, event)) == 3, fleet.patience(20), "no second reminder")
    assert len({token_of(m) for m in messages(fleet, event)}) == 1
    assert len({m.message_id for m in messages(fleet, event)}) == 3
    skew(fleet, 31 * DAY_MS)
    assert fleet.await_outcome(event, "expired")["generation"] == 1
    fleet.await_outcome(quiet, "expired")
    nothing_is_under_way(fleet)
    assert len(messages(fleet, event)) == 3 and len(messages(fleet, accepted)) == 2
    assert len(messages(fleet, quiet)) == 1
    assert "expired" not in fleet.outcomes.words(accepted.invite)


def test_programs_that_were_away(fleet):
    """Everybody was away for the reminder and the end: no reminder of a link that has ended."""
    up(fleet)
    event = fleet.emit(events.invite(link={"ttl_s": 86400}))
    sent_once(fleet, [event])
    skew(fleet, 40 * DAY_MS)
    fleet.await_outcome(event, "expired")
    nothing_is_under_way(fleet)
    assert len(messages(fleet, event)) == 1


def test_timers_early_late_and_of_others(fleet):
    """Whoever tells the time: it is looked up. Nothing is told of a timer that finds nothing due."""
    up(fleet)
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    before = waits(fleet, event)
    strays = [events.command(type_, event, generation=g, source="beckon/clock")
              for type_ in ("invite.expiry-due", "invite.reminder-due") for g in (0, 1, 2)]
    fleet.emit(strays + [s.copy() for s in strays])
    nothing_is_under_way(fleet)
    assert waits(fleet, event) == before and state_of(fleet, event)["state"] == "sent"
    assert sorted(fleet.outcomes.words(event.invite)) == ["queued", "sent"] and len(messages(fleet, event)) == 1
    skew(fleet, 13 * HOUR_MS)  # the timer is armed anew, and works
    wait_until(lambda: len(messages(fleet, event)) == 2, fleet.patience(20), "no reminder")
    ask(fleet, "invite.cancel-requested", event, "cancelled")
    fleet.emit(events.command("invite.expiry-due", event, generation=1, source="beckon/clock"))
    nothing_is_under_way(fleet)
    assert state_of(fleet, event)["state"] == "cancelled"


def test_two_clocks_one_reminder(fleet):
    up(fleet, services=("clock", "clock", "dispatcher", "dispatcher", "email"))
    wanted = [events.invite() for _ in range(50)]
    fleet.emit(wanted)
    sent_once(fleet, wanted)
    refused = fleet.emit(events.invite())
    before = fleet.await_outcome(refused, "sent")
    fleet.sink.on("RCPT", to=re.escape(refused.to), reply="550 5.7.1 policy")
    skew(fleet, 12 * HOUR_MS + 10 * MINUTE_MS)
    wait_until(lambda: all(len(messages(fleet, e)) == 2 for e in wanted), fleet.patience(30), "not all are reminded")
    nothing_is_under_way(fleet)
    assert all(len(messages(fleet, e)) == 2 for e in wanted)

    # a reminder that is not taken ends nothing: the invitation is out, its link works
    assert fleet.await_outcome(refused, "error")["delivery"] == before["delivery"][:-1] + "1"
    assert state_of(fleet, refused)["state"] == "sent" and holder(fleet, refused) is not None


def test_a_reminder_that_comes_too_late(fleet):
    """It is with the courier's topic when the person accepts: it dies at the claim."""
    up(fleet)
    event = fleet.emit(events.invite())
    sent_once(fleet, [event])
    fleet.stop()
    for service in fleet.services:
        if service.service != "email":
            service.start(BECKON_SKEW_MS=str(13 * HOUR_MS)).await_ready()
    fleet.outcomes.wait_for(lambda items: any(o.word == "queued" and o["delivery"].endswith(".email.1")
                                              for o in items), fleet.patience(20), "no reminder queued")
    ask(fleet, "invite.accepted", event, "accepted")
    fleet["email"].start(BECKON_SKEW_MS=str(13 * HOUR_MS)).await_ready()
    after = fleet.emit(events.invite(invite=event.invite + "-2"))
    fleet.await_outcome(after, "sent")
    assert len(messages(fleet, event)) == 1


def test_too_late(fleet):
    """What has not left by not_after ends as not_sent_in_time, never as expired; a held one does not end by it."""
    up(fleet)
    past = fleet.emit(events.invite(schedule={"not_after": at(-HOUR_MS)}))
    told = fleet.await_outcome(past, "error")
    assert told["code"] == "not_sent_in_time" and told["class"] == "Y"
    held = fleet.emit(events.invite(send="hold", schedule={"not_after": at(HOUR_MS)}))
    waiting = fleet.emit(events.invite(schedule={"not_before": at(HOUR_MS), "not_after": at(2 * HOUR_MS)}))
    fleet.await_outcome(held, "held")
    fleet.await_outcome(waiting, "deferred")
    skew(fleet, 3 * DAY_MS)
    assert fleet.await_outcome(waiting, "error")["code"] == "not_sent_in_time"
    assert state_of(fleet, held)["state"] == "held"
    assert holder(fleet, waiting) is None and holder(fleet, held) == held.key
    assert ask(fleet, "invite.release-requested", held, "sent")["generation"] == 1
    assert ask(fleet, "invite.resend-requested", waiting, "sent")["generation"] == 2


def test_scheduled(fleet):
    """not_before is waited for, and kept by a release."""
    up(fleet)
    event = fleet.emit(events.invite(schedule={"not_before": at(HOUR_MS)}))
    held = fleet.emit(events.invite(send="hold", schedule={"not_before": at(HOUR_MS)}))
    told = fleet.await_outcome(event, "deferred")
    assert told["reason"] == "scheduled" and told["sequence"] == [1, 1, 2] and told["origin"]
    fleet.await_outcome(held, "held")
    assert ask(fleet, "invite.release-requested", held, "deferred")["reason"] == "scheduled"
    skew(fleet, HOUR_MS + MINUTE_MS)
    sent_once(fleet, [event, held])
