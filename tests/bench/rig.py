"""What a measure stands on: a broker, a Redis, sinks, a fleet of one dispatcher and one email, and its outcomes."""
import json
import os
import shutil
import subprocess
import time
import uuid

from confluent_kafka import Consumer, TopicPartition

import events
import fleet as fleet_module
import kafka_server
import redis_server
from process import Process, build_root, free_port, port_answers, wait_until

PARTITIONS = 8
STALLED_S = 45  # no outcome for so long: the run is given up
BENCH = build_root() / "bench"

# A broker as people run it, where tests are content with a slow one that is up early.
JVM = ["-Xmx1g", "-Xms512m"]


class SmtpSink(Process):
    """Postfix's smtp-sink: answers at once."""

    def __init__(self, directory):
        self.port = free_port()
        super().__init__("smtp-sink", ["smtp-sink", "-u", "nobody", "-m", "2048", f"127.0.0.1:{self.port}", "1000"],
                         directory / "smtp-sink.log")

    def start(self):
        super().start()
        wait_until(lambda: port_answers(self.port), 10, "smtp-sink does not answer")
        return self


class Delay(Process):
    """A server that answers late: delaysink.c with --final or --every and milliseconds, delayhttp.c with those alone."""

    def __init__(self, directory, program, *args):
        super().__init__(program, [BENCH / program, *args], directory / f"{program}-{uuid.uuid4().hex[:6]}.log")

    def start(self):
        super().start()
        self.port = int(wait_until(lambda: self.text().strip(), 10, f"{self.name} tells no port"))
        return self


class Told:
    """Outcomes of a run, read when it is over: {word: {invite: append time in ms}}."""

    def __init__(self, bootstrap, topic):
        self.topic, self.words = topic, {}
        self.consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench", "enable.auto.commit": False})

    def count(self):
        """Outcomes appended so far, without reading them."""
        return sum(self.consumer.get_watermark_offsets(TopicPartition(self.topic, p), timeout=10)[1]
                   for p in range(PARTITIONS))

    def read(self):
        left = self.count()
        self.consumer.assign([TopicPartition(self.topic, p, 0) for p in range(PARTITIONS)])
        while left > 0:
            for message in self.consumer.consume(5000, 5.0):
                assert not message.error(), message.error()
                outcome = json.loads(message.value())
                self.words.setdefault(outcome["word"], {}).setdefault(outcome["invite"], message.timestamp()[1])
                left -= 1
        self.consumer.close()
        return self.words


class Rig:
    """Kafka and Redis, up for all measures. aof: Redis writes every change to disk, as an installation does."""

    def __init__(self, aof=True):
        self.dir = BENCH / "run"
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir(parents=True)
        self.kafka = kafka_server.KafkaServer(self.dir / "kafka", jvm=JVM).start()
        self.redis = redis_server.RedisServer(self.dir / "redis", appendonly="yes" if aof else "no").start()

    def close(self):
        self.redis.kill()
        self.kafka.kill()

    def fleet(self, sink, sessions, linger_ms=5):
        made = fleet_module.Fleet(self.dir / f"fleet-{uuid.uuid4().hex[:6]}", self.kafka, self.redis, sink, PARTITIONS)
        made.outcomes.close()  # outcomes are read when nothing is measured any more
        made.kafka_options["linger.ms"] = str(linger_ms)
        made.init()
        made.service("dispatcher")
        made.service("email", sessions=sessions)
        return made

    def forget(self, fleet):
        """What the next run must not meet; topics go with the broker at the end."""
        self.redis.wipe()
        shutil.rmtree(fleet.dir, ignore_errors=True)

    def processes(self, fleet, sink):
        return {"beckon": [s.pid for s in fleet.services], "kafka": [self.kafka.process.pid],
                "redis": [self.redis.process.pid], "sink": [sink.pid] if sink else []}


def start(fleet, wrap=()):
    """Starts dispatcher and email, not waiting; wrap: a command line that runs them."""
    for service in fleet.services:
        service.argv = [*wrap, *service.argv]
        service.start()


def await_told(fleet, told, wanted):
    """Until so many outcomes were told; fails when nothing moves any more."""
    seen, since = -1, time.monotonic()
    while seen < wanted:
        now = told.count()
        if now != seen:
            seen, since = now, time.monotonic()
        assert all(s.running() for s in fleet.services), fleet.tails()
        assert time.monotonic() - since < STALLED_S, f"{seen} of {wanted} outcomes, then nothing\n{fleet.tails()}"
        time.sleep(0.2)


def wanted_invites(count):
    """Events of fifty tenants, about 300 bytes each."""
    return [events.invite(tenant=f"t{n % 50:02}") for n in range(count)]


def smtp_source(port, sessions, count, length=4096):
    """Postfix's own load source alone: (messages a second, CPU seconds a thousand)."""
    began, before = time.monotonic(), os.times()
    subprocess.run(["smtp-source", "-d", "-s", str(sessions), "-m", str(count), "-l", str(length),
                    f"127.0.0.1:{port}"], check=True, stdin=subprocess.DEVNULL)
    took, after = time.monotonic() - began, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return count / took, cpu / count * 1000
