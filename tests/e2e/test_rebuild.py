"""Redis loses its memory: it is made anew from the topics, nobody is lost and nobody is written to twice."""
import json
import socket
import time

import events
import fleet as fleet_module
import life
import memory
import pytest
import redis
from checks import by_recipient, sent_once
from conftest import checked_fleet
from sentinel import Sentinel

ALL = ("clock", "dispatcher", "email", "status")
LOAD = 400


def rebuilt(fleet, count=1):
    """Waits until some status has made Redis anew `count` times, and everybody works."""
    fleet.wait(lambda: sum(s.metric("beckon_rebuilds_total") for s in fleet.all("status") if s.running()) >= count,
               60, "nobody made Redis anew")
    for service in fleet.services:
        if service.running():
            service.await_ready()


@pytest.mark.story
def test_flushall(fleet):
    """Work goes on with what was known: a repeated request is still a duplicate."""
    fleet.up(services=ALL)
    before = fleet.emit([events.invite() for _ in range(20)])
    sent_once(fleet, before)
    fleet.redis.wipe()
    rebuilt(fleet)
    fleet.emit(before[:3])
    fleet.await_count("duplicate", 3)
    after = fleet.emit([events.invite() for _ in range(20)])
    sent_once(fleet, before + after)


def arrived(fleet, count):
    fleet.wait(lambda: len(fleet.sink.messages) >= count, 60, f"not {count} messages at the sink")


def load(fleet, count=LOAD):
    return fleet.emit([events.invite(tenant=f"t{n % 5}") for n in range(count)])


