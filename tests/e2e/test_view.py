"""How every invite stands, for people: kept in Redis, told on invite-state, made anew from the topics."""
import json

import events
import pytest
from checks import sent_once

ALL = ("clock", "dispatcher", "email", "status")


def shown(fleet, event):
    """What the view holds of an invite; None = nothing."""
    text = fleet.redis.client.get(f"{fleet.prefix}v:{event.key}")
    return text and json.loads(text)


def await_word(fleet, wanted, word):
    """Until the view shows them all so."""
    fleet.wait(lambda: all((shown(fleet, e) or {}).get("word") == word for e in wanted), 60,
               f"not all are shown as {word}: {[shown(fleet, e) for e in wanted][:3]}")


def counts(fleet, tenant, batch=None):
    place = f"{fleet.prefix}vc:{tenant}" + (f"/{batch}" if batch else "")
    return {k: int(v) for k, v in fleet.redis.client.hgetall(place).items() if k != "changes" and int(v)}


@pytest.mark.story
def test_states_are_kept_and_told(fleet):
    """Each invite as it stands, counted by tenant and batch; the last record of invite-state says the same."""
    fleet.up(services=ALL)
    wanted = fleet.emit([events.invite(role="Editor", batch={"id": "b1", "row": n + 1}) for n in range(20)])
    bad = fleet.emit(events.invite(batch={"id": "b1", "row": 21}, recipient={"email": "not an address"}))
    sent_once(fleet, wanted)
    await_word(fleet, wanted, "sent")
    await_word(fleet, [bad], "error")
    one = shown(fleet, wanted[0])
    assert (one["status"], one["role"], one["channel"], one["generation"]) == ("invited", "Editor", "email", 1)
    assert one["sent_at"] and one["expires_at"] and one["invited_at"] == one["sent_at"]
    assert shown(fleet, bad)["code"] == "email_syntax"
    expected = {"invited": 20, "error": 1, "error:email_syntax": 1}
    assert counts(fleet, wanted[0].tenant) == counts(fleet, wanted[0].tenant, "b1") == expected
    told = fleet.read("state", lambda m: (m.key().decode(), m.value().decode()))
    told.wait_for(lambda items: dict(items) == {
        e.key: fleet.redis.client.get(f"{fleet.prefix}v:{e.key}") for e in [*wanted, bad]}, 30, "invite-state tells something else")
    told.close()


def test_made_anew(fleet):
    """Redis loses its memory: the view is as it was, from the topics' beginning."""
    fleet.up(services=ALL)
    wanted = fleet.emit([events.invite(send="hold" if n % 2 else "now") for n in range(30)])
    await_word(fleet, wanted[0::2], "sent")
    await_word(fleet, wanted[1::2], "held")
    before = [shown(fleet, e) for e in wanted]
    fleet.redis.wipe()
    fleet.wait(lambda: fleet["status"].metric("beckon_rebuilds_total"), 60, "nobody made Redis anew")
    fleet.wait(lambda: all(shown(fleet, e) for e in wanted), 60, "the view is not filled")
    fleet.wait(lambda: fleet["status"].metric("beckon_view_lag") == 0, 30, "it has not read everything")
    after = [shown(fleet, e) for e in wanted]
    for one in (*before, *after):
        one.pop("version")
    assert after == before
    assert counts(fleet, wanted[0].tenant) == {"invited": 15, "not_invited": 15}
