"""What a former version leaves behind, written down, and laid out again under another fleet.

A world is one JSON file: all keys in Redis, all records of the topics at their offsets, what the groups have stored,
the keys' files and the couriers' journals, at one moment. Every name in it begins with the fleet's own, which has the
same length in each run, so that it is exchanged without a byte moving. Bytes are written as Latin-1.

    python former.py BUILD FILE [ladders]    lets the programs of BUILD work, of e-mail alone or of SMS and ladders,
                                             dies with them in the middle, writes FILE

Worlds stand in e2e/former, named by what that version could do; beside each is what the version asked Redis with, and
how it read jobs, plans and items is written here, so that what ours write now can be read as it would be.
"""
import base64
import json
import re
import shutil
import sys
import time
import zlib
from pathlib import Path

import redis
from confluent_kafka import Consumer, Producer, TopicPartition

import events
import smsd
import texts
from process import wait_until

WORLDS = Path(__file__).resolve().parents[1] / "e2e" / "former"
KEYS = ("ring.keys", "recipient.key", "seal.keys", "seal.keys.pub")
BOOT = Path("/proc/sys/kernel/random/boot_id")  # a journal is believed on the boot that wrote it
TENANTS = {"tenants": {"slow": {"limits": {"tenant": "4/m"}}, "acme": {"cooldown_s": 0}}}
OWN = {"dispatcher": TENANTS, "email": {"schedule": {"retry": ["30s"] * 4}}}
SOON_S = 40  # when what waits is due
LATER_S = 60  # when the next version begins: all that waited is due, and the leases of the dead have not ended


def text(data):
    return None if data is None else data.decode("latin-1")


def raw(fleet):
    return redis.Redis(port=fleet.redis.port, socket_timeout=5)


# ---- writing down

def _key(client, key):
    kind = client.type(key).decode()
    value = {"string": client.get, "hash": client.hgetall, "set": client.smembers,
             "list": lambda k: client.lrange(k, 0, -1),
             "zset": lambda k: client.zrange(k, 0, -1, withscores=True)}[kind](key)
    if kind == "string":
        value = text(value)
    elif kind == "hash":
        value = {text(k): text(v) for k, v in sorted(value.items())}
    elif kind == "zset":
        value = {text(k): score for k, score in value}
    else:
        value = [text(v) for v in value]
    return {"type": kind, "value": value, "ttl_ms": max(0, client.pttl(key))}


def _records(fleet, topic):
    """Of each partition, in order: the offsets are 0, 1, 2 ..."""
    consumer = Consumer({"bootstrap.servers": fleet.bootstrap, "group.id": "former", "enable.auto.commit": False})
    found = []
    for partition in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
        end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1]
        consumer.assign([TopicPartition(topic, partition, 0)])
        for offset in range(end):
            m = consumer.poll(10)
            assert m is not None and not m.error() and m.offset() == offset, (topic, partition, offset)
            found.append({"partition": partition, "key": text(m.key()), "value": text(m.value()),
                          "headers": [[k, text(v)] for k, v in m.headers() or []]})
    consumer.close()
    return found


def _stored(fleet, group):
    """{topic: {partition: offset}} that a group has stored."""
    consumer = Consumer({"bootstrap.servers": fleet.bootstrap, "group.id": group, "enable.auto.commit": False})
    where = [TopicPartition(t, p) for t in fleet.topics.values()
             for p in consumer.list_topics(t, timeout=10).topics[t].partitions]
    found = {}
    for place in consumer.committed(where, timeout=10):
        if place.offset >= 0:
            found.setdefault(place.topic, {})[str(place.partition)] = place.offset
    consumer.close()
    return found


def _journals(fleet):
    return {f"{s.slot}/{p.name}": base64.b64encode(zlib.compress(p.read_bytes())).decode()
            for s in fleet.services for p in sorted((fleet.dir / s.slot).iterdir())}


def write_down(fleet, told, path):
    client = raw(fleet)
    epoch = client.hget(f"{fleet.prefix}epoch", "id").decode()
    groups = [f"{fleet.name}-{s}" for s in ("dispatcher", "email", "sms")] + [f"{fleet.name}-status.{epoch}"]
    world = {"name": fleet.name, "now_ms": int(time.time() * 1000), "boot": BOOT.read_text(), **told,
             "keys": {k: (fleet.dir / k).read_text() for k in KEYS},
             "journals": _journals(fleet),
             "stored": {g: _stored(fleet, g) for g in groups},
             "redis": {text(k): _key(client, k) for k in sorted(client.scan_iter(f"{fleet.prefix}*"))},
             "topics": {t: _records(fleet, t) for t in fleet.topics.values()}}
    path.write_text(json.dumps(world, indent=1, sort_keys=True) + "\n")


