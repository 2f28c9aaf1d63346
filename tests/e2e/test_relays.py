"""Several relays: who takes a mail, who takes over, and that nobody loses an attempt by it."""
from types import SimpleNamespace

import events
import pytest
import smtpd
from checks import sent_once


@pytest.fixture
def second():
    with smtpd.Server() as server:
        yield server


def relays(fleet, second, first=None, other=None):
    """The fleet's sink as `first`, another server as `second`, with terms of their own."""
    def one(name, server, terms):
        return {"name": name, "url": f"smtp://127.0.0.1:{server.port}", "tls": "off", **(terms or {})}
    return [one("first", fleet.sink, first), one("second", second, other)]


def once(fleet, second, wanted, timeout=None):
    """Everybody got one message, from one of both, and that one is told; nobody lost an attempt."""
    whole = SimpleNamespace(sink=SimpleNamespace(messages=[*fleet.sink.messages, *second.messages]),
                            await_count=fleet.await_count, outcomes=fleet.outcomes)
    fleet.await_count("sent", len(wanted), timeout)
    whole.sink.messages = [*fleet.sink.messages, *second.messages]
    sent_once(whole, wanted)
    by = {m.to: name for name, server in (("first", fleet.sink), ("second", second)) for m in server.messages}
    told = {o["invite"]: o for o in fleet.outcomes.distinct("sent")}
    wrong = {e.invite: told[e.invite].get("provider") for e in wanted if told[e.invite].get("provider") != by[e.to]}
    assert not wrong, f"told of another relay than the one that took it: {wrong}"
    assert {o["attempt"]["n"] for o in told.values()} == {1}, "a relay's fault consumed an attempt"


@pytest.mark.story
def test_shared_by_weight(fleet, second):
    """Where both have room; a lane that is full gives way."""
    fleet.up(email={"relays": relays(fleet, second, {"weight": 3}), "sessions": 48})
    wanted = fleet.emit([events.invite(email=events.address(f"d{n}.internal")) for n in range(120)])
    once(fleet, second, wanted)
    assert 28 <= len(second.messages) <= 32, (len(fleet.sink.messages), len(second.messages))


@pytest.mark.story
@pytest.mark.tsan
def test_the_next_order_stands_by(fleet, second):
    """Nothing while the first is open, all of it while it is not, nothing again when it is back."""
    fleet.up(email={"relays": relays(fleet, second, {"order": 1}, {"order": 2})})
    before = fleet.emit([events.invite() for _ in range(30)])
    once(fleet, second, before)
    assert not second.connections
    fleet.sink.down()
    during = fleet.emit([events.invite() for _ in range(30)])
    once(fleet, second, before + during)
    assert len(second.messages) == len(during)
    assert fleet["email"].ready(), "not ready though a relay is open"
    fleet.wait(lambda: fleet["email"].metric("beckon_route_up", route="first") == 0, 10, "the first is not down")
    assert fleet["email"].metric("beckon_route_up", route="second") == 1
    fleet.sink.up()
    fleet.wait(lambda: fleet["email"].metric("beckon_route_up", route="first") == 1, 30, "the first was not probed")
    after = fleet.emit([events.invite() for _ in range(30)])
    once(fleet, second, before + during + after)
    assert len(second.messages) == len(during)


@pytest.mark.story
def test_one_breaks_under_load(fleet, second):
    """What was claimed for it and not sent goes by the other, each to one person once."""
    fleet.up(email={"relays": relays(fleet, second)})
    wanted = fleet.emit([events.invite() for _ in range(400)])
    fleet.wait(lambda: len(fleet.sink.messages) >= 40, 60, "the first has not begun")
    fleet.sink.on("MAIL", reply="421 4.3.2 shutting down", close=True)
    fleet.sink.on("CONNECT", close=True)
    once(fleet, second, wanted)
    assert len(second.messages) >= 200


