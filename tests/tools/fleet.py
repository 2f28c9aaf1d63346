"""The fleet under test: our programs with generated configuration, fresh topics, groups and Redis prefix."""
import base64
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import yaml
from confluent_kafka import Producer

import events
from outcomes import Outcomes, TopicReader
from process import Process, build_root, free_port, wait_until

READY_S = 40
PROGRAMS = {"dispatcher": "beckon-dispatcher", "email": "beckon-email", "clock": "beckon-clock",
            "status": "beckon-status", "sms": "beckon-sms"}
TOPICS = ("requested", "email", "sms", "status", "dead_letter", "settings", "templates", "state")
SANITIZER = re.compile(r"(AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:).*")
# It could not stop every thread of a process that was ending: nothing is known of leaks, and nothing is wrong.
LEAKS_UNSEEN = re.compile(r"LeakSanitizer has encountered a fatal error\.|==\d+==HINT: LeakSanitizer does not work under.*|"
                          r"==\d+==HINT: For debugging, try setting environment variable LSAN_OPTIONS.*")
# What a library prints by itself is no line that a program reads.
FOREIGN = re.compile(r"^%\d\|.*", re.M)

# Own options of the sanitizers: any report ends the process with a code nobody else uses.
SANITIZER_EXIT = 66
SANITIZER_ENV = {
    "ASAN_OPTIONS": f"exitcode={SANITIZER_EXIT}:abort_on_error=0:detect_leaks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "LSAN_OPTIONS": f"exitcode={SANITIZER_EXIT}",
    "TSAN_OPTIONS": f"exitcode={SANITIZER_EXIT}:second_deadlock_stack=1:"
                    f"suppressions={Path(__file__).with_name('tsan.supp')}",
}


def build_dir():
    return Path(os.environ.get("BECKON_BUILD", build_root() / "debug")).resolve()


def program(name, build=None):
    return Path(build or build_dir()) / "bin" / name


def missing():
    absent = [p for p in ("beckon", *PROGRAMS.values()) if not program(p).exists()]
    return f"not built in {build_dir()}: {', '.join(absent)}" if absent else None


def sanitized():
    """Is this a sanitizer's build? Then programs are slower and stories wait longer."""
    return build_dir().name in ("asan", "tsan")


def fleet_config(fleet):
    """The one place that knows how the configuration file looks: the same for every program and the tool."""
    return {
        "kafka": {"bootstrap.servers": fleet.bootstrap, **fleet.kafka_options},
        "redis": {"url": fleet.redis_url, "prefix": fleet.prefix},
        "topics": dict(fleet.topics),
        "keys": {"ring_file": str(fleet.dir / "ring.keys"), "recipient_file": str(fleet.dir / "recipient.key"),
                 "seal_file": str(fleet.dir / "seal.keys"), "seal_public_file": str(fleet.dir / "seal.keys.pub")},
        "relays": fleet.relays(),
        "sessions": 4,
        "schedule": {"retry": ["300ms"] * 4},
        "clock": {"lease": "2s"},
        "rebuild": {"wait": "2s"},
        "dns": {"mx": False},  # stories of the DNS bring a server of their own
        "templates_dir": str(Path(__file__).resolve().parents[2] / "deploy" / "templates"),
        "providers_dir": str(Path(__file__).resolve().parents[2] / "deploy" / "providers"),
        "tenants": {"*": {"sender": {"from": "no-reply@mail.internal"}, "contact": "help@mail.internal",
                          "link_base": "https://join.internal/i",
                          "sms_window": "off",  # at night, too; stories of the hours set their own
                          **({"accept": {"public_key": fleet.accept_key}} if fleet.accept_key else {})}},
    }


def instance_config(fleet, service, slot, port):
    """What an instance has for itself."""
    return {"group": f"{fleet.name}-{service}", "slot": slot, "state_dir": str(fleet.dir / slot),
            "http": {"listen": f"127.0.0.1:{port}"}}


