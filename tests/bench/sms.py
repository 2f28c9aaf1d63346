"""How many texts one beckon-sms posts a second, next to wrk on the same stub. README.md says how to read the figures."""
import re
import subprocess
import time
import uuid

import fleet as fleet_module
import rig as rigs
import texts
from meters import Meter

DELAY_MS, CONNECTIONS, WRK_S = 20, 256, 5
MEASURED = (0.25, 0.95)


def wrk(port):
    """What a load source without anything else reaches."""
    done = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{WRK_S}s", f"http://127.0.0.1:{port}/"], check=True,
                          capture_output=True, text=True)
    return float(re.search(r"Requests/sec:\s*([\d.]+)", done.stdout)[1])


def start(rig, port):
    fleet = fleet_module.Fleet(rig.dir / f"sms-{uuid.uuid4().hex[:6]}", rig.kafka, rig.redis, None, rigs.PARTITIONS)
    fleet.outcomes.close()
    fleet.init()
    secret = fleet.dir / "provider.secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    fleet.service("sms", providers=[{"name": "webhook", "settings": {"endpoint": f"http://127.0.0.1:{port}/"},
                                     "secret_file": str(secret), "sessions": CONNECTIONS, "tls": "off",
                                     "private_network": True}])
    return fleet


def measure(rig, options):
    stub = rigs.Delay(rig.dir, "delayhttp", DELAY_MS).start()
    source = wrk(stub.port)
    fleet = start(rig, stub.port)
    told = rigs.Told(rig.kafka.bootstrap, fleet.topics["status"])
    jobs = [texts.Text(tenant=f"t{n % 50:02}") for n in range(options.count)]
    for job in jobs:
        job.region = "RU"  # as the dispatcher says
    texts.emit(fleet, jobs)
    rigs.start(fleet)
    with Meter(rig.processes(fleet, stub)) as meter:
        rigs.await_told(fleet, told, options.count)
        time.sleep(0.5)
    fleet.stop()
    stub.kill()
    at = sorted(told.read()["sent"].values())
    rig.forget(fleet)
    low, high = (int(len(at) * share) for share in MEASURED)
    used = meter.cpu(at[low] / 1000, at[high] / 1000)
    rate = (high - low) / (at[high] - at[low]) * 1000
    return {"texts_s": rate, "percent_wrk": 100 * rate / source, "wrk_s": source,
            "cpu": used["beckon"] / (high - low) * 1000, "cpu_redis": used["redis"] / (high - low) * 1000,
            "cpu_kafka": used["kafka"] / (high - low) * 1000, "rss_mb": meter.peak_mb(), "other": used["other"]}
