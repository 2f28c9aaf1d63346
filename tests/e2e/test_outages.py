"""Kafka, Redis and our own programs go away and come back: nothing is lost, nothing comes twice."""
import threading
import time

import events
import pytest
from checks import history_in_order, none_lost, sent_once

LOAD = 400


def arrived(fleet, count):
    """Waits until the sink has taken `count` messages: the middle of the work."""
    fleet.wait(lambda: len(fleet.sink.messages) >= count, 60, f"not {count} messages at the sink")


def load(fleet, count=LOAD):
    return fleet.emit([events.invite(tenant=f"t{n % 5}") for n in range(count)])


@pytest.mark.story
def test_redis_down_then_up(fleet):
    """Sending stands still without Redis and goes on with its data."""
    fleet.up()
    before = load(fleet, 20)
    sent_once(fleet, before)
    dot = fleet.sink.on("DOT", times=1, hold="the answer")
    taken = fleet.emit(events.invite())
    fleet.sink.wait(lambda: dot.used, 30, "nothing is at the relay")
    fleet.redis.stop()
    for service in fleet.services:
        fleet.wait(lambda s=service: s.get("/readyz")[0] == 503, 20, f"{service.name} is still ready")
        assert service.get("/healthz")[0] == 200
        fleet.wait(lambda s=service: s.metric("beckon_standing_still") == 1, 20, f"{service.name} counts as working")
    fleet.sink.release("the answer")
    fleet.await_outcome(taken, "sent")  # what became of it is told all the same
    during = load(fleet, 20)
    assert len(fleet.sink.messages) == 21
    fleet.redis.start()
    for service in fleet.services:
        service.await_ready()
        fleet.wait(lambda s=service: s.metric("beckon_standing_still") == 0, 20, f"{service.name} counts as standing still")
    sent_once(fleet, [*before, taken, *during])


