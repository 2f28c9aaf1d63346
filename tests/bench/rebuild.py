"""How long Redis takes to be made anew from the topics. README.md says how to read the figures."""
import json
import random
import time
import uuid

import events
import fleet as fleet_module
import rig as rigs
from meters import Meter

TENANTS, BATCH = 50, 20_000
HELD, PARKED = 0.05, 0.05  # of the invites; all others were sent
WINDOW_S = 86_400


def outcome(event, word, rank, source, **more):
    """A record of invite-status as our programs write it: (key, value, headers)."""
    delivery = f"{event.key}.1.email.0"
    body = {"tenant": event.tenant, "invite": event.invite, "kind": "invite", "generation": 1, "delivery": delivery,
            "channel": "email", "word": word, "sequence": [1, 1, rank],
            "request": {"source": event.source, "id": event.id}, "recipient_masked": "z***@people.internal",
            "recipient_hash": uuid.uuid4().hex[:22], "role": "member", **more}
    headers = [("ce_specversion", "1.0"), ("ce_id", uuid.uuid4().hex[:26]), ("ce_source", f"beckon/{source}"),
               ("ce_type", f"{events.PREFIX}outcome.{word}"), ("ce_subject", event.invite),
               ("content-type", "application/json")]
    return event.key, json.dumps(body).encode(), headers


def told(event, fate):
    """What was told of it: held, waiting for its slot, or queued and sent."""
    later = events.rfc3339(time.time() + WINDOW_S)
    if fate < HELD:
        return [outcome(event, "held", 0, "dispatcher")]
    if fate < HELD + PARKED:
        return [outcome(event, "deferred", 2, "dispatcher", prev="held", code="rate_limited", not_before=later)]
    return [outcome(event, "queued", 1, "dispatcher"),
            outcome(event, "sent", 4, "email", prev="queued", expires_at=later, attempt={"n": 1, "max": 7},
                    provider="sink", token_sha256=uuid.uuid4().hex + uuid.uuid4().hex,
                    template={"name": "invite", "version": 1, "locale": "en", "sha256": uuid.uuid4().hex * 2},
                    timings={"queue_ms": 5, "guard_ms": 1, "send_ms": 8, "total_ms": 14})]


def fill(fleet, count):
    """Topics as `count` invites leave them behind."""
    chance = random.Random(count)
    for first in range(0, count, BATCH):
        wanted = rigs.wanted_invites(min(BATCH, count - first))
        fleet.emit(wanted, timeout=120)
        for event in wanted:
            for key, value, headers in told(event, chance.random()):
                fleet.append("status", key, value, headers)
        fleet.flush(120)


def measure(rig, options):
    fleet = fleet_module.Fleet(rig.dir / f"rebuild-{uuid.uuid4().hex[:6]}", rig.kafka, rig.redis, None, rigs.PARTITIONS)
    fleet.outcomes.close()
    fill(fleet, options.count)
    service = fleet.service("status", rebuild__wait="0s")
    since = time.time()
    service.start()
    with Meter(rig.processes(fleet, None)) as meter:
        fleet.wait(lambda: service.metric("beckon_rebuilds_total") == 1, 60 + options.count / 1000, "it does not end")
        until = time.time()
        used = meter.cpu(since, until)
    took = service.metric("beckon_rebuild_seconds")
    keys = rig.redis.client.dbsize()
    fleet.stop()
    rig.forget(fleet)
    return {"invites_s": options.count / took, "million_s": 1_000_000 / options.count * took, "took_s": took,
            "keys_invite": keys / options.count, "cpu": used["beckon"] / options.count * 1000,
            "cpu_redis": used["redis"] / options.count * 1000, "cpu_kafka": used["kafka"] / options.count * 1000,
            "rss_mb": meter.peak_mb(), "other": used["other"]}
