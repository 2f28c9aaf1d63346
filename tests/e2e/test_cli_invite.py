"""Commands about one invite and about what waits: show, parked, resend, cancel and their like."""
import email.policy
import json
import os
import re
import subprocess

import events
import pytest
from checks import by_recipient
from fleet import SANITIZER_ENV, Fleet, program

ON_ITS_WAY = ("queued", "sent")  # two programs tell: which is read first is not promised
ENV = {**{k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}, **SANITIZER_ENV, "NO_COLOR": "1"}


@pytest.fixture
def tool(fleet):
    """The tool with the fleet's configuration: tool("show", "i-1", …) -> finished process."""
    fleet.up(dispatcher={"tenants": {"slow": {"limits": {"tenant": "1/m"}}, "acme": {"cooldown_s": 0}}})

    def run(*args, input=None):
        return subprocess.run([program("beckon"), *map(str, args), "--config", fleet.dir / "beckon.yaml"],
                              capture_output=True, text=True, env=ENV, timeout=Fleet.patience(60),
                              **({"input": input} if input is not None else {"stdin": subprocess.DEVNULL}))
    return run


def printed(done):
    """The one JSON object that was printed."""
    return json.loads(done.stdout)


# ---- show

@pytest.mark.story
def test_show_what_became_of_it(fleet, tool):
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    again = fleet.emit(events.invite(invite=event.invite))
    fleet.await_outcome(again, "refused")

    shown = printed(tool("show", event.invite, "--tenant", "acme", "--json"))
    assert (shown["state"], shown["generation"]) == ("sent", 1)
    assert sorted(o["word"] for o in shown["history"]) == ["queued", "refused", "sent"]
    assert len({o["id"] for o in shown["history"]}) == 3

    english = tool("show", event.invite, "--tenant", "acme", "--lang", "en").stdout
    assert english.startswith("Sent") and "Request refused" in english and "already_invited" in english
    russian = tool("show", event.invite, "--tenant", "acme", "--lang", "ru").stdout
    assert russian.startswith("Отправлено") and "Запрос отклонён" in russian


def test_show_without_redis(fleet, tool):
    """The history tells the state, too."""
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    done = tool("show", event.invite, "--tenant", "acme", "--json", "--redis-url", "redis://127.0.0.1:1")
    assert printed(done)["state"] == "sent" and printed(done)["generation"] == 1
    assert "redis" in done.stderr


def test_show_nothing_known(tool):
    done = tool("show", "nobody", "--tenant", "acme")
    assert done.returncode == 1 and "nothing is known of acme/nobody" in done.stderr
    assert tool("show").returncode == 2
    assert tool("show", "a b").returncode == 2


# ---- parked

@pytest.mark.story
def test_what_waits(fleet, tool):
    """Soonest first, with the reason; filtered; bounded."""
    slow = fleet.emit([events.invite(tenant="slow") for _ in range(6)])
    deferred = fleet.await_count("deferred", 5)
    fleet.await_count("sent", 1)  # its reminder waits, too
    waiting = {o["delivery"] for o in deferred}
    assert len(slow) == 6 and len(waiting) == 5

    done = tool("parked", "--json", "--reason", "rate_limited", "--tenant", "slow")
    items = [json.loads(line) for line in done.stdout.splitlines()]
    assert {i["id"] for i in items} == waiting
    assert [i["until"] for i in items] == sorted(i["until"] for i in items)
    assert {(i["reason"], i["tenant"], i["topic"]) for i in items} == {("rate_limited", "slow", fleet.topics["email"])}

    few = tool("parked", "--limit", 2, "--tenant", "slow", "--lang", "en")
    assert len(few.stdout.splitlines()) == 2 and "a rate limit" in few.stdout
    assert "2 shown; of all tenants 6 wait: 5 rate_limited" in few.stderr
    assert "2 of 6 shown" in tool("parked", "--limit", 2, "--lang", "en").stderr
    assert "ограничение" in tool("parked", "--tenant", "slow", "--lang", "ru").stdout
    assert tool("parked", "--tenant", "other").stdout == ""
    assert tool("parked", "--reason", "quiet_hours").stdout == ""


# ---- what is asked of an invite

