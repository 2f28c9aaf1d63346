"""Receipts on the public door: believed, matched with their delivery however early or late, and told once."""
import base64
import hashlib
import http.client
import json
import re
import shutil
import signal
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import certs
import events
import mtlsd
import providers
import pytest
import requests
import smsd
import snsd
import texts
from pages import public_port

SMS_NOW = {"tenants": {"*": {"sms_window": "off"}}}
DESCRIPTIONS = Path(__file__).resolve().parents[2] / "deploy" / "providers"


class Hooks:
    """The public door as providers know it: a source for each of them, and one that is globex's alone."""

    def __init__(self, fleet, *makes, **own_settings):
        folder = fleet.dir / "providers"
        self.fleet, self.known = fleet, {make.format: make(folder) for make in makes}
        entries = [p.entry() for p in self.known.values()]
        own = providers.Webhook(folder, "own")
        entries.append(own.entry() | {"tenant": "globex"})
        self.known["own/globex"] = own
        self.port = public_port(fleet, receipts=entries, **own_settings)

    def post(self, source, call):
        """(status, body)."""
        query = f"?{call.query}" if call.query else ""
        url = f"http://127.0.0.1:{self.port}/receipts/{source}{query}"
        answer = (requests.post if call.body else requests.get)(url, data=call.body or None, headers=call.headers, timeout=20)
        return answer.status_code, answer.text

    def tell(self, source, ident, word, at=None, **more):
        return self.post(source, self.known[source].call(ident, word, at or time.time(), **more))


def envid(event, generation=1, n=0):
    hashed = hashlib.sha256(f"{event.key}.{generation}.email.{n}".encode()).digest()
    return base64.b32encode(hashed).decode().lower().rstrip("=")


def message_id(event, **which):
    return f"<{envid(event, **which)}@mail.internal>"


def suppressed(fleet):
    told = fleet.beckon("suppress", "list", "--json", "--config", fleet.dir / "beckon.yaml").stdout
    return [json.loads(line) for line in told.splitlines()]


def sent(fleet, **data):
    event = fleet.emit(events.invite(**data))
    fleet.await_outcome(event, "sent")
    return event


@pytest.mark.story
def test_mails_by_webhook(fleet):
    """Delivered, bounced, complained of: told to the dispatcher, and nobody who complained hears from us again."""
    fleet.up()
    hooks = Hooks(fleet, providers.Ses, providers.SendGrid, providers.Mailgun)
    arrived, bounced, spam = (sent(fleet) for _ in range(3))
    assert message_id(arrived) == f"<{fleet.sink.messages[0].parsed['Message-ID'].strip('<>')}>"
    for _ in range(3):  # and again, as services do
        assert hooks.tell("ses", message_id(arrived), "delivered") == (200, "")
    told = fleet.await_outcome(arrived, "delivered")
    assert told["delivery"].endswith(".email.0") and told["sequence"][1:] == [1, 5] and told["prev"] == "sent"
    assert hooks.tell("sendgrid", message_id(bounced), "undelivered") == (200, "")
    told = fleet.await_outcome(bounced, "undelivered")
    assert told["code"] == "mailbox_unknown"
    assert hooks.tell("mailgun", message_id(spam), "complaint") == (200, "")
    fleet.await_outcome(spam, "delivered")
    fleet.wait(lambda: len(suppressed(fleet)) == 2, 10, lambda: f"suppressed: {suppressed(fleet)}")
    records = {r["record"]["why"]: r["record"] for r in suppressed(fleet)}
    assert set(records) == {"failed", "complaint"}
    assert {why for why, record in records.items() if "until" in record} == {"failed"}  # a mailbox may be there again
    for event in (bounced, spam):
        fleet.wait(lambda: dispatcher_knows(fleet, event.to), 10, "the dispatcher does not know")
    assert hooks.tell("ses", message_id(arrived), "undelivered")[0] == 200  # of two receipts the first one stands
    assert hooks.tell("sendgrid", message_id(bounced), "passing") == (200, "")
    assert "undelivered" not in fleet.outcomes.words(arrived.invite)
    assert len(fleet.outcomes.distinct("delivered", arrived.invite)) == 1
    await_counts(fleet, told=6, passing=1)


def await_counts(fleet, **ends):
    def counted():
        return {end: int(fleet["status"].metric("beckon_receipts_total", end=end)) for end in ends}
    fleet.wait(lambda: counted() == ends, 10, lambda: f"counted {counted()}, not {ends}")


def dispatcher_knows(fleet, address):
    """An invite that is asked for now ends as suppressed; one that was too early to know is sent."""
    event = fleet.emit(events.invite(address))
    fleet.wait(lambda: {"error", "sent"} & set(fleet.outcomes.words(event.invite)), 20, "neither refused nor sent")
    return fleet.outcomes.words(event.invite)[-1] == "error"


