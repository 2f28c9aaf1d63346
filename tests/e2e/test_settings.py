"""Tenants' settings over topic invite-settings: followed without a restart, versioned, audited, never in the way."""
import json
import re

import contract
import events
import pytest


def settings(fleet, *args, **options):
    verb, *rest = args
    return fleet.beckon("settings", verb, "--config", fleet.dir / "beckon.yaml", *rest, **options)


def record(fleet, tenant):
    return json.loads(settings(fleet, "get", "--tenant", tenant, "--json").stdout)


def changes(fleet):
    """How often every service has heard of something new."""
    return [len(re.findall("ev=settings count", s.text())) for s in fleet.services]


def followed(fleet, change):
    before = changes(fleet)
    change()
    fleet.wait(lambda: all(a > b for a, b in zip(changes(fleet), before)), 10, "not every service followed")


def plain(**data):
    """An invite that leaves the sender's name to the tenant."""
    event = events.invite(**data)
    del event.data["organisation"]
    return event


def mail_from(fleet, event):
    fleet.await_outcome(event, "sent")
    return next(m.parsed["From"] for m in fleet.sink.messages if m.to == event.to)


@pytest.mark.story
def test_followed_without_a_restart(fleet):
    """What is set holds for the next message, of one tenant or of all, and what is unset is the file's again."""
    fleet.up()
    followed(fleet, lambda: settings(fleet, "set", "--tenant", "acme", "sender.from_name=First Works"))
    assert "First Works" in mail_from(fleet, fleet.emit(plain()))
    assert "First Works" not in mail_from(fleet, fleet.emit(plain(tenant="globex")))
    followed(fleet, lambda: settings(fleet, "set", "sender.from_name=Everybody", "auto_send.api=false"))
    held = fleet.emit(events.invite(tenant="globex"))
    fleet.await_outcome(held, "held")
    followed(fleet, lambda: settings(fleet, "set", "--tenant", "acme", "sender.from_name=", "auto_send.api=true"))
    assert "Everybody" in mail_from(fleet, fleet.emit(plain()))
    for s in fleet.services:  # a restart reads the same before it begins
        assert s.stop() == 0
        s.start()
    for s in fleet.services:
        s.await_ready()
    assert "Everybody" in mail_from(fleet, fleet.emit(plain()))


def test_hosts_of_links(fleet):
    """Where a tenant lists hosts, a request cannot lead people elsewhere."""
    fleet.up(services=("dispatcher", "email"))
    followed(fleet, lambda: settings(fleet, "set", "--tenant", "acme", "link_hosts=[app.example.org]"))
    outside = fleet.emit(events.invite(link={"base": "https://evil.example/i"}))
    inside = fleet.emit(events.invite(link={"base": "https://app.example.org/i"}))
    assert fleet.await_outcome(outside, "error")["code"] == "schema_invalid"
    fleet.await_outcome(inside, "sent")


def test_versions_and_who_changed_what(fleet, tmp_path):
    fleet.init()
    assert record(fleet, "acme")["version"] == 0
    settings(fleet, "set", "--tenant", "acme", "--actor", "ann", "link_ttl_s=3600", "limits.tenant=50/s burst 5",
             'send_window={days: mon-fri, from: "08:00", to: "20:00"}')
    first = record(fleet, "acme")
    assert first["version"] == 1 and first["actor"] == "ann" and first["history"] == []
    assert first["settings"] == {"link_ttl_s": 3600, "limits": {"tenant": "50/s burst 5"},
                                 "send_window": {"days": "mon-fri", "from": "08:00", "to": "20:00"}}
    assert settings(fleet, "set", "--tenant", "acme", "--if-version", "0", "link_ttl_s=300",
                    check=False).returncode == 1
    settings(fleet, "set", "--tenant", "acme", "--actor", "bob", "--if-version", "1", "link_ttl_s=300")
    second = record(fleet, "acme")
    assert second["version"] == 2 and second["settings"]["link_ttl_s"] == 300
    assert second["previous_sha256"] == first["sha256"] != second["sha256"]
    assert second["history"] == [{k: first[k] for k in ("version", "actor", "time", "sha256")}]
    shown = settings(fleet, "get", "--tenant", "acme").stdout
    assert re.search(r"link_ttl_s +300 +set", shown) and re.search(r"sender\.from +no-reply@\S+ +configuration", shown)
    assert re.search(r"1 .* ann .*\n2 .* bob ", settings(fleet, "get", "--tenant", "acme", "--history").stdout)

    path = tmp_path / "acme.yaml"
    path.write_text("contact: Ann\nreminder: off\n")
    settings(fleet, "set", "--tenant", "acme", "--file", path)
    assert record(fleet, "acme")["settings"] == {"contact": "Ann", "reminder": "off"}
    shown = settings(fleet, "get", "--tenant", "acme").stdout
    assert re.search(r"reminder\.count +0 +set", shown) and "reminder " not in shown
    settings(fleet, "set", "--tenant", "acme", "reminder.at_percent=25")
    assert record(fleet, "acme")["settings"]["reminder"] == {"at_percent": 25, "count": 0}, "it stays off"


