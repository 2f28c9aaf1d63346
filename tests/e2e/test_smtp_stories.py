"""Relays that refuse, wait, lie and break: what becomes of the invite, and of everybody else's."""
import email
import re
import signal
import time

import certs
import events
import pytest
import smtpd
from checks import by_recipient, sent_once


def to(event):
    """This person and nobody else, as a rule of the sink wants it."""
    return re.escape(event.to)


def codes(fleet, event, word):
    return [o.get("code") for o in fleet.outcomes.distinct(word, invite=event.invite)]


@pytest.mark.story
def test_4xx_then_2xx(fleet):
    """Parked, put back by the clock, sent under the same Message-ID."""
    fleet.up()
    wanted = [events.invite() for _ in range(6)]
    rules = [fleet.sink.on(stage, to=to(event), times=2, reply="451 4.3.0 try later")
             for stage, event in zip(("RCPT", "DATA", "DOT") * 2, wanted)]
    fleet.emit(wanted)
    sent_once(fleet, wanted)
    assert [rule.used for rule in rules] == [2] * len(wanted)
    for event in wanted:
        assert codes(fleet, event, "deferred") == ["retry", "retry"]
        assert fleet.outcomes.distinct("sent", invite=event.invite)[0]["attempt"]["n"] == 3
    for event in wanted[2::3]:  # refused after the dot: what left is seen each time
        mails = [email.message_from_bytes(m.raw) for m in fleet.sink.attempts if m.to == event.to]
        assert len(mails) == 3
        for header in ("Message-ID", "Date", "From", "Reply-To", "To", "Subject", "Content-Type"):
            assert len({mail[header] for mail in mails}) == 1, f"{header} changes from turn to turn"


@pytest.mark.story
def test_5xx_is_final(fleet):
    fleet.up()
    table = [("RCPT", "550 5.1.1 no such user", "mailbox_unknown"), ("RCPT", "550 5.2.1 disabled", "mailbox_disabled"),
             ("DOT", "554 5.6.0 content rejected", "content_rejected"), ("DOT", "552 5.3.4 too big", "too_large"),
             ("DOT", "550 5.7.1 policy", "policy_blocked")]
    refused = [events.invite() for _ in table]
    for event, (stage, reply, _) in zip(refused, table):
        fleet.sink.on(stage, to=to(event), reply=reply)
    good = [events.invite() for _ in table]
    names = {"queued as 4XyZ": "4XyZ", "0123456789abcdef0123456789abcdef": "0123456789abcdef0123456789abcdef",
             "0123456789abcdef0123456789abcdef@relay.example": None}  # this could be somebody's address
    for event, name in zip(good, names):
        fleet.sink.on("DOT", to=to(event), reply=f"250 2.0.0 Ok {name}")
    fleet.emit([e for pair in zip(refused, good) for e in pair])
    for event, (_, _, code) in zip(refused, table):
        assert fleet.await_outcome(event, "error")["code"] == code
    sent_once(fleet, good)
    for event, name in zip(good, names.values()):
        assert fleet.await_outcome(event, "sent").get("provider_message_id") == name
    assert not [e for e in refused if "sent" in fleet.outcomes.words(e.invite)]


def test_recipient_refused_among_accepted_in_one_session(fleet):
    fleet.up(email={"sessions": 1})
    everybody = [events.invite() for _ in range(30)]
    refused = everybody[::3]
    for event in refused:
        fleet.sink.on("RCPT", to=to(event), reply="550 5.1.1 no such user")
    fleet.emit(everybody)
    good = [e for e in everybody if e not in refused]
    sent_once(fleet, good)
    for event in refused:
        assert fleet.await_outcome(event, "error")["code"] == "mailbox_unknown"
    assert len(fleet.sink.connections) < 5, "a refused recipient ended the session"


@pytest.mark.story
@pytest.mark.tsan
def test_421_in_mid_session(fleet):
    fleet.up()
    for stage, nth in (("MAIL", 7), ("RCPT", 13), ("DATA", 19), ("MAIL", 29)):
        fleet.sink.on(stage, nth=nth, reply="421 4.3.2 shutting down", close=True)
    wanted = [events.invite() for _ in range(60)]
    fleet.emit(wanted)
    sent_once(fleet, wanted)


@pytest.mark.story
def test_relay_down_then_up(fleet):
    """The route closes, /readyz says so, nothing is burnt; when the relay is back all goes out at once."""
    fleet.up()
    fleet.sink.down()
    wanted = fleet.emit([events.invite() for _ in range(50)])
    fleet.wait(lambda: fleet["email"].get("/readyz")[0] == 503, 20, "email is ready without its only relay")
    assert "sink" in fleet["email"].get("/readyz")[1]
    fleet.sink.up()
    sent_once(fleet, wanted)
    assert {o["attempt"]["n"] for o in fleet.outcomes.distinct("sent")} == {1}