def merge(base, own):
    """own over base, maps merged key by key."""
    out = dict(base)
    for key, value in own.items():
        out[key] = merge(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out


def write_yaml(path, config):
    path.write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False))


class Service(Process):
    """One instance of a program."""

    def __init__(self, fleet, service, slot, own):
        self.service, self.slot, self.http = service, slot, free_port()
        self.config = fleet.dir / f"{slot}.yaml"
        whole = merge(merge(fleet_config(fleet), instance_config(fleet, service, slot, self.http)), own)
        write_yaml(self.config, whole)
        (fleet.dir / slot).mkdir(exist_ok=True)
        super().__init__(slot, [program(PROGRAMS[service], fleet.build), "--config", self.config],
                         fleet.dir / f"{slot}.log", env={**SANITIZER_ENV, **fleet.environment})
        self.may_have_died = False  # a story that kills it says so by kill()

    def get(self, path):
        """(status, body) of its HTTP port; (0, reason) when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=2) as r:
                return r.status, r.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()
        except OSError as e:
            return 0, str(e)

    def ready(self):
        return self.get("/readyz")[0] == 200

    def await_ready(self, timeout=READY_S):
        def up():
            assert self.running(), f"{self.name} ended with {self.popen.returncode}\n{self.tail()}"
            return self.ready()
        wait_until(up, timeout, lambda: f"{self.name} is not ready: {self.get('/readyz')}\n{self.tail()}")
        return self

    def metric(self, name, **labels):
        """The sum of a metric's samples that carry these labels."""
        wanted = [f'{k}="{v}"' for k, v in labels.items()]
        lines = self.get("/metrics")[1].splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines
                   if re.match(rf"{name}(\{{| )", line) and all(w in line for w in wanted))

    def kill(self):
        self.may_have_died = True
        return super().kill()