@pytest.mark.parametrize("word, error", [
    ("link_ttl=5", "link_ttl is no setting of a tenant, the nearest is link_ttl_s"),
    ("link_ttl_s=5", "link_ttl_s '5' must be a number from 300 to 31536000"),
    ("send_window={from: '08:00', to: '08:00'}", "send_window: from and to must differ"),
    ("timezone=Europe/Moskow", "timezone 'Europe/Moskow' must be an IANA time zone"),
    ("limits.tenant=fast", "limits: tenant: 'fast' is no rate"),
    ("contact.name=Ann", "no setting"),
    ("link_ttl_s", "is not KEY=VALUE"),
])
def test_wrong_values(fleet, word, error):
    fleet.init()
    settings(fleet, "set", "--tenant", "acme", "link_base=https://join.acme.internal/")
    done = settings(fleet, "set", "--tenant", "acme", word, check=False)
    if word != "contact.name=Ann":
        assert error in done.stderr
    assert done.returncode == 1 and record(fleet, "acme")["version"] == 1


# settings and whether they are good: the schema and the fleet agree on each
JUDGED = [
    ({}, True), ({"link_ttl_s": 300}, True), ({"link_ttl_s": 299}, False), ({"link_ttl_s": "300"}, False),
    ({"send_window": "off"}, True), ({"send_window": "none"}, False), ({"send_window": {"from": "08:00"}}, False),
    ({"send_window": {"days": ["mon-fri", "sun"], "from": "08:00", "to": "24:00"}}, True),
    ({"send_window": {"days": "mon, wed", "from": "22:00", "to": "06:00"}}, True),
    ({"send_window": {"days": [], "from": "08:00", "to": "18:00"}}, False),
    ({"send_window": {"from": "8:00", "to": "18:00"}}, False), ({"sms_window": {"from": "09:00", "to": "25:00"}}, False),
    ({"reminder": "off"}, True), ({"reminder": {"count": 2, "at_percent": 30}}, True), ({"reminder": {"count": 3}}, False),
    ({"limits": {"tenant": "50/s burst 100", "content": "off"}}, True), ({"limits": {"tenant": 50}}, False),
    ({"limits": {"domain": "0/s"}}, False), ({"limits": {"relay": "5/s"}}, False),
    ({"sender": {"from": "a@example.org", "sms_id": "ACME"}}, True), ({"sender": {"from": "Ann <a@b.org>"}}, False),
    ({"sender": {"sms_id": "Twelve chars"}}, False), ({"timezone": "Europe/Moscow"}, True),
    ({"timezone": "Mars/Olympus"}, False), ({"default_locale": "ru_RU"}, False), ({"link_base": "ftp://a.b"}, False),
    ({"roles": ["admin", "участник"]}, True), ({"roles": "admin"}, False), ({"teams": [""]}, False),
    ({"countries": {"allow": ["KZ"], "deny": []}}, True), ({"countries": {"allow": ["kz"]}}, False),
    ({"accept": {"mode": "confirm", "public_key": "lywjyulx:Wdt1RvKIygGe_rS4zOiOtiBrWBx1cLjJAigA3qXM6yA"}}, True),
    ({"accept": {"mode": "page"}}, False), ({"accept": {"public_key": "c2hvcnQ="}}, False),
    ({"email_only": True, "auto_send": {"import": True}}, True), ({"auto_send": {"import": "yes"}}, False),
    ({"brand": {"colour": "#1a5fb4"}}, True), ({"brand": {"color": "#1a5fb4"}}, False), ({"cooldown_s": 0}, True),
    ({"contact": "one\nline"}, False), ({"home_region": "KZ", "segment_cap": 15, "ladder_after_s": 60}, True),
]


