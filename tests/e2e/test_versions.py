"""Versions: what a former one has left is gone on with, and both do their work beside each other."""
import itertools
import os
import re
from pathlib import Path

import events
import former
import pytest
from checks import history_in_order, sent_once
from life import answer, ask, state_of, token_of
from process import wait_until

PLANS = {"queued": "queued 1 - - -", "held": "held 1 - - -"}


TESTS = Path(__file__).resolve().parents[1]


def test_each_format_is_shown():
    """The last column of the table of formats names tests that there are."""
    text = (TESTS.parent / "services" / "README.md").read_text(encoding="utf-8")
    table = re.search(r"\n## Versions\n(.*?)\n## ", text, re.S)[1]
    rows = [line.split("|")[-2] for line in table.splitlines() if line.startswith("| ")][1:]
    stories = "".join(p.read_text(encoding="utf-8") for p in (TESTS / "e2e").glob("test_*.py"))
    named = [name for cell in rows for name in re.findall("`([^`]+)`", cell)]
    assert len(named) >= len(rows) > 10
    assert not [n for n in named if f"def {n}(" not in stories and not (TESTS / "unit" / n).exists()]


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


def test_a_newer_plan(fleet):
    """Refused and kept: the dispatcher says so and ends, and whoever can read it goes on."""
    fleet.crash_env = {"dispatcher": {"BECKON_CRASH_AT": "decided:1"}}
    fleet.up()
    event = fleet.emit(events.invite())
    victim = fleet["dispatcher"]
    victim.may_have_died = True
    wait_until(lambda: not victim.running(), fleet.patience(20), "the dispatcher did not die")
    key, lines = stored_plan(fleet)
    newer = "\n".join([*lines[:3], "4 " + lines[3]])
    fleet.redis.client.set(key, newer, keepttl=True)
    victim.start()
    wait_until(lambda: not victim.running(), fleet.patience(20), "the dispatcher went on")
    assert victim.popen.returncode > 0 and "a stored plan of version 4, of a newer program" in victim.text()
    assert fleet.redis.client.get(key) == newer and not fleet.outcomes.distinct(invite=event.invite)
    fleet.redis.client.set(key, "\n".join(lines), keepttl=True)
    victim.start().await_ready()
    sent_once(fleet, [event])


def test_what_a_newer_version_keeps(fleet):
    """A kept request with a field that ours does not know, and a view of another make: refused aloud, left as it is."""
    fleet.up(("clock", "dispatcher", "email", "status"), dispatcher={"tenants": {"acme": {"cooldown_s": 0}}})
    event = fleet.emit(events.invite())
    sent_once(fleet, [event])
    client, kept, seen = fleet.redis.client, f"{fleet.prefix}r:{event.key}", f"{fleet.prefix}v:{event.key}"
    wait_until(lambda: '"sent"' in (client.get(seen) or ""), fleet.patience(20), "not in the view")
    newer = {kept: client.get(kept).replace("{", '{"news": 1, ', 1), seen: "one two three"}
    client.mset(newer)
    refused = ask(fleet, "invite.resend-requested", event, "refused")
    assert refused["code"] == "schema_invalid" and state_of(fleet, event)["state"] == "sent"
    wait_until(lambda: "ev=view-skipped" in fleet["status"].text(), fleet.patience(20), "nothing is said of the view")
    assert client.mget(newer) == list(newer.values())
    assert ask(fleet, "invite.accepted", event, "accepted")["generation"] == 1


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


def taken_over(fleet, event):
    return [m.message_id for m in fleet.sink.messages if m.to == event.to]


