"""beckon doctor: what it finds wrong in keys, templates, tenants, relays and the clock."""
import json
import shutil
import time
from pathlib import Path

import pages
import providers
import pytest
from fleet import fleet_config, merge, write_yaml


@pytest.fixture
def doctor(fleet):
    """doctor(**changes of the configuration) -> {what: finding}; the fleet has an epoch and no service."""
    fleet.init()

    def look(**changes):
        path = fleet.dir / "doctor.yaml"
        write_yaml(path, merge(fleet_config(fleet), changes))
        done = fleet.beckon("doctor", "--config", path, "--json", check=False)
        found = {f["what"]: f for f in map(json.loads, done.stdout.splitlines())}
        assert done.returncode == any(f["judgement"] == "bad" for f in found.values()), done.stderr
        return found
    return look


def judged(found, what):
    return found[what]["judgement"]


@pytest.mark.story
def test_what_is_well(doctor):
    found = doctor()
    for what in ("redis: version", "redis: clock", "clock: due times", "relay sink", "keys: ring", "keys: ring: mode",
                 "keys: recipient", "keys: recipient: mode", "templates", "template invite: tenant *",
                 "tenant *: sender", "tenant *: link", "tenant *: contact"):
        assert judged(found, what) == "ok", found[what]
        assert found[what]["remedy"] == ""


def test_keys(doctor, fleet):
    (fleet.dir / "ring.keys").chmod(0o640)
    (fleet.dir / "recipient.key").unlink()
    password = fleet.dir / "relay.password"
    password.write_text("secret")
    password.chmod(0o644)
    relay = {**fleet.relays()[0], "username": "u", "password_file": str(password), "tls": "optional-insecure"}
    sms = {"name": "hook", "like": "webhook", "secret_file": str(password), "receipt_secret_file": str(fleet.dir / "none")}
    found = doctor(relays=[relay], providers=[sms])
    assert judged(found, "provider hook: secret: mode") == judged(found, "provider hook: receipt secret") == "bad"
    assert judged(found, "keys: ring: mode") == "bad" and "chmod 600" in found["keys: ring: mode"]["remedy"]
    assert judged(found, "keys: recipient") == "bad"
    assert judged(found, "relay sink: password: mode") == "bad"

    assert judged(found, "keys: seal") == judged(found, "keys: seal, public half") == "ok"
    (fleet.dir / "seal.keys.pub").write_text(fleet.accept_key)
    assert judged(doctor(), "keys: seal, public half") == "bad"

    (fleet.dir / "ring.keys").write_text("no key\n")
    assert judged(doctor(), "keys: ring") == "bad"


def test_times(doctor):
    """What outlasts a rebuild's wait would find another Redis, and never be told."""
    found = doctor(message_deadline="2m", rebuild={"wait": "75s"})
    assert judged(found, "settings: rebuild.wait") == "warn" and "135 s" in found["settings: rebuild.wait"]["remedy"]
    assert judged(doctor(message_deadline="2m", rebuild={"wait": "135s"}), "settings: rebuild.wait") == "ok"


def test_no_kafka(doctor):
    """It is said once and soon, and everything that can be looked at without it is."""
    began = time.monotonic()
    found = doctor(kafka={"bootstrap.servers": "127.0.0.1:9"})
    assert time.monotonic() - began < 20 and "templates: tenants' own" not in found, "it is asked again and again"
    assert [w for w in found if w.startswith("topic")] == [next(iter(found))] and judged(found, next(iter(found))) == "bad"
    for what in ("redis: version", "relay sink", "keys: ring", "tenant *: sender", "template invite: tenant *"):
        assert judged(found, what) == "ok", found[what]


def test_templates_and_tenants(doctor, fleet):
    broken = fleet.dir / "templates" / "invite" / "en"
    broken.mkdir(parents=True)
    (broken / "subject.txt").write_text("Hello {{#open}}\n")
    found = doctor(templates_dir=str(fleet.dir / "templates"))
    assert judged(found, "templates") == "bad" and "subject.txt" in found["templates"]["remedy"]

    found = doctor(tenants={"*": {"link_base": "http://join.internal/i"},
                            "acme": {"sender": {"from": "test@example.com"}, "default_locale": "de"}})
    assert judged(found, "tenant *: link") == "warn" and "https" in found["tenant *: link"]["remedy"]
    assert judged(found, "tenant acme: sender") == "warn"
    assert judged(found, "template invite: tenant acme") == "warn"
    assert judged(doctor(tenants={"*": {"sendr": {}}}), "tenants") == "bad"


