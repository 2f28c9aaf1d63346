"""Many at once: every one arrives once; a limited tenant keeps its slots and delays nobody else."""
import events
import pytest
from checks import sent_once


def test_ten_thousand_once_each(fleet):
    fleet.up(email={"sessions": 16})
    wanted = [events.invite(tenant=f"t{n % 50}") for n in range(10_000)]
    fleet.emit(wanted, timeout=60)
    sent_once(fleet, wanted, fleet.patience(240))
    assert len({m.message_id for m in fleet.sink.messages}) == 10_000


@pytest.mark.story
@pytest.mark.tsan
def test_five_hundred_in_sixteen_sessions(fleet):
    fleet.up(email={"sessions": 16})
    wanted = [events.invite(tenant=f"t{n % 50}") for n in range(500)]
    fleet.emit(wanted)
    sent_once(fleet, wanted, 120)
