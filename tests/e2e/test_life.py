"""The life of an invitation after its first message: asked again, called off, answered, released."""
import re
import time

import events
import pytest
from checks import by_recipient, sent_once
from life import DAY_MS, answer, ask, holder, state_of, timer, token_of, waits
from process import wait_until

AT_ONCE = {"tenants": {"acme": {"cooldown_s": 0}, "slow": {"limits": {"tenant": "1/h"}}}}


def up(fleet, **own):
    return fleet.up(dispatcher=AT_ONCE, **own)


def in_two_days():
    return events.rfc3339(time.time() + 2 * DAY_MS / 1000)


@pytest.mark.story
def test_resend(fleet):
    """A new generation: another link, the old one superseded, and told so."""
    up(fleet)
    event = fleet.emit(events.invite(template={"note": "first"}))
    first = fleet.await_outcome(event, "sent")
    again = fleet.emit(events.command("invite.resend-requested", event, template={"note": "second"}, ttl_s=7200))
    queued, old = answer(fleet, again, "queued"), answer(fleet, again, "superseded")
    assert queued["generation"] == 2 and old["generation"] == 1 and queued["prev"] == "sent"
    second = answer(fleet, again, "sent")
    assert second["generation"] == 2 and second["sequence"] > first["sequence"]
    assert second["token_sha256"] != first["token_sha256"]
    one, two = by_recipient(fleet.sink)[event.to]
    assert b"first" in one.raw and b"second" in two.raw and token_of(one) != token_of(two)
    assert events.milliseconds(second["expires_at"]) < events.milliseconds(first["expires_at"])
    assert state_of(fleet, event)["gen"] == "2" and holder(fleet, event) == event.key
    assert list(waits(fleet, event)) == [timer(event)]


def test_cooldown(fleet):
    fleet.up()
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    assert ask(fleet, "invite.resend-requested", event, "refused")["code"] == "cooldown"
    same = {"recipient": {"email": event.to.upper()}}
    assert ask(fleet, "invite.resend-requested", event, "refused", **same)["code"] == "cooldown"
    assert state_of(fleet, event)["state"] == "sent"
    sent_once(fleet, [event])
    right = events.address()  # who should have had it waits for nobody
    ask(fleet, "invite.resend-requested", event, "sent", recipient={"email": right})
    assert [m.to for m in fleet.sink.messages] == [event.to, right] and state_of(fleet, event)["gen"] == "2"


@pytest.mark.story
def test_held_and_released(fleet):
    """An import sends nothing; a release does, with its own words; a second one is refused."""
    up(fleet)
    event = fleet.emit(events.invite(trigger="import"))
    held = fleet.await_outcome(event, "held")
    assert held["sequence"] == [1, 1, 0] and waits(fleet, event) == {}
    command = fleet.emit(events.command("invite.release-requested", event,
                                        template={"subject": "Come in", "note": "at last"}))
    queued, sent = answer(fleet, command, "queued"), answer(fleet, command, "sent")
    assert queued["prev"] == "held" and sent["generation"] == 1 and held["sequence"] < queued["sequence"]
    [message] = fleet.sink.messages
    assert message.parsed["Subject"] == "Come in" and b"at last" in message.raw
    assert ask(fleet, "invite.release-requested", event, "refused")["code"] == "already_invited"
    assert ask(fleet, "invite.send-now-requested", event, "refused")["code"] == "already_invited"


def test_resend_of_what_is_held(fleet):
    up(fleet)
    event = fleet.emit(events.invite(send="hold"))
    fleet.await_outcome(event, "held")
    other = events.address()
    assert ask(fleet, "invite.resend-requested", event, "sent", recipient={"email": other})["generation"] == 1
    assert [m.to for m in fleet.sink.messages] == [other]


def test_cancel(fleet):
    up(fleet)
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    told = ask(fleet, "invite.cancel-requested", event, "cancelled")
    assert told["prev"] == "sent" and told["sequence"] == [1, 2 ** 31 - 1, 3]
    assert told["recipient_masked"] and told["role"] == "member"
    assert waits(fleet, event) == {} and holder(fleet, event) is None
    for type_ in ("invite.cancel-requested", "invite.resend-requested", "invite.accepted", "invite.declined"):
        assert ask(fleet, type_, event, "refused")["code"] == "cancelled"
    again = fleet.emit(events.invite(email=event.to, invite=event.invite))
    assert answer(fleet, again, "sent")["generation"] == 2
    assert state_of(fleet, event)["state"] == "sent"


