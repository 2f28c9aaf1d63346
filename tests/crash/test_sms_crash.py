"""The crash table of beckon-sms (services/README.md), executed: nobody in doubt is written to twice, unless the provider
sends what it gets twice once."""
import re
from pathlib import Path

import pytest
import smsd
import texts
from process import wait_until
from smsd import entry

README = Path(__file__).resolve().parents[2] / "services" / "README.md"
EACH, SESSIONS, SIGKILLED = 30, 4, -9


def rows():
    """{point: how many may be in doubt}"""
    table = re.search(r"<!-- crash-sms -->(.*?)<!-- /crash-sms -->", README.read_text(encoding="utf-8"), re.S)[1]
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("| `")]
    return [(c[0].strip("`"), 0 if c[-1] == "0" else SESSIONS) for c in cells]


@pytest.mark.parametrize("point,doubts", rows(), ids=lambda v: v if isinstance(v, str) else "")
def test_crash(fleet, point, doubts):
    secret = fleet.secret_file("provider.secret", smsd.SECRET)
    with smsd.Server() as gateway:
        providers = [entry("once", gateway, "webhook", sessions=SESSIONS, secret_file=secret),
                     entry("plain", gateway, "twilio", sessions=SESSIONS, secret_file=secret)]
        fleet.crash_env = {"sms": {"BECKON_CRASH_AT": f"{point}:10"}}
        fleet.up(services=("clock", "sms"), await_ready=False,
                 sms={"providers": providers, "routes": [{"tenant": p["name"], "providers": [p["name"]]}
                                                         for p in providers]})
        jobs = texts.emit(fleet, [texts.Text(tenant=t) for _ in range(EACH) for t in ("once", "plain")])
        victim = fleet["sms"]
        victim.may_have_died = True
        wait_until(lambda: not victim.running(), fleet.patience(40), lambda: f"never came to {point}\n{fleet.tails()}")
        assert victim.popen.returncode == SIGKILLED, victim.tail()
        victim.start()

        def ended(items):
            done = {o["invite"] for o in items if o.word == "sent" or (o.word == "unknown" and not o.get("not_before"))}
            return len(done) == len(jobs)
        fleet.outcomes.wait_for(ended, fleet.patience(40), fleet.tails)
        unknown = {o["invite"] for o in fleet.outcomes.distinct("unknown") if not o.get("not_before")}
        sent = {o["invite"] for o in fleet.outcomes.distinct("sent")}
        assert not unknown & sent
        plain = [j for j in jobs if j.tenant == "plain"]
        assert {j.invite for j in plain} >= unknown, "one that can be sent again was not"
        assert len(unknown) <= doubts
        assert all(gateway.count(j.to) == 1 for j in plain if j.invite in sent)
        assert all(gateway.count(j.to) <= 1 for j in plain), "written to twice"
        keys = {m.to: m.headers["idempotency-key"] for m in gateway.of("webhook")}
        assert all(m.headers["idempotency-key"] == keys[m.to] for m in gateway.of("webhook"))
        assert len(set(keys.values())) == EACH
