"""How every invite stands, for people: kept in Redis, told on invite-state, made anew from the topics."""
import csv
import io
import json
import subprocess

import contract
import events
import fleet as fleet_module
import pytest
from checks import sent_once

ALL = ("clock", "dispatcher", "email", "status")


def shown(fleet, event):
    """What the view holds of an invite; None = nothing."""
    value = fleet.redis.client.get(f"{fleet.prefix}v:{event.key}")
    return value and json.loads(value.partition("\n")[2])


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
    told = fleet.read("state", lambda m: (m.key().decode(), json.loads(m.value())))
    told.wait_for(lambda items: dict(items) == {
        e.key: shown(fleet, e) for e in [*wanted, bad]}, 30, "invite-state tells something else")
    told.close()
    assert not [f for _, state in told.items for f in contract.faults("state", state)]


def test_made_anew(fleet):
    """Redis loses its memory: the view is as it was, from the topics' beginning."""
    fleet.up(services=ALL)
    wanted = fleet.emit([events.invite(send="hold" if n % 2 else "now") for n in range(30)])
    await_word(fleet, wanted[0::2], "sent")
    await_word(fleet, wanted[1::2], "held")
    before = [shown(fleet, e) for e in wanted]
    looks = []

    def whole():
        done = fleet.beckon("list", "--config", fleet.dir / "beckon.yaml", "--tenant", wanted[0].tenant, "--json", check=False)
        said = "still being read" in done.stderr or "no beckon-status reads" in done.stderr
        looks.append((done.returncode, len(done.stdout.splitlines()), said))
        return looks[-1] == (0, len(wanted), False)
    fleet.redis.wipe()
    fleet.wait(whole, 90, lambda: looks[-3:])
    assert all(said for code, n, said in looks if code == 0 and n < len(wanted)), looks  # "0 of 0" is no answer
    fleet.wait(lambda: fleet["status"].metric("beckon_rebuilds_total"), 60, "nobody made Redis anew")
    fleet.wait(lambda: all(shown(fleet, e) for e in wanted), 60, "the view is not filled")
    fleet.wait(lambda: fleet["status"].metric("beckon_view_lag") == 0, 30, "it has not read everything")
    after = [shown(fleet, e) for e in wanted]
    for one in (*before, *after):
        one.pop("version")
    assert after == before
    assert counts(fleet, wanted[0].tenant) == {"invited": 15, "not_invited": 15}


def listed(fleet, *args):
    """Rows of `beckon list --json` as people would ask for them."""
    done = fleet.beckon("list", "--config", fleet.dir / "beckon.yaml", "--tenant", "acme", "--json", *args)
    return [json.loads(line) for line in done.stdout.splitlines()]


def names(rows):
    return [row["invite"] for row in rows]


@pytest.mark.story
def test_list(fleet):
    """Found by status, words, role and address; corrected, forgotten; what was refused never shows."""
    fleet.up(services=ALL)
    ann, bob = fleet.emit([events.invite("ann@one.internal", recipient={"name": "Ann Äpfel"}, role="Editor"),
                           events.invite("bob@one.internal", recipient={"name": "Боб Ёжиков"}, send="hold")])
    await_word(fleet, [ann], "sent")
    await_word(fleet, [bob], "held")
    for wanted, args in (([ann], ("--status", "invited")), ([bob], ("--status", "not_invited,error")),
                         ([ann], ("--search", "äp")), ([bob], ("--search", "ежиков бо")),
                         ([ann], ("--role", "editor")), ([ann], ("--email", "ANN@one.internal")),
                         ([ann, bob], ("--sort", "name", "--ascending")), ([ann], ("--search", "ann@one.internal")),
                         ([], ("--sent-before", "12h")), ([bob, ann], ("--inviter", "olga petrova", "--sort", "name"))):
        assert names(listed(fleet, *args)) == [e.invite for e in wanted], args

    fleet.emit([events.invite("eve@one.internal", invite=ann.invite, recipient={"name": "Eve"}),
                events.command("invite.resend-requested", bob, recipient={"email": "bo@one.internal"})])
    fleet.await_outcome(ann, "refused")
    await_word(fleet, [bob], "sent")
    assert names(listed(fleet, "--search", "eve")) == []
    assert names(listed(fleet, "--email", "bo@one.internal")) == [bob.invite]
    assert names(listed(fleet, "--email", "bob@one.internal")) == []

    fleet.emit(events.command("invite.forget-requested", ann))
    fleet.wait(lambda: names(listed(fleet, "--search", "ann")) == [], 30, "still found")
    one, = listed(fleet, "--status", "cancelled", "--role", "editor")
    assert one["forgotten"] and "name" not in one["person"] and "email" not in one["person"]


