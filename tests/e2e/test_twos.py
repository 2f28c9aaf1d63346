"""Two of each service at once, on everything that an invitation can meet; then one of each leaves."""
import events
from checks import by_recipient, history_in_order, sent_once

EACH = 60
CONFIG = {"tenants": {"slow": {"limits": {"tenant": "20/s burst 1"}}}}


def commands(type_, asked):
    return [events.command(type_, e) for e in asked]


def test_two_of_each(fleet):
    """Partitions, parked items and timers move between the twins; what each person gets does not change."""
    fleet.up(services=("clock", "clock", "dispatcher", "dispatcher", "email"), couriers=2,
             dispatcher=CONFIG, email=CONFIG)
    greylisting = fleet.sink.on("RCPT", to=r".*@grey\.internal", reply="451 4.7.1 try again later", times=EACH)
    plain = [events.invite() for _ in range(EACH)]
    slow = [events.invite(tenant="slow") for _ in range(EACH)]
    grey = [events.invite(email=events.address("grey.internal")) for _ in range(EACH)]
    held = [events.invite(send="hold") for _ in range(EACH)]
    kept = [events.invite(send="hold") for _ in range(EACH)]
    dropped = [events.invite(send="hold") for _ in range(EACH)]
    fleet.emit(plain + slow + grey + held + kept + dropped)
    for event in held + kept + dropped:
        fleet.await_outcome(event, "held")
    fleet.emit(commands("invite.release-requested", held) + commands("invite.cancel-requested", dropped))
    for service in ("clock", "dispatcher", "email"):
        assert fleet[service].stop() == 0, fleet.tails()
    sent_once(fleet, plain + slow + grey + held)
    for event in dropped:
        fleet.await_outcome(event, "cancelled")
    assert greylisting.used == EACH
    got = by_recipient(fleet.sink)
    assert not [e.to for e in kept + dropped if e.to in got]
    history_in_order(fleet)
