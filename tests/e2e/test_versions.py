"""What a program of the version before has left in Redis is gone on with."""
import events
import pytest
from checks import sent_once
from life import answer, state_of, token_of
from process import wait_until

PLANS = {"queued": "queued 1 - - -", "held": "held 1 - - -"}


def stored_plan(fleet):
    """(key, lines) of the one event that has been decided."""
    [key] = [k for k in fleet.redis.keys(f"{fleet.prefix}e:") if "\n" in fleet.redis.client.get(k)]
    return key, fleet.redis.client.get(key).split("\n")


@pytest.mark.parametrize("word", PLANS)
def test_a_plan_without_a_version(fleet, word):
    """Decided by the version before, which died then: told and sent by this one."""
    fleet.crash_env = {"dispatcher": {"BECKON_CRASH_AT": "decided:1"}}
    fleet.up()
    event = fleet.emit(events.invite(**({"send": "hold"} if word == "held" else {})))
    victim = fleet["dispatcher"]
    victim.may_have_died = True
    wait_until(lambda: not victim.running(), fleet.patience(20), "the dispatcher did not die")
    key, (coords, slot, first, plan) = stored_plan(fleet)
    assert plan.startswith("2 "), plan
    fleet.redis.client.set(key, "\n".join((coords, slot, first, PLANS[word])), keepttl=True)
    fleet.redis.client.hdel(f"{fleet.prefix}d:{event.key}", "kind")  # a field it did not know
    victim.start().await_ready()
    told = fleet.await_outcome(event, word)
    assert told["generation"] == 1 and told["sequence"][1] == 1
    if word == "held":
        release = fleet.emit(events.command("invite.release-requested", event))
        answer(fleet, release, "sent")
    sent_once(fleet, [event])


def test_a_new_signing_key(fleet):
    """A reminder has the link that is out, also after the ring has got a newer key; a resend has a new one."""
    own = {"tenants": {"acme": {"cooldown_s": 0}}}
    fleet.up(dispatcher=own)
    event = fleet.emit(events.invite())
    sent_once(fleet, [event])
    ring = fleet.dir / "ring.keys"
    ring.write_text(ring.read_text() + f"k2:{fleet.secrets[1]} 2025-06-01T00:00:00Z\n")
    fleet.stop()
    for service in fleet.services:
        service.env = {**service.env, "BECKON_SKEW_MS": str(13 * 3600 * 1000)}
        service.start().await_ready()
    wait_until(lambda: len(fleet.sink.messages) == 2, fleet.patience(20), "no reminder")
    first, reminder = (token_of(m) for m in fleet.sink.messages)
    assert first == reminder and first.startswith("k1.")
    assert state_of(fleet, event)["kid"] == "k1"
    answer(fleet, fleet.emit(events.command("invite.resend-requested", event)), "sent")
    assert token_of(fleet.sink.messages[2]).startswith("k2.")
