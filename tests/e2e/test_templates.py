"""Tenants' templates over topic invite-templates: judged before anybody is sent one, followed without a restart."""
import json
import re
import shutil
from pathlib import Path

import contract
import events
import pytest

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "templates"
SUBJECT = "{{#subject}}{{subject}}{{/subject}}{{^subject}}%s{{/subject}}\n"


def template(fleet, *args, **options):
    verb, *rest = args
    return fleet.beckon("template", verb, "--config", fleet.dir / "beckon.yaml", *rest, **options)


def folder(path, subject, name="invite", locales=("en",)):
    """A template that is the installation's but for its subject."""
    for locale in locales:
        shutil.copytree(SHIPPED / name / locale, path / name / locale, dirs_exist_ok=True)
        (path / name / locale / "subject.txt").write_text(SUBJECT % subject)
    return path


def heard(fleet):
    return [len(re.findall("ev=templates$", s.text(), re.M)) for s in fleet.all("email")]


def followed(fleet, change):
    before = heard(fleet)
    done = change()
    fleet.wait(lambda: all(a > b for a, b in zip(heard(fleet), before)), 10, "not every courier followed")
    return done


def plain(**data):
    return events.invite(**data)


def sent(fleet, event):
    """The subject that the person reads, and what is told of the template."""
    told = fleet.await_outcome(event, "sent")
    return next(str(m.parsed["Subject"]) for m in fleet.sink.messages if m.to == event.to), told.get("template")


@pytest.mark.story
def test_a_tenants_own_is_followed_and_restored(fleet, tmp_path):
    fleet.up()
    ours = folder(tmp_path / "ours", "Come in", locales=("en", "ru"))
    done = followed(fleet, lambda: template(fleet, "push", ours, "--tenant", "acme", "--actor", "ann"))
    assert "acme/invite/en has version 2" in done.stderr and "acme/invite/ru has version 2" in done.stderr
    subject, told = sent(fleet, fleet.emit(plain()))
    assert subject == "Come in" and (told["name"], told["version"], told["locale"]) == ("invite", 2, "en")
    subject, other = sent(fleet, fleet.emit(plain(tenant="globex")))
    assert subject != "Come in" and other["version"] == 1 and other["sha256"] != told["sha256"]
    assert "nothing changes" in template(fleet, "push", ours, "--tenant", "acme").stderr

    # a job that names a version waits for it: the courier may be behind whoever asks
    early = fleet.emit(plain(template={"version": 3}))
    fleet.await_outcome(early, "queued")
    late = fleet.emit(plain())
    assert sent(fleet, late)[0] == "Come in"
    followed(fleet, lambda: template(fleet, "push", folder(tmp_path / "new", "Do come in"), "--tenant", "acme"))
    assert sent(fleet, early)[0] == "Do come in"

    shown = template(fleet, "diff", "invite", "--tenant", "acme").stdout
    assert re.search(r"^-.*Come in", shown, re.M) and re.search(r"^\+.*Do come in", shown, re.M)
    assert "html.html" not in shown
    rows = [json.loads(line) for line in template(fleet, "list", "--tenant", "acme", "--json").stdout.splitlines()]
    mine = {r["locale"]: r for r in rows if r["tenant"] == "acme"}
    assert mine["en"]["version"] == 3 and mine["ru"]["version"] == 2 and mine["ru"]["actor"] == "ann"

    followed(fleet, lambda: template(fleet, "restore", "invite", "--tenant", "acme", "--version", "2"))
    assert sent(fleet, fleet.emit(plain()))[0] == "Come in"
    followed(fleet, lambda: template(fleet, "restore", "invite", "--tenant", "acme", "--version", "1"))
    subject, told = sent(fleet, fleet.emit(plain(template={"version": 5})))
    assert subject not in ("Come in", "Do come in") and told["version"] == 1
    assert template(fleet, "restore", "invite", "--tenant", "acme", "--version", "9", check=False).returncode == 1