# ---- laying out

def _lay_redis(fleet, keys):
    client = raw(fleet)
    for key, kept in keys.items():
        name, value = key.encode("latin-1"), kept["value"]
        if kept["type"] == "string":
            client.set(name, value.encode("latin-1"))
        elif kept["type"] == "hash":
            client.hset(name, mapping={k: v.encode("latin-1") for k, v in value.items()})
        elif kept["type"] == "zset":
            client.zadd(name, {k.encode("latin-1"): score for k, score in value.items()})
        elif kept["type"] == "list":
            client.rpush(name, *(v.encode("latin-1") for v in value))
        else:
            client.sadd(name, *(v.encode("latin-1") for v in value))
        if kept["ttl_ms"]:
            client.pexpire(name, kept["ttl_ms"])


def _lay_topics(fleet, topics):
    producer = Producer({"bootstrap.servers": fleet.bootstrap, "enable.idempotence": True, "linger.ms": 1})
    for topic, records in topics.items():
        for r in records:
            producer.produce(topic, key=r["key"] and r["key"].encode("latin-1"),
                             value=r["value"] and r["value"].encode("latin-1"), partition=r["partition"],
                             headers=[(k, v if v is None else v.encode("latin-1")) for k, v in r["headers"]])
    assert producer.flush(30) == 0


def _lay_stored(fleet, stored):
    for group, topics in stored.items():
        consumer = Consumer({"bootstrap.servers": fleet.bootstrap, "group.id": group, "enable.auto.commit": False})
        places = [TopicPartition(t, int(p), o) for t, offsets in topics.items() for p, o in offsets.items()]
        if places:
            consumer.commit(offsets=places, asynchronous=False)
        consumer.close()


class World:
    """A world of e2e/former under this fleet's name; the fleet has been made, nothing runs."""

    def __init__(self, fleet, name, redis_lost=False):
        was = json.loads((WORLDS / name / "world.json").read_text())["name"]
        assert len(was) == len(fleet.name)
        whole = json.loads((WORLDS / name / "world.json").read_text().replace(was, fleet.name))
        for name, bytes_ in whole["keys"].items():
            (fleet.dir / name).write_text(bytes_)
        for name, packed in whole["journals"].items():
            path = fleet.dir / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(zlib.decompress(base64.b64decode(packed)).replace(was.encode(), fleet.name.encode()))
            path.chmod(0o600)
        _lay_redis(fleet, {} if redis_lost else whole["redis"])
        _lay_topics(fleet, whole["topics"])
        _lay_stored(fleet, whole["stored"])
        self.groups = {g: [events.Event(e["type"], e["data"], id_=e["id"]) for e in list_]
                       for g, list_ in whole["asked"].items()}
        self.in_doubt = whole["in_doubt"]  # the slot of the courier that has not noted the relay's word
        self.letters = whole["letters"]  # {address: [Message-ID]} that the relay has taken over
        self.texts = whole.get("texts", {})  # {number: [text]} that the gateway has
        self.skew_ms = whole["now_ms"] + LATER_S * 1000 - int(time.time() * 1000)
        self.environment = {"BECKON_BOOT_ID": whole["boot"], "BECKON_SKEW_MS": str(self.skew_ms)}


# ---- the former version's eyes

class Scripts:
    """What it asked Redis with, run by Redis; ask() answers as its services were answered."""

    def __init__(self, fleet, name):
        self.client = redis.Redis(port=fleet.redis.port, decode_responses=True, encoding="latin-1", socket_timeout=5)
        epoch = self.client.hgetall(f"{fleet.prefix}epoch")
        self.head = [fleet.prefix, epoch["id"], epoch["run_id"], 0, "a former courier", 1, 10**9, 10**9]
        self.scripts = {path.stem: path.read_text() for path in (WORLDS / name).glob("*.lua")}

    def ask(self, script, *args):
        [reply] = self.client.eval(self.scripts[script], 0, *self.head, len(args), *args)
        return reply


