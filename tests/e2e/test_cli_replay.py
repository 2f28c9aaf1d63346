"""beckon replay: what failed is asked again once, by dry run first, and never for ever."""
import json
import re
import subprocess
import time

import events
import pytest
from checks import by_recipient
from fleet import Fleet, program
from test_cli_invite import ENV


@pytest.fixture
def replay(fleet):
    """replay("--code", …) -> finished process with .told, what it printed for each."""
    fleet.up()

    def run(*args):
        done = subprocess.run([program("beckon"), "replay", "--since", "1h", "--json", *map(str, args),
                               "--config", fleet.dir / "beckon.yaml"],
                              capture_output=True, text=True, env=ENV, timeout=Fleet.patience(60),
                              stdin=subprocess.DEVNULL)
        done.told = {t["what"]: t["verdict"] for t in map(json.loads, done.stdout.splitlines())}
        return done
    return run


def failed(fleet, times=1, **data):
    """An invite that ends as mailbox_unknown, so many times."""
    event = events.invite(**data)
    fleet.sink.on("RCPT", to=re.escape(event.to), times=times, reply="550 5.1.2 no such system")
    fleet.emit(event)
    fleet.await_outcome(event, "error")
    return event


def messages(fleet, event):
    return len(by_recipient(fleet.sink).get(event.to.lower(), []))


@pytest.mark.story
def test_an_error_is_replayed_once(fleet, replay):
    event = failed(fleet)
    key = f"acme/{event.invite}"
    dry = replay("--code", "mailbox_unknown", "--dry-run")
    assert (dry.returncode, dry.told) == (0, {key: "replayed"})
    assert replay("--code", "too_large").told == {}
    assert replay("--code", "mailbox_unknown", "--tenant", "other").told == {}
    assert messages(fleet, event) == 0

    fleet["dispatcher"].stop()
    for _ in range(2):  # the second asks the same under the same id
        assert replay("--code", "mailbox_unknown").told == {key: "replayed"}
    fleet["dispatcher"].start()
    fleet.await_outcome(event, "sent")
    fleet.await_outcome(event, "duplicate")
    assert messages(fleet, event) == 1
    done = replay("--code", "mailbox_unknown")
    assert (done.returncode, done.told) == (0, {})


def test_no_loop(fleet, replay):
    """What fails again and again is left after three replays."""
    event = failed(fleet, times=9)
    for n in range(3):
        assert list(replay("--code", "mailbox_unknown").told.values()) == ["replayed"]
        fleet.wait(lambda n=n: fleet.outcomes.words(event.invite).count("error") == n + 2, 30, "no further error")
    last = replay("--code", "mailbox_unknown")
    assert last.returncode == 1 and list(last.told.values()) == ["loop"]


def test_paced(fleet, replay):
    """Never faster than it was told."""
    wanted = [failed(fleet) for _ in range(3)]
    began = time.monotonic()
    assert list(replay("--code", "mailbox_unknown", "--rate", 2).told.values()) == ["replayed"] * 3
    assert time.monotonic() - began >= 1  # two waits of half a second
    for event in wanted:
        fleet.await_outcome(event, "sent")


def test_its_time_is_over(fleet, replay):
    event = failed(fleet, schedule={"not_after": events.rfc3339(time.time() + 3)})
    fleet.wait(lambda: replay("--code", "mailbox_unknown", "--dry-run").told == {f"acme/{event.invite}": "expired"},
               10, "it does not expire")
    assert replay("--code", "mailbox_unknown").returncode == 1
    assert messages(fleet, event) == 0


@pytest.mark.story
def test_dead_letters(fleet, replay):
    """One that can be read by now goes back to its topic; others stay; nothing without end."""
    fleet.append("requested", "acme/none", b"{", [("content-type", "application/json")])
    mended, tired = events.invite(), events.invite()
    for event, extra in ((mended, []), (tired, [("beckon-replays", "3")])):
        fleet.append("dead_letter", event.key, event.value(),
                     [*event.headers(), *extra, ("kafka_dlt-original-topic", fleet.topics["requested"])])
    fleet.flush()
    letters = fleet.read("dead_letter")
    letters.wait_for(lambda items: len(items) == 3, 30, "no dead letters")
    letters.close()

    done = replay("--code", "unreadable")
    assert done.returncode == 1
    assert sorted(done.told.values()) == ["loop", "replayed", "unreadable"]
    fleet.await_outcome(mended, "sent")
    replay("--code", "unreadable")
    fleet.await_outcome(mended, "duplicate")
    assert messages(fleet, mended) == 1 and messages(fleet, tired) == 0


def test_dead_jobs(fleet, replay):
    """A job of a newer version is kept as a dead letter; one that can be read by now goes back to its courier, once."""
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    jobs = fleet.read("email")
    [job] = jobs.wait_for(lambda items: list(items), 30, "no job")
    fleet.append("email", job.key(), job.value().replace(b'"v":1', b'"v":2'), job.headers())
    fleet.flush()
    letters = fleet.read("dead_letter")
    [dead] = letters.wait_for(lambda items: list(items), 30, "no dead letter")
    assert dead.value() == job.value().replace(b'"v":1', b'"v":2') and "ev=dead-letter" in fleet["email"].text()
    assert b"version 1" in dict(dead.headers())["kafka_dlt-exception-message"]
    assert list(replay("--code", "unreadable").told.values()) == ["unreadable"]

    other = events.invite(send="hold")  # as if its job had come from a version that could not be read
    fleet.emit(other)
    fleet.await_outcome(other, "held")
    fleet.append("dead_letter", other.key, job.value().replace(event.invite.encode(), other.invite.encode()),
                 [*job.headers(), ("kafka_dlt-original-topic", fleet.topics["email"])])
    fleet.flush()
    letters.wait_for(lambda items: len(items) == 2, 30, "no second dead letter")
    assert list(replay("--code", "unreadable", "--tenant", "other").told.values()) == ["unreadable"]  # nobody knows whose
    assert sorted(replay("--code", "unreadable", "--tenant", "acme").told.values()) == ["replayed", "unreadable"]
    fleet.await_outcome(other, "sent")
    replay("--code", "unreadable")
    jobs.wait_for(lambda items: len(items) == 4, 30, "not put back twice")
    assert not fleet.outcomes.distinct("refused") and len(fleet.outcomes.distinct("sent", invite=other.invite)) == 1

    strayed = job.value().replace(b".email.0", b".sms.0")  # a courier sends what is for its own channel
    fleet.append("email", job.key(), strayed, job.headers())
    fleet.flush()
    dead = letters.wait_for(lambda items: len(items) == 3 and items, 30, "no third dead letter")[-1]
    assert dead.value() == strayed != job.value()
    jobs.close()
    letters.close()


@pytest.mark.parametrize("args, text", [
    ([], "--since"), (["--since", "1h"], "--code"), (["--since", "soon", "--code", "too_large"], "--since"),
    (["--since", "1h", "--code", "too_big"], "no error 'too_big'"),
])
def test_usage(args, text):
    done = subprocess.run([program("beckon"), "replay", *args], capture_output=True, text=True, env=ENV, timeout=60)
    assert done.returncode == 2 and text in done.stderr
