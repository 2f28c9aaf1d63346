"""Does the domain take mail? Asked of the DNS at admission; a DNS that fails lets the mail pass."""
import time

import dnsd
import events
import pytest
from checks import by_recipient, sent_once

MX = {"MX": [(10, "mx.people.internal")]}


@pytest.fixture
def dns():
    with dnsd.Server() as server:
        yield server


def up(fleet, dns, **more):
    return fleet.up(dispatcher={"dns": {"mx": True, "servers": dns.address, "timeout": "2s", **more}})


def to(domain, **more):
    return events.invite(email=events.address(domain), **more)


@pytest.mark.story
def test_who_takes_mail(fleet, dns):
    dns.zone = {"mx.internal": MX, "two.internal": {"MX": [(0, "mx1.two.internal"), (5, "mx2.two.internal")]},
                "a.internal": {"A": ["192.0.2.1"]}, "aaaa.internal": {"AAAA": ["2001:db8::1"]},
                "broken.internal": "SERVFAIL", "silent.internal": "silent",
                "null.internal": {"MX": [(0, "")]}, "empty.internal": {}}
    up(fleet, dns)
    good = [to(d) for d in ("mx.internal", "two.internal", "a.internal", "aaaa.internal", "broken.internal",
                            "silent.internal")]
    bad = [to(d) for d in ("null.internal", "empty.internal", "nowhere.internal", "deep.nowhere.internal")]
    fleet.emit([e for pair in zip(good, bad) for e in pair] + good[len(bad):])
    for event in bad:
        told = fleet.await_outcome(event, "error")
        assert (told["code"], told["reason"]) == ("email_domain_invalid", "/recipient/email")
    sent_once(fleet, good)
    assert not [e for e in bad if "sent" in fleet.outcomes.words(e.invite)]


def test_a_corrected_address(fleet, dns):
    """Asked for like the first; the correction is refused, and nothing has changed."""
    dns.zone = {"people.internal": MX}
    up(fleet, dns)
    event = fleet.emit(events.invite(send="hold"))
    fleet.await_outcome(event, "held")
    wrong = fleet.emit(events.command("invite.resend-requested", event,
                                      recipient={"email": events.address("nowhere.internal")}))
    assert fleet.outcomes.wait_request(wrong.id, "refused")["code"] == "email_domain_invalid"
    fleet.emit(events.command("invite.resend-requested", event))
    sent_once(fleet, [event])


@pytest.mark.story
def test_asked_once(fleet, dns):
    """An import to one domain is one question, and its order is kept."""
    dns.zone = {"people.internal": MX}
    up(fleet, dns)
    wanted = fleet.emit([events.invite() for _ in range(300)])
    sent_once(fleet, wanted)
    assert dns.asked["people.internal", "MX"] <= 2  # the second: its first answer came late


@pytest.mark.story
def test_a_silent_server_holds_nobody_up(fleet, dns):
    """Who is known goes at once, who is not waits for dns.timeout; many fail: nobody waits any more."""
    dns.zone = {"people.internal": MX}
    up(fleet, dns)
    sent_once(fleet, [fleet.emit(events.invite())])
    dns.silent = True
    unknown = fleet.emit([to(f"d{n}.internal") for n in range(40)])
    known = fleet.emit([events.invite() for _ in range(20)])
    began = time.monotonic()
    for event in known:
        fleet.await_outcome(event, "sent")
    for event in unknown:
        fleet.await_outcome(event, "sent")
    arrived = list(by_recipient(fleet.sink))
    assert set(arrived[1:21]) == {e.to.lower() for e in known}, "who is known did not go at once"
    assert time.monotonic() - began < 20
    late = fleet.emit([to(f"late{n}.internal") for n in range(40)])
    for event in late:
        fleet.await_outcome(event, "sent")
    tried = {name for name, _ in dns.asked if name.startswith("late")}
    assert len(tried) < 10, "a DNS that has long been silent was asked for everybody"


@pytest.mark.story
def test_in_order(fleet, dns):
    """What is asked later of an invite that waits for the DNS waits behind it."""
    dns.zone = {"slow.internal": "silent"}
    up(fleet, dns)
    first = to("slow.internal")
    again = events.invite(email=first.to, invite=first.invite)
    fleet.emit([first, again])
    assert fleet.outcomes.wait_request(again.id, "refused")["code"] == "already_invited"
    fleet.await_outcome(first, "sent")
    words = fleet.outcomes.words(first.invite)
    assert words.index("queued") < words.index("refused")


@pytest.mark.story
def test_stopped_while_it_waits(fleet, dns):
    """Nothing was claimed: whoever starts next reads the event again."""
    dns.zone = {"slow.internal": "silent", "people.internal": MX}
    up(fleet, dns, timeout="20s")
    event = fleet.emit(to("slow.internal"))
    fleet.wait(lambda: dns.asked["slow.internal", "MX"] > 0, 20, "the DNS was not asked")
    fleet.wait(lambda: fleet["dispatcher"].metric("beckon_waiting_for_dns") == 1, 20, "nobody waits")
    began = time.monotonic()
    assert fleet["dispatcher"].stop() == 0
    assert time.monotonic() - began < 10
    dns.zone["slow.internal"] = MX
    fleet.service("dispatcher", "dispatcher-1", dns={"mx": True, "servers": dns.address}).start().await_ready()
    sent_once(fleet, [event])


def test_redis_away_while_it_waits(fleet, dns):
    dns.zone = {"slow.internal": "silent"}
    up(fleet, dns)
    event = fleet.emit(to("slow.internal"))
    fleet.wait(lambda: dns.asked["slow.internal", "MX"] > 0, 20, "the DNS was not asked")
    fleet.redis.freeze()
    time.sleep(3)  # longer than the question's deadline: the answer finds no Redis
    fleet.redis.thaw()
    sent_once(fleet, [event])
