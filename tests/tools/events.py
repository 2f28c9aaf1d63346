"""Builds invite-requested events as an application would: CloudEvents in binary mode."""
import datetime
import itertools
import json
import time
import uuid

PREFIX = "dev.beckon."
SOURCE = "tests/stories"
_rows = itertools.count(1)

# Part of every recipient that a story makes up; wherever it shows outside the message is a leak.
CANARY = "zq7canary"


def rfc3339(seconds):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(text):
    return datetime.datetime.fromisoformat(text).timestamp() * 1000


def address(domain="people.internal"):
    return f"{CANARY}{next(_rows)}.{uuid.uuid4().hex[:8]}@{domain}"


class Event:
    """One record of invite-requested. `data` is the CloudEvent's data; everything can be changed."""

    def __init__(self, type_, data, id_=None, source=SOURCE, key=None, partition=None, headers=None):
        self.type, self.data, self.source = type_, data, source
        self.id = id_ or uuid.uuid4().hex
        self.key = key if key is not None else f"{data.get('tenant')}/{data.get('invite')}"
        self.partition, self.extra = partition, headers or {}

    @property
    def invite(self):
        return self.data["invite"]

    @property
    def tenant(self):
        return self.data["tenant"]

    @property
    def to(self):
        return self.data["recipient"]["email"]

    def copy(self, **changes):
        """The same event with other id, key, partition … (keyword arguments of the constructor)."""
        kept = {"id_": self.id, "source": self.source, "key": self.key, "partition": self.partition,
                "headers": dict(self.extra)}
        kept.update(changes)
        data = kept.pop("data", json.loads(json.dumps(self.data)))
        return Event(kept.pop("type_", PREFIX + self.type.removeprefix(PREFIX)), data, **kept)

    def headers(self):
        attributes = {"ce_specversion": "1.0", "ce_id": self.id, "ce_type": self.type,
                      "ce_source": self.source, "ce_subject": str(self.data.get("invite", "")),
                      "ce_time": rfc3339(time.time()), "content-type": "application/json", **self.extra}
        return [(k, v) for k, v in attributes.items() if v is not None]

    def value(self):
        return json.dumps(self.data, ensure_ascii=False).encode()


def invite(email=None, tenant="acme", invite=None, **data):
    """A minimal good invite.requested; further keyword arguments become fields of its data."""
    recipient = {"email": email or address(), "name": f"Ann {CANARY.title()}", "locale": "en",
                 **data.pop("recipient", {})}
    envelope = {k: data.pop(k) for k in ("id_", "source", "key", "partition", "headers") if k in data}
    body = {"tenant": tenant, "invite": invite or f"i-{uuid.uuid4().hex[:12]}", "recipient": recipient,
            "inviter": {"id": "u-1", "name": "Olga Petrova"}, "organisation": {"name": "Example Works"},
            "role": "member", **data}
    return Event(PREFIX + "invite.requested", body, **envelope)


def password(email=None, username="ann", sealed=None, **data):
    """A good invite.requested of kind password: sealed, or else to be minted."""
    return invite(email, kind="password", confirm=True, credentials=credentials(username, sealed), **data)


def credentials(username="ann", sealed=None):
    return {"username": username, **({"sealed_password": sealed} if sealed else {"mint": True})}


def command(type_, about, **data):
    """Something asked of an invite that is there: `about` is its event; keyword arguments become fields of the data."""
    envelope = {k: data.pop(k) for k in ("id_", "source", "key", "partition", "headers") if k in data}
    return Event(PREFIX + type_, {"tenant": about.tenant, "invite": about.invite, **data}, **envelope)