class Fleet:
    """Fresh names for everything; up() starts the programs, emit() asks, outcomes tells, down() checks."""

    def __init__(self, directory, kafka, redis, sink=None, partitions=2):
        self.name = f"t{uuid.uuid4().hex[:10]}"
        self.dir, self.kafka, self.redis, self.sink = Path(directory), kafka, redis, sink
        self.bootstrap, self.redis_url = kafka.bootstrap, redis.url
        self.prefix = f"{self.name}:"
        self.topics = {word: f"{self.name}-{word.replace('_', '-')}" for word in TOPICS}
        self.kafka_options, self.services, self.crash_env = {}, [], {}
        self.build, self.environment = None, {}  # of the instances that are made from now on; None = ours
        self.dir.mkdir(parents=True, exist_ok=True)
        self._write_keys()
        kafka.create_topics({name: self._topic_config(word) for word, name in self.topics.items()}, partitions)
        self._producer = Producer({"bootstrap.servers": self.bootstrap, "partitioner": "murmur2_random",
                                   "enable.idempotence": True, "linger.ms": 1, "log_level": 0,
                                   "message.max.bytes": 4 << 20})
        self.outcomes = Outcomes(self.bootstrap, self.topics["status"])

    @staticmethod
    def _topic_config(word):
        return {"max.message.bytes": str(2 << 20)} if word == "dead_letter" else {}

    def _write_keys(self):
        """As an operator and an application would make them: a signing key, the key that names recipients, two pairs."""
        self.secrets = []
        ring, recipient = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
        self.secret_file("ring.keys", ring, f"k1:{ring} 2025-01-01T00:00:00Z\n")
        self.secret_file("recipient.key", recipient)
        self.seal_key, self.accept_key = (self.beckon("keygen", self.dir / name).stdout.strip()
                                          for name in ("seal.keys", "accept.keys"))

    def secret_file(self, name, secret, text=None):
        """The path of a file that holds it, in `text` or alone; it is looked for in every log."""
        path = self.dir / name
        path.write_text(text or secret + "\n")
        path.chmod(0o600)
        self.secrets.append(secret)
        return str(path)

    def relays(self):
        """One relay, the sink, in the clear; stories about TLS give their own."""
        port = self.sink.port if self.sink else 9
        return [{"name": "sink", "url": f"smtp://127.0.0.1:{port}", "tls": "off"}]

    # ---- programs

    def beckon(self, *args, timeout=60, check=True, input=None):
        """Runs the command-line tool; returns the finished process."""
        done = subprocess.run([program("beckon"), *map(str, args)], capture_output=True, text=True,
                              timeout=timeout, input=input, env={**os.environ, **SANITIZER_ENV},
                              **({} if input is not None else {"stdin": subprocess.DEVNULL}))
        if check:
            assert done.returncode == 0, f"beckon {args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def init(self, check=True):
        """Writes the epoch of a new installation."""
        path = self.dir / "beckon.yaml"
        write_yaml(path, fleet_config(self))
        return self.beckon("init", "--config", path, check=check)

    def service(self, service, slot=None, **own):
        """One more instance, not yet started; keyword arguments are its configuration (`a__b` = a.b)."""
        slot = slot or f"{service}-{1 + sum(s.service == service for s in self.services)}"
        nested = {}
        for key, value in own.items():
            *parents, leaf = key.split("__")
            place = nested
            for parent in parents:
                place = place.setdefault(parent, {})
            place[leaf] = value
        made = Service(self, service, slot, nested)
        self.services.append(made)
        return made

    def up(self, services=("clock", "dispatcher", "email"), couriers=1, init=True, await_ready=True, **own):
        """init, then start and await readiness. own: {service: {key: value}}, with `a__b` for a.b."""
        if init:
            self.init()
        wanted = [s for s in services for _ in range(couriers if s == "email" else 1)]
        started = [self.service(s, **own.get(s, {})).start(**self.crash_env.get(s, {})) for s in wanted]
        for service in started if await_ready else ():
            service.await_ready()
        return self

    def __getitem__(self, service):
        """The first instance of a service."""
        return next(s for s in self.services if s.service == service)

    def all(self, service):
        return [s for s in self.services if s.service == service]

    # ---- events

    def emit(self, wanted, topic="requested", timeout=30):
        """Appends events and returns when Kafka has them. An Event, a list of them, or any iterable."""
        wanted = [wanted] if isinstance(wanted, events.Event) else list(wanted)
        failed = []
        for event in wanted:
            self.append(topic, event.key, event.value(), event.headers(), event.partition, failed)
        assert self._producer.flush(timeout) == 0, "Kafka did not take all events"
        assert not failed, failed[:3]
        return wanted[0] if len(wanted) == 1 else wanted

    def append(self, topic, key, value, headers=None, partition=None, failed=None):
        """A record of raw bytes; flush() by the caller (emit does)."""
        def delivered(error, _message):
            if error is not None and failed is not None:
                failed.append(str(error))
        place = {} if partition is None else {"partition": partition}
        while True:
            try:
                self._producer.produce(self.topics[topic], key=key, value=value, headers=headers,
                                       on_delivery=delivered, **place)
                self._producer.poll(0)
                return
            except BufferError:
                self._producer.poll(0.1)

    def flush(self, timeout=30):
        assert self._producer.flush(timeout) == 0

    def read(self, topic, make=lambda m: m):
        """A reader of another of our topics, from its start."""
        return TopicReader(self.bootstrap, self.topics[topic], make)

    def await_outcome(self, invite, word, timeout=None):
        try:
            return self.outcomes.wait(getattr(invite, "invite", invite), word, timeout or self.patience(30))
        except TimeoutError as e:
            raise AssertionError(f"{e}\n{self.tails()}") from None

    def await_count(self, word, count, timeout=None):
        try:
            return self.outcomes.wait_count(word, count, timeout or self.patience(60))
        except TimeoutError as e:
            raise AssertionError(f"{e}\n{self.tails()}") from None

    def await_final(self, wanted, timeout=None):
        """Until every event's invite has ended: sent, error, or an `unknown` that policy leaves so."""
        invites = {e.invite for e in wanted}

        def ended(items):
            words = {}
            for o in items:
                words.setdefault(o.get("invite"), []).append(o.word)
            return all({"sent", "error"} & set(words.get(i, ())) or words.get(i, []).count("unknown") > 1
                       for i in invites)

        def told(items):
            done = {o.get("invite") for o in items if o.word in ("sent", "error")}
            rest = invites - done
            return f"{len(rest)} of {len(invites)} have not ended: " \
                   f"{[(i, [o for o in items if o.get('invite') == i]) for i in sorted(rest)[:3]]}"
        try:
            self.outcomes.wait_for(ended, timeout or self.patience(60), told)
        except TimeoutError as e:
            raise AssertionError(f"{e}\n{self.tails()}") from None

    def wait(self, condition, timeout, what):
        """wait_until with patience, and every log's tail when it fails."""
        wait_until(condition, self.patience(timeout), lambda: f"{what}\n{self.tails()}")

    @staticmethod
    def patience(seconds):
        return seconds * 3 if sanitized() else seconds

    # ---- the end of a story

    def tails(self, lines=15):
        return "\n".join(s.tail(lines) for s in self.services)

    def stop(self):
        """SIGTERM to all at once, then their exit codes: {name: code}."""
        for s in self.services:
            s.ask_to_stop()
        return {s.name: s.stop() for s in self.services if s.popen}

    def down(self):
        """Stops everything and checks what must hold after any story."""
        started = time.monotonic()
        dead = {s.name: s.popen.returncode for s in self.services if s.popen and not s.running()}
        codes = self.stop()
        took = time.monotonic() - started
        leaks, reports = self.leaks(), self.sanitizer_reports()
        foreign = [] if self.build else [m.group(0) for s in self.services for m in FOREIGN.finditer(s.text())]
        self.close()
        assert not reports, "\n".join(reports)
        bad = {n: c for n, c in codes.items() if c != 0 and not self._excused(n, c, dead)}
        assert not bad, f"exit codes {bad}\n{self.tails(40)}"
        assert took < 35 or sanitized(), f"SIGTERM took {took:.1f} s"
        assert not foreign, "lines that are not ours:\n" + "\n".join(foreign[:10])
        assert not leaks, "personal data outside the message:\n" + "\n".join(leaks[:10])

    def _excused(self, name, code, dead):
        unseen = code == SANITIZER_EXIT and any(s.name == name and LEAKS_UNSEEN.search(s.text()) for s in self.services)
        return unseen or name in dead and any(s.name == name and s.may_have_died for s in self.services)

    def leaks(self):
        """Places where a recipient or a secret shows that must not: logs, metrics, outcomes."""
        needles = [events.CANARY, *self.secrets]
        places = [(s.name, s.text()) for s in self.services]
        places += [(f"outcome {o.id}", o.raw) for o in self.outcomes.snapshot()]
        return [f"{place}: …{text[max(0, text.lower().find(n.lower()) - 60):][:160]}…"
                for place, text in places for n in needles if n.lower() in text.lower()]

    def sanitizer_reports(self):
        found = []
        for s in self.services:
            text = LEAKS_UNSEEN.sub("", s.text())
            m = SANITIZER.search(text)
            if m:
                found.append(f"{s.name}: {m.group(0)}\n{text[m.start():][:6000]}")
        return found

    def close(self):
        for s in self.services:
            s.kill()
        self.outcomes.close()

    def forget(self):
        """Removes what the story left in Kafka, Redis and on disk."""
        self.kafka.delete_topics(self.topics.values())
        keys = self.redis.keys(self.prefix)
        if keys:
            self.redis.client.delete(*keys)
        shutil.rmtree(self.dir, ignore_errors=True)
