"""By which channel an invitation goes: e-mail, SMS, or a ladder of both; through all the services and a gateway."""
import re

import events
import memory
import pytest
import redis
import smsd
import texts
from checks import by_recipient
from life import DAY_MS, HOUR_MS, answer, ask, holder, skew, state_of, timer, token_of, waits
from smsd import entry
from test_suppress import beckon, followed

ALL = ("clock", "dispatcher", "email", "sms")
HOURS = {"sms_window": "off"}


@pytest.fixture
def up(fleet, gateway):
    """All services; one provider, which promises receipts where it is told where to send them."""
    secret = fleet.secret_file("provider.secret", smsd.SECRET)

    def start(services=ALL, receipts=False, **tenant):
        terms = {"callback": "https://status.internal/receipts/webhook"} if receipts else {}
        provider = entry("webhook", gateway, secret_file=secret, **terms)
        own = {"tenants": {"acme": {**HOURS, "cooldown_s": 0, **tenant}}}
        fleet.up(services=services, dispatcher=own, email=own, status=own, sms={"providers": [provider], **own})
        return fleet
    return start


def person(fleet, phone=None, email=True, **data):
    """An invitation for somebody with a number, whose digits must show nowhere."""
    phone = phone or texts.number()
    digits = re.sub(r"\D", "", phone)[1:]
    fleet.secrets += [digits] if len(digits) > 6 else []
    made = events.invite(**data)
    made.data["recipient"]["phone"] = phone
    if not email:
        del made.data["recipient"]["email"]
    return made


def sms(gateway, event):
    """What this person's phone has got."""
    to = event.data["recipient"]["phone"]
    return [m.text for m in gateway.messages if m.to == to]


def mails(fleet, event):
    return by_recipient(fleet.sink).get(event.to, [])


def link_token(text):
    return re.search(r"([a-z0-9]+\.[a-z2-7]{32})$", text)[1]


def await_sms(fleet, event, word="sent"):
    """What was told of this invite's SMS."""
    return fleet.outcomes.wait_for(
        lambda items: next((o for o in items if o.get("invite") == event.invite and o.word == word
                            and o.get("channel") == "sms"), None),
        fleet.patience(30), lambda _: f"no {word} of an SMS\n{fleet.tails()}")


def names_of(client, fleet):
    """By what receipts are found: {name: delivery and hash}."""
    keys = sorted(client.keys(f"{fleet.prefix}m:*"))
    return {key: line.split()[:2] for key, line in zip(keys, client.mget(keys))}  # not when it was sent


def receipt(event, delivery, status, **data):
    return events.command("delivery.receipt-received", event, delivery=delivery, status=status, **data)


def test_choice(fleet, gateway, up):
    """E-mail where there is one, else SMS; as asked; and what is wrong with a number."""
    up(countries={"deny": ["KZ"]})
    wanted = {
        "auto, both": (person(fleet), "email"),
        "auto, a number alone": (person(fleet, email=False), "sms"),
        "sms": (person(fleet, channel="sms"), "sms"),
        "ladder, a number alone": (person(fleet, email=False, channel="ladder"), "sms"),
        "an unused number may be wrong": (person(fleet, phone="905"), "email"),
    }
    bad = {
        "phone_missing_country_code": person(fleet, phone="9051111111", email=False),
        "phone_trunk_prefix": person(fleet, phone="89051111111", channel="sms"),
        "phone_not_mobile": person(fleet, phone="+7 495 123-45-67", channel="ladder"),
        "country_not_allowed": person(fleet, phone=texts.number("KZ"), channel="sms"),
    }
    bad["recipient_missing"] = events.invite(channel="sms")
    fleet.emit([e for e, _ in wanted.values()] + list(bad.values()))
    for what, (event, channel) in wanted.items():
        o = fleet.await_outcome(event, "sent")
        assert o["channel"] == channel and f".{channel}.0" in o["delivery"], (what, o)
        assert len(sms(gateway, event)) == (channel == "sms"), what
    for code, event in bad.items():
        o = fleet.await_outcome(event, "error")
        assert o["code"] == code and o["reason"] == ("/recipient/phone"), o
    event = wanted["sms"][0]
    state = state_of(fleet, event)
    assert (state["state"], state["ch"]) == ("sent", "sms") and holder(fleet, event) == event.key
    assert re.fullmatch(r"\+7 905 \*\*\*-\*\*-\d\d", fleet.await_outcome(event, "sent")["recipient_masked"])
    twin = fleet.emit(person(fleet, phone=event.data["recipient"]["phone"].replace("+7", "+7 "), channel="sms"))
    assert fleet.await_outcome(twin, "refused")["holder"] == event.key


