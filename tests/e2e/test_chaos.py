"""Faults of what the fleet stands on, one after the other: work stands still for as long as one lasts, and goes on by itself."""
import resource
import time
from functools import partial

import events
import pytest
from checks import none_lost, sent_once

SESSION_S = 3
SESSIONS = 4  # of the courier with its relay


def load(fleet, count=30):
    return fleet.emit([events.invite(tenant=f"t{n % 5}") for n in range(count)])


def stands_still(fleet, why):
    """Some service says on /readyz that it cannot work, in these words."""
    fleet.wait(lambda: any(why in s.get("/readyz")[1] for s in fleet.services), 30, f"nobody stands still because of '{why}'")


def full(fleet):
    """maxmemory is used up and nothing may be evicted."""
    fleet.redis.client.config_set("maxmemory", 1)
    wanted = load(fleet)
    stands_still(fleet, "OOM")
    fleet.redis.client.config_set("maxmemory", 0)
    return wanted


def read_only(fleet):
    """Redis has been made somebody's replica: it answers questions and takes nothing."""
    fleet.redis.client.replicaof("127.0.0.1", 9)
    wanted = load(fleet)
    stands_still(fleet, "replica")
    fleet.redis.client.replicaof("NO", "ONE")
    return wanted


def slow(fleet, seconds=1.5):
    """Each answer takes longer than anybody waits for one, and what was asked has been done."""
    wanted = load(fleet)
    fleet.redis.client.execute_command("CLIENT", "PAUSE", int(seconds * 1000), "ALL")
    return wanted


def broker_sleeps(fleet, seconds=1.5):
    wanted = load(fleet)
    fleet.kafka.freeze()
    time.sleep(seconds)
    fleet.kafka.thaw()
    return wanted


def no_descriptors(fleet):
    """The courier can open nothing more: its relay is closed, and probed until it can."""
    email = fleet["email"]
    soft, hard = resource.prlimit(email.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(email.pid, resource.RLIMIT_NOFILE, (3, hard))
    fleet.sink.cut()
    wanted = load(fleet)
    fleet.wait(lambda: "ev=route-closed" in email.text(), 30, "the relay is not closed")
    resource.prlimit(email.pid, resource.RLIMIT_NOFILE, (soft, hard))
    return wanted


def courier_sleeps(fleet, seconds=SESSION_S + 1):
    """The group believes it dead; it wakes with mails in hand."""
    before = len(fleet.sink.messages)
    wanted = load(fleet, 60)
    fleet.wait(lambda: len(fleet.sink.messages) > before + 5, 30, "nothing is sent")
    fleet["email"].freeze()
    time.sleep(seconds)
    fleet["email"].thaw()
    return wanted


FAULTS = [full, read_only, slow, broker_sleeps, no_descriptors]


def each(fleet, faults):
    """One after the other; last the courier sleeps, and of what it had in hand a message a session may be in doubt."""
    fleet.up()
    wanted = []
    for fault in faults:
        wanted += fault(fleet)
        sent_once(fleet, wanted, fleet.patience(90))
    assert all(s.running() for s in fleet.services), fleet.tails()
    return wanted


def test_one_fault_after_the_other(fleet):
    fleet.kafka_options |= {"session.timeout.ms": SESSION_S * 1000, "heartbeat.interval.ms": 500}
    wanted = each(fleet, FAULTS)
    assert len(none_lost(fleet, wanted + courier_sleeps(fleet), fleet.patience(90))) <= SESSIONS


@pytest.mark.soak
def test_they_last_longer(fleet):
    """As long as they last in life, with the sessions that an installation has."""
    wanted = each(fleet, [partial(slow, seconds=2), *(partial(broker_sleeps, seconds=s) for s in (5, 30, 90))])
    assert len(none_lost(fleet, wanted + courier_sleeps(fleet, 15), fleet.patience(90))) <= SESSIONS
