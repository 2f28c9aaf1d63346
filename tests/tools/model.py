"""What becomes of an invite, in Python and from the contract alone: the reference that the services are held to.

Time passes in phases of 13 hours: a link of 24 hours is reminded of in the first phase after it was sent, and over in
the second. Every step answers what will be told: (word, generation, n, code).
"""


class Refused(Exception):
    pass


class Invite:
    """One invite. `addresses` are (address, fate) pairs, fate "sent", "error" or "unknown"; the first is asked for."""

    def __init__(self, key, addresses, holders):
        self.key, self.addresses, self.holders = key, addresses, holders
        self.state, self.generation, self.reminders = None, 0, 0
        self.at = 0  # which address
        self.early = self.erased = self.scheduled = self.claimed = False
        self.sent_in = None  # the phase in which the link's window began
        self.mails, self.receipts = {}, set()

    # ---- what follows from the state

    @property
    def address(self):
        return self.addresses[self.at][0]

    @property
    def holds(self):
        return self.holders.get(self.address) == self.key

    @property
    def has_timer(self):
        return self.state in ("sent", "delivered", "unknown")

    # ---- what is asked

    def step(self, type_, data, phase):
        """The list of what is told; a refused event changes nothing."""
        try:
            return self.HANDLERS[type_](self, data, phase)
        except Refused as e:
            return [("refused", None, 0, e.args[0])]

    def _no_more(self, *illegal):
        """Refuses what has ended, and what makes no sense in these states."""
        if self.state == "accepted":
            raise Refused("already_accepted")
        if self.state == "cancelled":
            raise Refused("cancelled")
        if self.state is None or self.state in illegal:
            raise Refused("illegal_transition")

    def _take(self, at):
        address = self.addresses[at][0]
        if self.holders.get(address, self.key) != self.key:
            raise Refused("already_invited")
        self._give_up()
        self.holders[address] = self.key
        self.at = at

    def _give_up(self):
        if self.holds:
            del self.holders[self.address]

    def _begin(self, phase, new):
        """A delivery, to wait for its time or to be sent."""
        self.generation += new
        if new:
            self.reminders, self.claimed, self.sent_in = 0, False, None
        if self.scheduled:
            self.state = "queued"
            return [("deferred", self.generation, 0, None)]
        return [("queued", self.generation, 0, None)] + self._send(phase)

    def _send(self, phase):
        address, fate = self.addresses[self.at]
        self.state, self.claimed = fate, True
        if fate == "error":
            self._give_up()
            return [("error", self.generation, 0, "mailbox_unknown")]
        self.sent_in = phase
        return self._fate(0)

    def _fate(self, n):
        address, fate = self.addresses[self.at]
        if fate == "sent":
            self.mails[address] = self.mails.get(address, 0) + 1
            return [("sent", self.generation, n, None)]
        return [("unknown", self.generation, n, "outcome_unknown")] * 2  # in doubt, and sent again once

    def requested(self, data, phase):
        if self.early:
            self.early = False
            raise Refused("cancelled")
        if self.state == "accepted":
            raise Refused("already_accepted")
        if self.state not in (None, "cancelled", "declined") or self.state == "declined" and not data.get("override"):
            raise Refused("already_invited")
        self._take(0)
        self.erased = False
        self.scheduled = "schedule" in data
        if data.get("send") != "hold":
            return self._begin(phase, 1)
        self.generation, self.reminders, self.claimed, self.state = self.generation + 1, 0, False, "held"
        return [("held", self.generation, 0, None)]

    def resend(self, data, phase):
        self._no_more("queued", "unknown", "declined")
        if self.state == "held":
            return self.release(data, phase)
        return self._again(data, phase, 1)

    def release(self, data, phase):
        if self.state in ("queued", "sent", "delivered", "undelivered", "unknown"):
            raise Refused("already_invited")
        self._no_more("error", "expired", "declined")
        return self._again(data, phase, 0, keep_schedule=True)

    def _again(self, data, phase, new, keep_schedule=False):
        if self.erased:
            raise Refused("illegal_transition")
        replaced = new and self.state in ("sent", "delivered", "undelivered", "unknown")
        self._take(1 if "recipient" in data else self.at)
        self.scheduled = self.scheduled and keep_schedule
        old = [("superseded", self.generation, 0, None)] if replaced else []
        return old + self._begin(phase, new)

    def cancel(self, _data, _phase):
        if self.state is None:
            self.state, self.generation, self.early = "cancelled", 1, True
            return [("cancelled", 1, 0, None)]
        self._no_more("declined")
        return self._end("cancelled")

    def _end(self, word):
        self._give_up()
        self.state = word
        return [(word, self.generation, 0, None)]

    def accepted(self, _data, _phase):
        self._no_more()
        return self._end("accepted")

    def declined(self, _data, _phase):
        self._no_more("held", "error", "declined")
        return self._end("declined")

    def send_now(self, _data, phase):
        if self.state in ("sent", "delivered", "undelivered", "unknown"):
            raise Refused("already_invited")
        self._no_more("held", "error", "expired", "declined")
        return [("queued", self.generation, 0, None)] + self._send(phase)

    def resolve(self, data, phase):
        self._no_more("held", "queued", "sent", "delivered", "undelivered", "error", "expired", "declined")
        if data["as"] == "resend":
            return self._again(data, phase, 1)
        self.state = "sent"
        return [("sent", self.generation, 0, None)]

    def forget(self, _data, _phase):
        if self.state is None:
            raise Refused("illegal_transition")
        self.erased = True
        return self._end("cancelled") if self.state in ("held", "queued") else []

    def receipt(self, data, _phase):
        if not self.claimed or self.state in ("delivered", "undelivered", "held", "error"):
            return []
        told = {(data["status"], self.generation, 0, None)} - self.receipts  # the same fact has the same id
        self.receipts |= told
        if self.state in ("sent", "unknown"):
            self.state = data["status"]
            if self.state == "undelivered":
                self._give_up()
        return list(told)

    def stray_timer(self, _data, _phase):
        return []  # of a stranger, before its time

    # ---- time

    def enter(self, phase):
        """What is told when a phase begins."""
        if not self.has_timer:
            return []
        if phase - self.sent_in >= 2:
            return self._end("expired")
        if phase - self.sent_in == 1 and not self.reminders and not self.erased:
            self.reminders = 1
            return [("queued", self.generation, 1, None)] + self._fate(1)
        return []

    HANDLERS = {
        "invite.requested": requested, "invite.resend-requested": resend, "invite.release-requested": release,
        "invite.cancel-requested": cancel, "invite.accepted": accepted, "user.activated": accepted,
        "invite.declined": declined, "invite.send-now-requested": send_now, "invite.resolve-requested": resolve,
        "invite.forget-requested": forget, "delivery.receipt-received": receipt, "invite.expiry-due": stray_timer,
        "invite.reminder-due": stray_timer,
    }
