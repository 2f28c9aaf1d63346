"""Stopping on purpose: within a second nothing leaves, nothing is lost, and what waited comes back at once."""
import json
import time

import events
import pytest
import smtpd
from checks import by_recipient, sent_once
from life import ask, waits


def beckon(fleet, *args, **options):
    command, *rest = args
    return fleet.beckon(command, "--config", fleet.dir / "beckon.yaml", *rest, **options)


def effective(fleet, scope, wanted=1):
    """Every service knows it: their metric says so. Returns how long that took."""
    began = time.monotonic()
    fleet.wait(lambda: all(s.metric("beckon_paused", scope=scope) == wanted for s in fleet.services), 10,
               f"beckon_paused{{scope={scope}}} is not {wanted} everywhere")
    return time.monotonic() - began


def paused(fleet, event):
    return fleet.outcomes.wait_for(
        lambda items: next((o for o in items if o.get("invite") == event.invite and o.get("code") == "paused"), None),
        fleet.patience(20), "no deferred/paused")


# options of the command, and what makes events that it stops, and others
SCOPES = {
    "tenant": (["--tenant", "acme"], dict, lambda: {"tenant": "globex"}),
    "batch": (["--batch", "b/7"], *(lambda b=b: {"batch": {"id": b, "row": 1}} for b in ("b/7", "b/8"))),
    "domain": (["--domain", "Paused.internal"], lambda: {"email": events.address("paused.internal")}, dict),
    "provider": (["--provider", "sink"], dict, None),
}


@pytest.mark.story
@pytest.mark.parametrize("scope", SCOPES)
def test_one_scope(fleet, scope):
    """Those of the scope wait as deferred/paused, the others are served, and after `resume` all are, once each."""
    options, own, others = SCOPES[scope]
    fleet.up()
    beckon(fleet, "pause", *options, "--reason", "a bad list")
    assert effective(fleet, scope) < fleet.patience(2)
    assert f"{scope}=1" in fleet["email"].get("/readyz")[1] and fleet["email"].ready()

    waiting = fleet.emit([events.invite(**own()) for _ in range(3)])
    served = fleet.emit([events.invite(**others()) for _ in range(2)]) if others else []
    for event in waiting:
        told = paused(fleet, event)
        assert told.word == "deferred" and told["reason"] == scope and told["not_before"]
    for event in served:
        fleet.await_outcome(event, "sent")
    assert not [e for e in waiting if e.to in by_recipient(fleet.sink)]

    beckon(fleet, "resume", *options)
    began = time.monotonic()
    for event in waiting:
        assert fleet.await_outcome(event, "sent")["attempt"]["n"] == 1
    assert time.monotonic() - began < fleet.patience(4)
    sent_once(fleet, waiting + served)
    assert effective(fleet, scope, 0) < fleet.patience(2)
    assert fleet.redis.client.hkeys(f"{fleet.prefix}later:groups") == []


@pytest.mark.story
def test_one_relay_of_two(fleet):
    """The other takes all of it, and nothing waits; with both paused everything does."""
    with smtpd.Server() as second:
        fleet.up(email={"relays": [{"name": name, "url": f"smtp://127.0.0.1:{server.port}", "tls": "off"}
                                   for name, server in (("first", fleet.sink), ("second", second))]})
        beckon(fleet, "pause", "--provider", "first", "--reason", "a new address")
        effective(fleet, "provider")
        before = fleet.emit([events.invite() for _ in range(20)])
        fleet.await_count("sent", 20)
        assert len(second.messages) == 20 and not fleet.sink.messages
        assert not [o for o in fleet.outcomes.distinct() if o.word == "deferred"]
        beckon(fleet, "pause", "--provider", "second", "--reason", "that one, too")
        effective(fleet, "provider", 2)
        after = fleet.emit([events.invite() for _ in range(5)])
        for event in after:
            assert paused(fleet, event)["reason"] == "provider"
        beckon(fleet, "resume", "--provider", "first")
        fleet.await_count("sent", 25)
        assert sorted(m.to for m in fleet.sink.messages) == sorted(e.to for e in after)
        assert len(second.messages) == len(before)