def test_the_next_version_goes_on(fleet):
    """A fleet that knew e-mail alone has worked and died in the middle; ours begins with all that it has left."""
    world = former.World(fleet, "email_alone")
    asked = world.groups
    fleet.environment = world.environment
    fleet.service("email", slot=world.in_doubt).start()
    fleet.up(("clock", "dispatcher", "status"), init=False, dispatcher=former.TENANTS)
    [resend], [unread], [called_off] = asked["resend"], asked["unread"], asked["cancelled"]
    new, held, refused = asked["undecided"]
    waited = asked["refused_once"] + asked["scheduled"] + asked["limited"][1:]
    for event in [*asked["dead_couriers"], *waited, new, unread]:
        fleet.await_outcome(event, "sent")
    answer(fleet, resend, "sent")
    assert answer(fleet, refused, "refused")["code"] == "account_exists"
    fleet.await_outcome(held, "held")

    for event in [*asked["held"], held]:
        ask(fleet, "invite.release-requested", event, "sent")
    in_doubt = {o["invite"] for o in fleet.outcomes.distinct("unknown")}
    assert len(in_doubt) == 1, "of the courier that died between the relay's word and its own note"
    for event in [*waited, new, unread, *asked["held"], held, *asked["resent"]]:
        assert len(taken_over(fleet, event)) == 1, event.invite
    for event in asked["dead_couriers"]:
        before, now = world.letters.get(event.to, []), taken_over(fleet, event)
        assert now == before if event.invite in in_doubt else len(before + now) == 1
    assert not [m for e in (*asked["sent"][1:], called_off, refused) for m in taken_over(fleet, e)]
    ask(fleet, "invite.accepted", asked["sent"][1], "accepted")
    ask(fleet, "invite.cancel-requested", asked["sent"][2], "cancelled")
    history_in_order(fleet)
    # its view was of another format: made anew from the topics
    wait_until(lambda: fleet.redis.client.hget(f"{fleet.prefix}vc:acme", "cancelled") == "2", fleet.patience(20),
               lambda: f"the view: {fleet.redis.client.hgetall(f'{fleet.prefix}vc:acme')}\n{fleet.tails()}")
    assert "ev=view-anew" in fleet["status"].text() and not fleet.redis.keys(f"{fleet.prefix}vr:")


def test_redis_is_made_anew_from_its_topics(fleet):
    """What a former version has told is enough: nobody is lost, and nobody whose message was told is written to again."""
    world = former.World(fleet, "email_alone", redis_lost=True)
    asked = world.groups
    fleet.environment = world.environment
    fleet.service("email", slot=world.in_doubt).start()
    fleet.up(("clock", "dispatcher", "status"), init=False, dispatcher=former.TENANTS)
    new, held, _ = asked["undecided"]
    waited = asked["refused_once"] + asked["scheduled"] + asked["limited"][1:] + [new] + asked["unread"]
    for event in [*waited, *asked["dead_couriers"]]:
        fleet.await_outcome(event, "sent")
    fleet.await_outcome(held, "held")
    answer(fleet, asked["resend"][0], "sent")
    for event in [*asked["held"], held]:
        ask(fleet, "invite.release-requested", event, "sent")
    for event in [*waited, *asked["held"], held, *asked["resent"]]:
        assert len(taken_over(fleet, event)) == 1, event.invite
    for event in asked["dead_couriers"]:
        assert len({*world.letters.get(event.to, []), *taken_over(fleet, event)}) == 1, "another Message-ID"
    assert not [m for e in (*asked["sent"][1:], *asked["cancelled"]) for m in taken_over(fleet, e)]
    assert ask(fleet, "invite.cancel-requested", asked["sent"][2], "cancelled")["prev"] == "sent"
    history_in_order(fleet)


def by_sms(fleet, event, word="sent"):
    """What was told of this invite's SMS."""
    return fleet.outcomes.wait_for(
        lambda items: next((o for o in items if o.get("invite") == event.invite and o.word == word
                            and o.get("channel") == "sms"), None),
        fleet.patience(30), lambda _: f"no {word} of an SMS\n{fleet.tails()}")