def test_every_relay(doctor, fleet):
    away = {"name": "away", "url": "smtp://127.0.0.1:9", "tls": "off"}
    found = doctor(relays=[*fleet.relays(), away])
    assert (judged(found, "relay sink"), judged(found, "relay away")) == ("ok", "bad")


def test_no_clock_runs(doctor, fleet):
    """Something has been due for long: the remedy names the program."""
    due = int((time.time() - 120) * 1000)
    fleet.redis.client.zadd(f"{fleet.prefix}later", {"acme/i.1.email.0": due})
    fleet.redis.client.set(f"{fleet.prefix}l:acme/i.1.email.0", "1|9|")
    found = doctor()
    assert judged(found, "clock: due times") == "bad" and "beckon-clock" in found["clock: due times"]["remedy"]


def test_settings_that_came_later(doctor, fleet):
    """What `beckon settings set` says holds above the file, and is looked at."""
    assert judged(doctor(), "tenant *: link") == "ok"
    fleet.beckon("settings", "set", "--config", fleet.dir / "beckon.yaml", "--tenant", "*",
                 "link_base=http://join.internal/i")
    assert judged(doctor(), "tenant *: link") == "warn"


def test_receipts(doctor, fleet):
    """Secrets that can be read, a door that answers, and whoever was promised to be heard."""
    source = providers.Webhook(fleet.dir / "providers", "hook").entry()
    secret = fleet.dir / "providers" / "hook.secret"
    secret.chmod(0o600)
    door = f"127.0.0.1:{pages.public_port(fleet, receipts=[source])}"
    gateway = {"name": "hook", "like": "webhook", "settings": {"endpoint": "http://127.0.0.1:9/"}}
    known = {"http": {"public": door}}

    found = doctor(receipts=[source], providers=[gateway | {"callback": f"http://{door}/receipts/hook"}], **known)
    for what in ("receipts hook", "receipts hook: secret: mode", "receipts hook: door", "receipts hook: callback",
                 "template invite: tenant *: sms"):
        assert judged(found, what) == "ok", found[what]

    found = doctor(receipts=[source, source | {"name": "new"}], providers=[gateway], **known)
    assert judged(found, "receipts new: door") == "bad" and judged(found, "receipts hook: promised") == "warn"

    found = doctor(providers=[gateway | {"callback": f"http://{door}/hook"}], **known)
    assert judged(found, "receipts hook: promised") == "bad" and "72 h" in found["receipts hook: promised"]["remedy"]
    found = doctor(receipts=[source], providers=[gateway | {"callback": f"http://{door}/hook"}], **known)
    assert judged(found, "receipts hook: callback") == "bad"

    secret.chmod(0o644)
    found = doctor(receipts=[source])
    assert judged(found, "receipts: http.public") == judged(found, "receipts hook: secret: mode") == "bad"
    secret.unlink()
    found = doctor(receipts=[source], http={"public": "127.0.0.1:9"})
    assert judged(found, "receipts hook") == "bad" and judged(found, "receipts hook: door") == "warn"


def test_templates_of_tenants(doctor, fleet):
    """What a tenant has made its own lies above the installation's."""
    assert judged(doctor(tenants={"acme": {"default_locale": "de"}}), "template invite: tenant acme") == "warn"
    own = fleet.dir / "own" / "invite" / "de"
    shutil.copytree(Path(__file__).parents[2] / "deploy/templates/invite/en", own)
    fleet.beckon("template", "push", "--config", fleet.dir / "beckon.yaml", "--tenant", "acme", own.parent.parent)
    assert judged(doctor(tenants={"acme": {"default_locale": "de"}}), "template invite: tenant acme") == "ok"
