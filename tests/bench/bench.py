"""How fast, how lean, how late: figures of dispatcher and email together. README.md says how to read them."""
import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import profiling  # noqa: E402
import clock  # noqa: E402
import paint  # noqa: E402
import rebuild  # noqa: E402
import rig as rigs  # noqa: E402
import sms  # noqa: E402
import view  # noqa: E402
from meters import Meter  # noqa: E402

DELAY_MS = 20
WAITS = {"--final": 1, "--every": 3}  # replies that a message waits for: MAIL; RCPT and DATA; the end of the data
MEASURED = (0.25, 0.95)               # of the `sent` outcomes: past the start, before the end
RATE, RATE_S, WARM = 200, 10, 400     # of the open loop
IDLE_S = 10
DISTURBED = 0.2                       # cores that somebody else kept busy
SOURCE_COUNT = 40_000


def window(sent):
    """(first, last moment in s, messages between) of the measured part, by the broker's clock."""
    at = sorted(sent.values())
    low, high = (int(len(at) * share) for share in MEASURED)
    return at[low] / 1000, max(at[high], at[low] + 1) / 1000, high - low


def run(rig, sink, count, sessions, profiler=None):
    """Preloads count invites, lets the fleet send them all, and returns its figures."""
    fleet = rig.fleet(sink, sessions)
    told = rigs.Told(rig.kafka.bootstrap, fleet.topics["status"])
    fleet.emit(rigs.wanted_invites(count), timeout=120)
    rigs.start(fleet, profiler.wrap if profiler else ())
    with Meter(rig.processes(fleet, sink)) as meter:
        if profiler:
            profiler.attach(fleet.services)
        rigs.await_told(fleet, told, 2 * count)
        time.sleep(0.5)  # the last offsets
    if profiler:
        profiler.detach()
    fleet.stop()
    sent = told.read()["sent"]
    rig.forget(fleet)
    assert len(sent) == count, f"{len(sent)} of {count} invites were sent"
    since, until, between = window(sent)
    used = meter.cpu(since, until)
    per_1000 = {name: used[who] / between * 1000 for name, who in
                (("cpu", "beckon"), ("cpu_kafka", "kafka"), ("cpu_redis", "redis"), ("cpu_sink", "sink"))}
    return {"rate": between / (until - since), **per_1000, "rss_mb": meter.peak_mb(), "other": used["other"]}


def volume(rig, options):
    sink = rigs.SmtpSink(rig.dir).start()
    try:
        source, source_cpu = rigs.smtp_source(sink.port, 64, SOURCE_COUNT)
        figures = run(rig, sink, options.count, 64)
    finally:
        sink.kill()
    return {**figures, "source": source, "source_cpu": source_cpu, "ratio": figures["rate"] / source}


def delay(rig, options, how, sessions):
    ideal = sessions / (WAITS[how] * DELAY_MS / 1000)
    sink = rigs.Delay(rig.dir, "delaysink", how, DELAY_MS).start()
    try:
        figures = run(rig, sink, int(min(options.count, 8 * ideal)), sessions)
    finally:
        sink.kill()
    return {**figures, "ideal": ideal, "percent": 100 * figures["rate"] / ideal}


def open_loop(fleet, invites):
    """Appends invites at the fixed rate, whatever happens to them: {invite: planned moment in ms}."""
    began, planned = time.time() + 0.1, {}
    for n, event in enumerate(invites):
        moment = began + n / RATE
        time.sleep(max(0, moment - time.time()))
        fleet.append("requested", event.key, event.value(), event.headers())
        planned[event.invite] = moment * 1000
    fleet.flush()
    return planned, began, time.time()