def test_before_its_message_is_settled(fleet):
    """A receipt that overtakes the relay's own answer is kept, and told when the delivery is known."""
    fleet.up()
    hooks = Hooks(fleet, providers.SendGrid)
    event = events.invite()
    fleet.sink.on("DOT", to=re.escape(event.to), hold="dot", times=1)
    fleet.emit(event)
    fleet.wait(lambda: fleet["email"].metric("beckon_in_flight") > 0, 20, "nothing is in flight")
    assert hooks.tell("sendgrid", message_id(event), "delivered") == (200, "")
    assert fleet.redis.client.zcard(f"{fleet.prefix}n") == 1
    fleet.sink.release("dot")
    fleet.await_outcome(event, "sent")
    fleet.await_outcome(event, "delivered")
    fleet.wait(lambda: fleet.redis.client.zcard(f"{fleet.prefix}n") == 0, 10, "it is still kept")
    await_counts(fleet, told=1, kept=1, lost=0)


def test_an_sms_that_nobody_answered_for(fleet, gateway):
    """The id is ours to give, so a gateway's receipt tells what became of a message for which no answer came."""
    secret = fleet.secret_file("kannel.secret", smsd.SECRET)
    shown = fleet.secret_file("kannel-receipts.secret", providers.SECRET)
    fleet.up(services=("clock", "dispatcher", "sms"), dispatcher=SMS_NOW,
             sms={"providers": [smsd.entry("kannel", gateway, secret_file=secret, receipt_secret_file=shown,
                                           callback="https://hooks.acme-corp.com/receipts/kannel")], **SMS_NOW})
    hooks = Hooks(fleet, providers.Kannel)
    gateway.on("kannel", how="silent")
    event = fleet.emit(events.invite(channel="sms", recipient={"phone": texts.number()}))
    told = fleet.await_outcome(event, "unknown")
    [message] = gateway.of("kannel")
    called = urllib.parse.urlsplit(message.fields["dlr-url"])
    ident = urllib.parse.parse_qs(called.query)["id"][0]
    assert told["provider_message_id"] == ident
    assert hooks.tell("kannel", ident, "delivered")[0] == 200
    fleet.await_outcome(event, "delivered")


def test_who_may_tell(fleet):
    """Strangers, old calls and what is not to be understood are refused; a tenant's source tells of its tenant alone."""
    fleet.up()
    hooks = Hooks(fleet, providers.Webhook, providers.Twilio)
    ours, theirs = sent(fleet), sent(fleet, tenant="globex")
    delivery = f"{ours.key}.1.email.0"
    assert hooks.tell("webhook", delivery, "delivered", at=time.time() - 301)[0] == 401
    forged = hooks.known["webhook"].call(delivery, "delivered", time.time())
    forged.body = forged.body.replace(b"delivered", b"undelivered")
    assert hooks.post("webhook", forged)[0] == 401
    assert hooks.post("webhook", providers.Call(b"x", forged.headers))[0] == 422
    assert hooks.post("nobody", forged)[0] == 404 and hooks.post("own", forged)[0] == 404
    assert hooks.post("webhook", providers.Call(b"x" * (2 << 20)))[0] == 413
    assert hooks.tell("own/globex", delivery, "undelivered")[0] == 200  # passed over
    assert hooks.tell("own/globex", f"{theirs.key}.1.email.0", "delivered")[0] == 200
    fleet.await_outcome(theirs, "delivered")
    assert hooks.tell("webhook", f"{ours.key}.7.email.0", "delivered")[0] == 200  # no such delivery: kept a while
    assert hooks.tell("webhook", delivery, "undelivered")[0] == 200
    assert fleet.await_outcome(ours, "undelivered")["code"] == "handset_unknown"
    assert hooks.tell("twilio", "SM-of-nobody", "undelivered", error="99999")[0] == 200  # a code that is new
    await_counts(fleet, told=2, strange=1, refused=3, kept=2)
    log = fleet["status"].text()
    assert fleet["status"].metric("beckon_receipts_unknown_codes_total") == log.count("ev=unknown-code source=twilio code=99999") == 1
    assert "ev=receipt-refused source=webhook code=auth_failed" in log and providers.SECRET not in log


@pytest.mark.story
def test_strangers_pay_and_providers_do_not(fleet):
    """Forged calls use up their address' rate, and it is turned away unread; real ones are not metered."""
    fleet.up()
    hooks = Hooks(fleet, providers.Webhook, http__rate=1, http__proxies=["127.0.0.1"])
    event = sent(fleet)
    real = hooks.known["webhook"].call(f"{event.key}.1.email.0", "passing", time.time())
    forged = providers.Call(real.body + b" ", real.headers)

    def told(call, address):
        return hooks.post("webhook", providers.Call(call.body, call.headers | {"X-Forwarded-For": address}))[0]

    assert {told(real, "192.0.2.1") for _ in range(30)} == {200}
    answers = [told(forged, "192.0.2.2") for _ in range(30)]
    assert set(answers) == {401, 429} and answers[:3] == [401] * 3
    fleet.wait(lambda: told(forged, "192.0.2.2") == told(real, "192.0.2.2") == 429, 20, "it is read again and again")
    assert told(real, "192.0.2.1") == 200