def test_the_schema_agrees(fleet, tmp_path):
    """What is written is a record in the schema's terms, its history and its end too."""
    fleet.init()
    for subject in ("One", "Two"):
        template(fleet, "push", folder(tmp_path / subject, subject), "--tenant", "acme")
    template(fleet, "restore", "invite", "--tenant", "acme", "--version", "1")
    found = fleet.read("templates").wait_for(lambda items: len(items) == 3 and items, 10, "no records in the topic")
    assert [m.key() for m in found] == [b"acme/invite/en"] * 3
    records = [json.loads(m.value()) for m in found]
    assert [contract.faults("template", r) for r in records] == [[], [], []]
    assert [r["version"] for r in records] == [2, 3, 4] and records[2]["parts"] is None
    assert [c["version"] for c in records[2]["history"]] == [2, 3]


def test_nothing_unfit_gets_in(fleet, tmp_path):
    """An invitation without credentials, a password mail with them, no outside hosts; all of a push or none."""
    fleet.init()
    bad = folder(tmp_path, "Come in", locales=("en", "ru"))
    text = bad / "invite" / "ru" / "text.txt"
    text.write_text(text.read_text() + "{{password}}\n")
    done = template(fleet, "push", bad, "--tenant", "acme", check=False)
    assert done.returncode == 1 and "credentials_in_invitation" in done.stdout and "nothing was changed" in done.stderr
    assert all(json.loads(line)["version"] == 1 for line in
               template(fleet, "list", "--tenant", "acme", "--json").stdout.splitlines())
    html = bad / "invite" / "en" / "html.html"
    html.write_text(html.read_text().replace("</body>", '<img src="https://cdn.example.org/logo.png" alt=""></body>'))
    found = [json.loads(line) for line in template(fleet, "lint", bad, "--json", check=False).stdout.splitlines()]
    assert {(f["code"], f["locale"]) for f in found} == {("outside_host", "en"), ("credentials_in_invitation", "ru")}
    assert template(fleet, "lint", bad, "invite", "--locale", "en", "--allow-host", "cdn.example.org").returncode == 0
    secret = folder(tmp_path / "secret", "Yours", name="password")
    for part in ("text.txt", "html.html", "sms.txt"):
        path = secret / "password" / "en" / part
        path.write_text(path.read_text().replace("{{password}}", "***"))
    done = template(fleet, "push", secret, "--tenant", "acme", check=False)
    assert done.returncode == 1 and done.stdout.count("credentials_lost") == 3


def test_two_that_change_at_once(fleet, tmp_path):
    fleet.init()
    template(fleet, "push", folder(tmp_path / "a", "One"), "--tenant", "acme")
    template(fleet, "push", folder(tmp_path / "b", "Two"), "--tenant", "acme", "--if-version", "2")
    done = template(fleet, "push", folder(tmp_path / "c", "Three"), "--tenant", "acme", "--if-version", "2", check=False)
    assert done.returncode == 1 and "version 3 holds by now" in done.stderr
    assert template(fleet, "preview", "invite", "--tenant", "acme", "--part", "subject").stdout == "Two"
    assert template(fleet, "preview", "invite", "--tenant", "acme", "--part", "subject", "--version", "2").stdout == "One"


def test_bad_records_stop_nothing(fleet):
    fleet.up()
    for key, value in (("acme/invite/en", b"{"), ("acme", b"{}"), ("acme/invite/en", b'{"format":9}'),
                       ("acme/invite/en", b'{"format":1,"version":2,"parts":{"text":"{{#x}}"}}')):
        fleet.append("templates", key, value)
    fleet.flush()
    fleet.wait(lambda: all(s.text().count("ev=templates-skipped") == 4 for s in fleet.all("email")), 10, "not passed over")
    assert sent(fleet, fleet.emit(plain()))[1]["version"] == 1  # nor is a version waited for that nobody can use


@pytest.mark.parametrize("words", [["push", "x"], ["diff"], ["lint", "a", "b", "c"], ["nonsense"], [],
                                   ["list", "--tenant", "a/b"]])
def test_what_cannot_be_meant(fleet, words):
    done = fleet.beckon("template", *words, check=False)
    assert done.returncode == 2 and "beckon template: " in done.stderr