@pytest.mark.story
@pytest.mark.tsan
def test_cut_after_the_dot(fleet):
    """Taken over or not, nobody knows: told as unknown, sent once more under the same Message-ID."""
    fleet.up()
    taken, lost = events.invite(), events.invite()
    fleet.sink.on("DOT", to=to(taken), times=1, take=True, reset=True)
    fleet.sink.on("DOT", to=to(lost), times=1, reset=True)
    fleet.emit([taken, lost])
    for event in (taken, lost):
        assert fleet.await_outcome(event, "unknown")["code"] == "outcome_unknown"
        fleet.await_outcome(event, "sent")
        attempts = [m for m in fleet.sink.attempts if m.to == event.to]
        assert len(attempts) == 2 and len({m.message_id for m in attempts}) == 1
    got = by_recipient(fleet.sink)
    assert (len(got[taken.to]), len(got[lost.to])) == (2, 1)


def test_cut_after_the_dot_twice_stays_unknown(fleet):
    fleet.up()
    event = events.invite()
    fleet.sink.on("DOT", to=to(event), reset=True)
    fleet.emit(event)
    fleet.wait(lambda: len(fleet.outcomes.distinct("unknown", invite=event.invite)) == 2, 30, "no second unknown")
    after = fleet.emit(events.invite())
    fleet.await_outcome(after, "sent")
    assert len([m for m in fleet.sink.attempts if m.to == event.to]) == 2
    assert "sent" not in fleet.outcomes.words(event.invite)


def test_tarpit(fleet):
    """One domain never answers: while others wait it holds at most half of the sessions, and they go past it."""
    fleet.up(email={"sessions": 8})
    slow = [events.invite(email=events.address("tarpit.internal")) for _ in range(40)]
    quick = [events.invite() for _ in range(400)]
    fleet.sink.on("RCPT", to=r".*@tarpit\.internal", hold="tarpit")
    mixed = quick[:40] + [e for n, one in enumerate(slow) for e in (one, *quick[40 + n * 9:49 + n * 9])]
    fleet.emit(mixed)
    sent_once(fleet, quick)
    assert not [m for m in fleet.sink.messages if m.to.endswith("tarpit.internal")]
    fleet.sink.release("tarpit")
    sent_once(fleet, quick + slow)


@pytest.mark.story
def test_behind_a_tarpit(fleet):
    """Whoever comes behind more of a silent domain than is read at once is reached all the same."""
    fleet.up(email={"sessions": 4})
    slow = [events.invite(email=events.address("tarpit.internal"), tenant="one") for _ in range(300)]
    last = events.invite(tenant="one")
    fleet.sink.on("RCPT", to=r".*@tarpit\.internal", hold="tarpit")
    fleet.emit([*slow, last])
    sent_once(fleet, [last])
    assert not [m for m in fleet.sink.messages if m.to.endswith("tarpit.internal")]
    fleet.sink.release("tarpit")
    sent_once(fleet, [*slow, last])


# ---- TLS: until all is well nothing is said but EHLO and STARTTLS, least of all the password

@pytest.fixture(scope="module")
def authority(run_dir):
    return certs.Authority(run_dir / "ca")


def secure_relay(fleet, port, authority):
    password = fleet.dir / "relay.password"
    password.write_text("canary-password\n")
    fleet.secrets.append("canary-password")
    return [{"name": "secure", "url": f"smtp://localhost:{port}", "tls": "required", "ca_file": str(authority.file),
             "username": "beckon", "password_file": str(password)}]


@pytest.mark.story
@pytest.mark.parametrize("fault", ["another name", "unknown authority", "expired", "no STARTTLS", "injected reply"])
def test_tls_fault(fleet, authority, fault):
    good = authority.sign("localhost").context()
    bad = {"another name": lambda: authority.sign("elsewhere.internal").context(),
           "unknown authority": lambda: authority.self_signed("localhost").context(),
           "expired": lambda: authority.sign("localhost", days=-1).context(),
           "no STARTTLS": lambda: None,
           "injected reply": lambda: good}[fault]()
    with smtpd.Server(tls=bad, users={"beckon": "canary-password"}, auth_required=True, auth_in_clear=True) as relay:
        if fault == "injected reply":
            relay.on("STARTTLS", reply=["220 2.0.0 go ahead", "250-test.internal", "250 AUTH PLAIN"])
        fleet.up(email={"relays": secure_relay(fleet, relay.port, authority)}, await_ready=False)
        event = fleet.emit(events.invite())
        relay.wait(lambda: len([c for c in relay.connections if not c.open]) >= 2, fleet.patience(40),
                   "the relay was not tried twice")
        said = [line for c in relay.connections for line in c.commands]
        assert not [line for line in said if line.upper().startswith(("AUTH", "MAIL", "RCPT", "DATA"))], said
        fleet.wait(lambda: not fleet["email"].ready(), 20, "email is ready without its only relay")
        relay.clear()
        relay.tls = good
        good.sni_callback = relay._note_name
        fleet.await_outcome(event, "sent")
        [message] = relay.messages
        assert message.tls == "TLSv1.2" and message.user == "beckon"
        assert fleet.outcomes.distinct("sent")[0]["attempt"]["n"] == 1


