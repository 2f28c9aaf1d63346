"""Through real Kannel to an SMPP centre: every text arrives whole, whatever its alphabet and length."""
import events
import kannel
import pytest
import smppd
import texts
from conftest import need
from process import free_port

SECRET = "kannel-password-7391"
TOKEN = "token+of/receipts=5520&more"
COUNT = 1000
TENANTS = {"tenants": {"*": {"segment_cap": 10, "sms_window": "off"}}}

# Names that make texts of one to four segments in both alphabets.
NAMES = ["Ann", "Zoë [Works] ~ €5 " * 8, "Анна", "Анна Сергеевна " * 7, "Élan {x}" * 20, "Артём 👋🏽 " * 8, "Ed|" * 40]


def invitation(n):
    event = events.invite(organisation={"name": NAMES[n % len(NAMES)].strip()[:100]}, channel="sms")
    event.data["recipient"] = {"phone": texts.number(), "locale": ("en", "ru")[n % 2]}
    return event


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
    """A thousand invitations, and the receipt of each comes back as `delivered`."""
    token = fleet.secret_file("receipts.token", TOKEN)
    door = free_port()
    fleet.service("status", http__public=f"127.0.0.1:{door}",
                  receipts=[{"name": "kannel", "format": "kannel", "secret_file": token}])
    fleet.up(services=("clock", "dispatcher", "sms"), dispatcher=TENANTS,
             sms={"providers": [{"name": "kannel", "settings": {"user": "tester", "base": gateway.base},
                                 "secret_file": fleet.secret_file("kannel.secret", SECRET), "sender": "13013",
                                 "receipt_secret_file": token, "callback": f"http://127.0.0.1:{door}/receipts/kannel",
                                 "sessions": 32, "tls": "off", "private_network": True}], **TENANTS})
    fleet["status"].start().await_ready()
    wanted = fleet.emit([invitation(n) for n in range(COUNT)])
    fleet.await_count("sent", COUNT, 120)
    arrived = {to: (text, parts) for to, text, parts in centre.wait(COUNT, 60)}
    assert len(centre.texts) == COUNT == len(arrived)
    outcomes = {o["invite"]: o for o in fleet.outcomes.distinct("sent")}
    seen = set()
    for event in wanted:
        text, parts = arrived[event.data["recipient"]["phone"]]
        o = outcomes[event.invite]
        name = event.data["organisation"]["name"]
        assert name in text and "https://join.internal/i?token=" in text, (name, text)
        assert parts == o["segments"], (o["encoding"], o["segments"], parts, text)
        seen.add((o["encoding"], parts))
    assert {e for e, _ in seen} == {"gsm", "ucs2"} and {1, 2, 3, 4} <= {p for _, p in seen}, seen
    fleet.await_count("delivered", COUNT, 60)
