"""Through real Kannel to an SMPP centre: every text arrives whole, whatever its alphabet and length."""
import kannel
import pytest
import smppd
import texts
from conftest import need

SECRET = "kannel-password-7391"
COUNT = 1000

# Names that make texts of one to four segments in both alphabets.
NAMES = ["Ann", "Zoë [Works] ~ €5 " * 8, "Анна", "Анна Сергеевна " * 7, "Élan {x}" * 20, "Артём 👋🏽 " * 8, "Ed|" * 40]


@pytest.fixture
def centre():
    with smppd.Centre() as server:
        yield server


@pytest.fixture
def gateway(run_dir, centre):
    need(kannel.missing())
    box = kannel.Kannel(run_dir / "kannel", centre, SECRET)
    yield box.start()
    box.stop()


def test_all_arrive_whole(fleet, gateway, centre):
    secret = fleet.dir / "kannel.secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    fleet.secrets.append(SECRET)
    fleet.up(services=("clock", "sms"),
             sms={"providers": [{"name": "kannel", "settings": {"user": "tester", "base": gateway.base},
                                 "secret_file": str(secret), "sender": "13013", "sessions": 32, "tls": "off",
                                 "private_network": True}],
                  "tenants": {"*": {"segment_cap": 10}}})
    jobs = [texts.Text(organisation={"name": NAMES[n % len(NAMES)].strip()[:100]},
                       recipient={"phone": (to := texts.number()), "locale": ("en", "ru")[n % 2]}, to=to)
            for n in range(COUNT)]
    texts.emit(fleet, jobs)
    fleet.await_count("sent", COUNT, 120)
    arrived = {to: (text, parts) for to, text, parts in centre.wait(COUNT, 60)}
    assert len(centre.texts) == COUNT == len(arrived)
    outcomes = {o["invite"]: o for o in fleet.outcomes.distinct("sent")}
    seen = set()
    for job in jobs:
        text, parts = arrived[job.to]
        o = outcomes[job.invite]
        name = job.data["organisation"]["name"]
        assert name in text and "https://join.internal/i?token=" in text, (name, text)
        assert parts == o["segments"], (o["encoding"], o["segments"], parts, text)
        seen.add((o["encoding"], parts))
    assert {e for e, _ in seen} == {"gsm", "ucs2"} and {1, 2, 3, 4} <= {p for _, p in seen}, seen