def test_a_refused_command(fleet, tool):
    """Answered by the outcome that names this request, in plain words, and nothing changes."""
    event = fleet.emit(events.invite(send="hold"))
    fleet.await_outcome(event, "held")
    done = tool("resolve", event.invite, "--tenant", "acme", "--sent", "--json")
    assert done.returncode == 1, done.stderr
    assert (printed(done)["word"], printed(done)["request"]["source"]) == ("refused", "beckon/cli")
    words = tool("resolve", event.key, "--sent", "--lang", "ru")  # acme/i-1, as it is shown
    assert words.returncode == 1 and "Запрос отклонён" in words.stdout and "illegal_transition" in words.stdout
    assert printed(tool("show", event.invite, "--tenant", "acme", "--json"))["state"] == "held"


def newest_link(fleet, event):
    """The link in the last message that this person got."""
    mail = email.message_from_bytes(by_recipient(fleet.sink)[event.to.lower()][-1].raw, policy=email.policy.default)
    return re.search(r"https://join.internal/i\?token=\S+", mail.get_body(("plain",)).get_content())[0]


@pytest.mark.story
def test_a_life_from_the_terminal(fleet, tool):
    """Held, released, sent again, cancelled: each answered, and each link worth what it should be."""
    def ask(command, *args):
        return tool(command, event.invite, "--tenant", "acme", *args)

    def worth(link):
        done = tool("token", "verify", "-", "--json", input=link + "\n")
        assert (done.returncode == 0) == (printed(done)["verdict"] == "valid")
        assert printed(done)["invite"] == event.invite and printed(done)["signature_checked"]
        return printed(done)["verdict"]

    event = fleet.emit(events.invite(send="hold"))
    fleet.await_outcome(event, "held")
    assert printed(ask("release", "--json"))["word"] in ON_ITS_WAY
    fleet.await_outcome(event, "sent")
    first = newest_link(fleet, event)
    assert worth(first) == "valid"
    assert "link until" in ask("show", "--lang", "en").stdout
    assert "ссылка действует до" in ask("show", "--lang", "ru").stdout

    again = printed(ask("resend", "--note", "Once more", "--actor", "u-7", "--json"))
    assert again["word"] in ON_ITS_WAY and again["generation"] == 2
    fleet.wait(lambda: len(by_recipient(fleet.sink)[event.to.lower()]) == 2, 30, "no second message")
    fleet.wait(lambda: fleet.outcomes.words(event.invite).count("sent") == 2, 30, "not told as sent")
    second = newest_link(fleet, event)
    assert (worth(first), worth(second)) == ("superseded", "valid")

    cancelled = ask("cancel", "--reason", "a mistake", "--lang", "ru")
    assert cancelled.returncode == 0 and cancelled.stdout.startswith("Отменено")
    assert worth(second) == "cancelled"
    assert printed(ask("show", "--json"))["state"] == "cancelled"
    assert "link until" not in ask("show", "--lang", "en").stdout  # it is dead, whatever its time
    nobody = tool("resend", "acme/nobody-has-it", "--lang", "en")
    assert nobody.returncode == 1 and "Nothing is known of it. Is it another" in nobody.stdout
    unheard = tool("cancel", "nobody-knows-it", "--tenant", "acme", "--lang", "en")
    assert unheard.returncode == 0 and "Nothing is known of it yet" in unheard.stdout
    assert "was not paused" in tool("resume", "--tenant", "acme").stderr
    refused = ask("accept", "--lang", "en")
    assert refused.returncode == 1 and "Request refused" in refused.stdout


@pytest.mark.parametrize("command, word", [("accept", "accepted"), ("decline", "declined")])
def test_what_the_person_said(fleet, tool, command, word):
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    done = tool(command, event.invite, "--tenant", "acme", "--json")
    assert (done.returncode, printed(done)["word"]) == (0, word)
    done = tool("token", "verify", newest_link(fleet, event), "--json")
    assert (done.returncode, printed(done)["verdict"]) == (1, word)