@pytest.mark.story
def test_cancel_before_the_request(fleet):
    """A cancel that overtakes: the request is refused when it comes, and who asks once more means it."""
    up(fleet)
    event = events.invite()
    told = ask(fleet, "invite.cancel-requested", event, "cancelled")
    assert told["generation"] == 1
    fleet.emit(event)
    assert answer(fleet, event, "refused")["code"] == "cancelled"
    again = fleet.emit(events.invite(email=event.to, invite=event.invite))
    assert answer(fleet, again, "sent")["generation"] == 2
    sent_once(fleet, [event])


@pytest.mark.story
def test_cancel_while_waiting(fleet):
    """The slot that is given up goes to the next one who asks."""
    up(fleet)
    queue = [events.invite(tenant="slow") for _ in range(3)]
    for event in queue:
        fleet.emit(event)
        fleet.await_outcome(event, "deferred" if event is not queue[0] else "sent")
    second, third = queue[1:]
    due = waits(fleet, second)
    ask(fleet, "invite.cancel-requested", second, "cancelled")
    assert waits(fleet, second) == {} and len(due) == 1
    fourth = fleet.emit(events.invite(tenant="slow"))
    fleet.await_outcome(fourth, "deferred")
    assert list(waits(fleet, fourth).values()) == list(due.values())
    assert waits(fleet, fourth).keys() == {f"{fourth.key}.1.email.0"}
    assert list(waits(fleet, third).values()) > list(due.values())


def test_request_and_cancel_at_once(fleet):
    """Both in one batch: nothing is left waiting, and the slot is free."""
    up(fleet)
    blocker = fleet.emit(events.invite(tenant="slow"))
    fleet.await_outcome(blocker, "sent")
    pairs = [events.invite(tenant="slow") for _ in range(20)]
    fleet.emit([e for event in pairs for e in (event, events.command("invite.cancel-requested", event))])
    fleet.await_count("cancelled", len(pairs))
    assert all(waits(fleet, event) == {} for event in pairs)
    last = fleet.emit(events.invite(tenant="slow"))
    told = fleet.await_outcome(last, "deferred")
    assert events.milliseconds(told["not_before"]) < time.time() * 1000 + 3600 * 1000


def test_cancel_of_a_job_on_its_topic(fleet):
    """Nobody takes it yet: it dies at the claim."""
    up(fleet, services=("clock", "dispatcher"))
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "queued")
    ask(fleet, "invite.cancel-requested", event, "cancelled")
    courier = fleet.service("email").start()
    courier.await_ready()
    after = fleet.emit(events.invite())
    fleet.await_outcome(after, "sent")
    assert event.to not in by_recipient(fleet.sink)


def test_cancel_while_it_is_sent(fleet):
    """Too late for the message, not for the link: told as sent, and the invite stays cancelled."""
    up(fleet)
    event = events.invite()
    fleet.sink.on("DOT", to=re.escape(event.to), hold="dot", times=1)
    fleet.emit(event)
    wait_until(lambda: fleet["email"].metric("beckon_in_flight") > 0, fleet.patience(20), "nothing is in flight")
    ask(fleet, "invite.cancel-requested", event, "cancelled")
    fleet.sink.release("dot")
    fleet.await_outcome(event, "sent")
    wait_until(lambda: fleet["email"].metric("beckon_in_flight") == 0, fleet.patience(20), "not settled")
    assert state_of(fleet, event)["state"] == "cancelled" and waits(fleet, event) == {}
    assert holder(fleet, event) is None