def latency(rig, _options):
    sink = rigs.SmtpSink(rig.dir).start()
    fleet = rig.fleet(sink, 64, linger_ms=1)
    told = rigs.Told(rig.kafka.bootstrap, fleet.topics["status"])
    invites = rigs.wanted_invites(WARM + RATE * RATE_S)
    rigs.start(fleet)
    for service in fleet.services:
        service.await_ready()
    with Meter(rig.processes(fleet, sink)) as meter:
        open_loop(fleet, invites[:WARM])
        rigs.await_told(fleet, told, 2 * WARM)
        planned, since, until = open_loop(fleet, invites[WARM:])
        rigs.await_told(fleet, told, 2 * len(invites))
    fleet.stop()
    sink.kill()
    sent = told.read()["sent"]
    rig.forget(fleet)
    took = statistics.quantiles([sent[invite] - at for invite, at in planned.items()], n=100)
    used = meter.cpu(since, until)
    return {"p50_ms": took[49], "p90_ms": took[89], "p99_ms": took[98], "rss_mb": meter.peak_mb(),
            "percent_cpu": 100 * used["beckon"] / (until - since), "other": used["other"]}


def idle(rig, _options):
    fleet = rig.fleet(None, 64)
    rigs.start(fleet)
    for service in fleet.services:
        service.await_ready()
    time.sleep(2)
    with Meter(rig.processes(fleet, None)) as meter:
        since = time.time()
        time.sleep(IDLE_S)
        used = meter.cpu(since, time.time())
    fleet.stop()
    rig.forget(fleet)
    return {"rss_mb": meter.peak_mb(), "percent_cpu": 100 * used["beckon"] / IDLE_S, "other": used["other"]}


# name: (measure, what it is called with, title)
CASES = {
    "volume": [(volume, (), "volume: 64 sessions to smtp-sink")],
    "delay": [(delay, (how, sessions), f"delay: {DELAY_MS} ms before {what}, {sessions} sessions")
              for how, what in (("--final", "the final reply"), ("--every", "every reply")) for sessions in (64, 256)],
    "latency": [(latency, (), f"latency: {RATE} a second, linger 1 ms")],
    "idle": [(idle, (), "idle: started, nothing to do")],
    "clock": [(clock.measure, (), f"clock: {clock.PARKED:,} items wait, {clock.RATE:,} a second fall due")],
    "sms": [(sms.measure, (), f"sms: {sms.CONNECTIONS} connections to a gateway that answers in {sms.DELAY_MS} ms")],
    "rebuild": [(rebuild.measure, (), "rebuild: Redis made anew from the topics")],
    "paint": [(paint.measure, (), f"paint: the dashboard's list of {paint.INVITES:,} invites in Chromium")],
    "view": [(view.measure, (), f"view: outcomes of {view.INVITES:,} invites taken in, and lists of them")],
}

# figure: how it is printed
FORMS = {
    "texts_s": "{:,.0f} texts/s", "percent_wrk": "{:.0f} % of wrk's", "wrk_s": "wrk {:,.0f}/s",
    "rate": "{:,.0f} mails/s", "ratio": "{:.2f} of smtp-source's", "source": "smtp-source {:,.0f}/s",
    "percent": "{:.1f} % of ideal", "p50_ms": "p50 {:.1f} ms", "p90_ms": "p90 {:.1f} ms", "p99_ms": "p99 {:.1f} ms",
    "put_back": "{:,.0f} put back/s", "late_p50_ms": "late p50 {:.0f} ms", "late_p99_ms": "p99 {:.0f} ms",
    "late_max_ms": "at most {:.0f} ms", "in_time": "{:.2f} % within 100 ms", "bytes_item": "{:.0f} bytes in Redis an item",
    "folds_s": "{:,.0f} pure folds/s", "outcomes_s": "{:,.0f} outcomes/s into Redis",
    "outcomes2_s": "{:,.0f}/s by two processes", "cpu_us": "{:.1f} us of CPU each", "redis_us": "redis {:.1f} us",
    "cold_ms": "first list {:.0f} ms", "cold_cpu_ms": "of it {:.0f} ms of CPU", "list_ms": "then {:.1f} ms", "filter_ms": "filter {:.1f} ms",
    "sort_ms": "sort by name {:.1f} ms", "search_ms": "search {:.1f} ms", "sheet_mb": "sheet {:.0f} MB",
    "first_row_ms": "first row {:.0f} ms after the click", "contents_ms": "first contents {:.0f} ms",
    "sign_in_ms": "the very first list {:.0f} ms", "click_ms": "a filter {:.0f} ms", "click_max_ms": "at most {:.0f} ms",
    "sort_click_ms": "another order {:.0f} ms",
    "invites_s": "{:,.0f} invites/s", "million_s": "1,000,000 in {:.0f} s", "keys_invite": "{:.1f} keys an invite",
    "idle_cpu": "{:.2f} % of a core while nothing is due",
    "cpu": "{:.3f} CPU s/1000", "percent_cpu": "{:.2f} % of a core", "rss_mb": "{:.1f} MB",
    "cpu_kafka": "kafka {:.3f}", "cpu_redis": "redis {:.3f}", "cpu_sink": "sink {:.3f}",
    "source_cpu": "smtp-source {:.3f}",
}