def test_list_as_csv_and_followed(fleet):
    """CSV is safe to open in a spreadsheet; --follow shows what changes."""
    fleet.up(services=ALL)
    evil = fleet.emit(events.invite("mal@one.internal", recipient={"name": '=HYPERLINK("x")'}, send="hold"))
    await_word(fleet, [evil], "held")
    text = fleet.beckon("list", "--config", fleet.dir / "beckon.yaml", "--tenant", "acme", "--csv").stdout
    row, = csv.DictReader(io.StringIO(text))
    assert (row["email"], row["name"], row["status"]) == ("mal@one.internal", '\'=HYPERLINK("x")', "not_invited")
    with subprocess.Popen([fleet_module.program("beckon"), "list", "--config", fleet.dir / "beckon.yaml", "--tenant",
                           "acme", "--json", "--follow", "--status", "invited"], stdout=subprocess.PIPE,
                          text=True) as following:
        fleet.emit(events.command("invite.release-requested", evil))
        line = json.loads(following.stdout.readline())
        following.kill()
    assert (line["invite"], line["word"]) == (evil.invite, "sent")


def test_what_ended_long_ago_goes(fleet):
    """keep_days after its last change what has ended is no longer shown, and the person is forgotten; what has not ended stays."""
    fleet.up(services=ALL)
    ended = fleet.emit([events.invite(f"p{n}@one.internal", batch={"id": "b", "row": n + 1}, send="hold") for n in range(3)])
    held = fleet.emit(events.invite("held@one.internal", send="hold"))
    await_word(fleet, [*ended, held], "held")
    fleet.emit([events.command("invite.cancel-requested", e) for e in ended])
    await_word(fleet, ended, "cancelled")
    fleet.beckon("settings", "set", "--config", fleet.dir / "beckon.yaml", "--tenant", "acme", "keep_days=1")
    told = fleet.read("state", lambda m: (m.key().decode(), m.value()))
    fleet["status"].stop()
    fleet["status"].start(BECKON_SKEW_MS=str(2 * 86_400_000))
    keys = [f"{fleet.prefix}{kind}:{e.key}" for e in ended for kind in ("v", "vh", "r")]
    fleet.wait(lambda: not fleet.redis.client.exists(*keys), 60, lambda: fleet.redis.client.keys("*"))
    told.wait_for(lambda items: all(dict(items)[e.key] is None for e in ended), 30, "no tombstone")
    told.close()
    assert counts(fleet, "acme") == {"not_invited": 1} and not fleet.redis.client.exists(f"{fleet.prefix}vc:acme/b")
    assert shown(fleet, held)["word"] == "held" and names(listed(fleet)) == [held.invite]
    fleet.emit(events.invite("p0@one.internal", invite=ended[0].invite, send="hold"))  # may be asked anew, as before
    await_word(fleet, [ended[0]], "held")


def test_killed_while_it_reads(fleet):
    """Two share the work; one dies and comes back: everything is shown once, and counted once."""
    fleet.up(services=(*ALL, "status"))
    first, second = fleet.all("status")
    wanted = fleet.emit([events.invite(batch={"id": "b", "row": n + 1}) for n in range(300)])
    fleet.wait(lambda: counts(fleet, "acme"), 60, "nothing is shown")
    first.kill()
    fleet.wait(lambda: len(fleet.sink.messages) >= 300, 60, "not all are sent")
    first.start()
    await_word(fleet, wanted, "sent")
    fleet.wait(lambda: counts(fleet, "acme", "b") == {"invited": 300}, 60, "counted otherwise")
    assert counts(fleet, "acme") == {"invited": 300}
