"""beckon check-receipt: what providers tell is believed when it is theirs, and understood; nothing else is."""
import base64
import hashlib
import json
import socket
import subprocess
import time
from pathlib import Path

import certs
import providers
import pytest
import snsd
import yaml
from fleet import program
from providers import Call

OURS = base64.b32encode(hashlib.sha256(b"acme/i1.1.email.0").digest()).decode().lower().rstrip("=")
MESSAGE_ID = f"<{OURS}@acme-corp.com>"
NOW = 1_760_000_000
DESCRIPTIONS = Path(__file__).resolve().parents[2] / "deploy" / "providers"


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def argv_of(entry, call, now, descriptions):
    argv = [program("beckon"), "check-receipt", "--provider", entry["name"], "--now", stamp(now), f"--query={call.query}",
            "--set", f"providers_dir={descriptions}"]
    for name, value in entry.items():
        if name != "name":
            argv.append(f"--{name.replace('_', '-')}={value}")
    for name, value in call.headers.items():
        argv += ["--header", f"{name}: {value}"]
    return [*argv, "-"]


def check(entry, call, now=NOW, descriptions=DESCRIPTIONS):
    """The lines that are printed, tabs as spaces."""
    done = subprocess.run(argv_of(entry, call, now, descriptions), input=call.body, capture_output=True, timeout=20)
    assert done.returncode in (0, 1), done.stderr
    assert (done.returncode == 0) == (b"bad" not in done.stdout)
    return done.stdout.decode().replace("\t", " ").splitlines()


@pytest.fixture(params=providers.ALL, ids=lambda p: p.__name__)
def provider(request, tmp_path):
    return request.param(tmp_path)


def ident(provider):
    return MESSAGE_ID if provider.kind == "email" and provider.format != "postmark" else "SM0123-id"


def test_what_is_theirs_is_understood(provider):
    entry = provider.entry()
    assert check(entry, provider.call(ident(provider), "delivered", NOW)) == ["ok delivered -"]
    assert check(entry, provider.call(ident(provider), "passing", NOW)) == ["ok passing -"]
    told = check(entry, provider.call(ident(provider), "undelivered", NOW))
    assert told[0].startswith(f"ok undelivered {provider.failure[1]}")
    dead = provider.failure[1] in ("mailbox_unknown", "handset_unknown") and provider.format != "webhook"
    assert told[0].endswith(" failed") == dead


def other_signature(value):
    """A letter in the middle of it is another one: as long, and as well written."""
    return value if len(value) < 24 else value[:-20] + ("b" if value[-20] == "a" else "a") + value[-19:]


def test_what_is_changed_is_refused(provider):
    entry = provider.entry()
    good = provider.call(ident(provider), "delivered", NOW)
    tampered = [Call(good.body, {k: v[:-3] + ("aaa" if not v.endswith("aaa") else "bbb") for k, v in good.headers.items()
                                 if k != "content-type"} | {"content-type": good.headers.get("content-type", "")},
                     good.query.replace(providers.SECRET, "x")),
                Call(good.body, {"content-type": good.headers.get("content-type", "")}, good.query.replace("token", "t"))]
    if provider.format in ("smsc", "smsru", "vonage"):  # their proof is among the fields
        tampered = [Call(good.body.replace(b"SM0123", b"SM0124"), good.headers)]
    if provider.format == "mailgun":
        tampered = [Call(good.body.replace(b'"token": "', b'"token": "0'), good.headers)]
    if provider.format in ("sns", "ses"):
        tampered = [Call(good.body.replace(b"messageId", b"messageid"), good.headers),
                    Call(good.body.replace(b":receipts", b":other"), good.headers)]
    if provider.format == "messagebird":  # its token names the URL
        tampered.append(Call(good.body, good.headers, good.query.replace("SM0123", "SM0124")))
    if provider.format == "postmark":
        login = base64.b64encode(f"somebody:{providers.SECRET}".encode()).decode()
        tampered.append(Call(good.body, good.headers | {"authorization": f"Basic {login}"}))
    headers = {k: v if k == "content-type" else other_signature(v) for k, v in good.headers.items()}
    if headers != good.headers:
        tampered.append(Call(good.body, headers, good.query))
    for call in tampered:
        assert check(entry, call) == ["bad auth_failed"]