def show(title, rounds):
    """The medians, and how far the rounds lie apart."""
    noisy = sum(r["other"] > DISTURBED for r in rounds)
    told = []
    for name, form in FORMS.items():
        values = [r[name] for r in rounds if name in r]
        if not values:
            continue
        middle = statistics.median(values)
        spread = (max(values) - min(values)) / middle / 2 * 100 if middle else 0
        told.append(form.format(middle) + (f" ±{spread:.0f} %" if len(values) > 1 else ""))
    print(f"\n{title}")
    for i in range(0, len(told), 4):
        print("  " + "   ".join(told[i:i + 4]))
    print(f"  {len(rounds)} rounds; others used {statistics.median(r['other'] for r in rounds):.2f} cores"
          + (f", DISTURBED in {noisy}" if noisy else ""))


def arguments():
    p = argparse.ArgumentParser(prog="sh tests/bench/run.sh", description=__doc__)
    p.add_argument("measure", nargs="?", choices=[*CASES, "all"], default="all")
    p.add_argument("--rounds", type=int, default=3, help="rounds, interleaved; the median counts")
    p.add_argument("--count", type=int, default=30_000, help="invites of a volume round")
    p.add_argument("--json", type=Path, help="append a line for each measure and round to this file")
    p.add_argument("--no-aof", action="store_true", help="Redis keeps nothing on disk")
    p.add_argument("--trouble", choices=("rewrite", "disk"), help="clock: Redis writes its file anew, or others keep its "
                   "disk busy, while items fall due")
    p.add_argument("--profile", choices=profiling.TOOLS, help="one volume run under this profiler")
    return p.parse_args()


def profile(rig, options):
    sink = rigs.SmtpSink(rig.dir).start()
    profiler = profiling.TOOLS[options.profile](rig.dir)
    run(rig, sink, options.count, 64, profiler)
    sink.kill()
    profiler.report()


def measure(rig, options):
    cases = [c for name, group in CASES.items() if options.measure in (name, "all") for c in group]
    results = {title: [] for _, _, title in cases}
    for n in range(options.rounds):
        for function, args, title in cases:
            figures = function(rig, options, *args)
            results[title].append(figures)
            print(f"round {n + 1}, {title}: others {figures['other']:.2f} cores", file=sys.stderr, flush=True)
            if options.json:
                with options.json.open("a") as out:
                    print(json.dumps({"measure": title, "round": n + 1, **figures}), file=out)
    for title, rounds in results.items():
        show(title, rounds)


def main():
    options = arguments()
    rig = rigs.Rig(aof=not options.no_aof)
    try:
        if options.profile:
            profile(rig, options)
            return
        warm = rigs.SmtpSink(rig.dir).start()
        run(rig, warm, 5_000, 64)  # a cold broker costs many times the processor
        warm.kill()
        measure(rig, options)
    finally:
        rig.close()


if __name__ == "__main__":
    os.environ.setdefault("BECKON_BUILD", str(rigs.build_root() / "release"))
    main()