@pytest.mark.story
def test_all(fleet):
    """Every service stands still, its readiness says why, nothing is read; a restart changes nothing."""
    fleet.up()
    beckon(fleet, "pause", "--all", "--reason", "moving house")
    fleet.wait(lambda: all("paused: moving house" in s.get("/readyz")[1] for s in fleet.services), 10, "still ready")
    assert {s.get("/readyz")[0] for s in fleet.services} == {503}
    wanted = fleet.emit([events.invite() for _ in range(5)])
    for s in fleet.services:
        assert s.stop() == 0
        s.start()
    fleet.wait(lambda: all("paused: moving house" in s.get("/readyz")[1] for s in fleet.services), 20,
               "forgotten by a restart")
    time.sleep(1)
    assert not fleet.sink.messages and not fleet.outcomes.distinct()
    beckon(fleet, "resume", "--all")
    for s in fleet.services:
        s.await_ready()
    sent_once(fleet, wanted)


def test_the_doctor_tells(fleet):
    fleet.init()
    assert "nothing is paused" in beckon(fleet, "doctor", check=False).stdout
    beckon(fleet, "pause", "--domain", "slow.example", "--reason", "their wish", "--actor", "ann")
    fleet.append("settings", "*/pause/all", json.dumps({"format": 1, "paused": True, "reason": "x",
                                                        "until": "2025-01-01T00:00:00Z"}))
    fleet.flush()
    told = beckon(fleet, "doctor", check=False).stdout
    assert "paused: */pause/domain/slow.example" in told and "by ann since" in told and "their wish" in told
    assert "pause/all" not in told


@pytest.mark.story
def test_it_ends_by_itself(fleet):
    fleet.up()
    beckon(fleet, "pause", "--tenant", "acme", "--reason", "a moment", "--until", "3s")
    effective(fleet, "tenant")
    event, gone = fleet.emit([events.invite(), events.invite()])
    paused(fleet, event)
    paused(fleet, gone)
    ask(fleet, "invite.cancel-requested", gone, "cancelled")
    assert not waits(fleet, gone)
    fleet.await_outcome(event, "sent")
    sent_once(fleet, [event])
    assert gone.to not in by_recipient(fleet.sink)


@pytest.mark.story
def test_while_messages_are_under_way(fleet):
    """Two hundred in hand when it comes: what is under way ends, the rest waits; nobody twice, nobody lost."""
    fleet.sink.on("RCPT", delay=0.05)
    fleet.up()
    wanted = fleet.emit([events.invite() for _ in range(200)])
    fleet.sink.wait_messages(10)
    beckon(fleet, "pause", "--tenant", "acme", "--reason", "wrong text")
    effective(fleet, "tenant")
    time.sleep(1)  # what was under way has ended
    arrived = len(fleet.sink.messages)
    time.sleep(1)
    assert len(fleet.sink.messages) == arrived < 200
    beckon(fleet, "resume", "--tenant", "acme")
    sent_once(fleet, wanted)


def test_what_is_asked_wrongly(fleet):
    fleet.init()
    for args in (["--reason", "x"], ["--all", "--tenant", "acme", "--reason", "x"], ["--tenant", "acme"],
                 ["--tenant", "a b", "--reason", "x"], ["--domain", "b", "--batch", "c", "--reason", "x"],
                 ["--all", "--reason", "x", "--until", "yesterday"],
                 ["--all", "--reason", "x", "--until", "2020-01-01T00:00:00Z"]):
        done = beckon(fleet, "pause", *args, check=False)
        assert done.returncode == 2 and done.stderr.startswith("beckon pause: "), (args, done.stderr)
    assert beckon(fleet, "pause", "--list").stdout.split() == ["what", "since", "until", "by", "reason"]
    done = beckon(fleet, "pause", "--provider", "snik", "--reason", "x")
    assert "is paused" in done.stderr and "No relay or provider of this configuration is called snik" in done.stderr
    beckon(fleet, "resume", "--provider", "snik")
    beckon(fleet, "pause", "--domain", "bücher.example", "--tenant", "acme", "--reason", "x", "--until", "2h")
    [line] = beckon(fleet, "pause", "--list", "--json").stdout.splitlines()
    assert json.loads(line)["pause"] == "acme/pause/domain/xn--bcher-kva.example"


