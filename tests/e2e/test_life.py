"""The life of an invitation after its first message: asked again, called off, answered, released."""
import email.policy
import re

import events
import pytest
from checks import by_recipient, sent_once


def token_of(message):
    mail = email.message_from_bytes(message.raw, policy=email.policy.default)
    return re.search(r"https://join\.internal/i/?\S*?([a-z0-9]+\.[a-z2-7]{32})", mail.get_body(("plain",)).get_content())[1]


def answer(fleet, command, word):
    return fleet.outcomes.wait_request(command.id, word, fleet.patience(30))


def ask(fleet, type_, about, word, **data):
    """Emits a command and returns the outcome with this word that answers it."""
    return answer(fleet, fleet.emit(events.command(type_, about, **data)), word)


def state_of(fleet, event):
    """The decision state as Redis has it."""
    return fleet.redis.client.hgetall(f"{fleet.prefix}d:{event.key}")


def waits(fleet, event):
    """Ids of what waits for this invite."""
    return sorted(i for i in fleet.redis.client.zrange(f"{fleet.prefix}later", 0, -1) if i.startswith(event.key))


@pytest.mark.story
def test_resend(fleet):
    """A new generation: another link, the old one superseded, and told so."""
    fleet.up(dispatcher={"tenants": {"acme": {"cooldown_s": 0}}})
    event = fleet.emit(events.invite(template={"note": "first"}))
    first = fleet.await_outcome(event, "sent")
    again = fleet.emit(events.command("invite.resend-requested", event, template={"note": "second"}, ttl_s=7200))
    queued, old = answer(fleet, again, "queued"), answer(fleet, again, "superseded")
    assert queued["generation"] == 2 and old["generation"] == 1 and queued["prev"] == "sent"
    second = answer(fleet, again, "sent")
    assert second["generation"] == 2 and second["sequence"] > first["sequence"]
    assert second["token_sha256"] != first["token_sha256"]
    one, two = by_recipient(fleet.sink)[event.to]
    assert b"first" in one.raw and b"second" in two.raw and token_of(one) != token_of(two)
    assert events.milliseconds(second["expires_at"]) < events.milliseconds(first["expires_at"])
    assert state_of(fleet, event)["gen"] == "2"
    assert waits(fleet, event) == [f"{event.key}.timer"]


def test_cancel(fleet):
    fleet.up()
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    told = ask(fleet, "invite.cancel-requested", event, "cancelled")
    assert told["prev"] == "sent" and told["sequence"] == [1, 2 ** 31 - 1, 3]
    assert told["recipient_masked"] and told["role"] == "member"
    assert waits(fleet, event) == []
    assert ask(fleet, "invite.cancel-requested", event, "refused")["code"] == "cancelled"
    assert ask(fleet, "invite.resend-requested", event, "refused")["code"] == "cancelled"
    again = fleet.emit(events.invite(email=event.to, invite=event.invite))
    assert answer(fleet, again, "sent")["generation"] == 2
