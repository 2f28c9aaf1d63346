"""The tool: what a person types, what is printed, and how it ends."""
import email.policy
import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import fleet as fleet_module
from fleet import SANITIZER_ENV, Fleet, program
from process import wait_until

PATIENCE_S = Fleet.patience(60)
ENV = {**os.environ, **SANITIZER_ENV, "NO_COLOR": "1"}


def beckon(*args, **env):
    return subprocess.run([program("beckon"), *map(str, args)], capture_output=True, text=True, env={**ENV, **env},
                          timeout=PATIENCE_S, stdin=subprocess.DEVNULL)


def csv(path, *rows, header="Email;Name;Language"):
    path.write_text("\r\n".join([header, *rows]) + "\r\n", encoding="utf-8-sig")
    return path


def running_in(folder):
    """Command lines of live processes that name this folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (OSError, ValueError):
            continue
        if entry.name.isdigit() and str(folder) in line and int(entry.name) != os.getpid():
            found.append(line)
    return found


@pytest.fixture(autouse=True)
def built():
    if fleet_module.missing():
        pytest.fail(fleet_module.missing())


@pytest.fixture
def dev(tmp_path):
    """`beckon dev` in a folder of its own, up and waiting for work: .popen, .dir, .config."""
    folder = tmp_path / 'd "1"'
    with open(tmp_path / "out", "w+") as out:
        popen = subprocess.Popen([program("beckon"), "dev", "--dir", folder], stdout=out, stderr=out, env=ENV,
                                 stdin=subprocess.DEVNULL)
        popen.dir, popen.config, popen.out = folder, folder / "beckon.yaml", tmp_path / "out"
        yield popen
        if popen.poll() is None:
            popen.kill()
            popen.wait()


# ---- beckon dev

@pytest.mark.story
def test_dev_once(tmp_path):
    people = csv(tmp_path / "people.csv", "ann@example.com;Ann Lee;en", "ivan@example.com;Иван Петров;ru-RU",
                 "no-at-sign;Nora;en", "nobody@example.com;Nobody;en", "ANN@example.com;Ann again;en")
    folder = tmp_path / 'd "1"'
    done = beckon("dev", "--once", people, "--dir", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {int(m[1]): m[2] for m in re.finditer(r"^row (\d+) +(.*)$", done.stdout, re.M)}
    assert list(rows) == [2, 3, 4, 5, 6]
    assert re.fullmatch(r"ann@example.com +Sent *", rows[2])
    assert re.fullmatch(r"ivan@example.com +Sent *", rows[3])
    assert "Bad row" in rows[4] and "email_syntax" in rows[4]
    assert "Not sent" in rows[5] and "mailbox_unknown" in rows[5] and "Check the address" in rows[5]
    assert "Bad row" in rows[6] and "row 2" in rows[6]
    assert "Good rows: 2 of 5. Mails: 2, in " in done.stdout
    assert "forgets" in done.stdout

    mails = [email.message_from_bytes(p.read_bytes(), policy=email.policy.default)
             for p in sorted((folder / "mail").iterdir())]
    assert sorted(m["To"].addresses[0].addr_spec for m in mails) == ["ann@example.com", "ivan@example.com"]
    assert any(re.search("[а-я]", m["Subject"]) for m in mails)
    assert f"Subject: {mails[0]['Subject']}" in done.stdout
    assert re.search(r"http://127.0.0.1:\d+/i\?token=", done.stdout)
    assert running_in(folder) == []


def test_dev_leaves_only_the_mails(tmp_path):
    """Whatever the environment says: settings in it belong to a real installation."""
    env = {"BECKON_REDIS_URL": "redis://127.0.0.1:1", "BECKON_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
           "BECKON_CONFIG": "/nonexistent.yaml"}
    done = beckon("dev", "--once", csv(tmp_path / "people.csv", "ann@example.com;Ann;en"), **env)
    assert done.returncode == 0, done.stdout + done.stderr
    folder = Path(re.search(r"everything in (\S+)", done.stdout)[1])
    try:
        assert [p.name for p in folder.iterdir()] == ["mail"]
    finally:
        (folder / "mail" / "0001.eml").unlink()
        (folder / "mail").rmdir()
        folder.rmdir()


@pytest.mark.story
def test_dev_serves_until_ctrl_c(dev):
    wait_until(lambda: "Ctrl-C" in dev.out.read_text(), PATIENCE_S, dev.out.read_text)
    config = ("--config", dev.config)

    done = beckon("invite", *config, "--to", "ann@example.com", "--to", "bob@example.com", "--organisation", "Works",
                  "--note", "See you", "--wait", "--json")
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(t["row"], t["word"]) for t in told] == [(1, "sent"), (2, "sent")]
    wait_until(lambda: len(list((dev.dir / "mail").glob("*.eml"))) == 2, PATIENCE_S, dev.out.read_text)
    assert "See you" in email.message_from_bytes((dev.dir / "mail" / "0001.eml").read_bytes(),
                                                 policy=email.policy.default).get_body(("plain",)).get_content()

    again = beckon("invite", *config, "--to", "ann@example.com", "--wait", "--json")
    assert again.returncode == 1
    assert json.loads(again.stdout)["code"] == "already_invited"

    tail = beckon("tail", *config, "--from-start", "--count", 5, "--json")  # partitions in any order
    assert sorted(json.loads(line)["word"] for line in tail.stdout.splitlines()) == \
        ["queued", "queued", "refused", "sent", "sent"]
    one = beckon("tail", *config, "--from-start", "--invite", told[1]["invite"], "--until-word", "sent")
    assert re.findall("Queued|Sent", one.stdout) == ["Queued", "Sent"] and "b***@e***.com" in one.stdout
    late = beckon("tail", *config, "--timeout", 1)
    assert late.returncode == 1 and "1 s have passed" in late.stderr

    phones = dev.dir.parent / "phones.csv"
    phones.write_text("phone,name\n+79051111111,Ann\n")
    beckon("invite", "--csv", phones, *config)
    wait_until(lambda: re.search(r"^sms .*/i\?token=", dev.out.read_text(), re.M), PATIENCE_S, dev.out.read_text)
    assert re.search(r"^sms +\+79051111111 ", dev.out.read_text(), re.M)
    dev.send_signal(signal.SIGINT)
    assert dev.wait(PATIENCE_S) == 0
    assert running_in(dev.dir) == []
    assert "Mails caught: 2." in dev.out.read_text()


@pytest.mark.story
def test_dev_has_dashboard_and_pages(dev):
    """What `beckon dev` prints is enough to sign in, to see who was invited, and to open the link of a mail."""
    def asked(url, **headers):
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=PATIENCE_S) as answer:
            return answer.read().decode()

    wait_until(lambda: "Ctrl-C" in dev.out.read_text(), PATIENCE_S, dev.out.read_text)
    where, key = re.search(r"(http://127.0.0.1:\d+/), the dashboard.*\n +(bk_\w+)", dev.out.read_text()).groups()
    signed = {"Authorization": f"Bearer {key}"}

    def tenants():
        try:
            return [t["tenant"] for t in json.loads(asked(f"{where}v1/tenants", **signed))["items"]]
        except urllib.error.URLError as e:
            return e

    # whoever looks before anybody was invited finds whom the commands mean
    wait_until(lambda: tenants() == ["default"], PATIENCE_S, lambda: str(tenants()))
    done = beckon("invite", "--config", dev.config, "--to", "ann@example.com", "--wait")
    assert done.returncode == 0, done.stdout + done.stderr
    listed = lambda: beckon("list", "--config", dev.config, "--json").stdout
    wait_until(lambda: "ann@example.com" in listed(), PATIENCE_S, listed)

    assert "/app/main.js" in asked(where)
    assert json.loads(asked(f"{where}v1/session", **signed))["role"] == "super"
    assert tenants() == ["default"]
    assert "ann@example.com" in asked(f"{where}v1/tenants/default/invites", **signed)
    mail = email.message_from_bytes((dev.dir / "mail" / "0001.eml").read_bytes(), policy=email.policy.default)
    link = re.search(r"http://127.0.0.1:\d+/i\?token=\S+", mail.get_body(("plain",)).get_content())[0]
    assert "Accept" in asked(link)


def test_dev_restarts_who_dies(dev):
    wait_until(lambda: running_in(f"{dev.dir}/beckon.yaml --slot email-1"), PATIENCE_S, dev.out.read_text)
    [pid] = [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and (p / "cmdline").exists()
             and f"{dev.dir}/beckon.yaml\0--slot\0email-1" in (p / "cmdline").read_text()]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: "starts again" in dev.out.read_text(), PATIENCE_S, dev.out.read_text)
    done = beckon("invite", "--config", dev.config, "--to", "ann@example.com", "--wait")
    assert done.returncode == 0, done.stdout + done.stderr


def test_dev_killed_leaves_nobody_behind(dev):
    wait_until(lambda: len(running_in(f"{dev.dir}/beckon.yaml --slot")) == 5, PATIENCE_S, dev.out.read_text)
    dev.kill()
    dev.wait()
    wait_until(lambda: not running_in(dev.dir), PATIENCE_S, lambda: running_in(dev.dir))


def test_dev_wants_a_new_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    done = beckon("dev", "--dir", tmp_path)
    assert done.returncode == 78 and "new or empty" in done.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_dev_without_redis(tmp_path):
    done = beckon("dev", PATH=str(tmp_path))
    assert done.returncode == 78 and "no redis-server" in done.stderr and not done.stdout


# ---- against Apache Kafka

@pytest.mark.story
def test_an_installation(fleet, tmp_path):
    """topics, init, doctor, invite and tail, in the order in which an operator meets them."""
    names = {w: f"{fleet.name}-n-{w}" for w in ("requested", "email", "sms", "status", "state", "settings",
                                                "templates", "dead_letter")}
    where = [f"--topics-{w.replace('_', '-')}={n}" for w, n in names.items()]
    where += ["--kafka-bootstrap-servers", fleet.bootstrap, "--redis-url", fleet.redis_url, "--redis-prefix",
              f"{fleet.name}-n:"]
    try:
        missing = beckon("init", *where)
        assert missing.returncode == 1 and "beckon topics create" in missing.stderr

        too_many = beckon("topics", "create", "--replication", 3, *where)
        assert too_many.returncode == 1 and "replicat" in too_many.stderr
        made = beckon("topics", "create", "--partitions", 3, "--replication", 1, *where)
        assert made.returncode == 0, made.stderr
        assert len(re.findall(" made ", made.stdout)) == 8
        assert len(re.findall("was there", beckon("topics", "create", "--replication", 1, *where).stdout)) == 8
        listed = {t["topic"]: t for t in map(json.loads, beckon("topics", "list", "--json",
                                                                *where).stdout.splitlines())}
        assert all((t["timestamp_type"], t["partitions"]) == ("LogAppendTime", 3) for t in listed.values())
        assert listed[names["status"]]["retention_ms"] == 455 * 86400 * 1000
        assert listed[names["state"]]["cleanup"] == "compact"

        assert re.search(rf"^{names['state']} +3 partitions +0 records +LogAppendTime +compact +latest only$",
                         beckon("topics", "list", *where).stdout, re.M)

        doctor = beckon("doctor", *where)
        assert doctor.returncode == 1 and "bad\tredis: epoch\t" in doctor.stdout and "beckon init" in doctor.stdout
        assert beckon("init", *where).stdout.startswith("A new installation")
        assert beckon("init", *where).stdout.startswith("Redis is ready; it was before")
        verdicts = [line.split("\t") for line in beckon("doctor", *where).stdout.splitlines()]
        assert "bad" not in [v[0] for v in verdicts]
        assert ["ok", f"topic {names['status']}: retention", ""] in verdicts
    finally:
        fleet.kafka.delete_topics(names.values())


def test_doctor_finds_what_is_wrong(fleet):
    fleet.init()
    fleet.kafka.create_topics({f"{fleet.name}-old": {"message.timestamp.type": "CreateTime", "retention.ms": "1000"}})
    try:
        done = beckon("doctor", "--config", fleet.dir / "beckon.yaml", "--topics-status", f"{fleet.name}-old", "--json")
        found = {f["what"]: f for f in map(json.loads, done.stdout.splitlines())}
        assert done.returncode == 1
        assert found[f"topic {fleet.name}-old: time"]["judgement"] == "bad"
        assert "LogAppendTime" in found[f"topic {fleet.name}-old: time"]["remedy"]
        assert found[f"topic {fleet.name}-old: retention"]["judgement"] == "bad"
        assert found["relay sink"]["judgement"] == "ok"
    finally:
        fleet.kafka.delete_topics([f"{fleet.name}-old"])


def test_init_does_not_forget(fleet):
    """Redis has lost everything: outcomes say that this is no new installation."""
    fleet.up()
    config = ("--config", fleet.dir / "beckon.yaml")
    done = beckon("invite", *config, "--to", "ann@mail.internal", "--organisation", "Works", "--wait")
    assert done.returncode == 0, done.stdout + done.stderr
    fleet.redis.client.delete(f"{fleet.prefix}epoch")
    done = beckon("init", *config)
    assert done.returncode == 1 and "no new installation" in done.stderr


@pytest.mark.story
def test_a_list_twice(fleet, tmp_path):
    """Sent again, a file asks nothing new; --skip-bad sends what is good; --dry-run nothing."""
    fleet.up()
    config = ("--config", fleet.dir / "beckon.yaml", "--tenant", "acme", "--organisation", "Works")
    people = csv(tmp_path / "people.csv", *(f"user{i}@mail.internal;User {i};ru" for i in range(40)), "bad;Bad;en")

    refused = beckon("invite", *config, "--csv", people)
    assert refused.returncode == 1 and "nothing was sent" in refused.stderr
    assert re.search(r"^row 42 +email +email_syntax", refused.stdout, re.M)
    dry = beckon("invite", *config, "--csv", people, "--skip-bad", "--dry-run")
    assert dry.returncode == 1 and "40 invites would be asked for" in dry.stderr

    done = beckon("invite", *config, "--csv", people, "--skip-bad", "--wait", "--json")
    told = [json.loads(line) for line in done.stdout.splitlines() if "word" in line]
    assert done.returncode == 1  # a row is bad
    assert [t["word"] for t in told] == ["sent"] * 40 + ["bad_row"]
    again = beckon("invite", *config, "--csv", people, "--skip-bad", "--wait", "--json")
    assert [json.loads(line)["word"] for line in again.stdout.splitlines() if "word" in line] == \
        ["duplicate"] * 40 + ["bad_row"]
    assert len(fleet.sink.messages) == 40


def test_held_until_told(fleet):
    """A held invite has its last word; whoever waits for one that is far off stops waiting, and it goes on."""
    fleet.up(dispatcher={"tenants": {"acme": {"limits": {"tenant": "1/h"}}}})
    config = ("--config", fleet.dir / "beckon.yaml")
    acme = (*config, "--tenant", "acme", "--wait")
    assert beckon("invite", *acme, "--to", "ann@mail.internal").returncode == 0
    slow = beckon("invite", *acme, "--to", "bob@mail.internal", "--timeout", "2", "--json")
    assert slow.returncode == 69 and "no final outcome of 1 of 1 invites after 2 s" in slow.stderr, slow.stderr
    assert json.loads(slow.stdout)["word"] in ("none", "queued", "deferred")
    done = beckon("invite", *config, "--to", "ann@mail.internal", "--hold", "--wait", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["word"] == "held"
    assert len(fleet.sink.messages) == 1


# ---- how it ends when something is missing

@pytest.mark.parametrize("args, status, text", [
    (["invtie"], 2, "did you mean 'invite'?"),
    (["invite", "--to", "a@example.com", "--timeout", "5"], 2, "--timeout belongs to --wait"),
    (["invite", "--too", "a@example.com"], 2, "did you mean --to?"),
    (["invite"], 2, "say whom to invite"),
    (["settings", "set"], 2, "nothing to set"),
    (["settings", "get", "--tenant", "a b"], 2, "a tenant's name"),
    (["apikey", "add", "--tenant", "acme", "--role", "boss", "--name", "x"], 2, "--role is"),
    (["apikey", "remove", "abc"], 2, "--tenant takes"),
    (["suppress", "add", "ann@example.com"], 2, "--tenant NAME"),
    (["suppress", "remove", "--tenant", "acme"], 2, "say whom"),
    (["suppress", "add", "ann@example.com", "--tenant", "acme", "--until", "2020-01-01T00:00:00Z"], 2, "passed already"),
    (["apikey", "add", "--tenant", "acme", "--role", "viewer", "--name", "x", "--expires", "2020-01-01T00:00:00Z"], 2, "passed already"),
    (["pause", "--tenant", "acme"], 2, "--reason says why"),
    (["parked", "--reason", "weather"], 2, "is no reason"),
    (["template", "preview"], 2, "takes one NAME"),
    (["list", "--redis-url", "unix:///nonexistent.sock"], 69, "see redis.url"),
    (["replay", "--code", "auth_failed", "--since", "1h", "--redis-url", "unix:///nonexistent.sock"], 69, "see redis.url"),
    (["invite", "--to", "a@example.com", "--tenant", "a b"], 2, "--tenant: "),
    (["invite", "--csv", "/nonexistent.csv"], 78, "/nonexistent.csv"),
    (["tail", "--until-word", "snt"], 2, "no word of an outcome"),
    (["tail", "--set", "redis.prefx=x"], 78, "redis.prefix"),
    (["topics"], 2, "'create' or 'list'"),
    (["invite", "--to", "a@example.com", "--kafka-bootstrap-servers", "127.0.0.1:1"], 69, "kafka.bootstrap.servers"),
    (["init", "--redis-url", "unix:///nonexistent.sock"], 69, "redis"),
    (["init", "--config", "/nonexistent.yaml"], 78, "/nonexistent.yaml"),
    (["dev", "--once", "/nonexistent.csv"], 78, "/nonexistent.csv"),
])
def test_exit_codes(args, status, text):
    done = beckon(*args)
    assert (done.returncode, text in done.stderr) == (status, True), done.stderr
    assert status != 69 or done.stderr.startswith(f"beckon {args[0]}: "), f"a library speaks as well: {done.stderr}"


def test_every_command_has_help():
    names = re.findall(r"^  ([a-z-]+) {2,}\S", beckon("help").stdout, re.M)
    assert {"dev", "invite", "tail", "init", "topics", "doctor", "check-email", "check-event", "render"} <= set(names)
    for name in names:
        done = beckon("help", name)
        assert done.returncode == 0 and done.stdout.startswith(("Usage:", "beckon")), name


def test_keys(tmp_path):
    done = beckon("init", "--keys", tmp_path / "keys")
    assert done.returncode == 0, done.stderr
    files = {p.name: p for p in (tmp_path / "keys").iterdir()}
    assert set(files) == {"ring.keys", "recipient.key", "seal.keys", "seal.keys.pub"}
    modes = {n: oct(p.stat().st_mode & 0o777) for n, p in files.items()}
    assert modes.pop("seal.keys.pub") == "0o644" and set(modes.values()) == {"0o600"}
    before = {n: p.read_bytes() for n, p in files.items()}
    assert beckon("init", "--keys", tmp_path / "keys").returncode == 0
    assert {n: p.read_bytes() for n, p in files.items()} == before