@pytest.mark.story
def test_answers(fleet):
    """Accepted and declined end it; user.activated is an acceptance; what was declined needs an override."""
    up(fleet)
    took, left, active = wanted = fleet.emit([events.invite() for _ in range(3)])
    sent_once(fleet, wanted)
    told = ask(fleet, "invite.accepted", took, "accepted", sealed="AAAA")
    assert told["sealed"] == "AAAA" and told["sequence"] == [1, 2 ** 31 - 1, 4] and told["prev"] == "sent"
    ask(fleet, "user.activated", active, "accepted")
    ask(fleet, "invite.declined", left, "declined")
    for event, code in ((took, "already_accepted"), (active, "already_accepted"), (left, "already_invited")):
        assert waits(fleet, event) == {} and holder(fleet, event) is None
        again = fleet.emit(events.invite(email=event.to, invite=event.invite))
        assert answer(fleet, again, "refused")["code"] == code
    for type_ in ("invite.resend-requested", "invite.cancel-requested", "invite.accepted"):
        assert ask(fleet, type_, took, "refused")["code"] == "already_accepted"
    again = fleet.emit(events.invite(email=left.to, invite=left.invite, override=True))
    assert answer(fleet, again, "sent")["generation"] == 2
    assert not state_of(fleet, left)["dec"]


@pytest.mark.story
def test_corrected_address(fleet):
    """After a refusal by the relay the address is corrected: the old one is free, the new one is taken."""
    up(fleet)
    event = events.invite()
    fleet.sink.on("RCPT", to=re.escape(event.to), reply="550 5.1.2 no such system")
    fleet.emit(event)
    error = fleet.await_outcome(event, "error")
    right = events.address()
    sent = ask(fleet, "invite.resend-requested", event, "sent", recipient={"email": right})
    assert sent["recipient_hash"] != error["recipient_hash"] and sent["recipient_masked"]
    assert [m.to for m in fleet.sink.messages] == [right]
    assert holder(fleet, event) == event.key
    rival = fleet.emit(events.invite(email=right))
    refused = answer(fleet, rival, "refused")
    assert refused["code"] == "already_invited" and refused["holder"] == event.key
    fleet.emit(events.invite(email=event.to))  # what was wrong with it is not ours to know


def test_correction_of_what_was_no_address(fleet):
    """The first request ended as error before it came to anything; its data is there to be mended."""
    up(fleet)
    event = fleet.emit(events.invite(email="ann at corp", template={"note": "welcome"}))
    assert fleet.await_outcome(event, "error")["code"] == "email_syntax"
    assert ask(fleet, "invite.resend-requested", event, "refused")["code"] == "email_syntax"
    right = events.address()
    sent = ask(fleet, "invite.resend-requested", event, "sent", recipient={"email": right})
    assert sent["generation"] == 2 and sent["role"] == "member"
    [message] = fleet.sink.messages
    assert message.to == right and b"welcome" in message.raw


def test_a_burst_is_answered_in_order(fleet):
    """Everything about one invite at once, many times: each event finds what the one before it has left."""
    up(fleet, services=("clock", "dispatcher", "dispatcher"))
    wanted = [events.invite() for _ in range(100)]
    rest = [[events.command(t, e) for t in ("invite.resend-requested", "invite.cancel-requested", "invite.accepted")]
            + [events.invite(email=e.to, invite=e.invite, send="hold")] for e in wanted]
    fleet.emit([x for e, commands in zip(wanted, rest) for x in (e, *commands)])
    fleet.await_count("held", len(wanted))
    for event, (resend, cancel, accepted, again) in zip(wanted, rest):
        assert answer(fleet, resend, "refused")["code"] == "illegal_transition"
        assert answer(fleet, cancel, "cancelled")["prev"] == "queued"
        assert answer(fleet, accepted, "refused")["code"] == "cancelled"
        assert answer(fleet, again, "held")["generation"] == 2
        assert state_of(fleet, event)["state"] == "held"


def test_very_many_events_about_one_invite(fleet):
    """More than fit in a batch: each is answered, in the order in which they were asked."""
    up(fleet, services=("clock", "dispatcher"))
    event = events.invite(send="hold")
    again = [e for _ in range(150) for e in (events.command("invite.cancel-requested", event),
                                             events.invite(email=event.to, invite=event.invite, send="hold"))]
    fleet.emit([event, *again])
    assert answer(fleet, again[-1], "held")["generation"] == 151
    words = fleet.outcomes.words(event.invite)
    assert words == ["held"] + ["cancelled", "held"] * 150
    assert "races" not in fleet["dispatcher"].text()


