"""Random histories of many invites, asked of the real services and of the reference model (model.py) at once."""
import collections
import random
import time

import events
import texts
from checks import by_recipient
from life import DAY_MS, HOUR_MS, answer, skew
from model import Invite
from process import wait_until

FIELDS = {"email": "email", "sms": "phone"}
PHASE_MS = 13 * HOUR_MS
FATES = {"sent": "good.internal", "error": "bad.internal", "unknown": "doubt.internal"}

# How often what is asked: (weight, type, data made by a function of invite and draw).
ASKED = [
    (6, "invite.requested", lambda i, draw: draw.choice(
        [{}, {}, {"override": True}, {"send": "hold"}, {"schedule": {"not_before": in_days(30)}},
         {"send": "hold", "schedule": {"not_before": in_days(30)}}])),
    (6, "invite.resend-requested", lambda i, draw: draw.choice(
        [{}, {}, {"recipient": {FIELDS[i.channel]: i.addresses[1][0]}}, {"template": {"note": "once more"}}])),
    (3, "invite.release-requested", lambda i, draw: {}),
    (3, "invite.cancel-requested", lambda i, draw: {}),
    (1, "invite.accepted", lambda i, draw: {}),
    (0.5, "user.activated", lambda i, draw: {}),
    (2, "invite.declined", lambda i, draw: {}),
    (2, "invite.send-now-requested", lambda i, draw: {}),
    (2, "invite.resolve-requested", lambda i, draw: {"as": draw.choice(["sent", "resend"])}),
    (2, "invite.renewal-requested", lambda i, draw: {}),
    (1, "invite.forget-requested", lambda i, draw: {}),
    (2, "delivery.receipt-received", lambda i, draw: {
        "delivery": f"{i.key}.{i.generation or 1}.{draw.choice(['sms', i.channel] if i.ladder else [i.channel])}.0",
        "status": draw.choice(["delivered", "undelivered"])}),
    (1, "invite.expiry-due", lambda i, draw: {"generation": i.generation}),
    (1, "invite.reminder-due", lambda i, draw: {"generation": i.generation}),
    (1, "invite.ladder-due", lambda i, draw: {"generation": i.generation}),
]


def in_days(days):
    return events.rfc3339(time.time() + days * DAY_MS / 1000)


def make_invites(draw, count, seed):
    """Every sixth shares its first address with its neighbour: of those only one acts in a step. Of the others one in
    four goes by SMS, and one in four by a ladder."""
    holders, made = {}, []
    for n in range(count):
        fates = draw.choices(list(FATES), weights=[18, 3, 1], k=3)
        channel = "sms" if n % 4 == 3 and n % 6 > 1 else "email"
        places = [(events.address(FATES[f]) if channel == "email" else texts.number(), f) for f in fates]
        phone = (texts.number(), fates[2]) if n % 4 == 2 and n % 6 > 1 else None
        if n % 6 == 1:
            places[0] = made[-1].addresses[0]
        made.append(Invite(f"acme/m-{seed}-{n}", places[:2], holders, channel, phone))
    return made


def recipient_of(invite):
    """What an application says of whom and how."""
    address = invite.addresses[0][0]
    if invite.channel == "sms":
        return {"channel": "sms", "recipient": {"email": None, "phone": address}}
    return {"channel": "ladder", "recipient": {"phone": invite.phone[0]}} if invite.phone else {}


