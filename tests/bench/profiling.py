"""Where the time goes: both programs under perf (samples of the processor's clock) or callgrind (instructions)."""
import signal
import subprocess
from pathlib import Path

TOP = 40


class Perf:
    """Samples own time from the start to the end of the run."""

    wrap = ()

    def __init__(self, directory):
        self.dir, self.recorders = Path(directory), {}

    def attach(self, services):
        for s in services:
            self.recorders[s.name] = subprocess.Popen(
                ["perf", "record", "-q", "-e", "cpu-clock", "-F", "499", "-p", str(s.pid),
                 "-o", self.dir / f"{s.name}.perf"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def detach(self):
        for recorder in self.recorders.values():
            recorder.send_signal(signal.SIGINT)
            recorder.wait(30)

    def _table(self, name, sort):
        done = subprocess.run(["perf", "report", "-i", self.dir / f"{name}.perf", "--stdio", "--sort", sort],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True)
        return [line for line in done.stdout.splitlines() if line.strip() and not line.startswith("#")]

    def report(self):
        for name in self.recorders:
            for sort, top in (("dso", 12), ("sym,dso", TOP)):
                print(f"\n{name}: own time by {sort}")
                print("\n".join(self._table(name, sort)[:top]))


class Callgrind:
    """Counts instructions; slow, and the same on a machine that is busy with other things."""

    def __init__(self, directory):
        self.dir = Path(directory)
        self.wrap = ("valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={self.dir}/callgrind.%p")

    def attach(self, services):
        self.pids = {s.name: s.pid for s in services}

    def detach(self):
        """The files are written when the programs end."""

    def report(self):
        for name, pid in self.pids.items():
            done = subprocess.run(["callgrind_annotate", self.dir / f"callgrind.{pid}"], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, check=True)
            lines = [line for line in done.stdout.splitlines() if "%)" in line]
            print(f"\n{name}: instructions, own")
            print("\n".join(lines[:TOP + 1]))


TOOLS = {"perf": Perf, "callgrind": Callgrind}
