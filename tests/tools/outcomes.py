"""Reads invite-status from its start on a thread, so that stories await facts instead of time."""
import json
import threading
import uuid

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

WORD_PREFIX = "dev.beckon.outcome."


class Outcome(dict):
    """An outcome's data as a dict, with `id` (CloudEvent id), `word`, `key` and coordinates as attributes."""

    def __init__(self, message):
        super().__init__(json.loads(message.value()))
        headers = {k: (v or b"").decode() for k, v in message.headers() or []}
        self.headers, self.key = headers, (message.key() or b"").decode()
        self.id, self.type = headers.get("ce_id"), headers.get("ce_type", "")
        self.at, self.timestamp_ms = (message.partition(), message.offset()), message.timestamp()[1]
        self.raw = message.value().decode()

    @property
    def word(self):
        return self.get("word") or self.type.removeprefix(WORD_PREFIX)

    def __repr__(self):
        code = f" {self['code']}" if self.get("code") else ""
        return f"<{self.get('tenant')}/{self.get('invite')} {self.word}{code} seq={self.get('sequence')}>"


class TopicReader:
    """Everything ever appended to one topic; `make` turns a message into what is kept."""

    def __init__(self, bootstrap, topic, make):
        self.items, self.changed = [], threading.Condition()
        self._make, self._stop, self.error = make, threading.Event(), None
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": f"reader-{uuid.uuid4()}",
                                   "enable.auto.commit": False, "fetch.wait.max.ms": 20,
                                   "log_level": 0, "reconnect.backoff.max.ms": 500})
        partitions = self._consumer.list_topics(topic, timeout=10).topics[topic].partitions
        self._consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
        self._thread = threading.Thread(target=self._run, name=f"read-{topic}", daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stop.is_set():
            messages = [m for m in self._consumer.consume(500, timeout=0.1) if not m.error()]
            if not messages:
                continue
            try:
                made = [self._make(m) for m in messages]
            except Exception as e:  # told to the story that waits
                self.error, made = e, []
            with self.changed:
                self.items.extend(made)
                self.changed.notify_all()
        self._consumer.close()

    def snapshot(self):
        with self.changed:
            return list(self.items)

    def wait_for(self, condition, timeout, what):
        """condition(items) → truthy, asked again whenever records arrive."""
        with self.changed:
            value = self.changed.wait_for(lambda: self.error or condition(self.items), timeout)
            if self.error:
                raise self.error
            if not value:
                raise TimeoutError(f"after {timeout:g} s: {what(self.items) if callable(what) else what}")
            return value

    def close(self):
        self._stop.set()
        self._thread.join(10)


class Outcomes(TopicReader):
    """invite-status, with the questions that stories ask."""

    def __init__(self, bootstrap, topic):
        super().__init__(bootstrap, topic, Outcome)

    def distinct(self, word=None, invite=None, tenant=None):
        """As a reader of the contract sees them: ids once, in order of arrival."""
        seen = {}
        for o in self.snapshot():
            if (word in (None, o.word) and invite in (None, o.get("invite"))
                    and tenant in (None, o.get("tenant"))):
                seen.setdefault(o.id, o)
        return list(seen.values())

    def words(self, invite, tenant=None):
        return [o.word for o in self.distinct(invite=invite, tenant=tenant)]

    def wait(self, invite, word, timeout=30, tenant=None):
        """The first outcome of this invite with this word."""
        def found(items):
            return next((o for o in items if o.get("invite") == invite and o.word == word
                         and tenant in (None, o.get("tenant"))), None)
        return self.wait_for(found, timeout, lambda items: (
            f"no {word} of {invite}; seen: {[o for o in items if o.get('invite') == invite]}"))

    def wait_request(self, event_id, word, timeout=30):
        """The first outcome with this word that answers the event with this id."""
        def found(items):
            return next((o for o in items if o.word == word
                         and (o.get("request") or {}).get("id") == event_id), None)
        return self.wait_for(found, timeout, lambda items: f"no {word} for event {event_id}; seen: {items[-10:]}")

    def wait_count(self, word, count, timeout=60):
        """Until `count` different invites have this word."""
        def enough(items):
            return len({(o.get("tenant"), o.get("invite")) for o in items if o.word == word}) >= count
        def told(items):
            have = {}
            for o in items:
                have.setdefault(o.word, set()).add((o.get("tenant"), o.get("invite")))
            return f"wanted {count} × {word}, have { {w: len(s) for w, s in have.items()} }"
        self.wait_for(enough, timeout, told)
        return self.distinct(word)