PLAN = re.compile(r"2 [a-z]+ \d+ \d+ \d+ \d+ \S+ \S+ \S+ .+")


def read_job(value):
    """A job, as programs of e-mail alone read it; members they did not know are passed over."""
    job = json.loads(value)
    assert job["v"] == 1 and re.fullmatch(r"[\w-]{1,64}/[\w-]{1,64}\.\d+\.email\.\d+", job["delivery"])
    assert all(isinstance(job[name], str) for name in ("kind", "to", "recipient_hash", "id"))
    assert isinstance(job["data"], dict) and 1 <= job["ttl_s"] <= 31536000
    assert min(job["requested_ms"], job["not_after_ms"], job.get("expires_ms", 0), job.get("timer_turn", 0)) >= 0
    return job


def read_item(packed):
    """What waits: turn, due time, and its parts, each behind its length in four bytes with a NUL behind it."""
    turn, version, due, rest = packed.encode("latin-1").split(b"|", 3)
    assert version == b"1"
    parts = []
    while rest:
        length = int.from_bytes(rest[:4], "little")
        length = 0 if length == 0xffffffff else length
        assert rest[4 + length] == 0
        parts.append(rest[4:4 + length].decode("latin-1"))
        rest = rest[5 + length:]
    return {"turn": int(turn), "due_ms": int(due), **dict(zip(("topic", "key", "reason", "tenant", "value"), parts)),
            "headers": dict(zip(parts[5::2], parts[6::2]))}


# ---- working, and dying in the middle

def _wait_sent(fleet, list_):
    for event in list_:
        fleet.await_outcome(event, "sent")


def _kill_couriers(fleet, couriers, asked, make=events.invite):
    """One message after the other, until each courier has died at its point: settled and not told; taken over and
    not noted. The others stay on their topic."""
    for service, point in zip(couriers, ("settled:1", "taken:1")):
        service.stop()
        service.may_have_died = True
        service.start(BECKON_CRASH_AT=point)
    for service in couriers:
        service.await_ready()
    while any(s.running() for s in couriers):
        alive = sum(s.running() for s in couriers)
        asked.append(fleet.emit(make()))
        fleet.await_outcome(asked[-1], "queued")
        try:
            wait_until(lambda: sum(s.running() for s in couriers) < alive, 3, "its courier is dead already")
        except TimeoutError:
            pass


def leave(fleet):
    """Something of everything that a fleet of e-mail knows; returns what was asked, by what is to become of it."""
    asked = {"sent": [events.invite() for _ in range(4)], "held": [events.invite(send="hold") for _ in range(2)],
             "cancelled": [events.invite()], "refused_once": [events.invite()], "dead_couriers": [],
             "scheduled": [make(schedule={"not_before": events.rfc3339(time.time() + SOON_S)})
                           for make in (events.invite, events.invite, events.password)],
             "limited": [events.invite(tenant="slow") for _ in range(3)],
             "undecided": [events.invite(), events.invite(send="hold"), events.invite(recipient={"state": "active"})],
             "unread": [events.invite()]}
    fleet.up(("clock", "dispatcher", "email", "status"), couriers=2, **OWN)
    fleet.sink.on("RCPT", to=re.escape(asked["refused_once"][0].to), reply="451 4.3.0 later")
    for word in ("sent", "held", "cancelled", "refused_once", "scheduled", "limited"):
        fleet.emit(asked[word])
    _wait_sent(fleet, asked["sent"] + asked["cancelled"] + asked["limited"][:1])
    fleet.emit(events.command("invite.cancel-requested", asked["cancelled"][0]))
    fleet.await_outcome(asked["cancelled"][0], "cancelled")
    for event in asked["refused_once"] + asked["scheduled"] + asked["limited"][1:]:
        fleet.await_outcome(event, "deferred")
    _kill_couriers(fleet, fleet.all("email"), asked["dead_couriers"])
    fleet["dispatcher"].stop()
    asked["resent"] = [asked["sent"][0]]
    asked["resend"] = [events.command("invite.resend-requested", asked["sent"][0])]
    fleet.emit(asked["undecided"] + asked["resend"])
    fleet["dispatcher"].may_have_died = True
    fleet["dispatcher"].start(BECKON_CRASH_AT="decided:1").wait()
    fleet.emit(asked["unread"])
    fleet["status"].stop()
    fleet["clock"].stop()
    return asked