@pytest.mark.parametrize("redis_lost", [False, True])
def test_ladders_of_a_former_version(fleet, gateway, redis_lost):
    """A fleet of SMS and ladders has died in the middle: each goes on, with its Redis or from its topics alone."""
    world = former.World(fleet, "ladders", redis_lost=redis_lost)
    asked = world.groups
    fleet.environment = world.environment
    fleet.secrets += [number[2:] for number in world.texts]
    gateway.numbers = itertools.count(1000)  # the former gateway began with 1
    own = former.ladder_settings(fleet, gateway)
    fleet.service("sms", slot=world.in_doubt, **own["sms"]).start()
    fleet.up(("clock", "dispatcher", "email", "status"), init=False, **own)
    [scheduled], [refused], [climbed], [came_back] = (asked[g] for g in ("scheduled", "refused", "climbed", "came_back"))
    alone, ladder = asked["undecided"]

    def received(event):
        return [m.text for m in gateway.messages if m.to == event.data["recipient"]["phone"]]

    for event in (scheduled, refused, came_back, alone, *asked["climbs"], *asked["dead_couriers"]):
        by_sms(fleet, event)
    assert fleet.await_outcome(ladder, "sent")["channel"] == "email"
    for event in asked["climbs"]:
        letter, text = fleet.await_outcome(event, "sent"), by_sms(fleet, event)
        assert letter["channel"] == "email" and text["sequence"] > letter["sequence"]
        assert (text["token_sha256"], text["expires_at"]) == (letter["token_sha256"], letter["expires_at"])
    assert state_of(fleet, came_back)["lad"] == "2" and state_of(fleet, refused)["lad"] == "4"
    in_doubt = {o["invite"] for o in fleet.outcomes.distinct("unknown")}
    assert len(in_doubt) == 1, "of the courier that died between the gateway's word and its own note"
    for event in asked["dead_couriers"]:
        before, now = world.texts.get(event.data["recipient"]["phone"], []), received(event)
        assert len({*before, *now}) == 1 and len(now) <= 1 and (redis_lost or not (before and now) or
                                                               event.invite in in_doubt)
    good, lost, accepted = asked["sent"]
    fleet.emit([events.command("delivery.receipt-received", e, delivery=f"{e.key}.1.sms.0", status=status,
                               **({"code": "handset_unknown"} if status == "undelivered" else {}))
                for e, status in ((good, "delivered"), (lost, "undelivered"), (climbed, "delivered"))])
    assert [by_sms(fleet, e, w)["prev"] for e, w in ((good, "delivered"), (lost, "undelivered"),
                                                     (climbed, "delivered"))] == ["sent"] * 3
    assert ask(fleet, "invite.accepted", accepted, "accepted")["prev"] == "sent"
    for event in (scheduled, refused, came_back, alone, *asked["climbs"]):
        assert len(received(event)) == 1, event.invite
    assert not any(received(e) for e in (*asked["sent"], climbed)), "sent twice"


DECIDED, EVENT_DUPLICATE = 1, 2  # what a former dispatcher is answered
GO, BUSY, DUPLICATE = 0, 3, 5  # and a former courier


