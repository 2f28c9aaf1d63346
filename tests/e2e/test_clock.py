"""The clock: what waits comes back once and when it is due, whoever of several clocks dies or sleeps."""
import subprocess
import time
from collections import Counter

import pytest

from fleet import SANITIZER_ENV, build_dir

LEASE_S = 2  # of the fleet's configuration
BATCHES = 12 * 512  # what one clock may have in hand


def park(fleet, count, first_ms, per_s, size=500):
    """Items park/0 … of `size` bytes for the topic of jobs, due one after the other."""
    driver = build_dir() / "tests" / "later_driver"
    subprocess.run([driver, fleet.redis_url, fleet.prefix, fleet.topics["email"],
                    *map(str, (count, size, first_ms, per_s))], check=True, env=SANITIZER_ENV, timeout=60)


def read_put_back(fleet):
    """{id: time between due and append in ms, a list} of what came back so far."""
    late = {}

    def note(message):
        due = int(dict(message.headers())["due"])
        late.setdefault(message.key().decode(), []).append(message.timestamp()[1] - due)
    return fleet.read("email", note), late


def all_back(fleet, late, count, timeout=30):
    fleet.wait(lambda: len(late) == count, timeout, lambda: f"{len(late)} of {count} came back\n{fleet.tails()}")


def nothing_waits(fleet):
    """No item, no bytes, no count is left behind."""
    fleet.wait(lambda: fleet.redis.client.zcard(f"{fleet.prefix}later") == 0, 10, "items are left")
    assert not fleet.redis.keys(f"{fleet.prefix}l:")
    assert set(fleet.redis.client.hvals(f"{fleet.prefix}later:reasons")) <= {"0"}


@pytest.fixture
def clocks(fleet):
    """Two clocks, ready."""
    fleet.up(services=("clock", "clock"))
    return fleet.all("clock")


def now_ms():
    return int(time.time() * 1000)


@pytest.mark.story
def test_two_clocks_share(fleet, clocks):
    """Each item comes back once, never early, and both have a part in it."""
    reader, late = read_put_back(fleet)
    park(fleet, 6000, now_ms() + 500, 3000)
    all_back(fleet, late, 6000)
    reader.close()
    twice = {k: v for k, v in late.items() if len(v) > 1}
    assert not twice, f"{len(twice)} came back twice: {list(twice.items())[:3]}"
    assert min(v[0] for v in late.values()) >= 0, "something came back before it was due"
    fleet.wait(lambda: all(c.metric("beckon_put_back_total") > 0 for c in clocks), 10, "one of them did nothing")
    nothing_waits(fleet)


@pytest.mark.story
def test_one_of_two_clocks_is_killed(fleet, clocks):
    """What it had in hand is due again when its lease ends."""
    reader, late = read_put_back(fleet)
    park(fleet, 9000, now_ms(), 3000)
    fleet.wait(lambda: len(late) > 1000, 20, "nothing comes back")
    clocks[0].kill()
    all_back(fleet, late, 9000)
    reader.close()
    assert sum(len(v) for v in late.values()) - 9000 <= BATCHES
    nothing_waits(fleet)


@pytest.mark.story
def test_one_of_two_clocks_sleeps(fleet, clocks):
    """Stopped for longer than its lease and resumed: the other has done its work, and it goes on with new."""
    reader, late = read_put_back(fleet)
    park(fleet, 8000, now_ms(), 2000)
    fleet.wait(lambda: len(late) > 1000, 20, "nothing comes back")
    clocks[0].freeze()
    time.sleep(LEASE_S + 1)
    clocks[0].thaw()
    all_back(fleet, late, 8000)
    counts = Counter(len(v) for v in late.values())
    assert max(counts) <= 2 and counts[2] <= BATCHES, counts
    nothing_waits(fleet)
    alone = clocks[0].metric("beckon_put_back_total")
    clocks[1].kill()
    park(fleet, 100, now_ms() + 100, 1000, size=10)
    fleet.wait(lambda: clocks[0].metric("beckon_put_back_total") >= alone + 100, 20, "it does not go on")
    reader.close()
    nothing_waits(fleet)