def test_landlines(fleet, gateway, up):
    """The tenant takes numbers that are not mobile; others do not."""
    up(landlines=True)
    fixed = person(fleet, phone="+7 495 123-45-67", email=False)
    other = person(fleet, phone="+7 495 123-45-67", email=False, tenant="other")
    fleet.emit([fixed, other])
    assert await_sms(fleet, fixed)["channel"] == "sms"
    assert fleet.await_outcome(other, "error")["code"] == "phone_not_mobile"


def test_email_only(fleet, gateway, up):
    """The tenant confirms by e-mail alone: who has none is refused, whatever was asked."""
    up(email_only=True)
    both, phone = fleet.emit([person(fleet, channel="ladder"), person(fleet, email=False)])
    assert fleet.await_outcome(both, "sent")["channel"] == "email"
    assert fleet.await_outcome(phone, "error")["code"] == "recipient_missing"
    assert list(waits(fleet, both)) == [timer(both)] and not gateway.messages


def test_password(fleet, gateway, up):
    """A password goes by SMS too, at any hour; it is told to nobody else."""
    up(sms_window={"from": "00:00", "to": "00:01", "days": "sun"})
    event = person(fleet, email=False, kind="password", confirm=True, credentials=events.credentials())
    fleet.emit(event)
    o = await_sms(fleet, event)
    (text,) = sms(gateway, event)
    password = re.search(r"[0-9a-zA-Z-]{16,}", text)
    assert password and password[0] not in "".join(x.raw for x in fleet.outcomes.snapshot())
    assert "expires_at" not in o and o["kind"] == "password"


def test_resend_by_another_channel(fleet, gateway, up):
    """A corrected recipient: from e-mail to a number and back, each time with a new link."""
    up()
    event = fleet.emit(events.invite(channel="auto"))
    fleet.await_outcome(event, "sent")
    old = holder(fleet, event) and state_of(fleet, event)["ak"]
    event.data["recipient"]["phone"] = texts.number()
    fleet.secrets.append(event.data["recipient"]["phone"][2:])
    changed = events.invite(invite=event.invite, channel="sms")
    ask(fleet, "invite.cancel-requested", event, "cancelled")
    changed.data["recipient"] = {"phone": event.data["recipient"]["phone"], "locale": "en"}
    fleet.emit(changed)
    assert await_sms(fleet, event)["generation"] == 2
    state = state_of(fleet, event)
    assert state["ch"] == "sms" and state["ak"] != old and link_token(sms(gateway, event)[0])
    again = fleet.emit(events.command("invite.resend-requested", event, recipient={"email": event.to}))
    told = answer(fleet, again, "superseded")
    assert told["delivery"] == f"{event.key}.2.sms.0" and told["channel"] == "sms"


@pytest.mark.story
def test_ladder(fleet, gateway, up):
    """Nobody answers the e-mail: an SMS with the same link and end; who accepts gets none."""
    up(ladder_after_s=6 * 3600, reminder="off")
    event, quick, late = fleet.emit([person(fleet, channel="ladder") for _ in range(3)])
    sent = {e.invite: fleet.await_outcome(e, "sent") for e in (event, quick, late)}
    assert waits(fleet, event) == {timer(event): int(state_of(fleet, event)["sent"]) + 6 * HOUR_MS}
    ask(fleet, "invite.accepted", quick, "accepted")
    skew(fleet, 6 * HOUR_MS + 60_000)
    told = await_sms(fleet, event)
    assert link_token(sms(gateway, event)[0]) == token_of(mails(fleet, event)[0])
    assert told["expires_at"] == sent[event.invite]["expires_at"]
    assert told["token_sha256"] == sent[event.invite]["token_sha256"]
    assert told["sequence"] > sent[event.invite]["sequence"] and told["ladder"] == told["sequence"][1]
    queued = await_sms(fleet, event, "queued")
    assert queued["sequence"][1] == 0 and queued["prev"] == "sent"
    assert state_of(fleet, event)["lad"] == "1" and holder(fleet, event) == event.key
    await_sms(fleet, late)
    ask(fleet, "invite.accepted", late, "accepted")
    skew(fleet, DAY_MS + HOUR_MS)
    assert fleet.await_outcome(event, "expired")["prev"] == "sent"
    assert len(mails(fleet, event)) == 1 and len(sms(gateway, event)) == 1 and not sms(gateway, quick)