def test_a_token_is_for_one_body(tmp_path):
    """A JWT vouches for the body whose hash it names, and for none where it names none."""
    provider = providers.Bird(tmp_path)
    body = json.dumps({"id": "SM0123-id", "status": "delivered"}).encode()
    call = provider.call("SM0123-id", "delivered", NOW, body=body)
    assert check(provider.entry(), call) == ["ok delivered -"]
    assert check(provider.entry(), Call(body.replace(b"0123", b"0124"), call.headers, call.query)) == ["bad auth_failed"]
    bare = provider.call("SM0123-id", "delivered", NOW)
    assert check(provider.entry(), Call(body, call.headers | bare.headers, bare.query)) == ["bad auth_failed"]


def test_a_topic_of_others(tmp_path):
    """AWS signs what anybody's topic tells; only what ours tells is believed."""
    for make in (providers.Sns, providers.Ses):
        provider = make(tmp_path)
        call = provider.call(ident(provider), "delivered", NOW)
        assert check(provider.entry(), call) == ["ok delivered -"]
        assert check({**provider.entry(), "topic": provider.entry()["topic"] + "-2"}, call) == ["bad auth_failed"]


# What the others sign bears no time: repeating it changes nothing.
TIMED = [p for p in providers.ALL if p.format not in ("twilio", "smsc", "smsru", "kannel", "postmark")]


@pytest.mark.parametrize("make", TIMED, ids=lambda p: p.__name__)
def test_what_was_signed_long_ago_is_refused(make, tmp_path):
    provider = make(tmp_path)
    entry, call = provider.entry(), provider.call(ident(provider), "delivered", NOW)
    window = 3600 if provider.format in ("sns", "ses") else 300
    edge = 29 if provider.format == "messagebird" else window - 1
    assert check(entry, call, NOW + edge) == ["ok delivered -"]
    assert check(entry, call, NOW + window + 61) == ["bad auth_failed"]
    assert check(entry, call, NOW - window - 61) == ["bad auth_failed"]
    if provider.format == "messagebird":  # which ends sooner than the window, but for what clocks may differ by
        assert check(entry, call, NOW + 30 + 60) == ["bad auth_failed"]


def test_what_is_broken_is_refused(provider):
    entry, good = provider.entry(), provider.call(ident(provider), "delivered", NOW)
    for body in (b"\x00", b"%zz", b"{", b"[[[[", b"\xff\xfe=%00", good.body[:-1] + b"\x00" + good.body[-1:]):
        told = check(entry, Call(body, good.headers, good.query if good.body else "%"))
        assert told in (["bad schema_invalid"], ["bad auth_failed"])


def test_two_secrets_while_one_takes_the_others_place(tmp_path):
    provider = providers.Webhook(tmp_path)
    entry = provider.entry()
    (tmp_path / "webhook.secret").write_text(f"another-one\n{providers.SECRET}\n")
    assert check(entry, provider.call("id1", "delivered", NOW)) == ["ok delivered -"]


# ---- vectors that their makers publish ----