def leased_ahead(fleet, count):
    """Parks items that are due at once, and returns as soon as they are leased: how long before they are due, in ms."""
    due_ms = now_ms() + 1500
    park(fleet, count, due_ms, 1_000_000)
    fleet.wait(lambda: fleet.redis.client.zcount(f"{fleet.prefix}later", "-inf", due_ms + 1) == 0, 20, "nothing is leased")
    return due_ms - now_ms()


@pytest.mark.story
def test_redis_does_not_answer_when_it_is_time(fleet, clocks):
    """What falls due while Redis waits for its disk goes back on time: a clock has leased it before."""
    reader, late = read_put_back(fleet)
    sets = 1
    while leased_ahead(fleet, 50) <= 0:  # this machine was too slow to see it
        sets += 1
        assert sets < 10, "nothing is leased before it is due"
    fleet.redis.freeze()
    try:
        all_back(fleet, late, 50 * sets)
    finally:
        fleet.redis.thaw()
    reader.close()
    assert min(min(v) for v in late.values()) >= 0, "something came back before it was due"
    nothing_waits(fleet)


@pytest.mark.story
def test_who_sleeps_with_items_in_hand(fleet):
    """Stopped between lease and append, for longer than the lease: what it wakes up with is another's by then."""
    fleet.init()
    sleeper = fleet.service("clock").start(BECKON_CRASH_AT="leased:1:stop").await_ready()
    reader, late = read_put_back(fleet)
    park(fleet, 50, now_ms(), 1000)
    fleet.wait(lambda: "\nState:\tT" in open(f"/proc/{sleeper.pid}/status").read(), 10, "it does not stop")
    other = fleet.service("clock").start().await_ready()
    all_back(fleet, late, 50)
    sleeper.thaw()
    fleet.wait(lambda: "ev=lease-lost" in sleeper.text(), 10, "it has not noticed")
    park(fleet, 20, now_ms(), 1000)
    all_back(fleet, late, 70)
    nothing_waits(fleet)
    reader.close()
    assert {len(v) for v in late.values()} == {1}
    fleet.wait(lambda: other.metric("beckon_put_back_total") >= 50, 10, "it was not the other who put them back")


def test_kafka_away_for_longer_than_the_lease(fleet, clocks):
    """Nothing is lost, though one clock dies with what Kafka has not taken; what was on its way may come once more for each
    clock, and no more is leased meanwhile."""
    reader, late = read_put_back(fleet)
    park(fleet, 9000, now_ms(), 3000)
    fleet.wait(lambda: len(late) > 500, 20, "nothing comes back")
    fleet.kafka.kill()
    time.sleep(2 * LEASE_S)
    before = sum(c.metric("beckon_put_back_total") for c in clocks)
    time.sleep(2 * LEASE_S)
    assert sum(c.metric("beckon_put_back_total") for c in clocks) - before <= BATCHES
    clocks[0].kill()
    clocks[0].start()
    fleet.kafka.start()
    all_back(fleet, late, 9000, 60)
    nothing_waits(fleet)
    reader.close()
    assert max(len(v) for v in late.values()) <= len(clocks) * 2


@pytest.mark.story
def test_what_waits_is_counted_by_reason(fleet, clocks):
    """Parked far ahead: counted, by reason, and not overdue."""
    park(fleet, 300, now_ms() + 3_600_000, 1000)
    for clock in clocks:
        fleet.wait(lambda c=clock: c.metric("beckon_parked", reason="scheduled") == 300, 10, "not counted")
        assert clock.metric("beckon_parked_overdue") == 0
        assert clock.metric("beckon_due_lag_seconds") == 0