def told_why(fleet, words):
    """beckon routes says in words why others are taken."""
    routes = ("routes", "--config", fleet.dir / "beckon.yaml", "--lang", "en")
    fleet.wait(lambda: words in fleet.beckon(*routes, check=False).stdout, 20, f"nobody is told: {words}")


def test_none_is_left(fleet, second):
    fleet.up(email={"relays": relays(fleet, second)})
    fleet.sink.down()
    second.down()
    wanted = fleet.emit([events.invite() for _ in range(40)])
    fleet.wait(lambda: fleet["email"].get("/readyz")[0] == 503, 20, "ready without any relay")
    waits = fleet["email"].get("/readyz")[1]
    assert "first" in waits and "second" in waits
    second.up()
    once(fleet, second, wanted)
    assert not fleet.sink.messages


@pytest.mark.story
def test_a_relays_limit(fleet, second):
    """What is over it goes by the other relay at once; where both are used up it waits."""
    fleet.up(email={"relays": relays(fleet, second, {"limit": "1/h burst 5"})})
    wanted = fleet.emit([events.invite() for _ in range(40)])
    once(fleet, second, wanted)
    assert len(fleet.sink.messages) <= 5
    assert not fleet.outcomes.distinct("deferred")
    told_why(fleet, "Its rate limit is used up")


def test_all_limits_used_up(fleet, second):
    fleet.up(email={"relays": relays(fleet, second, {"limit": "2/s"}, {"limit": "2/s"})})
    wanted = fleet.emit([events.invite() for _ in range(12)])
    once(fleet, second, wanted)
    assert {(o["code"], o["reason"]) for o in fleet.outcomes.distinct("deferred")} == {("rate_limited", "relay")}
    for name in ("first", "second"):
        claims = sorted(events.milliseconds(o["expires_at"]) for o in fleet.outcomes.distinct("sent")
                        if o["provider"] == name)
        assert all(b - a >= 498 for a, b in zip(claims, claims[1:])), claims


def test_who_sends_back_is_passed_over(fleet, second):
    """Fifty messages sent back within a minute, and the other one takes all; the last one is kept."""
    fleet.up(email={"relays": relays(fleet, second, {"order": 1}, {"order": 2}),
                    "schedule": {"retry": ["1s"] * 6}})
    fleet.sink.on("RCPT", reply="451 4.3.2 busy")
    wanted = fleet.emit([events.invite() for _ in range(60)])
    fleet.await_count("sent", len(wanted))
    assert len(second.messages) == len(wanted) and not fleet.sink.messages
    assert fleet["email"].metric("beckon_route_errors_total", route="first") >= 50
    fleet.wait(lambda: fleet["email"].metric("beckon_route_passed_over", route="first") == 1, 10, "not told")
    told_why(fleet, "It sent back fifty messages within a minute")
    second.down()
    fleet.sink.clear()
    last = fleet.emit(events.invite())
    fleet.await_outcome(last, "sent")
    assert [m.to for m in fleet.sink.messages] == [last.to]


def test_a_domains_share(fleet, second):
    """A domain that never answers holds at most half of each relay's sessions, and the others go past it."""
    fleet.up(email={"relays": relays(fleet, second), "sessions": 4})
    for server in (fleet.sink, second):
        server.on("RCPT", to=r".*@tarpit\.internal", hold="tarpit")
    slow = [events.invite(email=events.address("tarpit.internal")) for _ in range(30)]
    quick = [events.invite() for _ in range(100)]
    fleet.emit([e for n, one in enumerate(slow) for e in (one, *quick[n * 4:n * 4 + 4])])
    fleet.await_count("sent", len(quick))
    held = [sum((c.to or "").endswith("tarpit.internal") for c in s.connections if c.open)
            for s in (fleet.sink, second)]
    assert max(held) <= 2, f"{held} of 4 sessions each are held by one domain"
    for server in (fleet.sink, second):
        server.release("tarpit")
    once(fleet, second, slow + quick)
