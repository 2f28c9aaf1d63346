"""Completion and manual pages come from the table of commands: none is missing, and shells and man read them."""
import json
import re
import shutil
import subprocess

import events
import fleet as fleets
import pytest

BECKON = fleets.program("beckon")


def beckon(*args):
    return subprocess.run([BECKON, *args], capture_output=True, text=True, timeout=30)


def commands():
    return re.findall(r"^  ([a-z-]+) +\S", beckon("help").stdout.split("Exit codes")[0], re.M)


def complete(line):
    """What bash offers behind this line."""
    words = line.split(" ")
    quoted = " ".join(f"'{w}'" for w in words)
    script = f'eval "$({BECKON} completion bash)"; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; ' \
             'cd /; _beckon; echo "${COMPREPLY[@]}"'
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split()


def test_completion():
    assert "resend" in complete("beckon res") and complete("beckon templ") == ["template"]
    assert complete("beckon template --allow") == ["--allow-host"] and complete("beckon template rest") == ["restore"]
    for line, offered in (("list --status in", "invited"), ("list --status error,exp", "error,expired"), ("list --sort=up", "updated"),
                          ("parked --reason quiet", "quiet_hours"), ("parked --reason outcome_u", "outcome_unknown"),
                          ("tail --until-word acc", "accepted"), ("replay --code unr", "unreadable"),
                          ("replay --code auth", "auth_failed"), ("apikey --role sup", "super"), ("suppress --why opt", "opted_out"),
                          ("show --lang r", "ru"), ("list --channel s", "sms"), ("dev --dir us", "usr")):
        assert complete(f"beckon {line}".replace("=", " = ")) == [offered], line
    assert complete("beckon list --tenant us") == [] and complete("beckon list --kind pending") == []
    assert set(commands()) <= set(complete("beckon ")) and "resend" in complete("beckon help ")
    zsh = beckon("completion", "zsh").stdout
    assert all(f"'{c}:" in zsh for c in commands())
    if shutil.which("zsh"):
        subprocess.run(["zsh", "-n", "-c", zsh], check=True)
    assert beckon("completion", "fish").returncode == 2


def test_help():
    """Every command says how it is used and what each of its options is for, within a terminal's width; a wrong one shows the way."""
    for name in commands():
        asked, told = beckon(name, "--help"), beckon("help", name)
        assert asked.returncode == told.returncode == 0 and asked.stdout == (told.stdout if name != "help" else beckon("help").stdout)
        options = re.split(r"^Options:$", asked.stdout, flags=re.M)[-1].splitlines()
        assert not [line for line in options if len(line) > 80], name
        assert not [line for line in options if re.fullmatch(r"  --\S+( \S+)? *", line)], name
        wrong = beckon(name, "--no-such-option")
        assert name == "help" or (wrong.returncode == 2 and name in wrong.stderr and not wrong.stdout), wrong


def test_manual(tmp_path):
    assert beckon("man", "--dir", tmp_path / "man1").returncode == 0
    pages = {p.name.removesuffix(".1"): p.read_text() for p in (tmp_path / "man1").iterdir()}
    assert set(pages) == {"beckon"} | {f"beckon-{c}" for c in commands() if c != "help"}
    for code in ("0", "1", "2", "69", "75", "78"):
        assert re.search(rf"^  {code}  ", pages["beckon"], re.M)
    if shutil.which("groff"):
        for name in pages:
            done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", tmp_path / "man1" / f"{name}.1"],
                                  capture_output=True, text=True)
            assert done.returncode == 0 and not done.stderr, (name, done.stderr)
    assert "--tenant NAME" in pages["beckon-resend"].replace("\\", "").replace("fB", "").replace("fR", "").replace("fI", "")
    assert beckon("man", "nonsense").returncode == 2 and beckon("man", "template").stdout == pages["beckon-template"]


def test_forget(fleet):
    """What is kept is gone when the command ends; the message that left stays told."""
    fleet.up()
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    named = ["--config", fleet.dir / "beckon.yaml", "--tenant", event.tenant]
    assert event.to in fleet.redis.client.get(f"{fleet.prefix}r:acme/{event.invite}")
    assert fleet.beckon("forget", event.invite, *named, check=False).returncode == 2
    done = fleet.beckon("forget", event.invite, *named, "--yes")
    assert done.stdout == f"forgotten\tacme/{event.invite}\n"
    assert fleet.redis.client.get(f"{fleet.prefix}r:acme/{event.invite}") is None


def test_top(fleet):
    """Outcomes as they come, what waits, and that Redis is whole, in figures for programs and words for people."""
    fleet.up()
    named = ["--config", fleet.dir / "beckon.yaml"]
    looking = subprocess.Popen([BECKON, "top", *map(str, named), "--count", "4", "--json"], stdout=subprocess.PIPE, text=True)
    first = json.loads(looking.stdout.readline())
    fleet.emit([events.invite() for _ in range(5)] + [events.invite(schedule={"not_before": "2099-01-01T00:00:00Z",
                                                                             "not_after": "2099-02-01T00:00:00Z"})])
    last = [json.loads(line) for line in looking.communicate(timeout=60)[0].splitlines()][-1]
    assert first["redis_whole"] and last["told"]["queued"]["total"] >= 5
    assert last["told"]["sent"]["minute"] == 5 == last["sent"]["email"]["total"]
    assert last["waiting"]["reasons"]["scheduled"] == 1
    told = fleet.beckon("top", *named, "--count", "1", "--lang", "ru").stdout
    assert "Redis в порядке" in told and "назначенное время: 1" in told
