"""A Redis primary, its replica and a Sentinel that fails over, with the face of one RedisServer."""
import redis

from process import Process, free_port, wait_until
from redis_server import START_S, RedisServer

NAME = "beckon"


class Sentinel:
    """`client` is of whoever is the primary now; lose_primary() kills it before its replica has what is new."""

    def __init__(self, directory):
        self.first, self.second = RedisServer(directory / "first"), RedisServer(directory / "second")
        self.port = free_port()
        self.url = f"sentinel://127.0.0.1:{self.port}/{NAME}"
        self.primary, self.dir = self.first, directory
        self.process = Process("sentinel", ["redis-server", directory / "sentinel.conf", "--sentinel"],
                               directory / "sentinel.log", cwd=directory)
        self.asked = redis.Redis(port=self.port, decode_responses=True, socket_timeout=5)

    def start(self):
        for server in (self.first, self.second):
            server.start()
        self.second.client.replicaof("127.0.0.1", self.first.port)
        wait_until(lambda: self.second.client.info("replication")["master_link_status"] == "up", START_S,
                   "the replica does not follow")
        (self.dir / "sentinel.conf").write_text(
            f"port {self.port}\nbind 127.0.0.1\nsentinel monitor {NAME} 127.0.0.1 {self.first.port} 1\n"
            f"sentinel down-after-milliseconds {NAME} 1000\nsentinel failover-timeout {NAME} 5000\n")
        self.process.start()
        wait_until(self._sees_both, START_S, lambda: "the Sentinel sees no replica\n" + self.process.tail())
        return self

    def _sees_both(self):
        try:
            [replica] = self.asked.sentinel_slaves(NAME)
            return replica["flags"] == "slave"  # neither down nor disconnected
        except (redis.RedisError, ValueError):
            return False

    @property
    def client(self):
        return self.primary.client

    def keys(self, prefix):
        return self.primary.keys(prefix)

    def thaw(self):
        pass  # nothing of it is frozen when a story ends

    def lose_primary(self, meanwhile):
        """What the primary learns in meanwhile() the replica never hears."""
        self.second.freeze()
        meanwhile()
        self.first.kill()
        self.second.thaw()
        self.primary = self.second
        wait_until(lambda: self.second.client.info("replication")["role"] == "master", 60,
                   lambda: "nobody was made primary\n" + self.process.tail())

    def kill(self):
        for process in (self.process, self.first.process, self.second.process):
            process.kill()