def person(**data):
    """Somebody with a number; by SMS alone unless told."""
    made = events.invite(**{"channel": "sms", **data})
    made.data["recipient"]["phone"] = texts.number()
    return made


def ladder_settings(fleet, gateway):
    """Of each service, where e-mails are followed by SMS after a minute."""
    secret = fleet.secret_file("provider.secret", smsd.SECRET)
    provider = smsd.entry("webhook", gateway, secret_file=secret, callback="https://status.internal/receipts/webhook")
    acme = {"cooldown_s": 0, "ladder_after_s": 60, "reminder": "off", "link_ttl_s": 30 * 86400}
    own = {"tenants": {"acme": acme}}
    return {"dispatcher": own, "email": own, "status": own, "sms": {"providers": [provider], **own}}


def bounce(event):
    return events.command("delivery.receipt-received", event, delivery=f"{event.key}.1.email.0", status="undelivered",
                          code="mailbox_unknown")


def leave_ladders(fleet, gateway):
    """Something of everything that a fleet of SMS and ladders knows; returns what was asked, by what is to become of it."""
    refused = person(channel="ladder")
    refused.data["recipient"]["email"] = events.address("bad.internal")
    asked = {"sent": [person() for _ in range(3)], "climbs": [person(channel="ladder") for _ in range(2)],
             "climbed": [person(channel="ladder")], "came_back": [person(channel="ladder")], "refused": [refused],
             "scheduled": [person(schedule={"not_before": events.rfc3339(time.time() + SOON_S)})],
             "dead_couriers": [], "undecided": [person(), person(channel="ladder")]}
    fleet.sink.on("RCPT", to=".*@bad.internal", reply="550 5.1.1 no such user")
    own = ladder_settings(fleet, gateway)
    fleet.up(("clock", "dispatcher", "email", "sms", "sms", "status"), **own)
    for word in ("sent", "climbs", "climbed", "came_back", "scheduled"):
        fleet.emit(asked[word])
    _wait_sent(fleet, asked["sent"] + asked["climbs"] + asked["climbed"] + asked["came_back"])
    fleet.await_outcome(asked["scheduled"][0], "deferred")
    fleet.emit(bounce(asked["climbed"][0]))
    fleet.outcomes.wait_for(lambda items: any(o.get("invite") == asked["climbed"][0].invite and o.word == "sent" and
                                              o.get("channel") == "sms" for o in items), 30, "its SMS was not sent")
    _kill_couriers(fleet, fleet.all("sms"), asked["dead_couriers"], person)
    fleet.emit([bounce(asked["came_back"][0]), refused])
    fleet.outcomes.wait_for(lambda items: {asked["came_back"][0].invite, refused.invite} <=
                            {o.get("invite") for o in items if o.word == "queued" and o.get("channel") == "sms"}, 30,
                            "their SMS are not queued")
    fleet["dispatcher"].stop()
    fleet.emit(asked["undecided"])
    fleet["dispatcher"].may_have_died = True
    fleet["dispatcher"].start(BECKON_CRASH_AT="decided:1").wait()
    for service in ("status", "clock", "email"):
        fleet[service].stop()
    return asked


def main(build, path, what="email"):
    import fleet as fleet_module
    import kafka_server
    import redis_server
    import smtpd
    from process import build_root

    run = build_root() / "run" / "former"
    shutil.rmtree(run, ignore_errors=True)
    with smtpd.Server() as sink, smsd.Server() as gateway:
        kafka, store = kafka_server.KafkaServer(run / "kafka"), redis_server.RedisServer(run / "redis")
        kafka.start()
        store.start()
        try:
            fleet = fleet_module.Fleet(run / "fleet", kafka, store, sink)
            fleet.build = Path(build)
            asked = leave(fleet) if what == "email" else leave_ladders(fleet, gateway)
            letters, received = {}, {}
            for m in sink.messages:
                letters.setdefault(m.to, []).append(m.message_id)
            for m in gateway.messages:
                received.setdefault(m.to, []).append(m.text)
            write_down(fleet, {"asked": {g: [{"type": e.type, "id": e.id, "data": e.data} for e in list_]
                                         for g, list_ in asked.items()}, "letters": letters, "texts": received,
                               "in_doubt": fleet.all("email" if what == "email" else "sms")[1].slot}, Path(path))
            fleet.close()
        finally:
            store.kill()
            kafka.kill()


if __name__ == "__main__":
    main(*sys.argv[1:])
