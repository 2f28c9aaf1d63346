"""Kills at random moments under load: zero lost, and a second copy only where the doubt was told."""
import os
import random
import threading
import time

import events
from checks import history_in_order, none_lost

SESSIONS = 4
KILLS = 200 if os.environ.get("STORY_SOAK") == "1" else 40
SEED = int(os.environ.get("STORY_SEED", random.SystemRandom().randrange(1 << 32)))


class Load:
    """Invites at a steady pace until stopped."""

    def __init__(self, fleet, a_second):
        self.events, self._fleet, self._pause = [], fleet, 10 / a_second
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._stop.wait(self._pause):
            batch = [events.invite(tenant=f"t{n}") for n in range(10)]
            self._fleet.emit(batch)
            self.events += batch

    def stop(self):
        self._stop.set()
        self._thread.join()
        return self.events


def disturb(fleet, draw):
    """In a soak now and then the servers go too."""
    server = draw.choice([fleet.redis, fleet.kafka])
    server.kill()
    server.start()


def test_random_kills(fleet):
    print(f"STORY_SEED={SEED}")
    draw = random.Random(SEED)
    fleet.up(couriers=2, email={"sessions": SESSIONS})
    load = Load(fleet, 200)
    killed = {"email": 0}
    try:
        for n in range(1, KILLS + 1):
            if n % 50 == 0:
                disturb(fleet, draw)
            victim = draw.choice(fleet.services)
            time.sleep(draw.uniform(0, 0.4))
            victim.kill()
            victim.start()
            victim.await_ready()
            killed[victim.service] = killed.get(victim.service, 0) + 1
    finally:
        wanted = load.stop()
    assert sum(killed.values()) == KILLS
    twice = none_lost(fleet, wanted, fleet.patience(120))
    assert len(twice) <= killed["email"] * SESSIONS, f"{len(twice)} came twice after {killed} kills"
    print(f"{len(wanted)} invites, kills {killed}, {len(twice)} came twice")
    history_in_order(fleet)
