"""Jobs of SMS as the dispatcher appends them, for stories about what beckon-sms does with them."""
import itertools
import json
import time
import uuid

_subscribers = itertools.count(1)


def number(region="RU"):
    """A mobile number of this country that nobody else has."""
    n = next(_subscribers)
    return {"RU": f"+7905{n:07d}", "DE": f"+49151{n:08d}", "KZ": f"+7701{n:07d}", "GB": f"+447400{n:06d}"}[region]


class Text:
    """A job of channel sms; data as in invite.requested."""

    def __init__(self, to=None, tenant="acme", invite=None, kind="invite", **data):
        self.to, self.tenant = to or number(), tenant
        self.invite = invite or f"i-{uuid.uuid4().hex[:12]}"
        self.key = f"{tenant}/{self.invite}"
        self.delivery = f"{self.key}.1.sms.0"
        self.kind, self.now = kind, int(time.time() * 1000)
        self.data = {"tenant": tenant, "invite": self.invite, "kind": kind, "channel": "sms",
                     "recipient": {"phone": self.to, "locale": "en"},
                     "inviter": {"id": "u-1", "name": "Olga Petrova"}, "organisation": {"name": "Example Works"},
                     "role": "member", **data}
        self.headers, self.region = {}, None  # None: beckon-sms looks by itself

    def value(self):
        return json.dumps({
            "v": 1, "delivery": self.delivery, "kind": self.kind, "to": self.to, **({"region": self.region} if self.region else {}),
            "recipient_hash": f"h{uuid.uuid5(uuid.NAMESPACE_URL, self.to).hex[:21]}",
            "recipient_masked": "+7 905 ***-**-11", "address_key": self.invite, "source": "tests/stories",
            "id": uuid.uuid4().hex, "link_base": "https://join.internal/i", "ttl_s": 86400,
            "requested_ms": self.now, "not_after_ms": self.now + 7 * 86400 * 1000, "data": self.data,
        }, ensure_ascii=False).encode()


def emit(fleet, jobs):
    """Appends jobs to the topic of SMS."""
    jobs = [jobs] if isinstance(jobs, Text) else list(jobs)
    for job in jobs:
        fleet.append("sms", job.key, job.value(), list(job.headers.items()))
    fleet.flush()
    return jobs
