"""A private redis-server as the fleet demands it: AOF on every write, nothing evicted."""
import shutil
from pathlib import Path

import redis

from process import Process, Server, free_port, wait_until

START_S = 20


def missing():
    return None if shutil.which("redis-server") else "no redis-server"


class RedisServer(Server):
    """It keeps port and data; wipe() loses everything."""

    def __init__(self, directory, **settings):
        self.dir = Path(directory)
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        settings = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", **settings}
        argv = ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--dir", self.dir, "--save", ""]
        for key, value in settings.items():
            argv += [f"--{key}", value]
        self.process = Process("redis", argv, self.dir / "redis.log", cwd=self.dir)
        self.client = redis.Redis(port=self.port, decode_responses=True, socket_timeout=5)

    def start(self):
        self.dir.mkdir(parents=True, exist_ok=True)
        self.process.cwd = self.dir
        self.process.start()
        wait_until(self._answers, START_S, lambda: "Redis is not up\n" + self.process.tail())
        return self

    def _answers(self):
        assert self.process.running(), "Redis ended\n" + self.process.tail()
        try:
            return self.client.ping()
        except redis.RedisError:
            return False

    def wipe(self):
        self.client.flushall()

    def keys(self, prefix):
        return sorted(self.client.scan_iter(f"{prefix}*", count=1000))
