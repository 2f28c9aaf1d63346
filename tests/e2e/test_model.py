"""Random histories through the real services, held to a reference model after every step."""
import os
import random
import time

import contract
import smsd
from histories import FATES, Story

SEED = int(os.environ.get("STORY_SEED", random.SystemRandom().randrange(1 << 32)))
OWN = {"tenants": {"acme": {"cooldown_s": 0, "sms_window": "off", "ladder_after_s": 6 * 3600}}}


def story(fleet, gateway, count, services, **own):
    print(f"STORY_SEED={SEED}")
    fleet.sink.on("RCPT", to=f".*@{FATES['error']}", reply="550 5.1.2 no such system")
    fleet.sink.on("DOT", to=f".*@{FATES['unknown']}", reset=True)
    secret = fleet.secret_file("provider.secret", smsd.SECRET)
    fleet.up(services=services, dispatcher=OWN, email={"sessions": 8, **OWN},
             sms={"providers": [smsd.entry("webhook", gateway, secret_file=secret)], **OWN})
    return Story(fleet, gateway, SEED, count, **own)


def test_model(fleet, gateway):
    """1,000 invites: state, address, timer, what waits, what was told and what was sent are the model's."""
    states = story(fleet, gateway, 1000, ("clock", "dispatcher", "email", "sms")).run(phases=4, steps=3)
    faults = [(o, f) for o in fleet.outcomes.snapshot() for f in contract.faults("outcome", dict(o))]
    assert not faults, (len(faults), faults[:3])
    print(dict(states))
    assert len(states) >= 9  # else the histories are too tame


def test_model_with_kills(fleet, gateway):
    """The same while dispatchers and clocks are killed: nothing is told, taken or sent twice, nothing is left out."""
    def disturb():
        for _ in range(3):
            time.sleep(kills.uniform(0, 0.15))
            victim = kills.choice([s for s in fleet.services if s.service in ("dispatcher", "clock")])
            victim.kill()
            victim.start()
    kills = random.Random(SEED + 1)
    services = ("clock", "clock", "dispatcher", "dispatcher", "email", "sms")
    print(dict(story(fleet, gateway, 300, services, disturb=disturb).run(phases=3, steps=3)))
