"""Whom the fleet believes: brokers by their certificates, and what is switched off is told; what its programs are made of."""
import hashlib
import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import urllib.request

import certs
import pytest
import yaml
from fleet import SANITIZER_ENV, build_dir, missing, program
from process import Process, build_root, free_port, wait_until

SOURCE = build_root().parent


class Broker:
    """Speaks TLS and nothing behind it; keeps what it was told: did clients let it finish, and speak to it?"""

    def __init__(self, certificate):
        self.context, self.tried, self.told = certificate.context(), 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            try:
                sock.settimeout(5)
                with self.context.wrap_socket(sock, server_side=True) as secured:
                    self.told += len(secured.recv(1024))
            except (OSError, ssl.SSLError):
                pass
            self.tried += 1

    def close(self):
        self.listener.close()


@pytest.fixture
def running():
    """start(program, configuration): a running one of ours; all end with the story."""
    assert not missing()
    started = []

    def start(name, directory, brokers, **config):
        directory.mkdir()
        path = directory / "beckon.yaml"
        kafka = {"bootstrap.servers": ",".join(f"127.0.0.1:{b.port}" for b in brokers), "security.protocol": "ssl",
                 "reconnect.backoff.ms": 50, "reconnect.backoff.max.ms": 100, **config.pop("kafka")}
        port = free_port()
        path.write_text(yaml.safe_dump({"kafka": kafka, "redis": {"url": "redis://127.0.0.1:9/0"}, "state_dir": str(directory),
                                        "http": {"listen": f"127.0.0.1:{port}"}, **config}))
        process = Process(name, [program(name), "--config", path], directory / "log", env=SANITIZER_ENV).start()
        process.metrics = f"http://127.0.0.1:{port}/metrics"
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()


def keys(directory):
    """What email reads before it starts."""
    subprocess.run([program("beckon"), "init", "--keys", directory], check=True, capture_output=True, timeout=30)
    files = {"ring_file": "ring.keys", "recipient_file": "recipient.key", "seal_file": "seal.keys", "seal_public_file": "seal.keys.pub"}
    return {name: str(directory / file) for name, file in files.items()}


def metrics(process):
    try:
        return urllib.request.urlopen(process.metrics, timeout=2).read().decode()
    except OSError:
        return ""


def test_a_broker_must_show_that_it_is_one(running, tmp_path):
    """Nothing is said to one whose certificate is another's, expired, self-signed or a stranger's, unless that is switched off, loudly."""
    authority, stranger = certs.Authority(tmp_path / "ca"), certs.Authority(tmp_path / "stranger")
    bad = {"other-name": authority.sign("kafka.internal"), "expired": authority.sign("127.0.0.1", days=-1),
           "self-signed": authority.self_signed("127.0.0.1"), "of-a-stranger": stranger.sign("127.0.0.1")}
    bad = {name: Broker(certificate) for name, certificate in bad.items()}
    genuine, believed, misnamed = (Broker(c) for c in (authority.sign("127.0.0.1"), authority.self_signed("127.0.0.1"),
                                                       authority.sign("kafka.internal")))
    trust = {"ssl.ca.location": str(authority.file)}
    strict = running("beckon-clock", tmp_path / "strict", bad.values(), kafka=trust)
    good = running("beckon-clock", tmp_path / "good", [genuine], kafka=trust)
    names = running("beckon-clock", tmp_path / "names", [misnamed], kafka={**trust, "ssl.endpoint.identification.algorithm": "none"})
    trusting = running(
        "beckon-email", tmp_path / "trusting", [believed], kafka={"enable.ssl.certificate.verification": False},
        keys=keys(tmp_path / "keys"), templates_dir=str(SOURCE / "deploy" / "templates"),
        tenants={"*": {"sender": {"from": "no-reply@mail.internal"}, "contact": "help@mail.internal", "link_base": "https://join.internal/i"}},
        relays=[{"name": "open", "url": "smtp://127.0.0.1:9", "tls": "optional-insecure"},
                {"name": "shut", "url": "smtp://127.0.0.1:9", "tls": "required"}])
    patience = 60 if build_dir().name in ("asan", "tsan") else 30

    def said(process, what):
        return f'beckon_insecure{{what="{what}"}} 1' in metrics(process) and f"ev=insecure what={what} " in process.text()
    wait_until(lambda: all(b.tried for b in bad.values()), patience, lambda: f"not all were tried\n{strict.tail()}")
    wait_until(lambda: genuine.told and believed.told and misnamed.told, patience, lambda: f"who may be believed is not\n{good.tail()}{trusting.tail()}")
    assert {name: b.told for name, b in bad.items()} == dict.fromkeys(bad, 0)
    wait_until(lambda: said(trusting, "kafka") and said(trusting, "open") and said(names, "kafka"), patience,
               lambda: f"nobody says so\n{trusting.tail()}\n{metrics(trusting)}")
    assert 'what="shut"' not in metrics(trusting)
    wait_until(lambda: "beckon_build_info" in metrics(good), patience, "no metrics")
    assert "beckon_insecure{" not in metrics(good) and "ev=insecure" not in good.text()
    for broker in (*bad.values(), genuine, believed, misnamed):
        broker.close()


def test_bill_of_materials():
    """deploy/sbom.sh names what the programs are made of, in CycloneDX, each with the version that is installed."""
    done = subprocess.run(["sh", SOURCE / "deploy" / "sbom.sh", build_dir()], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and not done.stderr, done.stderr
    bill = json.loads(done.stdout)
    assert (bill["bomFormat"], bill["specVersion"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "1.5", "beckon")
    found = {c["name"]: c for c in bill["components"]}
    assert len(found) == len(bill["components"])
    for wanted in ("libc6", "libcurl", "libesmtp", "libhiredis", "libjansson", "libjemalloc", "libphonenumber", "librdkafka", "libsodium", "libssl"):
        assert any(name.startswith(wanted) for name in found), wanted
    told = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *found], capture_output=True, text=True, check=True).stdout
    assert dict(line.split(" ") for line in told.splitlines()) == {name: c["version"] for name, c in found.items()}
    for c in found.values():
        assert re.fullmatch(r"pkg:deb/debian/[a-z0-9.+-]+@[A-Za-z0-9.%~-]+\?arch=\w+&distro=\w+-[\w.]+", c["purl"]), c


def test_an_empty_folder_has_no_bill(tmp_path):
    done = subprocess.run(["sh", SOURCE / "deploy" / "sbom.sh", tmp_path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and not done.stdout and "no programs" in done.stderr


@pytest.mark.soak
def test_two_builds_are_one(tmp_path):
    """What is installed is the same, byte for byte, wherever it is built."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=SOURCE, capture_output=True, text=True, check=True).stdout.split("\0")
    made = []
    for place in (tmp_path / "here", tmp_path / "and" / "there"):
        for name in filter(None, files):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(SOURCE / name, place / name)
        for command in (["cmake", "--preset", "release", "-G", "Ninja"], ["cmake", "--build", "build/release"],
                        ["cmake", "--install", "build/release", "--prefix", place / "out"]):
            subprocess.run(command, cwd=place, check=True, capture_output=True, timeout=1800)
        out = place / "out"
        made.append({str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in out.rglob("*") if path.is_file()})
    assert "bin/beckon" in made[0] and made[0] == made[1]