@pytest.mark.story
def test_what_comes_back_keeps_the_tenants_limit(fleet):
    """Ten a second: forty that were paused, and ten new ones, leave as ten a second, whatever had its slot before."""
    own = {"tenants": {"*": {"limits": {"tenant": "10/s"}}}}
    fleet.up(dispatcher=own, email=own)
    beckon(fleet, "pause", "--tenant", "acme", "--reason", "wrong text")
    effective(fleet, "tenant")
    wanted = fleet.emit([events.invite() for _ in range(40)])
    for event in wanted:
        paused(fleet, event)
    beckon(fleet, "resume", "--tenant", "acme")
    wanted += fleet.emit([events.invite() for _ in range(10)])
    sent_once(fleet, wanted)
    times = sorted(m.at for m in fleet.sink.messages)
    assert len(times) == 50 and times[-1] - times[0] > 4.5
    assert all(later - earlier > 0.7 for earlier, later in zip(times, times[12:])), times


@pytest.mark.story
def test_clocks_die_while_it_comes_back(fleet):
    """Two clocks; each is killed in turn while three hundred come back: all of them arrive, once each."""
    fleet.up(services=("clock", "clock", "dispatcher", "email"))
    first, second = fleet.all("clock")
    beckon(fleet, "pause", "--tenant", "acme", "--reason", "wrong text")
    effective(fleet, "tenant")
    wanted = fleet.emit([events.invite() for _ in range(300)])
    fleet.wait(lambda: sum(o.get("code") == "paused" for o in fleet.outcomes.distinct()) == 300, 60, "not all wait")
    first.kill()
    beckon(fleet, "resume", "--tenant", "acme")
    fleet.sink.wait_messages(1)
    second.kill()
    first.start()
    sent_once(fleet, wanted)


@pytest.mark.story
def test_kafka_is_started_anew(fleet):
    """What was known holds on meanwhile, and what is said afterwards is heard."""
    fleet.up()
    beckon(fleet, "pause", "--tenant", "acme", "--reason", "wrong text")
    effective(fleet, "tenant")
    fleet.kafka.restart()
    wanted = fleet.emit([events.invite() for _ in range(5)])
    for event in wanted:
        paused(fleet, event)
    beckon(fleet, "resume", "--tenant", "acme")
    sent_once(fleet, wanted)


@pytest.mark.story
def test_redis_forgets_what_is_paused(fleet):
    """Made anew from the topics what was paused is still paused, of its group again, and comes back on resume."""
    fleet.up(services=("clock", "dispatcher", "email", "status"))
    beckon(fleet, "pause", "--tenant", "acme", "--reason", "wrong text")
    effective(fleet, "tenant")
    wanted = fleet.emit([events.invite() for _ in range(30)])
    for event in wanted:
        paused(fleet, event)
    fleet.redis.wipe()
    fleet.wait(lambda: fleet["status"].metric("beckon_rebuilds_total") == 1, 60, "nobody made Redis anew")
    fleet.wait(lambda: fleet.redis.client.zcard(f"{fleet.prefix}later:of:acme acme/pause/tenant") == 30, 30,
               "not of its group again")
    assert not fleet.sink.messages
    beckon(fleet, "resume", "--tenant", "acme")
    sent_once(fleet, wanted)