def test_a_correction_that_is_taken(fleet):
    up(fleet)
    mine, other = wanted = fleet.emit([events.invite(), events.invite()])
    sent_once(fleet, wanted)
    before = state_of(fleet, mine)
    refused = ask(fleet, "invite.resend-requested", mine, "refused", recipient={"email": other.to})
    assert refused["code"] == "already_invited" and refused["holder"] == other.key
    assert state_of(fleet, mine) == before  # a refused command changes nothing
    assert ask(fleet, "invite.resend-requested", mine, "refused", recipient={"email": "ann@corp.example"})["code"] \
        == "email_domain_invalid"
    assert state_of(fleet, mine) == before


def test_one_invite_an_address(fleet):
    """In a tenant, scope and kind; every other state gives it up."""
    up(fleet)
    first = fleet.emit(events.invite())
    fleet.await_outcome(first, "sent")
    rival = fleet.emit(events.invite(email=first.to.upper()))
    assert answer(fleet, rival, "refused")["holder"] == first.key
    elsewhere = fleet.emit([events.invite(email=first.to, scope="staff"), events.invite(email=first.to, tenant="globex")])
    for event in elsewhere:
        fleet.await_outcome(event, "sent")
    ask(fleet, "invite.cancel-requested", first, "cancelled")
    once_more = fleet.emit(events.invite(email=first.to))
    fleet.await_outcome(once_more, "sent")
    again = fleet.emit(events.invite(email=first.to, invite=first.invite))
    assert answer(fleet, again, "refused")["holder"] == once_more.key


@pytest.mark.story
def test_send_now(fleet):
    """What waits for its time is brought forward; where nothing waits that is refused."""
    up(fleet)
    event = fleet.emit(events.invite(schedule={"not_before": in_two_days()}))
    told = fleet.await_outcome(event, "deferred")
    assert told["reason"] == "scheduled" and len(waits(fleet, event)) == 1
    command = fleet.emit(events.command("invite.send-now-requested", event))
    queued = answer(fleet, command, "queued")
    sent = fleet.await_outcome(event, "sent")
    assert told["sequence"] < queued["sequence"] < sent["sequence"] and sent["sequence"][1] == 2
    sent_once(fleet, [event])
    assert ask(fleet, "invite.send-now-requested", event, "refused")["code"] == "already_invited"


def in_doubt(fleet, event):
    """Brings an invite to a final unknown."""
    fleet.sink.on("DOT", to=re.escape(event.to), times=2, reset=True)
    fleet.emit(event)
    wait_until(lambda: state_of(fleet, event).get("state") == "unknown", fleet.patience(30), "not unknown")


def test_resolve(fleet):
    up(fleet)
    came, lost = events.invite(), events.invite()
    for event in (came, lost):
        in_doubt(fleet, event)
        assert list(waits(fleet, event)) == [timer(event)]  # the window runs as if it had been sent
    assert ask(fleet, "invite.resend-requested", came, "refused")["code"] == "illegal_transition"
    told = ask(fleet, "invite.resolve-requested", came, "sent", **{"as": "sent"})
    doubt = [o for o in fleet.outcomes.distinct("unknown", came.invite)][-1]
    assert told["sequence"] > doubt["sequence"] and told["prev"] == "unknown"
    assert told["expires_at"] == doubt["expires_at"]
    command = fleet.emit(events.command("invite.resolve-requested", lost, **{"as": "resend"}))
    assert answer(fleet, command, "sent")["generation"] == 2
    assert answer(fleet, command, "superseded")["generation"] == 1
    assert ask(fleet, "invite.resolve-requested", came, "refused", **{"as": "sent"})["code"] == "illegal_transition"


