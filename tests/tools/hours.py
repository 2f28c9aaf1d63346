"""Time as a story wants it: a fleet whose clock shows a given hour of a given zone."""
import datetime
import time
from zoneinfo import ZoneInfo

from events import milliseconds

SERVICES = ("clock", "dispatcher", "email")


def tomorrow(zone, hour, minute=0, second=0, days=1):
    """That time of tomorrow's (or a later) day in a zone, in seconds since 1970."""
    day = datetime.datetime.now(ZoneInfo(zone)).date() + datetime.timedelta(days=days)
    return datetime.datetime.combine(day, datetime.time(hour, minute, second), ZoneInfo(zone)).timestamp()


def first_after(moment, zone, hour):
    """When a zone's clocks show that hour for the first time after a moment."""
    day = datetime.datetime.fromtimestamp(moment, ZoneInfo(zone)).date()
    times = (datetime.datetime.combine(day + datetime.timedelta(days=n), datetime.time(hour), ZoneInfo(zone)).timestamp()
             for n in range(2))
    return next(t for t in times if t > moment)


def set_clock(fleet, moment):
    """From their next start on, all programs think it is that moment when they start now."""
    skew = str(int((moment - time.time()) * 1000))
    fleet.crash_env = {s: {**fleet.crash_env.get(s, {}), "BECKON_SKEW_MS": skew} for s in SERVICES}


def jump(fleet, moment):
    """Stops every program and starts it again at that moment. Redis and Kafka never know."""
    for s in fleet.services:
        assert s.stop() == 0, s.tail()
    set_clock(fleet, moment)
    for s in fleet.services:
        s.start(**fleet.crash_env[s.service])
    for s in fleet.services:
        s.await_ready()


def not_before(outcome):
    return milliseconds(outcome["not_before"]) / 1000
