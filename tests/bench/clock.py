"""How late the clock is and what it costs, with a million items waiting. README.md says how to read the figures."""
import statistics
import subprocess
import threading
import time
import uuid

from confluent_kafka import Consumer, TopicPartition

import fleet as fleet_module
import rig as rigs
from meters import Meter
from process import wait_until

PARKED, BYTES = 1_000_000, 600      # what waits all the while; about a job's size
DUE, RATE = 100_000, 10_000         # what falls due, items a second
TOMORROW_MS = 86_400_000
LEAD = 3                            # so many times as long as parking takes, until the first of it falls due
IDLE_S = 5
IN_TIME_MS = 100
TROUBLE_S, DISK_MB = 2, 2500        # into what falls due; what is written beside it


def park(fleet, topic, count, first_ms):
    """later_driver: items of BYTES bytes, due one after the other."""
    subprocess.run([rigs.BENCH / "later_driver", fleet.redis_url, fleet.prefix, topic,
                    *map(str, (count, BYTES, first_ms, RATE))], check=True)


def read_late(bootstrap, topic, count):
    """([ms from due time to the broker's time], seconds from the first record to the last)."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": f"bench-{uuid.uuid4()}",
                         "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, p, 0) for p in range(rigs.PARTITIONS)])
    late, times = [], []
    while len(late) < count:
        for message in consumer.consume(5000, 5.0):
            assert not message.error(), message.error()
            times.append(message.timestamp()[1])
            late.append(times[-1] - int(dict(message.headers())["due"]))
    consumer.close()
    return late, (max(times) - min(times)) / 1000


def memory(redis):
    return redis.client.info("memory")["used_memory"]


def start(rig):
    """A fleet of one clock, not started."""
    fleet = fleet_module.Fleet(rig.dir / f"clock-{uuid.uuid4().hex[:6]}", rig.kafka, rig.redis, None, rigs.PARTITIONS)
    fleet.outcomes.close()
    fleet.init()
    return fleet, fleet.service("clock")


def keep_disk_busy(folder):
    target = folder / "busy"
    subprocess.run(["dd", "if=/dev/zero", f"of={target}", "bs=1M", f"count={DISK_MB}"], check=True, capture_output=True)
    target.unlink()


def trouble(rig, kind, first_ms):
    """Begins TROUBLE_S after the first item has fallen due."""
    kinds = {"rewrite": rig.redis.client.bgrewriteaof, "disk": lambda: keep_disk_busy(rig.dir)}
    if kind:
        threading.Timer(first_ms / 1000 + TROUBLE_S - time.time(), kinds[kind]).start()


def put_back(rig, fleet, service, lead_s, kind):
    """Parks what falls due and waits until all of it is back: (first due, end), both in s."""
    first_ms = int((time.time() + lead_s) * 1000)
    park(fleet, fleet.topics["email"], DUE, first_ms)
    trouble(rig, kind, first_ms)
    assert time.time() * 1000 < first_ms, "parking took too long: some were late before they waited"
    wait_until(lambda: service.metric("beckon_put_back_total") >= DUE, lead_s + 5 * DUE / RATE, "not all came back",
               step=0.5)
    return first_ms / 1000, time.time()


def measure(rig, options):
    fleet, service = start(rig)
    topic, before = fleet.topics["email"], memory(rig.redis)
    began = time.time()
    park(fleet, topic, PARKED, int(began * 1000) + TOMORROW_MS)
    lead_s = 5 + LEAD * (time.time() - began) * DUE / PARKED
    bytes_item = (memory(rig.redis) - before) / PARKED
    service.start().await_ready()
    with Meter(rig.processes(fleet, None)) as meter:
        began = time.time()
        time.sleep(IDLE_S)
        idle = meter.cpu(began, time.time())
        used = meter.cpu(*put_back(rig, fleet, service, lead_s, options.trouble))
    late, took = read_late(rig.kafka.bootstrap, topic, DUE)
    fleet.stop()
    rig.redis.wipe()
    cuts = statistics.quantiles(late, n=100)
    return {"put_back": len(late) / took, "late_p50_ms": cuts[49], "late_p99_ms": cuts[98], "late_max_ms": max(late),
            "in_time": 100 * sum(0 <= ms <= IN_TIME_MS for ms in late) / len(late), "bytes_item": bytes_item,
            "rss_mb": meter.peak_mb(), "cpu": used["beckon"] / DUE * 1000, "cpu_redis": used["redis"] / DUE * 1000,
            "cpu_kafka": used["kafka"] / DUE * 1000,
            "idle_cpu": 100 * idle["beckon"] / IDLE_S, "other": used["other"]}
