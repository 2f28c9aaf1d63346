"""What stories about an invitation's life ask: commands and their answers, the state, what waits, another time."""
import email.policy
import re

import events

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS


def answer(fleet, command, word, timeout=30):
    """The outcome with this word that answers the event."""
    try:
        return fleet.outcomes.wait_request(command.id, word, fleet.patience(timeout))
    except TimeoutError as e:
        raise AssertionError(f"{e}\n{fleet.tails()}") from None


def ask(fleet, type_, about, word, **data):
    """Emits a command and returns the outcome with this word that answers it."""
    return answer(fleet, fleet.emit(events.command(type_, about, **data)), word)


def state_of(fleet, event):
    """The decision state as Redis has it."""
    return fleet.redis.client.hgetall(f"{fleet.prefix}d:{event.key}")


def waits(fleet, event):
    """{id: due in ms} of what waits for this invite."""
    items = fleet.redis.client.zrange(f"{fleet.prefix}later", 0, -1, withscores=True)
    return {i: int(due) for i, due in items if i.startswith(f"{event.key}.")}


def timer(event):
    return f"{event.key}.timer"


def holder(fleet, event):
    """Who has the address of this invite, as its state names it."""
    ak = state_of(fleet, event).get("ak")
    return fleet.redis.client.get(f"{fleet.prefix}a:{ak}") if ak else None


def token_of(message):
    text = email.message_from_bytes(message.raw, policy=email.policy.default).get_body(("plain",)).get_content()
    return re.search(r"https://join\.internal/i\S*?([a-z0-9]+\.[a-z2-7]{32})", text)[1]


def skew(fleet, ms):
    """Stops every program and starts it again at another time, which it then keeps."""
    fleet.stop()
    for service in fleet.services:
        service.env = {**service.env, "BECKON_SKEW_MS": str(ms)}
        service.start()
    for service in fleet.services:
        service.await_ready()