def test_a_certificate_is_fetched_once(fleet):
    """SNS says where its certificate is; who cannot have it now asks to be told again."""
    fleet.up()
    authority = certs.Authority(fleet.dir / "ca")
    host = snsd.Sns(authority.sign(snsd.HOST))
    ses = providers.Ses(fleet.dir / "providers")
    ses.certificate_url = snsd.certificate_url()
    port = public_port(fleet, receipts=[ses.entry() | {"proxy": host.proxy, "ca_file": str(authority.file)}])
    event = sent(fleet)

    def tell(word):
        call = ses.call(message_id(event), word, time.time())
        return requests.post(f"http://127.0.0.1:{port}/receipts/ses", data=call.body, headers=call.headers, timeout=20).status_code

    host.serve(ses.certificate_url, b"", status=500)
    assert tell("delivered") == 503
    host.serve(ses.certificate_url, ses.certificate())
    fleet.wait(lambda: tell("passing") == 200, 30, "the certificate is not asked for again")
    asked = len(host.asked)
    assert [tell(word) for word in ("passing", "delivered", "delivered")] == [200] * 3
    assert len(host.asked) == asked
    fleet.await_outcome(event, "delivered")
    host.close()


def test_mutual_tls(fleet):
    """A provider that shows a certificate is believed as the proxy that has verified it says whose it is."""
    fleet.up()
    authority, other = certs.Authority(fleet.dir / "ca"), certs.Authority(fleet.dir / "other")
    entry = {"name": "bank", "format": "certificate", "client": "CN=hooks.bank.example", "client_header": "X-Client-Subject"}
    both = providers.Webhook(fleet.dir / "providers", "both")
    port = public_port(fleet, receipts=[entry, both.entry() | entry | {"name": "both", "format": "webhook"}],
                       http__proxies=["127.0.0.1"])
    proxy = mtlsd.Proxy(authority.sign("localhost"), authority, port, "X-Client-Subject")
    event = sent(fleet)
    body = json.dumps({"delivery": f"{event.key}.1.email.0", "status": "delivered"})
    forged = {"X-Client-Subject": "CN=hooks.bank.example", "Content-Type": "application/json"}

    def tell(certificate, source="bank", data=body, headers=forged):
        return requests.post(f"https://localhost:{proxy.port}/receipts/{source}", data, headers=headers, timeout=20,
                             cert=certificate and str(certificate.pem), verify=str(authority.file)).status_code

    right = authority.sign("hooks.bank.example")
    assert tell(authority.sign("hooks.evil.example")) == 401  # what it says itself is not passed on
    for certificate in (None, other.sign("hooks.bank.example"), authority.sign("hooks.bank.example", days=-1)):
        with pytest.raises(requests.exceptions.ConnectionError):
            tell(certificate)
    stranger = http.client.HTTPConnection("127.0.0.1", port, source_address=("127.0.0.2", 0), timeout=20)
    stranger.request("POST", "/receipts/bank", body, forged)
    assert stranger.getresponse().status == 401  # no proxy of ours
    twice = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    twice.putrequest("POST", "/receipts/bank")
    for name, value in (*forged.items(), ("X-Client-Subject", "CN=hooks.evil.example"), ("Content-Length", len(body))):
        twice.putheader(name, value)
    twice.endheaders(body.encode())
    assert twice.getresponse().status == 401  # by a proxy that adds its word to one that came
    assert not {"delivered"} & set(fleet.outcomes.words(event.invite))
    assert tell(right) == 200
    fleet.await_outcome(event, "delivered")
    signed = both.call(f"{event.key}.1.email.0", "passing", time.time())
    assert tell(right, "both") == 401  # a signature besides, where the format has one
    assert tell(right, "both", signed.body, signed.headers) == 200
    assert tell(authority.sign("hooks.evil.example"), "both", signed.body, signed.headers) == 401
    proxy.close()


