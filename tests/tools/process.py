"""One child process with a log file, and the ports and waiting that every test server needs."""
import ctypes
import fcntl
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def build_root():
    """Where builds, virtual environments and run directories live."""
    return Path(__file__).resolve().parents[2] / "build"


_PORTS = Path(tempfile.gettempdir()) / f"beckon-test-ports-{os.getuid()}"
_locks = []  # held until this process ends


def _lock_port(port):
    """True for one process of all that test on this machine: others may look before it listens."""
    _PORTS.mkdir(exist_ok=True)
    lock = (_PORTS / str(port)).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return False
    _locks.append(lock)
    return True


def free_port():
    """A port nobody listens on, below the range the kernel draws from, so that no client takes it."""
    while True:
        port = random.randint(20000, 32000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        if _lock_port(port):
            return port


def wait_until(condition, timeout, what, step=0.02):
    """Returns the first truthy value of condition(); fails with `what` (text or function) after timeout s."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"after {timeout:g} s: {what() if callable(what) else what}")
        time.sleep(step)


def all_stopped(pid):
    """Whether no thread of a process runs: each is stopped, or has ended."""
    states = []
    for task in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            states.append(task.read_text().rsplit(")", 1)[1].split()[0])
        except OSError:  # it has ended meanwhile
            continue
    return all(state in "TtZX" for state in states)


def port_answers(port):
    with socket.socket() as s:
        s.settimeout(0.5)
        return s.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """A child that cannot outlive the test run; standard output and error go to one log file."""

    def __init__(self, name, argv, log, env=None, cwd=None):
        self.name, self.argv, self.log = name, [str(a) for a in argv], Path(log)
        self.env, self.cwd, self.popen = env or {}, cwd, None

    def start(self, **env):
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as out:
            self.popen = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.cwd,
                env={**os.environ, **self.env, **env},
                preexec_fn=lambda: _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        self.asked_to_stop = False
        return self

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen is not None and self.popen.poll() is None

    def cpu_s(self):
        """Processor seconds used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def signal(self, number):
        if self.running():
            self.popen.send_signal(number)

    def freeze(self):
        """Returns once none of its threads runs any more: on a busy machine one of them may still answer for a while."""
        self.signal(signal.SIGSTOP)
        wait_until(lambda: not self.running() or all_stopped(self.popen.pid), 30, f"{self.popen.pid} goes on")

    def thaw(self):
        self.signal(signal.SIGCONT)

    def wait(self, timeout=40):
        """The exit code (minus the signal's number, if one ended it)."""
        return self.popen.wait(timeout)

    def kill(self):
        """SIGKILL, as a crash would; returns when it is gone."""
        if self.popen is None:
            return None
        self.signal(signal.SIGKILL)
        return self.popen.wait(10)

    def ask_to_stop(self):
        self.asked_to_stop = True
        self.thaw()
        self.signal(signal.SIGTERM)

    def stop(self, timeout=40):
        """SIGTERM and the exit code; SIGKILL and a failure when it does not leave in time."""
        if self.popen is None:
            return None
        if not self.asked_to_stop:  # a second SIGTERM would mean: at once
            self.ask_to_stop()
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} ignored SIGTERM for {timeout} s\n{self.tail()}") from None

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self, lines=25):
        return "\n".join(f"  {self.name}| {line}" for line in self.text().splitlines()[-lines:])


class Server:
    """What stories break and mend: one `process`, and a start() that returns when it answers."""

    def awake(self):
        """Up and answering, whatever the story before has done to it."""
        self.thaw()
        return self if self.process.running() else self.start()

    def stop(self):
        return self.process.stop()

    def kill(self):
        return self.process.kill()

    def freeze(self):
        self.process.freeze()

    def thaw(self):
        self.process.thaw()

    def restart(self):
        self.stop()
        self.start()
