"""Redis loses its memory: it is made anew from the topics, nobody is lost and nobody is written to twice."""
import events
import pytest
from checks import by_recipient, sent_once

ALL = ("clock", "dispatcher", "email", "status")


def rebuilt(fleet, count=1):
    """Waits until some status has made Redis anew `count` times, and everybody works."""
    fleet.wait(lambda: sum(s.metric("beckon_rebuilds_total") for s in fleet.all("status") if s.running()) >= count,
               60, "nobody made Redis anew")
    for service in fleet.services:
        if service.running():
            service.await_ready()


@pytest.mark.story
def test_flushall(fleet):
    """Work goes on with what was known: a repeated request is still a duplicate."""
    fleet.up(services=ALL)
    before = fleet.emit([events.invite() for _ in range(20)])
    sent_once(fleet, before)
    fleet.redis.wipe()
    rebuilt(fleet)
    fleet.emit(before[:3])
    fleet.await_count("duplicate", 3)
    after = fleet.emit([events.invite() for _ in range(20)])
    sent_once(fleet, before + after)