def test_forget(fleet):
    """The request's data goes, and what was open ends: its link does not work, and the person may be invited anew. Of
    what had ended already a resend says why it is refused."""
    up(fleet)
    sent, held, failed = events.invite(), events.invite(send="hold"), events.invite()
    fleet.sink.on("RCPT", to=re.escape(failed.to), reply="550 5.1.1 no such user")
    wanted = ((sent, "sent"), (held, "held"), (failed, "error"))
    fleet.emit([event for event, _ in wanted])
    for event, word in wanted:
        fleet.await_outcome(event, word)
    kept = [f"{fleet.prefix}r:{event.key}" for event, _ in wanted]
    assert fleet.redis.client.exists(*kept) == 3
    for event, word in wanted[:2]:
        assert ask(fleet, "invite.forget-requested", event, "cancelled")["prev"] == word
        assert waits(fleet, event) == {} and holder(fleet, event) is None
    fleet.emit(events.command("invite.forget-requested", failed))
    refused = ask(fleet, "invite.resend-requested", failed, "refused")
    assert refused["code"] == "illegal_transition" and "erased" in refused["reason"]
    assert fleet.redis.client.exists(*kept) == 0 and state_of(fleet, failed)["state"] == "error"
    fleet.await_outcome(fleet.emit(events.invite(email=sent.to)), "sent")


@pytest.mark.story
def test_receipts(fleet):
    """Delivered and undelivered move what was sent, once; an old generation's is history."""
    up(fleet)
    good, bad = wanted = fleet.emit([events.invite(), events.invite()])
    sent_once(fleet, wanted)
    for event, status in ((good, "delivered"), (bad, "undelivered")):
        receipt = {"delivery": f"{event.key}.1.email.0", "status": status}
        told = ask(fleet, "delivery.receipt-received", event, status, **receipt)
        sent = fleet.await_outcome(event, "sent")
        assert told["delivery"] == sent["delivery"] and told["sequence"] == [1, 1, 5] > sent["sequence"]
        assert told["prev"] == "sent" and state_of(fleet, event)["state"] == status
    assert list(waits(fleet, good)) == [timer(good)] and waits(fleet, bad) == {}
    assert holder(fleet, bad) is None
    late = fleet.emit(events.command("delivery.receipt-received", good, delivery=f"{good.key}.1.email.0",
                                     status="undelivered"))
    anew = ask(fleet, "invite.resend-requested", good, "sent")
    assert anew["generation"] == 2
    history = ask(fleet, "delivery.receipt-received", good, "undelivered", delivery=f"{good.key}.1.email.0",
                  status="undelivered", code="mailbox_full")
    assert history["generation"] == 1 and history["code"] == "mailbox_full"
    assert state_of(fleet, good)["state"] == "sent"
    assert not [o for o in fleet.outcomes.distinct() if (o.get("request") or {}).get("id") == late.id]


def test_answered_without_a_name(fleet):
    """With no usable tenant or invite only the request is told, under the event's own key."""
    up(fleet)
    event = events.invite()
    for field in ("tenant", "invite"):
        broken = event.copy(id_=f"no-{field}", key="somebody", data={**event.data, field: "not a name"})
        fleet.emit(broken)
        told = answer(fleet, broken, "refused")
        assert told.key == "somebody" and told["request"]["id"] == broken.id and told["code"] == "schema_invalid"
        assert "tenant" not in told and "invite" not in told


def test_two_dispatchers_race_for_an_address(fleet):
    """1,000 pairs of invites for one address each: one of each pair wins, the other is told by whom."""
    up(fleet, services=("clock", "dispatcher", "dispatcher", "email"))
    pairs = [(events.invite(), None) for _ in range(1000)]
    pairs = [(a, events.invite(email=a.to)) for a, _ in pairs]
    fleet.emit([e for pair in pairs for e in pair])
    fleet.await_count("sent", len(pairs), fleet.patience(90))
    fleet.await_count("refused", len(pairs), fleet.patience(30))
    sent = {o["invite"] for o in fleet.outcomes.distinct("sent")}
    refused = {o["invite"]: o["holder"] for o in fleet.outcomes.distinct("refused")}
    for a, b in pairs:
        winner, loser = (a, b) if a.invite in sent else (b, a)
        assert winner.invite in sent and loser.invite not in sent
        assert refused[loser.invite] == winner.key
    assert all(len(m) == 1 for m in by_recipient(fleet.sink).values())
