"""Apache Kafka in KRaft mode from plain jars: one node, broker and controller at once."""
import base64
import os
import shutil
import subprocess
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic

from process import Process, Server, build_root, free_port, wait_until

JARS = Path(os.environ.get("KAFKA_JARS", build_root() / "kafka"))
START_S = 120

# The whole heap is small and the just-in-time compiler stops early: a test broker lives for minutes.
JVM = ["-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
num.partitions=2
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=8388608
"""


def missing():
    """What keeps Kafka from running here, or None."""
    if shutil.which("java") is None:
        return "no Java"
    if not list(JARS.glob("kafka_2.13-*.jar")):
        return f"no Kafka jars in {JARS} (sh tests/run.sh fetches them)"
    return None


class KafkaServer(Server):
    """It keeps port and data; topics are made by create_topics."""

    def __init__(self, directory, jvm=JVM):
        self.dir, self.jvm = Path(directory), jvm
        self.port, self.controller = free_port(), free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self.config = self.dir / "server.properties"
        self.process = Process("kafka", self._java("kafka.Kafka", self.config), self.dir / "kafka.log",
                               cwd=self.dir)

    def _java(self, main, *args):
        return ["java", *self.jvm, "-cp", f"{JARS}/*", main, *args]

    def _format(self):
        self.dir.mkdir(parents=True, exist_ok=True)
        self.config.write_text(PROPERTIES.format(port=self.port, controller=self.controller,
                                                 data=self.dir / "data"))
        cluster = base64.urlsafe_b64encode(b"k" + os.urandom(15)).decode().rstrip("=")  # never begins with a dash
        done = subprocess.run(
            self._java("kafka.tools.StorageTool", "format", "-t", cluster, "-c", self.config),
            capture_output=True, text=True, cwd=self.dir, stdin=subprocess.DEVNULL, timeout=START_S)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self):
        if not self.config.exists():
            self._format()
        self.process.start()
        self.await_ready()
        return self

    def await_ready(self):
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        wait_until(lambda: self._answers(admin), START_S, lambda: "Kafka is not up\n" + self.process.tail())

    def _answers(self, admin):
        assert self.process.running(), "Kafka ended\n" + self.process.tail()
        try:
            return admin.list_topics(timeout=1).brokers
        except KafkaException:
            return None

    def create_topics(self, topics, partitions=2, config=None):
        """topics: names, or {name: config}. Returns when the broker has made them."""
        configs = topics if isinstance(topics, dict) else {name: {} for name in topics}
        shared = {"message.timestamp.type": "LogAppendTime", **(config or {})}
        admin = AdminClient({"bootstrap.servers": self.bootstrap})  # must outlive the futures
        made = admin.create_topics(
            [NewTopic(name, partitions, 1, config={**shared, **own}) for name, own in configs.items()])
        for future in made.values():
            future.result(30)
        wait_until(lambda: self._led(admin, configs, partitions), 30, "new topics have no leaders")

    def configure_topic(self, name, config):
        """Changes what is named of a topic that is there."""
        changes = [ConfigEntry(k, v, incremental_operation=AlterConfigOpType.SET) for k, v in config.items()]
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for future in admin.incremental_alter_configs(
                [ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=changes)]).values():
            future.result(30)

    @staticmethod
    def _led(admin, names, partitions):
        """A broker tells of a topic a moment after it has taken the order to make it."""
        known = admin.list_topics(timeout=5).topics
        return all(n in known and len(known[n].partitions) == partitions
                   and all(p.leader >= 0 for p in known[n].partitions.values()) for n in names)

    def ends(self, topic):
        """Where each partition ends, as the broker has it now."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "ends", "enable.auto.commit": False})
        try:
            partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
            return [consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in partitions]
        finally:
            consumer.close()

    def delete_topics(self, names):
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for future in admin.delete_topics(list(names)).values():
            future.exception(30)