@pytest.mark.story
def test_ladder_after_a_bounce(fleet, gateway, up):
    """The e-mail comes back: the SMS goes at once, and is what counts from then on."""
    up(reminder="off")
    wanted = fleet.emit([person(fleet, channel="ladder") for _ in range(4)])
    for event in wanted:
        fleet.await_outcome(event, "sent")
    good, lost, refused, accepted = wanted
    gateway.on("webhook", 400, {"error": "no_such_number"}, to=refused.data["recipient"]["phone"])
    fleet.emit([receipt(e, f"{e.key}.1.email.0", "undelivered", code="mailbox_unknown") for e in wanted])
    for event in (good, lost, accepted):
        assert fleet.await_outcome(event, "undelivered")["code"] == "mailbox_unknown"
        assert await_sms(fleet, event)["sequence"][1] > 1
        assert state_of(fleet, event)["state"] == "sent" and holder(fleet, event) == event.key
    failed = await_sms(fleet, refused, "error")
    assert failed["sequence"][1] == 0 and failed["code"]
    fleet.wait(lambda: state_of(fleet, refused)["lad"] == "3", 10, "its ladder has not failed")
    assert state_of(fleet, refused)["state"] == "undelivered" and holder(fleet, refused) is None
    fleet.emit([receipt(good, f"{good.key}.1.sms.0", "delivered"),
                receipt(lost, f"{lost.key}.1.sms.0", "undelivered", code="handset_unknown")])
    assert await_sms(fleet, good, "delivered")["prev"] == "sent"
    assert await_sms(fleet, lost, "undelivered")["code"] == "handset_unknown"
    fleet.wait(lambda: state_of(fleet, lost)["state"] == "undelivered" and holder(fleet, lost) is None, 10, "lost")
    assert state_of(fleet, good)["state"] == "delivered"
    ask(fleet, "invite.accepted", accepted, "accepted")


def refused_by_mail(fleet, **data):
    """A ladder for somebody whose mailbox is not known."""
    event = person(fleet, channel="ladder", **data)
    event.data["recipient"]["email"] = events.address("bad.internal")
    return event


def test_ladder_of_a_refused_email(fleet, gateway, up):
    """Nobody has such a mailbox: the SMS goes at once in the e-mail's place, with a link of its own, and lives on when
    Redis is made anew."""
    up(services=(*ALL, "status"), receipts=True, link_ttl_s=30 * 86400)
    fleet.sink.on("RCPT", to=".*@bad.internal", reply="550 5.1.1 no such user")
    taken = fleet.emit(person(fleet, channel="sms"))
    fleet.await_outcome(taken, "sent")
    good, lost, refused, accepted = [refused_by_mail(fleet) for _ in range(4)]
    busy = refused_by_mail(fleet, phone=taken.data["recipient"]["phone"])
    gateway.on("webhook", 400, {"error": "handset_unknown"}, to=refused.data["recipient"]["phone"])
    for event in fleet.emit([good, lost, refused, accepted, busy]):
        o = fleet.await_outcome(event, "error")
        assert (o["code"], o["channel"], o["next_channel"]) == ("mailbox_unknown", "email", "sms")
    for event in (good, lost, accepted):
        queued, sent = await_sms(fleet, event, "queued"), await_sms(fleet, event)
        assert queued["prev"] == "error" and o["sequence"] < queued["sequence"] < sent["sequence"]
        assert sent["expires_at"] and sent["token_sha256"] and link_token(sms(gateway, event)[0])
        state = state_of(fleet, event)
        assert (state["state"], state["ch"], state["rh"]) == ("sent", "sms", sent["recipient_hash"])
        assert holder(fleet, event) == event.key and list(waits(fleet, event)) == [timer(event)]
    failed = await_sms(fleet, refused, "error")
    assert "next_channel" not in failed and state_of(fleet, refused)["state"] == "error" and not waits(fleet, refused)
    held = await_sms(fleet, busy, "error")
    assert (held["code"], held["holder"]) == ("already_invited", taken.key) and len(sms(gateway, taken)) == 1
    fleet.emit([receipt(good, f"{good.key}.1.sms.0", "delivered"),
                receipt(lost, f"{lost.key}.1.sms.0", "undelivered", code="handset_unknown")])
    assert await_sms(fleet, good, "delivered")["prev"] == "sent"
    await_sms(fleet, lost, "undelivered")
    client = redis.Redis(port=fleet.redis.port)
    before, names = memory.snapshot(client, fleet.prefix), names_of(client, fleet)
    fleet.redis.wipe()
    fleet.wait(lambda: fleet["status"].metric("beckon_rebuilds_total"), 60, "nobody made Redis anew")
    after = memory.snapshot(client, fleet.prefix)
    assert names == names_of(client, fleet)
    for found in (before, after):  # a look at a receipt that has come meanwhile is armed no more
        found["l"].pop(timer(good)), found["later"].pop(timer(good)), found["reasons"].clear()
    assert not memory.differences(before, after), "\n".join(memory.differences(before, after, 60))
    ask(fleet, "invite.accepted", accepted, "accepted")
    again = ask(fleet, "invite.resend-requested", good, "superseded")
    assert again["delivery"] == f"{good.key}.1.sms.0"
    assert all(len(sms(gateway, e)) == 1 for e in (lost, accepted)) and not fleet.sink.messages