def test_secrets_are_read_again(fleet):
    """A secret that takes another one's place holds with SIGHUP; a file that is gone changes nothing."""
    fleet.up()
    hooks = Hooks(fleet, providers.Webhook)
    secret = fleet.dir / "providers" / "webhook.secret"
    status = fleet["status"]

    def tell():
        return hooks.tell("webhook", "acme/x.1.email.0", "passing")[0]

    assert tell() == 200
    secret.write_text("another\n")
    assert tell() == 200
    status.signal(signal.SIGHUP)
    fleet.wait(lambda: tell() == 401, 20, "the new secret is not known")
    secret.unlink()
    status.signal(signal.SIGHUP)
    fleet.wait(lambda: "ev=reload-failed" in status.text(), 20, "the file was not missed")
    assert tell() == 401
    secret.write_text(f"another\n{providers.SECRET}\n")
    status.signal(signal.SIGHUP)
    fleet.wait(lambda: tell() == 200, 20, "the former secret is not known again")


def test_codes_are_read_again(fleet):
    """A status that a provider has just invented is no end, and counted; with SIGHUP it is one. A slip in the file changes nothing."""
    fleet.up()
    own = fleet.dir / "descriptions"
    shutil.copytree(DESCRIPTIONS, own)
    hooks = Hooks(fleet, providers.Webhook, providers_dir=str(own))
    hooks.known["webhook"].words = {"new": "bounced"}
    status, (first, second) = fleet["status"], [sent(fleet) for _ in range(2)]
    description = (own / "webhook.yaml").read_text()

    def tell(event):
        return hooks.tell("webhook", f"{event.key}.1.email.0", "new")[0]

    def reload(more):
        (own / "webhook.yaml").write_text(description + more)
        status.signal(signal.SIGHUP)

    assert tell(first) == 200
    fleet.wait(lambda: status.metric("beckon_receipts_unknown_codes_total") == 1, 10, "it is not counted")
    assert "ev=unknown-code source=webhook code=bounced" in status.text()
    reload("    bounced: no_such_word\n")
    fleet.wait(lambda: "ev=reload-failed" in status.text(), 20, "the slip was not noticed")
    assert "receipt.statuses.bounced: each status: passing" in status.text()
    assert tell(first) == 200 and "undelivered" not in fleet.outcomes.words(first.invite)
    reload("    bounced: number_barred\n")
    fleet.wait(lambda: tell(first) == 200 and "undelivered" in fleet.outcomes.words(first.invite), 20, "it is not read again")
    assert fleet.await_outcome(first, "undelivered")["code"] == "number_barred"
    reload("    bounced: [\n")
    fleet.wait(lambda: status.text().count("ev=reload-failed") == 2, 20, "the second slip was not noticed")
    assert tell(second) == 200 and fleet.await_outcome(second, "undelivered")["code"] == "number_barred"


def test_bounces_by_mail(fleet):
    """beckon bounce, as a mail server pipes to it: what it tells counts, anything else is passed over."""
    fleet.up()
    gone, late, other = (sent(fleet) for _ in range(3))

    def bounce(mail, code=0):
        done = fleet.beckon("bounce", "--config", fleet.dir / "beckon.yaml", input=mail.decode(), check=False)
        assert done.returncode == code, done.stderr
        assert "@" not in done.stderr
        return done.stderr

    assert "told" in bounce(providers.dsn(envid(gone)))
    assert "passed over" in bounce(providers.dsn(envid(late), action="delayed", status="4.4.1", diagnostic="smtp; 451 x"))
    assert "told" in bounce(providers.dsn(None, message_id=message_id(other), status="5.7.1",
                                          diagnostic="smtp; 550 5.7.1 no"))
    assert "passed over" in bounce(b"Subject: out of office\n\nback on Monday\n")
    assert "not known yet" in bounce(providers.dsn(envid(gone, generation=9)))
    assert fleet.await_outcome(gone, "undelivered")["code"] == "mailbox_unknown"
    assert fleet.await_outcome(other, "undelivered")["code"] == "policy_blocked"
    assert not {"delivered", "undelivered"} & set(fleet.outcomes.words(late.invite))
    [row] = suppressed(fleet)
    assert row["record"]["code"] == "mailbox_unknown" and row["record"]["actor"] == "beckon/cli"


def test_after_redis_has_lost_its_memory(fleet):
    """What the rebuild knows of a mail is enough to find it by its receipt, and whom it suppresses."""
    fleet.up()
    hooks = Hooks(fleet, providers.Mailgun)
    events_ = [sent(fleet) for _ in range(2)]
    fleet.redis.wipe()
    fleet.wait(lambda: fleet["status"].metric("beckon_rebuilds_total") == 1, 30, "Redis was not made anew")
    fleet.wait(lambda: all(s.ready() for s in fleet.services), 30, "not all are ready")
    for event, word in zip(events_, ("delivered", "undelivered")):
        assert hooks.tell("mailgun", message_id(event), word) == (200, "")
        fleet.await_outcome(event, word)
    fleet.wait(lambda: [r["record"]["code"] for r in suppressed(fleet)] == ["mailbox_unknown"], 10, "not suppressed")
