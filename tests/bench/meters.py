"""Who used how much: CPU seconds and memory of processes, sampled ten times a second while something is measured."""
import bisect
import os
import threading
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
SAMPLE_S = 0.1


def usage(pid):
    """(CPU seconds, RSS in bytes) of a process with all its threads; zeros when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0, 0
    fields = text[text.rindex(")") + 2:].split()
    return (int(fields[11]) + int(fields[12])) / TICKS, int(fields[21]) * PAGE


def machine_cpu():
    """CPU seconds that all processors of the machine have worked, whoever for."""
    fields = [int(f) for f in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle, iowait = fields[3], fields[4]
    return (sum(fields) - idle - iowait) / TICKS


class Meter(threading.Thread):
    """processes: {name: [pid, …]}. `ours` is what is measured, the rest is what it needs; anything else disturbs."""

    def __init__(self, processes, ours="beckon"):
        super().__init__(daemon=True)
        self.processes, self.ours, self.rows, self.ended = processes, ours, [], threading.Event()

    def sample(self):
        row = {name: sum(usage(p)[0] for p in pids) for name, pids in self.processes.items()}
        own = os.times()
        row.update(at=time.time(), rss=sum(usage(p)[1] for p in self.processes[self.ours]),
                   bench=own.user + own.system, machine=machine_cpu())
        self.rows.append(row)

    def run(self):
        while not self.ended.wait(SAMPLE_S):
            self.sample()

    def __enter__(self):
        self.sample()
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()
        self.sample()

    def _value(self, name, moment):
        times = [r["at"] for r in self.rows]
        i = min(max(bisect.bisect_left(times, moment), 1), len(times) - 1)
        before, after = self.rows[i - 1], self.rows[i]
        share = (moment - before["at"]) / (after["at"] - before["at"])
        return before[name] + min(max(share, 0), 1) * (after[name] - before[name])

    def spent(self, name, since, until):
        """CPU seconds of a name between two moments (time.time())."""
        return self._value(name, until) - self._value(name, since)

    def cpu(self, since, until):
        """{name: CPU seconds}, and `other`: cores that somebody else kept busy."""
        out = {name: self.spent(name, since, until) for name in (*self.processes, "bench")}
        rest = self.spent("machine", since, until) - sum(out.values())
        return {**out, "other": max(rest, 0) / (until - since)}

    def peak_mb(self):
        return max(r["rss"] for r in self.rows) / 1e6
