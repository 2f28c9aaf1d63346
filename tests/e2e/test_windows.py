"""Quiet hours: nobody is written to at night by their own clock, and waiting for the morning costs no attempt."""
import events
import pytest
import seals
from checks import sent_once
from hours import first_after, jump, not_before, set_clock, tomorrow

WINDOW = {"*": {"timezone": "Europe/Moscow", "send_window": {"from": "08:00", "to": "22:00"}}}
OWN = {s: {"tenants": WINDOW} for s in ("dispatcher", "email")}


def deferred(fleet, event, code):
    return fleet.outcomes.wait_for(
        lambda items: next((o for o in items if o.get("invite") == event.invite and o.word == "deferred"
                            and o["code"] == code), None), fleet.patience(30), f"no deferred/{code}")


@pytest.mark.story
def test_the_night_of_the_recipient(fleet):
    """23:30 in Moscow: those who live there wait until 08:00, also where the zone is not known; Tokyo, 05:30, too."""
    night = tomorrow("Europe/Moscow", 23, 30)
    set_clock(fleet, night)
    fleet.up(**OWN)
    moscow, tenants, tokyo, new_york = wanted = [
        events.invite(recipient={"timezone": zone} if zone else {})
        for zone in ("Europe/Moscow", None, "Asia/Tokyo", "America/New_York")]
    fleet.emit(wanted)
    fleet.await_outcome(new_york, "sent")
    for event, zone in ((moscow, "Europe/Moscow"), (tenants, "Europe/Moscow"), (tokyo, "Asia/Tokyo")):
        told = deferred(fleet, event, "quiet_hours")
        assert abs(not_before(told) - first_after(night, zone, 8)) < 1, (zone, told)
    assert len(fleet.sink.messages) == 1

    jump(fleet, tomorrow("Europe/Moscow", 7, 59, 57, days=2))
    fleet.await_outcome(moscow, "sent")
    sent_once(fleet, wanted)
    for event in wanted:
        told = [o for o in fleet.outcomes.distinct() if o.get("invite") == event.invite]
        assert fleet.await_outcome(event, "sent")["attempt"]["n"] == 1
        assert sum(o.word == "deferred" for o in told) == (event is not new_york), told


@pytest.mark.story
def test_a_retry_waits_for_the_morning(fleet):
    """Its due time is computed first, and then moved: 21:59:50 and twenty seconds are 08:00."""
    set_clock(fleet, tomorrow("Europe/Moscow", 21, 59, 40))
    fleet.sink.on("RCPT", reply="451 4.7.1 try again in 120 seconds")
    fleet.up(**OWN)
    event = fleet.emit(events.invite())
    told = deferred(fleet, event, "retry")
    assert abs(not_before(told) - tomorrow("Europe/Moscow", 8, days=2)) < 1, told


@pytest.mark.story
def test_the_tenants_slots_lie_inside(fleet):
    """One a second, and six seconds until 22:00: what has no slot by then has its exact one from 08:00 on."""
    closes, opens = tomorrow("Europe/Moscow", 22), tomorrow("Europe/Moscow", 8, days=2)
    set_clock(fleet, closes - 6)
    own = {"tenants": {"*": {**WINDOW["*"], "limits": {"tenant": "1/s"}}}}
    fleet.up(dispatcher=own, email=own)
    wanted = fleet.emit([events.invite() for _ in range(20)])

    def told(items):
        first = {}
        for o in items:
            if o.word in ("queued", "deferred"):
                first.setdefault(o.get("invite"), o)
        return list(first.values()) if len(first) == len(wanted) else None
    answers = fleet.outcomes.wait_for(told, fleet.patience(30), "not all are decided")
    slots = sorted(not_before(o) for o in answers if o.word == "deferred")
    evening, morning = [s for s in slots if s < closes], [s for s in slots if s >= closes]
    assert len(evening) < 7 and len(morning) > 12
    assert all(abs(slot - (opens + n)) < 0.002 for n, slot in enumerate(morning)), morning
    codes = {o["code"] for o in answers if o.word == "deferred" and not_before(o) > opens}
    assert codes == {"rate_limited"}
    assert {o["code"] for o in answers if o.word == "deferred" and not_before(o) == opens} <= {"quiet_hours"}


@pytest.mark.story
def test_what_no_night_holds_back(fleet):
    """A password mail that somebody waits for, and what somebody sends now."""
    set_clock(fleet, tomorrow("Europe/Moscow", 23, 30))
    fleet.up(**OWN)
    password = fleet.emit(events.password(sealed=seals.close(fleet.seal_key, "pw7Canary-night!"),
                                          recipient={"state": "active"}))
    fleet.await_outcome(password, "sent")
    waiting = fleet.emit(events.invite())
    deferred(fleet, waiting, "quiet_hours")
    fleet.emit(events.command("invite.send-now-requested", waiting))
    assert fleet.await_outcome(waiting, "sent")["attempt"]["n"] == 1
    sent_once(fleet, [password, waiting])


@pytest.mark.story
def test_a_reminder_waits_for_the_morning(fleet):
    """Due at 22:23, it goes at 08:00, with the link of the invitation; who is forgotten in the night gets none."""
    set_clock(fleet, tomorrow("Europe/Moscow", 21, 40))
    day = {"tenants": {"*": {**WINDOW["*"], "link_ttl_s": 86400, "reminder": {"count": 1, "at_percent": 3}}}}
    fleet.up(dispatcher=day, email=day)
    event, gone = wanted = fleet.emit([events.invite(), events.invite()])
    fleet.await_count("sent", len(wanted))
    jump(fleet, tomorrow("Europe/Moscow", 22, 30))
    deferred(fleet, gone, "quiet_hours")
    fleet.emit(events.command("invite.forget-requested", gone))
    reminder = f"{fleet.prefix}l:{gone.key}.1.email.1"  # its address is in it
    fleet.wait(lambda: not fleet.redis.client.exists(reminder), 20, "what waits of who is forgotten stays")
    told = deferred(fleet, event, "quiet_hours")
    assert told["delivery"].endswith(".email.1")
    assert abs(not_before(told) - tomorrow("Europe/Moscow", 8, days=2)) < 1, told
    assert len(fleet.sink.messages) == 2
    jump(fleet, tomorrow("Europe/Moscow", 7, 59, 58, days=2))
    fleet.sink.wait_messages(3)
    assert [m.to for m in fleet.sink.messages].count(event.to) == 2
