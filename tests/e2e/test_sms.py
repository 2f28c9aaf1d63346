"""beckon-sms: every provider's way of asking and answering, and what it makes of a provider in trouble."""
import pytest
import smsd
import texts
from smsd import entry

ALWAYS = {"*": {"sms_window": {"from": "00:00", "to": "24:00"}}}


@pytest.fixture
def gateway():
    with smsd.Server() as server:
        yield server


@pytest.fixture
def up(fleet, gateway):
    """Starts beckon-sms with these providers."""
    secret = fleet.dir / "provider.secret"
    secret.write_text("s3cr3t-key\n")
    secret.chmod(0o600)

    def start(*providers, **own):
        listed = [entry(p, gateway) if isinstance(p, str) else p for p in providers]
        for one in listed:
            one.setdefault("secret_file", str(secret))
        fleet.up(services=("clock", "sms"), sms={"providers": listed, **own})
        return fleet["sms"]
    return start


def told(fleet, jobs, word="sent"):
    return {job.invite: fleet.await_outcome(job.invite, word) for job in jobs}


def test_all_providers_take_a_message(fleet, gateway, up):
    """One process, eight gateways: each gets what it understands, and its id is told."""
    up(*smsd.NAMES, routes=[{"tenant": n, "providers": [n]} for n in smsd.NAMES])
    jobs = texts.emit(fleet, [texts.Text(tenant=n) for n in smsd.NAMES])
    outcomes = told(fleet, jobs)
    for job in jobs:
        o, (m,) = outcomes[job.invite], gateway.of(job.tenant)
        assert m.to == job.to
        assert "https://join.internal/i?token=" in m.text
        assert o["provider"] == job.tenant and o["provider_message_id"]
        assert (o["segments"], o["encoding"]) == (1, "gsm"), o
        assert job.to not in o.raw
    assert all(job.to[1:] not in s.text() for job in jobs for s in fleet.services)