def test_ladder_of_a_known_bad_address(fleet, gateway, up):
    """What is known to be no mailbox is not tried: the ladder begins with its SMS, and so does another resend."""
    up()
    nowhere = person(fleet, channel="ladder")
    nowhere.data["recipient"]["email"] = "ann@example.invalid"
    fleet.emit(nowhere)
    sent = await_sms(fleet, nowhere)
    assert sent["delivery"] == f"{nowhere.key}.1.sms.0" and "ladder" not in sent
    assert holder(fleet, nowhere) == nowhere.key and list(waits(fleet, nowhere)) == [timer(nowhere)]
    ask(fleet, "invite.resend-requested", nowhere, "superseded")
    fleet.wait(lambda: len(sms(gateway, nowhere)) == 2, 30, "the resend went elsewhere")
    assert not fleet.sink.messages
    no_more = person(fleet, channel="ladder")
    no_more.data["recipient"]["email"] = "bob@example.invalid"
    followed(fleet, lambda: beckon(fleet, "add", no_more.data["recipient"]["phone"], "--tenant", "acme", "--why", "opted_out"))
    assert fleet.await_outcome(fleet.emit(no_more), "error")["code"] == "email_domain_invalid"
    assert not sms(gateway, no_more)


def test_ladder_of_which_the_sms_fails(fleet, gateway, up):
    """The e-mail stands: that its SMS was not sent is history."""
    up(ladder_after_s=3600, reminder="off")
    event = person(fleet, channel="ladder")
    gateway.on("webhook", 400, {"error": "no_such_number"}, to=event.data["recipient"]["phone"])
    fleet.emit(event)
    fleet.await_outcome(event, "sent")
    skew(fleet, HOUR_MS + 60_000)
    assert await_sms(fleet, event, "error")["sequence"][1] == 0
    fleet.wait(lambda: state_of(fleet, event)["lad"] == "3", 10, "its ladder has not failed")
    assert state_of(fleet, event)["state"] == "sent" and holder(fleet, event) == event.key
    assert list(waits(fleet, event)) == [timer(event)]


def test_cancelled_while_the_sms_waits(fleet, gateway, up):
    """What waits of a ladder for the morning is removed with the invitation."""
    up(ladder_after_s=3600, reminder="off", sms_window={"from": "00:00", "to": "00:01", "days": "sun"})
    event = fleet.emit(person(fleet, channel="ladder"))
    fleet.await_outcome(event, "sent")
    skew(fleet, HOUR_MS + 60_000)
    waiting = await_sms(fleet, event, "deferred")
    assert waiting["code"] == "quiet_hours" and waiting["sequence"][1] == 0
    assert sorted(waits(fleet, event)) == [f"{event.key}.1.sms.0", timer(event)]
    ask(fleet, "invite.cancel-requested", event, "cancelled")
    assert waits(fleet, event) == {} and not gateway.messages