def test_a_relays_password_is_changed(fleet, authority):
    """535 closes the relay and burns nothing; the file is read again on SIGHUP, and a file that is gone changes nothing."""
    with smtpd.Server(tls=authority.sign("localhost").context(), users={"beckon": "canary-second"},
                      auth_required=True) as relay:
        relays = secure_relay(fleet, relay.port, authority)
        fleet.secrets.append("canary-second")
        fleet.up(email={"relays": relays}, await_ready=False)
        event = fleet.emit(events.invite())
        fleet.wait(lambda: "auth_failed" in fleet["email"].text(), 40, "the wrong password was not noticed")
        password = fleet.dir / "relay.password"
        password.write_text("canary-second\n")
        fleet["email"].signal(signal.SIGHUP)
        assert fleet.await_outcome(event, "sent")["attempt"]["n"] == 1
        password.unlink()
        fleet["email"].signal(signal.SIGHUP)
        fleet.wait(lambda: "ev=reload-failed" in fleet["email"].text(), 20, "the file was not missed")
        fleet.await_outcome(fleet.emit(events.invite()), "sent")
        assert [m.user for m in relay.messages] == ["beckon"] * 2


def test_a_relay_with_tls_from_the_first_byte(fleet, authority):
    """smtps://, TLS 1.3: refusals end one message, a lost reply is told and the message sent again under its Message-ID."""
    with smtpd.Server(tls=authority.sign("localhost").context(), implicit=True, users={"beckon": "canary-password"},
                      auth_required=True) as relay:
        relays = [{**secure_relay(fleet, relay.port, authority)[0], "url": f"smtps://localhost:{relay.port}"}]
        fleet.up(email={"relays": relays, "sessions": 2})
        wanted = [events.invite() for _ in range(12)]
        relay.on("RCPT", to=to(wanted[3]), reply="550 5.1.1 no such user")
        relay.on("DOT", to=to(wanted[7]), take=True, close=True, times=1)
        fleet.emit(wanted)
        assert fleet.await_outcome(wanted[3], "error")["code"] == "mailbox_unknown"
        sent = [e for e in wanted if e is not wanted[3]]
        for event in sent:
            fleet.await_outcome(event, "sent")
        assert "unknown" in fleet.outcomes.words(wanted[7].invite)
        assert sorted(m.to for m in relay.messages) == sorted([*(e.to for e in sent), wanted[7].to])
        assert len({m.message_id for m in relay.messages}) == len(sent)
        assert {(m.tls, m.user) for m in relay.messages} == {("TLSv1.3", "beckon")}


# ---- limits

def test_slots_of_a_limited_tenant(fleet):
    """Each delivery over the limit has its own slot, told as not_before; nobody else waits for it."""
    fleet.up(dispatcher={"tenants": {"slow": {"limits": {"tenant": "5/s"}}}})
    slow = [events.invite(tenant="slow") for _ in range(15)]
    fleet.emit(slow)
    other = fleet.emit(events.invite(tenant="acme"))
    fleet.await_outcome(other, "sent")
    assert len(by_recipient(fleet.sink)) < len(slow), "the limited tenant was not limited"
    sent_once(fleet, [*slow, other])

    slots = {o["invite"]: events.milliseconds(o["not_before"]) for o in fleet.outcomes.distinct("deferred")
             if o["code"] == "rate_limited"}
    assert len(slots) >= len(slow) - 1
    arrived = {m.to: m.at * 1000 for m in fleet.sink.messages}
    early = {e.invite: slots[e.invite] - arrived[e.to] for e in slow
             if e.invite in slots and arrived[e.to] < slots[e.invite] - 1}
    assert not early, f"sent before its slot (ms): {early}"
    gaps = [b - a for a, b in zip(sorted(slots.values()), sorted(slots.values())[1:])]
    assert min(gaps) >= 199, f"slots closer than 200 ms: {gaps}"


def test_never_before_its_time(fleet):
    fleet.up()
    due = time.time() + 2
    event = fleet.emit(events.invite(schedule={"not_before": events.rfc3339(due)}))
    assert fleet.await_outcome(event, "deferred")["code"] == "scheduled"
    fleet.await_outcome(event, "sent")
    [message] = fleet.sink.messages
    assert message.at >= due - 0.001