@pytest.mark.story
def test_flushall_under_load(fleet):
    """What was being sent tells its end before Redis is made anew; the rest goes on."""
    fleet.up(services=ALL, couriers=2)
    wanted = load(fleet)
    arrived(fleet, LOAD // 4)
    fleet.redis.wipe()
    wanted += load(fleet, 20)
    rebuilt(fleet)
    sent_once(fleet, wanted, fleet.patience(90))


def test_fresh_redis_under_load(fleet):
    """Killed, and back with nothing of what it knew."""
    fleet.up(services=ALL)
    wanted = load(fleet)
    arrived(fleet, LOAD // 4)
    fleet.redis.kill()
    for path in fleet.redis.dir.glob("appendonlydir/*"):
        path.unlink()
    fleet.redis.start()
    assert not fleet.redis.keys(fleet.prefix)
    rebuilt(fleet)
    sent_once(fleet, wanted, fleet.patience(90))


def test_redis_back_with_its_data(fleet):
    """Nothing is made anew where nothing was lost."""
    fleet.up(services=ALL)
    wanted = load(fleet)
    arrived(fleet, LOAD // 4)
    fleet.redis.kill()
    fleet.redis.start()
    sent_once(fleet, wanted)
    assert fleet["status"].metric("beckon_rebuilds_total") == 0


def test_wiped_while_it_is_rebuilt(fleet):
    """Redis loses its memory a second time, in the middle of the rebuild, which begins again."""
    fleet.up(services=ALL)
    wanted = fleet.emit([events.invite() for _ in range(20)])
    sent_once(fleet, wanted)
    fleet.redis.wipe()
    fleet.wait(lambda: fleet.redis.client.exists(f"{fleet.prefix}rebuild"), 20, "nobody begins")
    fleet.redis.wipe()
    rebuilt(fleet)
    assert "once more" in fleet["status"].text()
    fleet.emit(wanted)
    fleet.await_count("duplicate", 20)


def test_two_elect_one(fleet):
    """The other one waits and says so; when the elected one dies it takes over."""
    fleet.up(services=(*ALL, "status"))
    one, two = fleet.all("status")
    wanted = fleet.emit([events.invite() for _ in range(20)])
    sent_once(fleet, wanted)
    fleet.redis.wipe()
    rebuilt(fleet)
    assert one.metric("beckon_rebuilds_total") + two.metric("beckon_rebuilds_total") == 1
    fleet.redis.wipe()
    fleet.wait(lambda: fleet.redis.client.get(f"{fleet.prefix}rebuild"), 20, "nobody begins")
    elected = int(fleet.redis.client.get(f"{fleet.prefix}rebuild").split("/")[1])
    dying, other = (one, two) if one.popen.pid == elected else (two, one)
    before = other.metric("beckon_rebuilds_total")
    dying.kill()
    fleet.wait(lambda: other.metric("beckon_rebuilds_total") == before + 1, 60, "nobody takes over")
    assert f"by={fleet_host()}/{elected}" in other.text()
    for service in ("clock", "dispatcher", "email"):
        fleet[service].await_ready()
    sent_once(fleet, wanted + fleet.emit([events.invite() for _ in range(20)]))


def fleet_host():
    return socket.gethostname()


def test_courier_dies_with_redis(fleet):
    """Nobody remembers a claim: nobody is lost, and what comes twice comes under the same Message-ID."""
    fleet.up(services=ALL)
    wanted = load(fleet)
    arrived(fleet, LOAD // 4)
    fleet["email"].kill()
    fleet.redis.wipe()
    fleet["email"].start()
    rebuilt(fleet)
    fleet.await_final(wanted, fleet.patience(90))
    got = by_recipient(fleet.sink)
    assert not [e for e in wanted if e.to not in got]
    assert {len({m.message_id for m in got[e.to]}) for e in wanted} == {1}


def test_by_hand(fleet):
    """beckon rebuild does the same where no beckon-status runs, and shows how far it is."""
    fleet.up()
    wanted = fleet.emit([events.invite() for _ in range(20)])
    sent_once(fleet, wanted)
    config = fleet["dispatcher"].config
    assert "whole" in fleet.beckon("rebuild", "--config", config).stdout
    fleet.redis.wipe()
    assert fleet.init(check=False).returncode == 1
    lines = [json.loads(line) for line in fleet.beckon("rebuild", "--config", config, "--json").stdout.splitlines()]
    assert lines[-1] == {**lines[-1], "phase": "whole", "mine": True, "invites": 20, "parked": 0}
    assert {"waiting"} <= {line["phase"] for line in lines} and all(line["mine"] for line in lines)
    for service in fleet.services:
        service.await_ready()
    assert "20 invites" in fleet.beckon("rebuild", "--config", config, "--force").stdout
    for service in fleet.services:
        service.await_ready()
    fleet.emit(wanted)
    fleet.await_count("duplicate", 20)


def test_nothing_to_rebuild(fleet):
    """A new installation is for beckon init."""
    path = fleet.dir / "beckon.yaml"
    fleet_module.write_yaml(path, fleet_module.fleet_config(fleet))
    fleet.wait(lambda: "beckon init" in fleet.beckon("rebuild", "--config", path, check=False).stderr, 30,
               "it is taken for an old one")
    assert fleet.beckon("rebuild", "--config", path, check=False).returncode == 1


def test_what_came_due_meanwhile(fleet):
    """Redis was away, and the fleet with it, when two reminders were due: one is told, late; those left out stay so."""
    own = {"tenants": {"acme": {"reminder": {"count": 2, "at_percent": 50}}}}
    fleet.up(services=ALL, dispatcher=own, email=own, status=own)
    wanted = fleet.emit([events.invite() for _ in range(3)])
    for event in wanted:
        fleet.await_outcome(event, "sent")
    fleet.stop()
    fleet.redis.wipe()
    for service in fleet.services:
        service.env = {**service.env, "BECKON_SKEW_MS": str(19 * life.HOUR_MS)}
        service.start()
    fleet.wait(lambda: len(fleet.sink.messages) == 6, 60, "not everybody is reminded")
    fleet.wait(lambda: all(s.metric("beckon_undone") == 0 for s in fleet.services), 30, "not quiet")

    def looks():
        return {e.invite: (life.state_of(fleet, e)["rem"], life.waits(fleet, e)) for e in wanted}
    before = looks()
    fleet.redis.wipe()
    fleet.wait(lambda: fleet["status"].metric("beckon_rebuilds_total") == 2, 60, "nobody made Redis anew")
    assert looks() == before and all(rem == "2" for rem, _ in before.values())
    assert {o.get("n", o["delivery"][-1]) for o in fleet.outcomes.distinct("sent")} == {"0", "1"}
    assert len(fleet.sink.messages) == 6


# ---- invites in every state, and their memory compared key by key

WINDOW_S = 300  # the shortest link
SETTINGS = {"tenants": {"acme": {"cooldown_s": 0}, "slow": {"limits": {"tenant": "1/h"}}}}


def each(fleet, invited, type_, word, **data):
    """One command for each of them; returns when all are answered."""
    commands = fleet.emit([events.command(type_, about, **data) for about in invited])
    commands = commands if isinstance(commands, list) else [commands]
    ids = {c.id for c in commands}
    fleet.outcomes.wait_for(
        lambda told: len({o["request"]["id"] for o in told if o.word == word and o.get("request")} & ids) == len(ids),
        fleet.patience(90), lambda told: f"not every {type_} led to {word}\n{fleet.tails()}")


def told(fleet, word, count):
    """Until so many different outcomes have this word."""
    fleet.outcomes.wait_for(lambda items: len({o.id for o in items if o.word == word}) >= count, fleet.patience(60),
                            lambda items: f"fewer than {count} x {word}\n{fleet.tails()}")


LONG = {f"k{n}": "x" * 200 for n in range(8)}  # a request of more than a KiB does not wait in the rebuild's memory


def people(count, domain="people.internal", **data):
    """The last one's request is long."""
    return [events.invite(events.address(domain), **({"metadata": LONG} if n == count - 1 else {}) | data)
            for n in range(count)]


def expired(fleet, count):
    """They are invited, and then it is later for everybody."""
    late = people(count, link={"ttl_s": WINDOW_S})
    fleet.emit(late)
    fleet.await_count("sent", count)
    life.skew(fleet, (WINDOW_S + 60) * 1000)
    fleet.await_count("expired", count)
    return late


def in_all_states(fleet, count):
    """{state: events}, `count` of each, and nothing moves any more."""
    fleet.sink.on("RCPT", to=".*@full.internal", reply="452 4.2.2 mailbox full")
    fleet.sink.on("RCPT", to=".*@gone.internal", reply="550 5.1.2 no such system")
    fleet.sink.on("DOT", to=".*@doubt.internal", close=True, take=True)
    states = {"expired": expired(fleet, count)}
    states |= {
        "held": people(count, send="hold"),
        "sent": people(count, metadata={"row": "7"}),
        "limited": people(count + 1, tenant="slow"),
        "scheduled": people(count, schedule={"not_before": in_two_hours(fleet)}),
        "retry": people(count, "full.internal"),
        "error": people(count, "gone.internal"),
        "unknown": people(count, "doubt.internal"),
        "cancelled": people(count), "accepted": people(count), "declined": people(count), "resent": people(count),
        "released": people(count, trigger="import"), "delivered": people(count), "undelivered": people(count),
        "forgotten": people(count), "early": people(count),
    }
    each(fleet, states["early"], "invite.cancel-requested", "cancelled")
    fleet.emit([e for name, group in states.items() if name != "expired" for e in group])
    fleet.await_count("sent", count * 9 + 1)  # expired ones too, and the first of the limited
    fleet.await_count("held", count * 2)
    fleet.await_count("error", count)
    fleet.await_count("unknown", count)
    fleet.await_count("deferred", count * 3)
    each(fleet, states["unknown"], "invite.send-now-requested", "queued")
    told(fleet, "unknown", count * 2)
    each(fleet, states["cancelled"], "invite.cancel-requested", "cancelled")
    each(fleet, states["accepted"], "invite.accepted", "accepted")
    each(fleet, states["declined"], "invite.declined", "declined")
    each(fleet, states["released"], "invite.release-requested", "sent")
    for e in states["resent"]:
        fleet.emit(events.command("invite.resend-requested", e, recipient={"email": events.address()}))
    fleet.await_count("superseded", count)
    told(fleet, "sent", count * 11 + 1)
    for name in ("delivered", "undelivered"):
        fleet.emit([events.command("delivery.receipt-received", e, delivery=f"{e.key}.1.email.0", status=name)
                    for e in states[name]])
        fleet.await_count(name, count)
    fleet.emit([events.command("invite.forget-requested", e) for e in states["forgotten"]])
    return states


def in_two_hours(fleet):
    return events.rfc3339(time.time() + WINDOW_S + 7200)


def settled(fleet, states):
    """Nothing is on its way: what was told is acknowledged, and its bytes have been dropped."""
    def quiet():
        return not [k for k in fleet.redis.keys(f"{fleet.prefix}r:") if k.split(":r:")[1] in forgotten] \
            and all(s.metric("beckon_undone") == 0 for s in fleet.services)
    forgotten = {e.key for e in states["forgotten"]}
    fleet.wait(quiet, 30, "something is still on its way")
    time.sleep(1)  # offsets


def compare(fleet, count, share):
    fleet.up(services=ALL, dispatcher=SETTINGS, email={**SETTINGS, "schedule": {"retry": ["1h"]}},
             status={**SETTINGS, "rebuild": {"share": share}})
    states = in_all_states(fleet, count)
    settled(fleet, states)
    client = redis.Redis(port=fleet.redis.port)
    before = memory.snapshot(client, fleet.prefix)
    mails = len(fleet.sink.messages)
    fleet.redis.wipe()
    rebuilt(fleet)
    after = memory.snapshot(client, fleet.prefix)
    assert " passes=1 " not in fleet["status"].text(), "it was a single share"
    assert not memory.differences(before, after), "\n".join(memory.differences(before, after, 60))
    repeated = [e for group in states.values() for e in group]
    fleet.emit(repeated)
    fleet.await_count("duplicate", len(repeated))
    assert len(fleet.sink.messages) == mails
    fleet.sink.clear()
    sent = fleet.outcomes.distinct("sent")
    limited = [e for e in states["limited"] if e.invite not in {o["invite"] for o in sent}]
    each(fleet, states["retry"] + limited, "invite.send-now-requested", "queued")
    each(fleet, states["held"], "invite.release-requested", "sent")
    told(fleet, "sent", len(sent) + 3 * count)
    got = by_recipient(fleet.sink)
    for name in ("retry", "limited", "held", "sent", "released"):
        assert {len(got.get(e.to, ())) for e in states[name]} == {1}, name
    for name in ("error", "scheduled", "early"):
        assert not [e for e in states[name] if e.to in got], name
    assert {len({m.message_id for m in got[e.to]}) for e in states["unknown"]} == {1}


def test_all_states(fleet):
    """What is known after the rebuild is what was known before it; a repeated request is a duplicate for everybody.

    It is made anew in several shares: by partition, and by key among them."""
    compare(fleet, 3, 10)


@pytest.mark.soak
def test_all_states_of_ten_thousand(fleet):
    compare(fleet, 600, 1000)


@pytest.fixture
def sentinel(run_dir):
    server = Sentinel(run_dir / "sentinel")
    yield server.start()
    server.kill()


@pytest.fixture
def guarded(request, built, run_dir, kafka, sentinel, sink):
    """A fleet whose Redis stands behind that Sentinel."""
    yield from checked_fleet(request, run_dir, kafka, sentinel, sink)


def test_a_primary_is_lost_with_what_it_had_not_copied(guarded, sentinel):
    """Another primary takes over, which has not heard of the last invitations: everybody stands still until the topics
    have told it, nobody is lost and nobody is written to twice."""
    fleet = guarded
    fleet.up(services=ALL)
    wanted = fleet.emit([events.invite() for _ in range(20)])
    sent_once(fleet, wanted)

    def unheard():
        last = fleet.emit([events.invite() for _ in range(20)])
        sent_once(fleet, wanted + last)
        wanted.extend(last)
    sentinel.lose_primary(unheard)
    wanted += load(fleet, 50)
    rebuilt(fleet)
    fleet.emit(wanted[18:22])
    fleet.await_count("duplicate", 4)
    sent_once(fleet, wanted, fleet.patience(90))
    assert all(life.state_of(fleet, event)["state"] == "sent" for event in wanted[:40])