def test_silence(fleet, gateway, up):
    """No receipt for three days, where the provider promises them: not delivered."""
    up(receipts=True, reminder="off")
    month = {"ttl_s": 30 * 86400}
    silent, heard = fleet.emit([person(fleet, email=False, link=month) for _ in range(2)])
    for event in (silent, heard):
        assert await_sms(fleet, event)["receipt_due"]
    fleet.emit(receipt(heard, f"{heard.key}.1.sms.0", "delivered"))
    await_sms(fleet, heard, "delivered")
    skew(fleet, 3 * DAY_MS + HOUR_MS)
    told = await_sms(fleet, silent, "undelivered")
    assert told["code"] == "receipt_missing" and told["prev"] == "sent"
    fleet.wait(lambda: holder(fleet, silent) is None, 10, "it holds its address")
    assert state_of(fleet, heard)["state"] == "delivered"


def test_rebuilt(fleet, gateway, up):
    """Redis is made anew in the middle of ladders: each goes on where it was."""
    up(services=(*ALL, "status"), receipts=True, ladder_after_s=3600, reminder="off", link_ttl_s=30 * 86400)
    plain = fleet.emit(person(fleet, email=False))
    wanted = fleet.emit([person(fleet, channel="ladder") for _ in range(3)])
    waiting, bounced, climbed = wanted
    for event in (*wanted, plain):
        fleet.await_outcome(event, "sent")
    fleet.emit(receipt(bounced, f"{bounced.key}.1.email.0", "undelivered"))
    await_sms(fleet, bounced)
    fleet.emit(receipt(climbed, f"{climbed.key}.1.email.0", "undelivered"))
    await_sms(fleet, climbed)
    fleet.emit(receipt(climbed, f"{climbed.key}.1.sms.0", "delivered"))
    await_sms(fleet, climbed, "delivered")
    client = redis.Redis(port=fleet.redis.port)
    before, names = memory.snapshot(client, fleet.prefix), names_of(client, fleet)
    fleet.redis.wipe()
    fleet.wait(lambda: fleet["status"].metric("beckon_rebuilds_total"), 60, "nobody made Redis anew")
    after = memory.snapshot(client, fleet.prefix)
    assert names and names == names_of(client, fleet)
    for found in (before, after):  # a look at a receipt that has come meanwhile is armed no more
        for event in (bounced, climbed):
            found["l"].pop(timer(event)), found["later"].pop(timer(event))
        found["reasons"].clear()
    assert not memory.differences(before, after), "\n".join(memory.differences(before, after, 60))
    skew(fleet, HOUR_MS + 60_000)
    await_sms(fleet, waiting)
    assert all(len(sms(gateway, e)) == 1 for e in (*wanted, plain))


ENDS = {  # the last digit of +44 7700 90000x, or the name at test.beckon.invalid: what is told in the end
    "sent": ("sent", None), "delivered": ("delivered", None), "undelivered": ("undelivered", "mailbox_unknown"),
    "unknown": ("unknown", "outcome_unknown"), "retry": ("sent", None),
    "handset_unknown": ("error", "handset_unknown"), "handset_unreachable": ("error", "retries_exhausted"),
    "throttled": ("error", "retries_exhausted"), "content_rejected": ("error", "content_rejected"),
    "number_barred": ("error", "number_barred"),
}


@pytest.mark.story
def test_recipients_that_nobody_has(fleet, gateway, up):
    """Where the tenant allows it each ends as its name says, and nothing leaves; elsewhere there are none."""
    up(test_recipients=True)
    wanted = []
    for n, (name, end) in enumerate(ENDS.items()):
        by_phone = person(fleet, phone=f"+44 7700 90000{n}", email=False, scope=f"s{n}")
        of_phone = (end[0], "handset_unknown") if end[0] == "undelivered" else end
        wanted += [(by_phone, of_phone), (events.invite(email=f"{name}+{n}@test.beckon.invalid"), end)]
    fleet.emit([e for e, _ in wanted])
    for event, (word, code) in wanted:
        if word == "unknown":  # once by SMS, twice by e-mail
            fleet.wait(lambda e=event: state_of(fleet, e)["state"] == "unknown", 30, event.data["recipient"])
        o = fleet.await_outcome(event, word)
        assert o.get("code") == code, (event.data["recipient"], o)
        assert word in ("delivered", "undelivered") or o["provider"] == "test"
    assert not gateway.messages and not fleet.sink.messages
    other = fleet.emit(events.invite(email="sent@test.beckon.invalid", tenant="other"))
    assert fleet.await_outcome(other, "error")["code"] == "email_domain_invalid"
