"""What becomes of an invite, in Python and from the contract alone: the reference that the services are held to.

Time passes in phases of 13 hours: a link of 24 hours is reminded of in the first phase after it was sent, and over in
the second. A ladder's SMS follows its e-mail in the first phase, or at once when that comes back; it takes the place of
one that is refused, which is where the invitation begins anew. Every step answers what will be told: (word, generation, n, code), n "sms" for a ladder's SMS.
"""


class Refused(Exception):
    pass


class Invite:
    """One invite. `addresses` are (address, fate) pairs, fate "sent", "error" or "unknown"; the first is asked for.
    `channel` is theirs; `phone` is another pair, where an SMS follows the e-mail."""

    def __init__(self, key, addresses, holders, channel="email", phone=None):
        self.key, self.addresses, self.holders, self.channel, self.phone = key, addresses, holders, channel, phone
        self.ladder = None  # where its SMS stands: beside, alone, failed, buried (failed, no timer left), over, instead
        self.newest = channel  # by which channel the word came that the state is
        self.state, self.generation, self.reminders = None, 0, 0
        self.at = 0  # which address
        self.early = self.erased = self.scheduled = self.claimed = False
        self.sent_in = None  # the phase in which the link's window began
        self.mails, self.receipts = {}, set()

    # ---- what follows from the state

    @property
    def place(self):
        return self.phone if self.ladder == "instead" else self.addresses[self.at]

    @property
    def address(self):
        return self.place[0]

    @property
    def holds(self):
        return self.holders.get(self.address) == self.key

    @property
    def has_timer(self):
        """Of an e-mail that came back the SMS has the rest of the link's time."""
        came_back = self.state == "undelivered" and self.ladder in ("alone", "failed") and self.newest == "email"
        return self.state in ("sent", "delivered", "unknown") or came_back

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
        self.at, self.ladder = at, None

    def _give_up(self):
        if self.holds:
            del self.holders[self.address]

    def _begin(self, phase, new):
        """A delivery, to wait for its time or to be sent."""
        self.generation += new
        if new:
            self.reminders, self.claimed, self.sent_in = 0, False, None
            self.ladder, self.newest = None, self.channel
        if self.scheduled:
            self.state = "queued"
            return [("deferred", self.generation, 0, None)]
        return [("queued", self.generation, 0, None)] + self._send(phase)

    def _send(self, phase):
        address, fate = self.addresses[self.at]
        self.state, self.claimed = fate, True
        if fate == "error":
            self._give_up()
            told = [("error", self.generation, 0, self.dead(self.channel))]
            return told + (self._stand_in(phase) if self.climbs else [])
        self.sent_in = phase
        return self._fate(0)

    @staticmethod
    def dead(channel):
        return "mailbox_unknown" if channel == "email" else "handset_unknown"

    def _fate(self, n):
        address, fate = self.place
        if fate == "sent":
            self.mails[address] = self.mails.get(address, 0) + 1
            return [("sent", self.generation, n, None)]
        return [("unknown", self.generation, n, "outcome_unknown")] * 2  # in doubt, and sent again once

    # ---- the ladder

    @property
    def climbs(self):
        return self.phone and self.ladder is None and not self.erased

    def _climb(self):
        """The SMS beside the e-mail, or in its place."""
        number, fate = self.phone
        self.ladder = "alone" if self.state == "undelivered" else "beside"
        told = [("queued", self.generation, "sms", None)]
        if fate == "error":
            self.ladder = "failed"
            if self.state == "undelivered":
                self._give_up()
            return told + [("error", self.generation, "sms", self.dead("sms"))]
        if fate == "unknown":
            return told + [("unknown", self.generation, "sms", "outcome_unknown")] * 2
        self.state, self.newest = "sent", "sms"
        self.mails[number] = self.mails.get(number, 0) + 1
        return told + [("sent", self.generation, "sms", None)]

    def _stand_in(self, phase):
        """The SMS in the place of an e-mail that was refused: a link of its own."""
        number, fate = self.phone
        self.ladder, self.newest, self.state = "instead", "sms", fate
        self.holders[number] = self.key
        told = [("queued", self.generation, "sms", None)]
        if fate == "error":
            self._give_up()
            return told + [("error", self.generation, "sms", self.dead("sms"))]
        self.sent_in = phase
        return told + self._fate("sms")

    def _remind(self):
        self.reminders = 1
        told = [("queued", self.generation, 1, None)]
        if self.ladder != "alone":
            return told + self._fate(1)
        self.mails[self.phone[0]] += 1
        return told + [("sent", self.generation, 1, None)]

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
        self.ladder, self.newest = None, self.channel
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

    def renewal(self, _data, _phase):
        """The person asks for another link: that is told, and nothing else comes of it."""
        self._no_more("held", "declined")
        return [] if self.state == "queued" else [("asked_again", self.generation, 0, None)]

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
        return [("sent", self.generation, "sms" if self.ladder == "instead" else 0, None)]

    def forget(self, _data, _phase):
        if self.state is None:
            raise Refused("illegal_transition")
        self.erased = True
        return self._end("cancelled") if self.state in ("held", "queued", "sent", "delivered", "unknown") else []

    def receipt(self, data, _phase):
        channel = data["delivery"].split(".")[-2]
        second = bool(self.phone) and channel == "sms"
        if not self.claimed or self.state in ("held", "error") or second and self.ladder in (None, "failed", "buried"):
            return []
        overtaken = self.phone and not second and self.newest == "sms"
        if self.state in ("delivered", "undelivered") and not overtaken and (not second or self.newest == "sms"):
            return []
        told = {(data["status"], self.generation, "sms" if second else 0, None)} - self.receipts
        self.receipts |= told  # the same fact has the same id
        if overtaken:
            if data["status"] == "undelivered" and self.ladder == "beside":
                self.ladder = "alone"
        elif self.state in ("sent", "unknown", "delivered", "undelivered"):
            return list(told) + self._heard(data["status"], second)
        return list(told)

    def _heard(self, status, second):
        if second and status == "undelivered" and self.ladder == "beside":
            self.ladder = "failed"
            return []
        self.state = status
        self.newest = "sms" if second else self.newest
        if status == "delivered":
            return []
        if not second and self.climbs:
            return self._climb()
        if not second and self.ladder == "beside":
            self.ladder = "alone"
            return []
        self._give_up()
        self.ladder = self.ladder and "over"
        return []

    def stray_timer(self, _data, _phase):
        return []  # of a stranger, before its time

    # ---- time

    def enter(self, phase):
        """What is told when a phase begins."""
        if not self.has_timer:
            return []
        if (self.state, self.ladder) == ("undelivered", "failed"):
            self.ladder = "buried"  # at a reminder's time it is looked at, and nothing is due
            return []
        if phase - self.sent_in >= 2:
            return self._end("expired")
        if phase - self.sent_in == 1 and self.climbs:
            self.reminders = 1  # whose time has passed as well
            return self._climb()
        if phase - self.sent_in == 1 and not self.reminders and not self.erased and self.state != "undelivered":
            return self._remind() if self.ladder in (None, "alone", "instead") else []
        return []

    HANDLERS = {
        "invite.requested": requested, "invite.resend-requested": resend, "invite.release-requested": release,
        "invite.cancel-requested": cancel, "invite.accepted": accepted, "user.activated": accepted,
        "invite.declined": declined, "invite.send-now-requested": send_now, "invite.resolve-requested": resolve,
        "invite.renewal-requested": renewal, "invite.forget-requested": forget, "delivery.receipt-received": receipt,
        "invite.expiry-due": stray_timer, "invite.reminder-due": stray_timer, "invite.ladder-due": stray_timer,
    }