def test_vectors_of_others(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("whsec_plJ3nmyCDGBKInavdOK15jsl\n")
    entry = {"name": "webhook", "secret_file": str(secret)}
    call = Call(b'{"event_type":"ping","data":{"success":true}}',
                {"webhook-id": "msg_loFOjxBNrRLzqYUf", "webhook-timestamp": "1731705121",
                 "webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="})
    assert check(entry, call, 1731705121) == ["bad schema_invalid"]  # it is genuine, and tells nothing
    assert check(entry, call, 1731705121 + 301) == ["bad auth_failed"]

    secret.write_text("12345")
    entry = {"name": "twilio", "secret_file": str(secret), "url": "https://mycompany.com/myapp.php"}
    call = Call(b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212",
                {"x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}, "foo=1&bar=2")
    assert check(entry, call) == ["bad schema_invalid"]

    secret.write_text("secret")
    call = Call(b"a=1&b=2&timestamp=1461605396&sig=6af838ef94998832dbfc29020b564830")
    assert check({"name": "vonage", "secret_file": str(secret)}, call, 1461605396) == ["bad schema_invalid"]


def test_a_subscription_of_sns(tmp_path):
    """It tells nothing yet; a URL that is not AWS' is refused, whoever signed it."""
    for make in (providers.Sns, providers.Ses):
        provider = make(tmp_path)
        entry = provider.entry()
        good = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=0f"
        assert check(entry, provider.subscription(NOW, good)) == []
        for bad in ("https://evil.org/", "http://sns.eu-west-1.amazonaws.com/", "https://sns.evil.org/.amazonaws.com/",
                    "https://sns.eu-west-1.amazonaws.com.evil.org/", 'https://sns.x.amazonaws.com/"x'):
            assert check(entry, provider.subscription(NOW, bad)) == ["bad schema_invalid"], bad


# ---- certificates that are fetched ----

@pytest.fixture
def sns(tmp_path):
    """(host, provider, entry): a host with a certificate of its name, and what SNS signs with."""
    authority = certs.Authority(tmp_path / "ca")
    host = snsd.Sns(authority.sign(snsd.HOST))
    provider = providers.Sns(tmp_path)
    provider.certificate_url = snsd.certificate_url()
    host.serve(provider.certificate_url, provider.certificate())
    yield host, provider, provider.entry() | {"proxy": host.proxy, "ca_file": str(authority.file)}
    host.close()


def test_a_certificate_is_fetched_from_its_host(sns):
    host, provider, entry = sns
    assert check(entry, provider.call("id1", "delivered", NOW)) == ["ok delivered -"]
    assert (host.proxied, host.asked) == ([f"{snsd.HOST}:443"], ["/SimpleNotificationService-0123abcd.pem"])
    call = provider.call("id1", "delivered", NOW)
    assert check(entry, Call(call.body.replace(b"DELIVERED", b"BLOCKED"), call.headers)) == ["bad auth_failed"]
    provider.certificate_url = snsd.certificate_url("ffff")  # there is none
    assert check(entry, provider.call("id1", "delivered", NOW)) == ["bad auth_failed"]


def test_nothing_is_asked_of_other_hosts(sns):
    """Whatever a message names as its certificate: not one connection but to SNS in the topic's region."""
    host, provider, entry = sns
    name = snsd.certificate_url()[len(f"https://{snsd.HOST}"):]
    for url in ("https://127.0.0.1" + name, "http://" + snsd.HOST + name, "https://sns.us-east-1.amazonaws.com" + name,
                f"https://{snsd.HOST}.evil.org{name}", f"https://{snsd.HOST}@evil.org{name}",
                f"https://{snsd.HOST}:8443{name}", f"https://{snsd.HOST}/other.pem", f"https://{snsd.HOST}{name}?x=.pem",
                f"https://{snsd.HOST}/x/..{name}", f"https://{snsd.HOST}/SimpleNotificationService-{'a' * 65}.pem",
                f"https://{snsd.HOST}/SimpleNotificationService-.pem", "file:///etc/passwd", ""):
        provider.certificate_url = url or " "
        assert check(entry, provider.call("id1", "delivered", NOW)) == ["bad auth_failed"], url
    provider.certificate_url = snsd.certificate_url()
    call = provider.call("id1", "delivered", NOW)
    for wrong in (Call(call.body.replace(b":receipts", b":others"), call.headers), provider.call("x", "delivered", NOW - 9999)):
        assert check(entry, wrong) == ["bad auth_failed"]
    assert host.proxied == []


@pytest.mark.parametrize("what", ["not trusted", "another name", "expired"])
def test_a_host_that_is_not_sns_is_not_believed(sns, tmp_path, what):
    _, provider, entry = sns
    authority = certs.Authority(tmp_path / "other")
    certificate = {"not trusted": lambda: authority.sign(snsd.HOST), "another name": lambda: authority.sign("sns.evil.org"),
                   "expired": lambda: authority.sign(snsd.HOST, days=-1)}[what]()
    host = snsd.Sns(certificate)
    host.serve(provider.certificate_url, provider.certificate())
    trusted = entry["ca_file"] if what == "not trusted" else str(authority.file)
    assert check(entry | {"proxy": host.proxy, "ca_file": trusted}, provider.call("id1", "delivered", NOW)) == ["bad auth_failed"]
    assert host.asked == [] and len(host.proxied) == 1
    host.close()


def test_what_a_host_may_answer(sns):
    """Too much, nonsense, a redirection: none is a certificate, and none is followed."""
    host, provider, entry = sns
    path = "/SimpleNotificationService-0123abcd.pem"
    other = (200, provider.certificate())
    for page in ((200, provider.certificate() + b" " * 70000), (200, b"<html>"), (500, provider.certificate()),
                 (302, b"", snsd.certificate_url("cdef"))):
        host.pages = {path: page, "/SimpleNotificationService-cdef.pem": other}
        assert check(entry, provider.call("id1", "delivered", NOW)) == ["bad auth_failed"]
    assert set(host.asked) == {path}
    host.pages[path] = other
    assert check(entry, provider.call("id1", "delivered", NOW)) == ["ok delivered -"]


# ---- e-mail ----

def test_what_happens_to_mails(tmp_path):
    rows = [
        (providers.SendGrid, "complaint", None, "ok delivered - complaint"),
        (providers.SendGrid, "opted_out", None, "ok delivered - opted_out"),
        (providers.SendGrid, "undelivered", "blocked", "ok undelivered mailbox_unknown"),
        (providers.Mailgun, "complaint", None, "ok delivered - complaint"),
        (providers.Mailgun, "opted_out", None, "ok delivered - opted_out"),
        (providers.Mailgun, "undelivered", "suppress-bounce", "ok undelivered suppressed"),
        (providers.Postmark, "complaint", None, "ok delivered - complaint"),
        (providers.Postmark, "opted_out", None, "ok delivered - opted_out"),
        (providers.Postmark, "undelivered", "SpamNotification", "ok undelivered content_rejected"),
        (providers.Ses, "complaint", None, "ok delivered - complaint"),
        (providers.Ses, "undelivered", "MessageTooLarge", "ok undelivered too_large"),
        (providers.Ses, "undelivered", "Transient", "ok undelivered mailbox_unknown"),
        (providers.Ses, "undelivered", "NoEmail", "ok undelivered mailbox_unknown failed"),
    ]
    for make, word, error, told in rows:
        provider = make(tmp_path)
        assert check(provider.entry(), provider.call(MESSAGE_ID, word, NOW, error=error)) == [told], make


# ---- SMS ----

def test_what_happens_to_numbers(tmp_path):
    rows = [
        (providers.Twilio, "21610", "suppressed opted_out"),
        (providers.Twilio, "30007", "content_rejected"),
        (providers.Bird, "103", "suppressed opted_out"),
        (providers.Sns, "OPTED_OUT", "suppressed opted_out"),
        (providers.Sns, "INVALID", "handset_unknown failed"),
        (providers.Sns, "TTL_EXPIRED", "retries_exhausted"),
        (providers.Smsc, "1", "handset_unknown failed"),
        (providers.Vonage, "6", "content_rejected"),
        (providers.Vonage, "no-such-code", "carrier_unknown"),
    ]
    for make, error, told in rows:
        provider = make(tmp_path)
        assert check(provider.entry(), provider.call("id1", "undelivered", NOW, error=error)) == [f"ok undelivered {told}"], make
    said_no = providers.Webhook(tmp_path).call("id1", "opted_out", NOW)
    assert check(providers.Webhook(tmp_path).entry(), said_no)[0].endswith(" opted_out")


def test_no_more_than_are_read(tmp_path):
    """A call of more receipts than anybody sends at once is refused whole."""
    provider = providers.SendGrid(tmp_path)
    for n, told in ((2048, ["ok delivered -"] * 2048), (2049, ["bad schema_invalid"])):
        call = provider.call(MESSAGE_ID, "delivered", NOW, count=n)  # RECEIPTS_MAX
        assert check(provider.entry(), call) == told


def test_a_code_means_the_same_at_once_and_later(tmp_path):
    """Twilio tells one code in its answer and in its receipt: who reads either reads the same."""
    provider = providers.Twilio(tmp_path)
    meanings = yaml.safe_load((DESCRIPTIONS / "twilio.yaml").read_text())["codes"]
    assert len(meanings) > 20
    for code, meaning in meanings.items():
        _, _, told, *_ = check(provider.entry(), provider.call("id1", "undelivered", NOW, error=code))[0].split()
        assert told in (meaning, "carrier_unknown"), code


def test_words_of_another_description(tmp_path):
    """`like` names whose statuses and codes an entry's are; a description that says nothing of receipts is refused."""
    provider = providers.Smsc(tmp_path)
    (tmp_path / "acme.yaml").write_text('receipt:\n  statuses: {"20": undelivered}\n  codes: {"13": content_rejected}\n')
    (tmp_path / "mute.yaml").write_text("url: https://sms.example/\n")
    call = provider.call("id1", "undelivered", NOW)
    assert check(provider.entry() | {"like": "acme"}, call, descriptions=tmp_path) == ["ok undelivered content_rejected"]
    assert check(provider.entry(), call) == ["ok undelivered number_barred"]
    assert check(provider.entry() | {"like": "acme"}, provider.call("id1", "delivered", NOW), descriptions=tmp_path) == ["ok passing -"]
    for more, said in (({"like": "mute"}, "mute.yaml: receipt.statuses: missing"), ({"like": "nobody"}, "nobody.yaml"),
                       ({"like": "../acme"}, "like: the name of a description"), ({}, "smsc.yaml")):
        done = subprocess.run(argv_of(provider.entry() | more, call, NOW, tmp_path), input=call.body, capture_output=True, timeout=20)
        assert done.returncode == 78 and said in done.stderr.decode(), (more, done)
    mail = providers.Postmark(tmp_path)
    done = subprocess.run(argv_of(mail.entry() | {"like": "acme"}, call, NOW, tmp_path), input=b"{}", capture_output=True, timeout=20)
    assert done.returncode == 78 and b"of a format for SMS" in done.stderr, done


# ---- mails ----

def read_mail(mail, **piped):
    done = subprocess.run([program("beckon"), "check-receipt", "--provider", "dsn", "-"], capture_output=True, timeout=20,
                          **(piped or {"input": mail}))
    return done.stdout.decode().strip().replace("\t", " ")


def test_delivery_status_mails():
    rows = [
        ({}, "ok undelivered mailbox_unknown failed"),
        ({"action": "delayed", "status": "4.4.1", "diagnostic": "smtp; 451 later"}, "ok passing -"),
        ({"action": "relayed", "status": "2.0.0"}, "ok passing -"),
        ({"action": "delivered", "status": "2.0.0", "diagnostic": "smtp; 250 ok"}, "ok delivered -"),
        ({"status": "5.7.1", "diagnostic": "smtp; 550 5.7.1 rejected by policy"}, "ok undelivered policy_blocked"),
        ({"status": "5.2.2", "diagnostic": "smtp; 552 5.2.2 mailbox full"}, "ok undelivered mailbox_full"),
        ({"status": "4.4.7", "diagnostic": "X-Postfix; delivery temporarily suspended: connect timed out"},
         "ok undelivered retries_exhausted"),
        ({"status": "5.4.4", "diagnostic": "X-Postfix; Host or domain name not found"},
         "ok undelivered email_domain_invalid"),
    ]
    for what, told in rows:
        assert read_mail(providers.dsn(OURS, **what)) == told, what
    assert read_mail(providers.dsn(None, message_id=MESSAGE_ID)) == "ok undelivered mailbox_unknown failed"
    assert read_mail(providers.dsn(f"<{OURS}>")) == "ok undelivered mailbox_unknown failed"  # as libcurl writes it
    assert read_mail(providers.dsn(OURS).replace(b"\r\n", b"\n")) == "ok undelivered mailbox_unknown failed"
    assert read_mail(providers.complaint(MESSAGE_ID)) == "ok delivered - complaint"
    assert read_mail(providers.dsn("somebody-elses", message_id="<x@y.org>")) == "bad schema_invalid"
    ours, theirs = socket.socketpair()  # which cannot be opened by a name
    theirs.sendall(providers.dsn(OURS))
    theirs.close()
    with ours:
        assert read_mail(None, stdin=ours) == "ok undelivered mailbox_unknown failed"
    assert read_mail(b"Subject: out of office\r\n\r\nback on Monday\r\n") == "bad schema_invalid"
    assert read_mail(b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" * 200) == "bad schema_invalid"