def test_the_schema_agrees(fleet, tmp_path):
    """What `settings set` takes is what the schema takes, and what it writes is a record in the schema's terms."""
    fleet.init()
    for n, (wanted, good) in enumerate(JUDGED):
        path = tmp_path / f"{n}.json"
        path.write_text(json.dumps(wanted))
        done = settings(fleet, "set", "--tenant", f"t{n}", "--file", path, check=False)
        whole = {"format": 1, "version": 1, "actor": "x", "time": "2025-01-01T00:00:00Z", "sha256": "0" * 64,
                 "settings": wanted}
        assert (done.returncode == 0, contract.faults("settings", whole) == []) == (good, good), (wanted, done.stderr)
    settings(fleet, "set", "--tenant", "t0", "link_ttl_s=600")
    assert contract.faults("settings", record(fleet, "t0")) == []
    for args in (["pause", "--all", "--reason", "x", "--until", "2h"], ["resume", "--all"]):
        fleet.beckon(args[0], "--config", fleet.dir / "beckon.yaml", *args[1:])
    found = {m.key(): json.loads(m.value()) for m in fleet.read("settings").wait_for(
        lambda items: any(m.key() == b"*/pause/all" for m in items) and items, 10, "no pause in the topic")}
    assert contract.faults("pause", found[b"*/pause/all"]) == []


@pytest.mark.story
def test_bad_records_stop_nothing(fleet):
    """Bytes, other formats, wrong values, strange keys: each is logged and passed over, the last good one holds."""
    fleet.up()
    followed(fleet, lambda: settings(fleet, "set", "--tenant", "acme", "sender.from_name=Good Works"))
    good = {"format": 1, "version": 9, "actor": "x", "time": "2025-01-01T00:00:00Z", "sha256": "0", "settings": {}}
    bad = [("acme/settings", b"\xff\x00"), ("acme/settings", b"[1]"), ("acme/settings", b"{" + b"x" * 70000),
           ("acme/settings", json.dumps({**good, "format": 2})), ("acme/settings", json.dumps({**good, "version": 0})),
           ("acme/settings", json.dumps({**good, "settings": {"link_ttl_s": 1}})),
           ("acme/settings", json.dumps({**good, "settings": {"colour": "blue"}})),
           ("a b/settings", json.dumps(good)), ("acme", json.dumps(good)), ("", b"x"), (None, b"x"),
           ("*/pause/all", json.dumps({"format": 1, "paused": "yes"})),
           ("*/pause/all", json.dumps({"format": 1, "paused": True})),
           ("acme/suppress/0123", b"anything"), ("acme/apikey/1", None)]
    for key, value in bad:
        fleet.append("settings", key, value)
    fleet.flush()
    assert "Good Works" in mail_from(fleet, fleet.emit(plain()))
    fleet.wait(lambda: all(s.text().count("ev=settings-skipped") == 13 for s in fleet.services), 10,
               [s.text().count("ev=settings-skipped") for s in fleet.services])


@pytest.mark.story
def test_a_fleet_without_the_topic(fleet):
    """An installation that was made before the topic: the configuration holds, and the topic is found when it comes."""
    fleet.topics["settings"] += "-later"
    fleet.up()
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    fleet.kafka.create_topics({fleet.topics["settings"]: {}}, 1)
    followed(fleet, lambda: settings(fleet, "set", "sender.from_name=Late Works"))
    assert "Late Works" in mail_from(fleet, fleet.emit(plain()))