def test_redis_killed_under_load(fleet):
    fleet.up()
    wanted = load(fleet)
    arrived(fleet, LOAD // 4)
    fleet.redis.kill()
    fleet.redis.start()
    sent_once(fleet, wanted)


def test_redis_frozen_under_load(fleet):
    """A Redis that accepts and does not answer; a call that timed out may have run."""
    fleet.up()
    wanted = load(fleet)
    arrived(fleet, LOAD // 4)
    fleet.redis.freeze()
    fleet.wait(lambda: not fleet["email"].ready(), 30, "email is still ready")
    fleet.redis.thaw()
    sent_once(fleet, wanted)


@pytest.mark.story
def test_broker_restarted_under_load(fleet):
    fleet.up()
    wanted = load(fleet)
    arrived(fleet, LOAD // 4)
    fleet.kafka.restart()
    sent_once(fleet, wanted, fleet.patience(90))


def test_broker_killed_under_load(fleet):
    fleet.up()
    wanted = load(fleet)
    arrived(fleet, LOAD // 4)
    fleet.kafka.kill()
    fleet.kafka.start()
    sent_once(fleet, wanted, fleet.patience(90))


@pytest.mark.story
def test_two_couriers(fleet):
    """A second courier joins under load, the first one leaves: the work moves and nobody is sent to twice."""
    fleet.up()
    wanted = load(fleet)
    arrived(fleet, LOAD // 8)
    second = fleet.service("email").start().await_ready()
    arrived(fleet, LOAD // 4)
    assert fleet["email"].stop() == 0
    sent_once(fleet, wanted)
    assert second.running()


def test_a_partition_comes_back(fleet):
    """A second courier takes a partition and leaves it again, while a mail of it is still at the relay: it is sent once."""
    fleet.kafka_options |= {"session.timeout.ms": 1500, "heartbeat.interval.ms": 300}
    fleet.up(email={"sessions": 8})
    first = fleet["email"]
    fleet.sink.on("DOT", times=6, hold="the dot")
    wanted = fleet.emit([events.invite(email=events.address(f"d{n}.internal")) for n in range(6)])
    fleet.sink.wait(lambda: sum("DATA" in line for c in fleet.sink.connections for line in c.commands) >= 6, 30, "nobody is at the relay")
    second = fleet.service("email").start().await_ready()
    fleet.wait(lambda: "ev=assigned" in second.text(), 30, "it gets nothing")
    before = first.text().count("ev=assigned")
    assert second.stop() == 0
    fleet.wait(lambda: first.text().count("ev=assigned") > before, 60, "its partition does not come back")
    fleet.wait(lambda: first.metric("beckon_undone") == 12, 30, "it does not read them again")
    fleet.sink.release("the dot")
    sent_once(fleet, wanted)


def test_courier_killed_with_mails_in_flight(fleet):
    """SIGKILL and a start with the same slot; the journal says what was in doubt."""
    fleet.up()
    sessions = 4
    wanted = load(fleet)
    arrived(fleet, LOAD // 4)
    fleet["email"].kill()
    fleet["email"].start().await_ready()
    twice = none_lost(fleet, wanted)
    assert len(twice) <= sessions
    history_in_order(fleet)


def test_a_courier_dies_for_good(fleet):
    """Its partitions go to the other one; what it had claimed is taken over, as in doubt, when the lease ends."""
    fleet.kafka_options["session.timeout.ms"] = 6000
    fleet.up(couriers=2, email={"message_deadline": "1s", "sessions": 4})
    wanted = load(fleet)
    arrived(fleet, LOAD // 4)
    fleet["email"].kill()
    twice = none_lost(fleet, wanted, fleet.patience(120))
    assert len(twice) <= 2 * 4  # without its journal a mail with a reply that was not settled is in doubt as well
    history_in_order(fleet)


@pytest.mark.soak
def test_a_courier_sleeps_longer_than_its_lease(fleet):
    """Others have taken over what it had at the relay; awake again, it sends nothing of that."""
    fleet.kafka_options["session.timeout.ms"] = 6000
    fleet.up(email={"message_deadline": "1s", "sessions": 4})
    sleeper = fleet["email"]
    fleet.sink.on("RCPT", times=4, hold="a while")
    wanted = load(fleet, 12)
    fleet.sink.wait(lambda: any(c.to for c in fleet.sink.connections), 30, "nobody is at the relay")
    sleeper.freeze()
    held = [c for c in fleet.sink.connections if c.open]
    fleet.service("email").start()
    fleet.sink.release("a while")
    assert not none_lost(fleet, wanted, fleet.patience(90))
    taken = len(fleet.sink.messages)
    sleeper.thaw()
    fleet.sink.wait(lambda: not any(c.open for c in held), 60, "it keeps its sessions")
    fleet.wait(lambda: sleeper.ready(), 60, "it does not work again")
    sent_once(fleet, wanted + load(fleet, 12))
    assert len(fleet.sink.messages) == taken + 12 and held


def test_who_takes_over_dies_too(fleet):
    """A delivery that was in doubt as often as may be is not sent because whoever took it over died before that was settled.

    What the take-over writes is written here, since the lease before it lasts 16 seconds."""
    fleet.up()
    fleet.sink.on("RCPT", times=2, hold="at the relay")
    secret, doubtful = wanted = fleet.emit([events.password(), events.invite()])
    fleet.sink.wait(lambda: sum(bool(c.to) for c in fleet.sink.connections) == 2, 30, "they are not at the relay")
    fleet["email"].kill()
    for event, doubts in ((secret, "1"), (doubtful, "2")):
        claim = f"{fleet.prefix}c:{event.key}.1.email.0"
        line = fleet.redis.client.get(claim).split("|")
        line[1], line[9], line[10] = "2", doubts, "2"
        fleet.redis.client.set(claim, "|".join(line))
    fleet["email"].start().await_ready()
    for event in wanted:
        assert fleet.await_outcome(event, "unknown")["sequence"][:2] == [1, 2]
        assert fleet.redis.client.hget(f"{fleet.prefix}d:{event.key}", "state") == "unknown"
    fleet.sink.release("at the relay")
    assert not fleet.sink.messages


def test_what_somebody_else_has_settled(fleet):
    """Whoever comes back with an answer after another has settled the delivery tells nobody of it."""
    fleet.up()
    dot = fleet.sink.on("DOT", times=1, hold="the answer")
    event = fleet.emit(events.invite())
    fleet.sink.wait(lambda: dot.used, 30, "nothing is at the relay")
    claim = f"{fleet.prefix}c:{event.key}.1.email.0"
    line = fleet.redis.client.get(claim).split("|")
    line[1:3], line[4:7] = ["2", "sent"], ["", "0", "0"]  # as another settles the turn after
    fleet.redis.client.set(claim, "|".join(line))
    fleet.sink.release("the answer")
    fleet.wait(lambda: "ev=settle-lost" in fleet["email"].text(), 30, "nobody noticed")
    sent_once(fleet, load(fleet, 20))
    assert fleet.outcomes.words(event.invite, event.tenant) == ["queued"]


def test_two_programs_with_one_slot(fleet):
    """The second one is told so and leaves; the first one works on."""
    fleet.up()
    rival = fleet.service("email", slot=fleet["email"].slot)
    fleet.services.remove(rival)
    assert rival.start().wait(20) == 78
    assert "slot" in rival.tail(1) or "lock" in rival.tail(1), rival.tail()
    sent_once(fleet, load(fleet, 20))


def test_redis_loses_everything(fleet):
    """Kafka is the truth: without the epoch nobody acts, and nobody calls it a new installation."""
    fleet.up()
    sent_once(fleet, load(fleet, 20))
    fleet.redis.wipe()
    for service in fleet.services:
        fleet.wait(lambda s=service: s.get("/readyz")[0] == 503 and "epoch" in s.get("/readyz")[1], 20,
                   f"{service.name} does not wait for the epoch")
    fleet.emit([events.invite() for _ in range(20)])
    refused = fleet.init(check=False)
    assert refused.returncode == 1 and "rebuilt" in refused.stderr
    assert len(fleet.sink.messages) == 20 and not [s for s in fleet.services if s.ready()]


def test_dispatcher_killed_under_load(fleet):
    fleet.up()
    wanted = [events.invite() for _ in range(LOAD)]
    emitter = threading.Thread(target=fleet.emit, args=(wanted,))
    emitter.start()
    arrived(fleet, LOAD // 8)
    fleet["dispatcher"].kill()
    emitter.join()
    fleet["dispatcher"].start().await_ready()
    sent_once(fleet, wanted)


def revive(fleet):
    """What a supervisor does; who ends because of a topic says so by its code."""
    for service in fleet.services:
        if not service.running():
            assert service.popen.returncode == 70, f"{service.popen.returncode}\n{service.tail()}"
            service.start()


def test_a_topic_is_deleted(fleet):
    """Under the fleet, and made anew later or at once: whoever reads it or writes to it ends and says so; started again it begins
    with the first record of the new one, and sends nothing twice."""
    fleet.kafka_options["topic.metadata.refresh.interval.ms"] = 1000
    fleet.up()
    email, topic = fleet["email"], fleet.topics["email"]
    wanted = load(fleet, 40)
    sent_once(fleet, wanted)
    for count, why in ((40, "not available"), (8, "has the topic been made anew?")):
        fleet.kafka.delete_topics([topic])
        if why == "not available":
            fleet.wait(lambda: not email.running(), 60, "the courier goes on without its topic")
        fleet.kafka.create_topics([topic])
        fleet.wait(lambda: not any(fleet.kafka.ends(topic)), 60, "the former topic is still there")
        wanted += load(fleet, count)  # fewer than stood in the former one: who does not fetch meanwhile cannot know
        fleet.wait(lambda: revive(fleet) or len(fleet.outcomes.distinct("sent")) == len(wanted), 90, "some are lost")
        sent_once(fleet, wanted)
        assert why in email.text(), email.tail()


@pytest.mark.soak
def test_kafka_away_for_a_minute(fleet):
    """No loss, no crash, and next to no processor time spent on waiting."""
    fleet.up()
    before = load(fleet, 50)
    sent_once(fleet, before)
    fleet.kafka.stop()
    spent = {s.name: s.cpu_s() for s in fleet.services}
    time.sleep(60)  # the minute is the story
    busy = {s.name: (s.cpu_s() - spent[s.name]) / 60 for s in fleet.services}
    fleet.kafka.start()
    sent_once(fleet, before + load(fleet, 50), 120)
    assert max(busy.values()) < 0.05, f"share of a core while Kafka was away: {busy}"


@pytest.mark.story
@pytest.mark.tsan
def test_sigterm_under_load(fleet):
    """What has a reply is settled, what is unsent is given back: the next start repeats nothing."""
    fleet.up()
    wanted = load(fleet)
    arrived(fleet, LOAD // 4)
    codes = fleet.stop()
    assert set(codes.values()) == {0}, f"{codes}\n{fleet.tails()}"
    for service in fleet.services:
        service.start()
    for service in fleet.services:
        service.await_ready()
    sent_once(fleet, wanted)


def test_while_it_leaves(fleet):
    """From SIGTERM on it is alive and not ready, takes nothing up, and ends what has begun."""
    fleet.up(email={"sessions": 2})
    begun, later = events.invite(), events.invite()
    fleet.sink.on("DOT", to=begun.to, hold="the dot")
    fleet.emit(begun)
    fleet.sink.wait(lambda: any("DATA" in line for c in fleet.sink.connections for line in c.commands), 30, "nobody is at the relay")
    fleet["email"].ask_to_stop()
    fleet.wait(lambda: fleet["email"].get("/readyz")[0] == 503, 20, "a service that leaves is ready")
    assert "stopping" in fleet["email"].get("/readyz")[1] and fleet["email"].get("/healthz")[0] == 200
    fleet.emit(later)
    fleet.await_outcome(later, "queued")
    fleet.sink.release("the dot")
    assert fleet["email"].stop() == 0
    assert [m.to for m in fleet.sink.messages] == [begun.to]
    fleet["email"].start().await_ready()
    sent_once(fleet, [begun, later])


@pytest.mark.story
def test_sigterm_without_a_reply(fleet):
    """What has no reply when the drain time is over is told as unknown before the process leaves."""
    fleet.up(email={"drain": "1s", "schedule": {"retry": ["1h"]}})
    doubtful, silent = events.invite(), events.invite()
    fleet.sink.on("DOT", to=doubtful.to, silent=True, take=True)
    fleet.sink.on("RCPT", to=silent.to, silent=True)
    fleet.emit([doubtful, silent])
    arrived(fleet, 1)
    assert fleet["email"].stop() == 0
    fleet.await_outcome(doubtful, "unknown")
    fleet.sink.clear()
    fleet["email"].start().await_ready()
    sent_once(fleet, [silent])


@pytest.mark.story
def test_kafka_down_then_up(fleet):
    """Everybody says so for as long as it lasts, starts without it, and goes on with what there is."""
    fleet.up()
    before = load(fleet, 20)
    sent_once(fleet, before)
    fleet.kafka.kill()
    for service in fleet.services:
        fleet.wait(lambda s=service: s.get("/readyz")[0] == 503, 20, f"{service.name} is still ready")
        assert "kafka" in service.get("/readyz")[1]
    fleet["dispatcher"].stop()
    fleet["dispatcher"].start()
    fleet.wait(lambda: fleet["dispatcher"].get("/healthz")[0] == 200, 20, "the dispatcher does not start")
    fleet.kafka.start()
    for service in fleet.services:
        service.await_ready()
    sent_once(fleet, before + load(fleet, 20), fleet.patience(90))


@pytest.mark.story
def test_kafka_away_for_longer_than_a_session(fleet):
    """Members whose sessions ended meanwhile join again, whatever their former lives still ask of the broker."""
    fleet.up()
    wanted = load(fleet)
    arrived(fleet, LOAD // 8)
    fleet.kafka.kill()
    for service in ("dispatcher", "email"):
        fleet.wait(lambda s=service: "lost=1" in fleet[s].tail(1000), 60, f"the session of {service} does not end")
    fleet.kafka.start()
    sent_once(fleet, wanted, fleet.patience(90))
    assert all(s.running() for s in fleet.services), fleet.tails()