def test_a_former_version_reads_ours(fleet):
    """Jobs, plans, claims and items that ours write, read with the former programs' own scripts and by their rules."""
    fleet.up(email={"schedule": {"retry": ["1h"] * 4}})
    sent, waiting, busy, held, gone = wanted = [events.invite(**({"send": "hold"} if i == 3 else {})) for i in range(5)]
    fleet.sink.on("RCPT", to=re.escape(waiting.to), times=1, reply="451 4.3.0 later")
    fleet.sink.on("DOT", to=re.escape(busy.to), hold="busy")
    jobs = fleet.read("email", lambda m: (m, former.read_job(m.value())))
    fleet.emit(wanted)
    for event, word in ((sent, "sent"), (waiting, "deferred"), (held, "held"), (gone, "sent"), (busy, "queued")):
        fleet.await_outcome(event, word)
    ask(fleet, "invite.cancel-requested", gone, "cancelled")
    jobs.wait_for(lambda items: len(items) == 4, fleet.patience(20), "jobs")
    at = {job["delivery"].split(".")[0]: f"{m.topic()}/{m.partition()}/{m.offset()}" for m, job in jobs.items}
    jobs.close()
    theirs = former.Scripts(fleet, "email_alone")

    for key in fleet.redis.keys(f"{fleet.prefix}e:"):
        name, coords = key.removeprefix(f"{fleet.prefix}e:"), fleet.redis.client.get(key).split("\n")[0]
        ours, other = (theirs.ask("event", name, "acme/any", c, "") for c in (coords, "elsewhere/0/7"))
        assert ours[0] == DECIDED and former.PLAN.fullmatch(ours[2]), ours
        assert other[0] == EVENT_DUPLICATE and other[4]

    def claim(event, turn, coords):
        return theirs.ask("claim", f"{event.key}.1.email.0", event.key, 1, turn, coords, 60000, "k1", "", 0, 0, "")

    assert [claim(e, 1, at[e.key])[0] for e in (sent, gone)] == [DUPLICATE, DUPLICATE]
    wait_until(lambda: claim(busy, 1, at[busy.key])[0] == BUSY, fleet.patience(20), "not claimed by ours")
    assert claim(waiting, 1, at[waiting.key])[0] == DUPLICATE
    fleet["clock"].freeze()
    fleet.redis.client.zadd(f"{fleet.prefix}later", {f"{waiting.key}.1.email.0": 1})
    leased = theirs.ask("lease", 5000, 10, 1 << 20)
    item = former.read_item(leased[leased.index(f"{waiting.key}.1.email.0") + 1])
    assert item["topic"] == fleet.topics["email"] and item["key"] == waiting.key and item["reason"] == "retry"
    assert former.read_job(item["value"])["to"] == waiting.to and item["headers"]["beckon-turn"] == "2"
    assert claim(waiting, 2, "the former clock's/0/0")[0] == GO
    fleet.sink.release("busy")
    fleet.await_outcome(busy, "sent")


@pytest.mark.former
def test_side_by_side(fleet):
    """Programs of a former version (STORY_FORMER: its build) and ours share the work; then each goes on alone with what
    the other has left. E-mail alone: all that the former one knows."""
    own = {"dispatcher": former.TENANTS}
    fleet.up(**own)
    fleet.build = os.environ["STORY_FORMER"]
    fleet.up(init=False, **own)
    ours, theirs = fleet.services[:3], fleet.services[3:]

    def work(n=20):
        plain, held = [events.invite() for _ in range(n)], [events.invite(send="hold") for _ in range(n)]
        late, limited = [events.invite() for _ in range(n)], [events.invite(tenant="slow") for _ in range(2)]
        for event in late:
            fleet.sink.on("RCPT", to=re.escape(event.to), times=1, reply="451 4.3.0 later")
        fleet.emit([*plain, *held, *late, *limited])
        fleet.emit([events.command("invite.release-requested", e) for e in held])
        return plain + held + late + limited

    def alone(which, others):
        """They take over in the middle of the others' work."""
        wanted = work()
        fleet.await_outcome(wanted[0], "queued")
        for service in others:
            service.stop()
        for event in first[:5]:
            ask(fleet, "invite.resend-requested", event, "sent")
        for service in others:
            service.start().await_ready()
        return wanted

    first = work()
    fleet.await_final(first)
    wanted = first + alone(theirs, ours)
    del first[:5]
    wanted += alone(ours, theirs)
    fleet.await_final(wanted)
    for event in wanted:
        sent = [o for o in fleet.outcomes.distinct("sent", invite=event.invite)]
        assert len(taken_over(fleet, event)) == len(sent) == max(o["generation"] for o in sent), event.invite
    for services in (ours, theirs):
        assert all(re.search("ev=(sent|queued|put-back)", s.text()) for s in services if s.service != "clock")
    history_in_order(fleet)