class Story:
    """Steps of one event an invite at the most; after each the services and the model must agree."""

    def __init__(self, fleet, gateway, seed, count, disturb=lambda: None):
        self.fleet, self.gateway, self.seed, self.disturb = fleet, gateway, seed, disturb
        self.draw = random.Random(seed)
        self.invites = make_invites(self.draw, count, seed)
        self.unsure = set()  # numbers that a message comes to which is not sent
        for invite in self.invites:
            for number, fate in (*invite.addresses, invite.phone or (None, "sent")):
                self.answer(number, fate)
        self.told = {i.key: [] for i in self.invites}
        self.phase = 0

    def answer(self, number, fate):
        """The gateway takes what goes to a number, or not."""
        if fate == "sent" or "@" in number:
            return
        self.unsure.add(number)
        if fate == "error":
            self.gateway.on("webhook", 400, {"error": "handset_unknown"}, to=number)
        else:
            self.gateway.on("webhook", how="reset", to=number)

    def event(self, invite):
        """Something to ask of it, and the reference's word about it."""
        first = invite.state is None and self.draw.random() < 0.9
        _, type_, make = ASKED[0] if first else self.draw.choices(ASKED, weights=[a[0] for a in ASKED])[0]
        data = make(invite, self.draw)
        tenant, name = invite.key.split("/")
        if type_ == "invite.requested":
            made = events.invite(email=invite.addresses[0][0], invite=name, **recipient_of(invite), **data)
            if made.data["recipient"]["email"] is None:
                del made.data["recipient"]["email"]
        else:
            source = "beckon/clock" if type_.endswith("-due") else events.SOURCE
            made = events.Event(events.PREFIX + type_, {"tenant": tenant, "invite": name, **data}, source=source)
        self.told[invite.key] += invite.step(type_, made.data, self.phase)
        return made

    def step(self):
        acting = [i for n, i in enumerate(self.invites) if n % 6 not in (0, 1) or self.draw.random() < 0.5]
        busy, chosen = set(), []
        for invite in acting:
            addresses = {a for a, _ in invite.addresses}
            if not addresses & busy:
                busy |= addresses
                chosen.append(self.event(invite))
        self.fleet.emit(chosen)
        self.disturb()
        self.settled()

    def enter(self, phase):
        self.phase = phase
        skew(self.fleet, phase * PHASE_MS)
        for invite in self.invites:
            self.told[invite.key] += invite.enter(phase)
        self.settled()

    # ---- the comparison

    def stored(self):
        """{key: what Redis has of it} in one round trip."""
        prefix, client = self.fleet.prefix, self.fleet.redis.client
        pipe = client.pipeline(transaction=False)
        for invite in self.invites:
            pipe.hgetall(f"{prefix}d:{invite.key}")
        states = pipe.execute()
        for state in states:
            pipe.get(f"{prefix}a:{state.get('ak') or 'none'}")
        holders = pipe.execute()
        waiting = {i for i in client.zrange(f"{prefix}later", 0, -1)}
        return {i.key: (s.get("state"), int(s.get("gen") or 0), int(s.get("rem") or 0), h == i.key,
                        f"{i.key}.timer" in waiting, f"{i.key}.{s.get('gen')}.{i.channel}.0" in waiting)
                for i, s, h in zip(self.invites, states, holders)}

    def expected(self):
        return {i.key: (i.state, i.generation, i.reminders, i.holds, i.has_timer, i.state == "queued")
                for i in self.invites}

    def differences(self):
        have, want = self.stored(), self.expected()
        return {key: (have[key], want[key]) for key in want if have[key] != want[key]}

    def untold(self):
        """{key: what was told too often or not at all}."""
        told = collections.defaultdict(collections.Counter)
        for outcome in self.fleet.outcomes.distinct(tenant="acme"):
            told[f"acme/{outcome['invite']}"][told_of(outcome)] += 1
        return {key: (told[key] - collections.Counter(want), collections.Counter(want) - told[key])
                for key, want in self.told.items() if told[key] != collections.Counter(want)}

    def wrong(self):
        return self.differences() or self.untold()

    def settled(self):
        try:
            wait_until(lambda: not self.wrong(), self.fleet.patience(40), "", step=0.2)
        except TimeoutError:
            wrong = self.wrong()
            key, (have, want) = next(iter(wrong.items()))
            words = self.fleet.outcomes.distinct(invite=key.split("/")[1])
            raise AssertionError(f"STORY_SEED={self.seed} phase {self.phase}: {len(wrong)} differ; {key}: is {have}, should "
                                 f"be {want}\nexpected {self.told[key]}\ntold {words}\n{self.fleet.tails(5)}") from None
        for partition in (0, 1):  # and what changes nothing has been answered too
            last = self.fleet.emit(events.invite(recipient={"state": "active"}, partition=partition, tenant="barrier"))
            answer(self.fleet, last, "refused")

    # ---- the whole

    def run(self, phases, steps):
        for phase in range(phases):
            if phase:
                self.enter(phase)
            for _ in range(steps):
                self.step()
        assert not self.wrong()
        wanted = collections.Counter()
        for invite in self.invites:
            wanted.update(invite.mails)
        sent = collections.Counter({to: len(m) for to, m in by_recipient(self.fleet.sink).items()})
        sent.update(m.to for m in self.gateway.messages if m.to not in self.unsure)
        assert sent == wanted
        return collections.Counter(i.state for i in self.invites)


def told_of(outcome):
    n = int(outcome["delivery"].rsplit(".", 1)[1]) if outcome.get("delivery") else 0
    n = "sms" if outcome.get("ladder") else n
    refused = outcome.word == "refused"
    code = outcome.get("code") if outcome.word in ("refused", "error", "unknown") else None
    return outcome.word, None if refused else outcome["generation"], n, code