def test_a_corrected_address(fleet, tool):
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    right = events.address()
    done = tool("resend", event.invite, "--tenant", "acme", "--to", right, "--ttl", 3600, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    fleet.wait(lambda: right.lower() in by_recipient(fleet.sink), 30, "nothing came to the corrected address")
    fleet.secrets.append("9051112233")
    done = tool("resend", event.key, "--to", "+7 905 111-22-33", "--json")
    kept = json.loads(fleet.redis.client.get(f"{fleet.prefix}r:{event.key}"))
    assert done.returncode == 0 and kept["recipient"]["phone"] == "+7 905 111-22-33"


def test_send_now(fleet, tool):
    """What waits for its slot leaves at once."""
    slow = fleet.emit([events.invite(tenant="slow") for _ in range(2)])
    [waiting] = fleet.await_count("deferred", 1)
    done = tool("send-now", waiting["invite"], "--tenant", "slow", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    fleet.await_outcome(waiting["invite"], "sent")
    assert len(slow) == 2 and tool("parked", "--reason", "rate_limited").stdout == ""


@pytest.mark.parametrize("how, words", [("--sent", ("sent",)), ("--resend", ON_ITS_WAY)])
def test_resolve(fleet, tool, how, words):
    """Nobody knows whether it arrived, twice; somebody says so."""
    event = events.invite()
    fleet.sink.on("DOT", to=re.escape(event.to), times=2, take=True, reset=True)
    fleet.emit(event)
    fleet.wait(lambda: fleet.outcomes.words(event.invite).count("unknown") == 2, 60, "it is not in doubt")
    done = tool("resolve", event.invite, "--tenant", "acme", how, "--json")
    assert done.returncode == 0 and printed(done)["word"] in words, done.stderr
    fleet.await_outcome(event, "sent")


@pytest.mark.story
def test_many_at_once(fleet, tool):
    """Named one a line, or by their batch: each is asked for and answered by itself."""
    held = fleet.emit([events.invite(send="hold", batch={"id": "spring", "row": n}) for n in range(30)])
    other = fleet.emit(events.invite(send="hold", batch={"id": "autumn", "row": 1}))
    fleet.await_count("held", 31)
    some = [e.invite for e in held[:10]]
    done = tool("release", "-", "--tenant", "acme", "--json", input="\n".join([*some, some[0], ""]))
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, sorted(t["invite"] for t in told)) == (0, sorted(some)), done.stderr
    assert {t["word"] for t in told} <= set(ON_ITS_WAY)

    done = tool("cancel", "--batch", "spring", "--tenant", "acme", "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, len(told), {t["word"] for t in told}) == (0, 30, {"cancelled"})
    again = tool("cancel", "--batch", "spring", other.invite, "--tenant", "acme", "--json")
    words = [json.loads(line)["word"] for line in again.stdout.splitlines()]
    assert (again.returncode, words.count("refused"), words.count("cancelled")) == (1, 30, 1)
    nothing = tool("cancel", "--batch", "winter", "--tenant", "acme")
    assert nothing.returncode == 1 and "winter" in nothing.stderr
    assert tool("cancel", "-", "--tenant", "acme", input="a b\n").returncode == 2


def test_only_asked(fleet, tool):
    event = fleet.emit(events.invite(send="hold"))
    fleet.await_outcome(event, "held")
    done = tool("resolve", event.invite, "--tenant", "acme", "--sent", "--no-wait", "--json")
    assert done.returncode == 0
    assert fleet.outcomes.wait_request(printed(done)["asked"], "refused")


def test_nobody_answers(fleet, tool):
    fleet["dispatcher"].stop()
    done = tool("cancel", "i-1", "--tenant", "acme", "--timeout", 1)
    assert done.returncode == 69 and "1 of 1 have no answer" in done.stderr and "stands" in done.stderr


@pytest.mark.parametrize("args, text", [
    (["cancel"], "name the invite"),
    (["resend", "a", "b", "--to", "ann@example.com"], "whom one invite"),
    (["resolve", "i"], "--sent"),
    (["resolve", "i", "--sent", "--resend"], "--sent"),
    (["cancel", "an invite"], "invite"),
    (["cancel", "acme/i", "other/i"], "of tenant acme"),
    (["show", "acme/i", "--tenant", "other"], "invites of acme"),
    (["resend", "i", "--to", "nobody"], "recipient"),
    (["resend", "i", "--ttl", "1"], "--ttl takes a number"),
    (["cancel", "i", "--lang", "de"], "neither en nor ru"),
    (["token", "verify"], "say what to verify"),
    (["token", "check", "x"], "say what to verify"),
])
def test_usage(args, text):
    done = subprocess.run([program("beckon"), *args], capture_output=True, text=True, env=ENV, timeout=60)
    assert done.returncode == 2 and text in done.stderr, done.stderr


def test_a_link_of_nobody(tool):
    done = tool("token", "verify", "https://join.internal/i?token=k1.abcdefgh", "--json")
    assert done.returncode == 1 and printed(done)["verdict"] == "unknown"
