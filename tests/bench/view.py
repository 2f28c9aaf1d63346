"""How fast the view takes in what is told, and how fast lists are answered. README.md says how to read the figures."""
import json
import subprocess
import time
import uuid

import rig as rigs
from meters import Meter

FOLDS = 4_000_000
INVITES = 100_000  # of one tenant: what lists are asked of
PROCESSES = 2      # that take in at once, half of the invites each


def bench(*args):
    return subprocess.Popen([rigs.BENCH / "view_bench", *map(str, args)], stdout=subprocess.PIPE, text=True)


def figures(process):
    out, _ = process.communicate()
    assert process.returncode == 0, process.args
    return json.loads(out)


def fill(rig, prefixes, invites):
    """Outcomes a second of all that fill at once, and what each costs them and Redis."""
    filling = [bench("fill", rig.redis.url, prefix, invites) for prefix in prefixes]
    with Meter({"beckon": [p.pid for p in filling], "redis": [rig.redis.process.popen.pid]}) as meter:
        began = time.time()
        filled = [figures(p) for p in filling]
        used = meter.cpu(began, time.time())
    told = 2 * invites * len(prefixes)
    return {"outcomes_s": sum(f["outcomes_s"] for f in filled), "cpu_us": sum(f["cpu_us"] for f in filled) / len(filled),
            "redis_us": used["redis"] / told * 1e6, "other": used["other"]}


def measure(rig, _options):
    names = [f"bench-{uuid.uuid4().hex[:6]}:" for _ in range(1 + PROCESSES)]
    folds = figures(bench("fold", FOLDS))
    alone = fill(rig, names[:1], INVITES)
    asked = figures(bench("ask", rig.redis.url, names[0]))
    both = fill(rig, names[1:], INVITES // PROCESSES)
    rig.redis.wipe()
    return {**folds, **alone, **asked, "outcomes2_s": both["outcomes_s"], "other": max(alone["other"], both["other"])}
