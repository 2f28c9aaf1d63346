"""Password mails: sealed by the application or minted by the fleet, and to be read in the mail alone."""
import email.policy
import json
import re
import signal
import time

import contract
import events
import nacl.pwhash
import pytest
import seals
from checks import by_recipient, sent_once
from life import answer, ask, holder, state_of, waits
from process import build_root, wait_until

TEMPLATES = build_root().parent / "deploy" / "templates"
SECRET = "pw7Canary-{}!"  # a password of an application's
MINTED = re.compile(r"(?:[a-km-np-z2-9]{4}-){4}[a-km-np-z2-9]{4}")


def texts(message):
    """Both bodies of a mail, decoded."""
    parsed = email.message_from_bytes(message.raw, policy=email.policy.default)
    return [parsed.get_body((kind,)).get_content() for kind in ("plain", "html")]


def minted_in(message):
    """The one password that both parts show."""
    plain, html = texts(message)
    [password] = MINTED.findall(plain)
    assert password in html
    return password


def told(fleet, outcome):
    """What the application reads of a minted password."""
    return json.loads(seals.open_(fleet.dir / "accept.keys", outcome["sealed"]))


def assert_fits(fleet, outcome, password, username="ann"):
    sealed = told(fleet, outcome)
    assert sealed["username"] == username and set(sealed) == {"username", "password_argon2id"}
    assert sealed["password_argon2id"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert nacl.pwhash.argon2id.verify(sealed["password_argon2id"].encode(), password.encode())


def nowhere(fleet, *secrets):
    """Not in logs, metrics, topics or Redis; the mail is the only place."""
    places = [(s.name, s.text().encode()) for s in fleet.services]
    places += [(s.name, s.get("/metrics")[1].encode()) for s in fleet.services if s.running()]
    for topic in ("requested", "email", "status", "dead_letter"):
        reader = fleet.read(topic, lambda m: (m.value() or b"") + str(m.headers()).encode())
        wanted = sum(1 for _ in fleet.outcomes.snapshot()) if topic == "status" else 0
        reader.wait_for(lambda items, wanted=wanted: len(items) >= wanted, 20, str)
        time.sleep(0.3)
        places += [(topic, raw) for raw in reader.snapshot()]
        reader.close()
    places += [(path.name, path.read_bytes()) for path in fleet.redis.dir.rglob("*.aof*") if path.is_file()]
    for secret in secrets:
        found = [place for place, text in places if secret.encode() in text]
        assert not found, f"a password shows in {found}"
    assert len(places) > 5


@pytest.mark.story
def test_sealed(fleet):
    """Sealed by `beckon seal`, or by an application's own library, for somebody who is active."""
    fleet.up()
    one, two = SECRET.format(1), SECRET.format("2\N{GREEK SMALL LETTER ALPHA}<&>")
    by_tool = fleet.beckon("seal", "--key", fleet.seal_key, input=one + "\n").stdout.strip()
    wanted = fleet.emit([events.password(sealed=by_tool, recipient={"state": "active"}),
                         events.password(sealed=seals.close(fleet.seal_key, two), username="ben", trigger="import", send="now",
                                         link={"base": "https://acme.internal/login"})])
    outcomes = [fleet.await_outcome(e, "sent") for e in wanted]
    by_to = by_recipient(fleet.sink)
    [first], [second] = (by_to[e.to] for e in wanted)
    plain, html = texts(first)
    assert one in plain and one in html and "ann" in plain
    assert "https://" not in plain and "token=" not in html
    assert "Your password" in first.parsed["Subject"] and one not in first.parsed["Subject"]
    plain, html = texts(second)
    assert two in plain and two.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in html
    assert "https://acme.internal/login" in plain
    for outcome in outcomes:
        assert outcome["kind"] == "password" and outcome["template"]["name"] == "password"
        assert not {"expires_at", "token_sha256", "sealed"} & set(outcome)
    assert "sealed" not in fleet.await_outcome(wanted[0], "queued")
    assert all(holder(fleet, e) is None and waits(fleet, e) == {} for e in wanted)
    nowhere(fleet, one, two)


@pytest.mark.story
def test_minted(fleet):
    """Drawn by the fleet: the person reads it, the application is told its hash, nobody else anything."""
    fleet.up()
    wanted = fleet.emit([events.password(username=f"u{i}", recipient={"locale": "ru" if i else "en"}) for i in range(4)])
    sent_once(fleet, wanted)
    assert not [f for o in fleet.outcomes.snapshot() for f in contract.faults("outcome", dict(o))]
    by_to, passwords = by_recipient(fleet.sink), set()
    for i, event in enumerate(wanted):
        password = minted_in(by_to[event.to][0])
        assert_fits(fleet, fleet.await_outcome(event, "queued"), password, f"u{i}")
        passwords.add(password)
    assert len(passwords) == 4
    fleet.wait(lambda: fleet["dispatcher"].metric("beckon_minting") == 0, 10, "somebody waits for a password still")
    nowhere(fleet, *passwords)


def test_minted_and_parked(fleet):
    """Where it waits for its slot, the application is told with the deferral."""
    fleet.up(dispatcher={"tenants": {"slow": {"limits": {"tenant": "2/s"}}}})
    wanted = fleet.emit([events.password(tenant="slow") for _ in range(3)])
    sent_once(fleet, wanted)
    by_to = by_recipient(fleet.sink)
    deferred = [e for e in wanted if "deferred" in fleet.outcomes.words(e.invite)]
    assert deferred
    for event in wanted:
        word = "deferred" if event in deferred else "queued"
        assert_fits(fleet, fleet.await_outcome(event, word), minted_in(by_to[event.to][0]))


def test_again_at_any_time(fleet):
    """A new password each time, within the cooldown too; without confirm or credentials it is refused."""
    fleet.up()
    event = fleet.emit(events.password())
    fleet.await_outcome(event, "sent")
    resend = "invite.resend-requested"
    assert ask(fleet, resend, event, "refused", credentials=events.credentials())["code"] == "confirm_missing"
    refused = ask(fleet, resend, event, "refused", confirm=True)
    assert (refused["code"], refused["reason"]) == ("schema_invalid", "/credentials")
    command = fleet.emit(events.command(resend, event, credentials=events.credentials("ann.b"), confirm=True))
    queued = answer(fleet, command, "queued")
    assert answer(fleet, command, "sent")["generation"] == 2
    one, two = by_recipient(fleet.sink)[event.to]
    assert minted_in(one) != minted_in(two)
    assert_fits(fleet, queued, minted_in(two), "ann.b")
    sealed = seals.close(fleet.seal_key, SECRET.format(3))
    assert ask(fleet, resend, event, "sent", credentials=events.credentials(sealed=sealed), confirm=True)["generation"] == 3
    assert SECRET.format(3) in texts(by_recipient(fleet.sink)[event.to][2])[0]
    assert ask(fleet, "user.activated", event, "accepted")["prev"] == "sent"  # who has signed in may ask for another
    assert ask(fleet, resend, event, "sent", credentials=events.credentials(), confirm=True)["generation"] == 4


def test_held_and_released(fleet):
    """Minted when it is sent, not when it is asked for."""
    fleet.up()
    event = fleet.emit(events.password(send="hold"))
    assert "sealed" not in fleet.await_outcome(event, "held")
    queued = ask(fleet, "invite.release-requested", event, "queued")
    fleet.await_outcome(event, "sent")
    assert_fits(fleet, queued, minted_in(fleet.sink.messages[0]))


def test_only_while_it_waits(fleet):
    """The address is held while the mail waits, and free afterwards; an invitation is another kind."""
    fleet.up(dispatcher={"tenants": {"acme": {"limits": {"tenant": "1/h"}}}})
    fleet.emit(events.invite())  # takes the slot
    to = events.address()
    waiting = fleet.emit(events.password(to))
    fleet.await_outcome(waiting, "deferred")
    other = fleet.emit(events.password(to))
    refused = fleet.await_outcome(other, "refused")
    assert (refused["code"], refused["holder"]) == ("already_invited", waiting.key)
    cancelled = ask(fleet, "invite.cancel-requested", waiting, "cancelled")
    assert cancelled["generation"] == 1 and waits(fleet, waiting) == {}
    third = fleet.emit(events.password(to))
    fleet.await_outcome(third, "deferred")


def test_resend_replaces_the_one_that_waits(fleet):
    fleet.up(dispatcher={"tenants": {"acme": {"limits": {"tenant": "1/h burst 2"}}}})
    fleet.emit([events.invite(), events.invite()])  # take the slots
    fleet.await_count("sent", 2)
    event = fleet.emit(events.password())
    fleet.await_outcome(event, "deferred")
    command = fleet.emit(events.command("invite.resend-requested", event, credentials=events.credentials(), confirm=True))
    assert answer(fleet, command, "deferred")["generation"] == 2
    assert list(waits(fleet, event)) == [f"{event.key}.2.email.0"]


def test_confirm_missing(fleet):
    fleet.up(("dispatcher",))
    event = events.password()
    del event.data["confirm"]
    fleet.emit(event)
    assert fleet.await_outcome(event, "refused")["code"] == "confirm_missing"


def test_nobody_to_tell(fleet):
    """Without the application's key a minted password would be nobody's."""
    fleet.accept_key = None
    fleet.up(("dispatcher",))
    refused = fleet.await_outcome(fleet.emit(events.password()), "refused")
    assert refused["code"] == "illegal_transition" and refused["reason"].startswith("/credentials/mint")


@pytest.mark.story
def test_in_doubt(fleet):
    """Cut past the dot: it stays unknown, whatever an invitation would do; asked for anew it goes."""
    fleet.up()
    event = events.password()
    fleet.sink.on("DOT", to=re.escape(event.to), times=1, take=True, reset=True)
    fleet.emit(event)
    outcome = fleet.await_outcome(event, "unknown")
    assert outcome["code"] == "outcome_unknown" and "expires_at" not in outcome and "not_before" not in outcome
    time.sleep(1.5)  # the schedule would have sent it again by now
    assert sorted(o.word for o in fleet.outcomes.distinct(invite=event.invite)) == ["queued", "unknown"]
    assert len(by_recipient(fleet.sink)[event.to]) == 1
    assert state_of(fleet, event)["state"] == "unknown" and waits(fleet, event) == {}
    again = ask(fleet, "invite.resend-requested", event, "sent", credentials=events.credentials(), confirm=True)
    assert again["generation"] == 2


def test_keys_rotate(fleet):
    """A key that the e-mail service does not have yet: the mail waits, and goes when the key is there."""
    fleet.up(email={"schedule": {"retry": ["300ms"] * 50}})
    old = seals.close(fleet.seal_key, SECRET.format(4))
    fleet.seal_key = fleet.beckon("keygen", "--add", fleet.dir / "seal.keys").stdout.strip()
    first, second = fleet.emit([events.password(sealed=old),
                                events.password(sealed=seals.close(fleet.seal_key, SECRET.format(5)))])
    fleet.await_outcome(first, "sent")
    waiting = fleet.await_outcome(second, "deferred")
    assert waiting["code"] == "retry" and "not here" in waiting["reason"]
    fleet["email"].signal(signal.SIGHUP)
    fleet.await_outcome(second, "sent")
    assert SECRET.format(5) in texts(by_recipient(fleet.sink)[second.to][0])[0]


def test_what_does_not_open(fleet):
    fleet.up()
    good = seals.close(fleet.seal_key, SECRET.format(6))
    broken = good[:20] + ("A" if good[20] != "A" else "B") + good[21:]
    wanted = fleet.emit([events.password(sealed=s) for s in
                         (broken, "AAAA", seals.close(fleet.seal_key, "two\nlines"), seals.close(fleet.seal_key, "x" * 300))])
    for event in wanted:
        outcome = fleet.await_outcome(event, "error")
        assert outcome["code"] == "render_failed" and outcome["reason"].startswith("sealed: ")
    assert fleet.sink.messages == []


def test_order_behind_a_password(fleet):
    """While a password is drawn, what is asked of the same invite afterwards waits; all others go on."""
    fleet.up(dispatcher={"mint__threads": 1})
    first = events.password()
    cancel = events.command("invite.cancel-requested", first)
    crowd = [events.password() for _ in range(30)]
    plain = events.invite()
    fleet.emit([*crowd, first, cancel, plain])
    queued, cancelled = fleet.await_outcome(first, "queued"), answer(fleet, cancel, "cancelled")
    assert cancelled["prev"] in ("queued", "sent") and queued["sequence"] < cancelled["sequence"]
    order = [o.get("invite") for o in fleet.outcomes.snapshot() if o.word == "queued"]
    fleet.await_count("queued", 32)
    assert order.index(plain.invite) < 31  # before the last of the crowd
    fleet.await_final([*crowd, plain])


@pytest.mark.parametrize("point", ["minted", "decided", "job-appended", "outcome-appended"])
def test_replayed(fleet, point):
    """Whatever the dispatcher dies of: the password in the mail is the one that the application was told."""
    fleet.crash_env = {"dispatcher": {"BECKON_CRASH_AT": f"{point}:1"}}
    fleet.up(await_ready=False)
    wanted = fleet.emit([events.password() for _ in range(3)])
    dispatcher = fleet["dispatcher"]
    dispatcher.may_have_died = True
    wait_until(lambda: not dispatcher.running(), fleet.patience(40), fleet.tails)
    dispatcher.start().await_ready()
    sent_once(fleet, wanted)
    by_to = by_recipient(fleet.sink)
    for event in wanted:
        queued = [o for o in fleet.outcomes.snapshot() if o.get("invite") == event.invite and o.word == "queued"]
        assert queued
        for outcome in queued:  # told twice perhaps, and then the same
            assert_fits(fleet, outcome, minted_in(by_to[event.to][0]))


def test_stopped_while_drawing(fleet):
    """SIGTERM: what is being drawn is finished, nothing is lost."""
    fleet.up(dispatcher={"mint__threads": 1})
    wanted = fleet.emit([events.password() for _ in range(40)])
    fleet.await_outcome(wanted[0], "queued")
    assert fleet["dispatcher"].stop() == 0
    fleet["dispatcher"].start().await_ready()
    sent_once(fleet, wanted)


def test_preview(fleet):
    """`beckon render` shows a made-up password."""
    event = events.password(sealed="AAAA", link={"base": "https://acme.internal/login"})
    path = fleet.dir / "data.json"
    path.write_text(json.dumps(event.data))
    for locale, words in (("en", "Password: "), ("ru", "Пароль: ")):
        shown = fleet.beckon("render", "--templates", TEMPLATES, "--template", "password", "--locale", locale,
                             "--data", path).stdout
        assert words in shown and MINTED.search(shown) and "https://acme.internal/login" in shown


def test_redis_lost_while_it_waits(fleet):
    """The password was sealed there alone: another one is drawn, and the application told."""
    fleet.up(("clock", "dispatcher", "email", "status"), dispatcher={"tenants": {"slow": {"limits": {"tenant": "15/m"}}}})
    wanted = fleet.emit([events.password(tenant="slow") for _ in range(3)])
    fleet.await_count("sent", 1)
    fleet.await_count("deferred", 2)
    fleet.redis.wipe()
    sent_once(fleet, wanted)
    by_to = by_recipient(fleet.sink)
    for event in wanted:
        outcomes = sorted((o for o in fleet.outcomes.distinct(invite=event.invite) if "sealed" in o),
                          key=lambda o: o["sequence"])
        assert_fits(fleet, outcomes[-1], minted_in(by_to[event.to][0]))
        # asked for anew or not, it is told with the generation that was sent
        assert outcomes[-1]["generation"] == fleet.await_outcome(event, "sent")["generation"]


def test_two_dispatchers(fleet):
    """One dies while it draws, the other goes on with its partitions: still the same password and hash."""
    fleet.up(("clock", "dispatcher", "email"))
    other = fleet.service("dispatcher").start()
    other.await_ready()
    wanted = fleet.emit([events.password() for _ in range(60)])
    fleet.await_outcome(wanted[0], "queued")
    fleet["dispatcher"].kill()
    sent_once(fleet, wanted, fleet.patience(90))
    by_to = by_recipient(fleet.sink)
    for event in wanted:
        sealed = [o for o in fleet.outcomes.snapshot() if o.get("invite") == event.invite and "sealed" in o]
        assert sealed
        for outcome in sealed:
            assert_fits(fleet, outcome, minted_in(by_to[event.to][0]))


def test_from_the_terminal(fleet):
    """`beckon invite --mint` and `beckon resend --mint`: each row with its own user name, and never without --confirm."""
    fleet.up()
    config = ("--config", fleet.dir / "beckon.yaml", "--tenant", "acme")
    people = fleet.dir / "people.csv"
    people.write_text(f"email,username\n{events.address()},ann\n{events.address()},ben\n")
    refused = fleet.beckon("invite", *config, "--csv", people, "--mint", check=False)
    assert refused.returncode == 2 and "--confirm" in refused.stderr
    fleet.beckon("invite", *config, "--csv", people, "--mint", "--confirm", "--wait")
    fleet.await_count("queued", 2)
    outcomes = {told(fleet, o)["username"]: o for o in fleet.outcomes.distinct("queued")}
    assert set(outcomes) == {"ann", "ben"}
    for message in fleet.sink.messages:
        username = re.search(r"User name: (\w+)", texts(message)[0])[1]
        assert_fits(fleet, outcomes[username], minted_in(message), username)
    fleet.beckon("resend", *config, outcomes["ann"]["invite"], "--mint", "--username", "ann", "--confirm")
    fleet.sink.wait_messages(3, fleet.patience(10))


def in_memory(service, secret):
    """Where it lies in what the process may write to."""
    found = []
    with open(f"/proc/{service.pid}/maps") as maps, open(f"/proc/{service.pid}/mem", "rb") as memory:
        for line in maps:
            begin, end, mode = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if not mode.startswith("rw"):
                continue
            try:
                memory.seek(int(begin, 16))
                if secret.encode() in memory.read(int(end, 16) - int(begin, 16)):
                    found.append(line)
            except OSError:
                pass  # gone, or a device's
    return found


def test_no_trace_in_memory(fleet):
    """When a session has ended nothing of its passwords is left, not even in what libraries have freed."""
    fleet.up(email={"session_idle": "200ms"})
    secrets = [SECRET.format(n) for n in range(100, 108)]
    sealed = [events.password(sealed=seals.close(fleet.seal_key, s)) for s in secrets]
    minted = [events.password() for _ in range(2)]
    sent_once(fleet, fleet.emit(sealed + minted))
    secrets += [minted_in(m) for e in minted for m in by_recipient(fleet.sink)[e.to]]
    for service in fleet.services:
        with open(f"/proc/{service.pid}/limits") as limits:
            assert re.search(r"Max core file size +0 +0 ", limits.read())
        wait_until(lambda s=service: not any(in_memory(s, secret) for secret in secrets), fleet.patience(15),
                   lambda s=service: f"{s.name} holds {[secret for secret in secrets if in_memory(s, secret)]}")
