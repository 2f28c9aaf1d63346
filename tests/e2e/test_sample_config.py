"""deploy/config/beckon.yaml is what it says: every program takes it, it shows every key, and defaults are defaults."""
import base64
import os
import re
import subprocess
from pathlib import Path

import providers
import pytest
import yaml

from fleet import PROGRAMS, program

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = (ROOT / "deploy/config/beckon.yaml").read_text()
COMMENTED = re.sub(r"(?m)^#(?=\S|  )", "", SAMPLE)  # sentences begin with one space
KEYS = re.findall(r'"([a-z0-9_.]+)"', (ROOT / "common/config_fleet.c").read_text().partition("config_fleet[]")[2])


def run(service, *args, env=None):
    return subprocess.run([program(PROGRAMS[service]), *map(str, args)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}, timeout=60)


def flat(tree, prefix=""):
    """Dotted names of the leaves."""
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and name not in KEYS:
            yield from flat(value, name + ".")
        else:
            yield name, value


# Of a key pair that opens nothing: its secret half is the bytes 0 to 31.
SEAL_SECRET = "53oyqpna:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"
SEAL_PUBLIC = "53oyqpna:j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8\n"


@pytest.fixture
def installed(tmp_path):
    """Writes a text as the configuration of a machine whose keys and templates are in place."""
    secret = base64.b64encode(os.urandom(32)).decode()
    for name, text in (("ring.keys", f"k1:{secret} 2025-01-01T00:00:00Z\n"), ("recipient.key", secret + "\n"),
                       ("seal.keys", SEAL_SECRET), ("seal.keys.pub", SEAL_PUBLIC),
                       ("redis.password", "secret\n"), ("relay.password", "secret\n"),
                       ("twilio.secret", "secret\n"), ("kannel.secret", "secret\n"),
                       ("kannel-receipts.secret", "secret\n"), ("postmark.secret", "secret\n"),
                       ("mailgun.secret", "secret\n"), ("oidc.secret", "secret\n")):
        (tmp_path / name).write_text(text)
    for make, name in ((providers.SendGrid, "sendgrid.pub"), (providers.Sns, "sns.pem")):
        Path(make(tmp_path).entry()["key_file"]).rename(tmp_path / name)

    def write(text):
        path = tmp_path / "beckon.yaml"
        path.write_text(text.replace("/etc/beckon/keys", str(tmp_path))
                        .replace("/usr/share/beckon/templates", str(ROOT / "deploy/templates"))
                        .replace("/usr/share/beckon/providers", str(ROOT / "deploy/providers")))
        return path
    return write


@pytest.mark.parametrize("service", PROGRAMS)
@pytest.mark.parametrize("text", [SAMPLE, COMMENTED], ids=["as-it-is", "every-line"])
def test_every_program_takes_it(service, text, installed):
    templates = {"BECKON_TEMPLATES_DIR": str(ROOT / "deploy/templates")}
    done = run(service, "--config", installed(text), "--check", env=templates)
    if service == "sms" and text == SAMPLE:  # who takes SMS is for each installation to say
        assert done.returncode == 78 and "providers" in done.stderr
        return
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok\n", "")


def test_it_shows_every_key():
    shown = {name for name, _ in flat(yaml.safe_load(COMMENTED))}
    assert {k for k in KEYS if k not in shown and not any(s.startswith(k + ".") for s in shown)} == set()


@pytest.mark.parametrize("service", PROGRAMS)
def test_a_commented_line_is_the_default(service):
    set_here = {name for name, _ in flat(yaml.safe_load(SAMPLE))}
    told = dict(flat(yaml.safe_load(COMMENTED)))
    table = run(service, "--help-markdown").stdout
    defaults = dict(re.findall(r"^\| `([a-z_.]+)` \| [^|]* \| `([^`]*)` \|", table, re.M))
    assert defaults, table
    for name, default in defaults.items():
        value = told[name]
        text = ", ".join(value) if isinstance(value, list) else str(value).lower() if value in (True, False) else value
        assert name in set_here or str(text) == default, name


BAD = {
    "kafka: {lingerr.ms: 3}": "kafka.lingerr.ms: librdkafka has no such property, the nearest is linger.ms",
    "kafka: {sasl.pasword: hunter2}": "kafka.sasl.pasword: librdkafka has no such property, the nearest is sasl.password",
    "kafka: {client.id: x, session.timeout.ms: soon}": "kafka.session.timeout.ms: Invalid value",
    "kafka: {acks: 1}": "kafka.acks is set by beckon",
    "redis: {pasword: hunter2}": 'unknown key redis.pasword = "***", the nearest known is redis.url',
    "redis: {url: 'redis://u:hunter2@h'}": "redis.url: Redis URL: a password belongs into its own file",
    "redis: {url: 'http://h'}": "redis.url: Redis URL: begins with none of redis://",
    "rediss: {url: 'redis://u:hunter2@h'}": "unknown key rediss = ",
    "http: {listen: nowhere}": "http.listen: 'nowhere' is not an address and port",
}


@pytest.mark.parametrize("service", PROGRAMS)
def test_every_program_refuses(service, installed, tmp_path):
    """By --check, in one line that names file, key and what is wrong, and never tells a password."""
    settings = {**BAD, **{"http: {private: nowhere}": "http.private: 'nowhere'", "http: {public: '1:2:3'}": "http.public: '1:2:3'"}
                } if service == "status" else BAD
    wrong = tmp_path / "wrong.yaml"
    for text, told in settings.items():
        wrong.write_text(text)
        done = run(service, "--config", installed(COMMENTED), "--config", wrong, "--check",
                   env={"BECKON_TEMPLATES_DIR": str(ROOT / "deploy/templates")})
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (78, "", 1), text
        assert done.stderr.startswith(f"beckon-{service}: {wrong}:1: {told}") and "hunter2" not in done.stderr, done.stderr


def test_show_where_a_key_is_missing(installed, tmp_path):
    """Who asks what is set is told, and `--check` names the setting, its place and what is wrong."""
    config = installed(SAMPLE)
    (tmp_path / "ring.keys").unlink()
    shown = run("email", "--config", config, "--show")
    assert shown.returncode == 0 and "keys.ring_file" in shown.stdout, shown.stderr
    checked = run("email", "--config", config, "--check")
    assert checked.returncode == 78
    assert re.search(r"beckon\.yaml:\d+: keys\.ring_file: .*ring\.keys: No such file", checked.stderr), checked.stderr
