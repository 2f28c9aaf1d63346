"""Receipts as providers send them: another implementation of what services/status/receipt*.c reads and believes.

Each provider makes a Call for a message id and a word ("delivered", "undelivered" ...) and signs it with the secret, or
the key, that `entry` puts into a file for the configuration.
"""
import base64
import datetime
import hashlib
import hmac
import json
import urllib.parse
import uuid
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

SECRET = "0123456789abcdef-receipts"
URL = "https://hooks.acme-corp.com/receipts/{name}"


@dataclass
class Call:
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    query: str = ""


def _hmac(digest, text, secret=SECRET):
    text = text.encode() if isinstance(text, str) else text
    return hmac.new(secret.encode(), text, digest)


def _form(fields):
    return urllib.parse.urlencode(fields).encode()


FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}


class Provider:
    """What all share; name is the entry's, format says how it speaks."""
    format, kind = "", "sms"
    words = {"delivered": "delivered", "undelivered": "failed", "passing": "sent"}
    failure = ("", "carrier_unknown")  # an error code of theirs, and ours

    def __init__(self, folder, name=None):
        self.folder, self.name = folder, name or self.format
        self.folder.mkdir(parents=True, exist_ok=True)

    def write(self, name, text):
        path = self.folder / f"{self.name}.{name}"
        path.write_text(text)
        return str(path)

    def entry(self):
        return {"name": self.name, "format": self.format, "secret_file": self.write("secret", SECRET + "\n")}

    def url(self, query=""):
        return URL.format(name=self.name) + (f"?{query}" if query else "")

    def call(self, ident, word, at, **more):
        raise NotImplementedError


class Twilio(Provider):
    format = "twilio"
    words = {"delivered": "delivered", "undelivered": "undelivered", "passing": "sent"}
    failure = ("30003", "handset_unreachable")

    def entry(self):
        return super().entry() | {"url": self.url()}

    def call(self, ident, word, at, error=None, query=""):
        fields = {"MessageSid": ident, "MessageStatus": self.words[word], "To": "+79051111111", "AccountSid": "AC1"}
        if word == "undelivered":
            fields["ErrorCode"] = error or self.failure[0]
        text = self.url(query) + "".join(k + v for k, v in sorted(fields.items()))
        signature = base64.b64encode(_hmac("sha1", text).digest()).decode()
        return Call(_form(fields), FORM | {"x-twilio-signature": signature}, query)


class Vonage(Provider):
    format = "vonage"
    failure = ("4", "number_barred")
    method = "sha256"

    def call(self, ident, word, at, error=None, query=""):
        fields = {"messageId": ident, "status": self.words[word], "err-code": "0", "msisdn": "79051111111",
                  "scts": "2203", "price": "0.05&=x", "timestamp": str(int(at)), "nonce": str(uuid.uuid4())}
        if word == "undelivered":
            fields["err-code"] = error or self.failure[0]
        text = "".join(f"&{k}=" + v.replace("&", "_").replace("=", "_") for k, v in sorted(fields.items()))
        if self.method == "md5hash":
            signature = hashlib.md5((text + SECRET).encode()).hexdigest()
        else:
            signature = _hmac(self.method, text).hexdigest().upper()
        body = json.dumps(fields | {"sig": signature}).encode()
        return Call(body, JSON)


class VonageMd5(Vonage):
    method = "md5hash"


class Bird(Provider):
    format = "messagebird"
    words = {"delivered": "delivered", "undelivered": "delivery_failed", "passing": "buffered"}
    failure = ("1", "handset_unknown")

    def entry(self):
        return super().entry() | {"url": self.url()}

    def call(self, ident, word, at, error=None, query="", body=b""):
        fields = {"id": ident, "status": self.words[word], "recipient": "79051111111"}
        if word == "undelivered":
            fields["statusErrorCode"] = error or self.failure[0]
        query = urllib.parse.urlencode(fields)
        claims = {"iss": "MessageBird", "nbf": int(at), "exp": int(at) + 30, "jti": str(uuid.uuid4()),
                  "url_hash": hashlib.sha256(self.url(query).encode()).hexdigest()}
        if body:
            claims["payload_hash"] = hashlib.sha256(body).hexdigest()
        parts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode()
                 for p in ({"alg": "HS256", "typ": "JWT"}, claims)]
        mac = _hmac("sha256", ".".join(parts)).digest()
        parts.append(base64.urlsafe_b64encode(mac).rstrip(b"=").decode())
        return Call(body, (JSON if body else {}) | {"messagebird-signature-jwt": ".".join(parts)}, query)


class Smsc(Provider):
    format = "smsc"
    words = {"delivered": "1", "undelivered": "20", "passing": "0"}
    failure = ("13", "number_barred")

    def call(self, ident, word, at, error=None, query=""):
        fields = {"id": ident, "phone": "79051111111", "status": self.words[word], "time": "", "ts": str(int(at))}
        if word == "undelivered":
            fields["err"] = error or self.failure[0]
        text = ":".join([fields["id"], fields["phone"], fields["status"], SECRET])
        fields["sha1"] = hashlib.sha1(text.encode()).hexdigest()
        return Call(_form(fields), FORM)


class SmsRu(Provider):
    format = "smsru"
    words = {"delivered": "103", "undelivered": "106", "passing": "102"}
    failure = ("106", "handset_unreachable")

    def call(self, ident, word, at, error=None, query=""):
        data = [f"sms_status\n{ident}\n{self.words[word]}\n{int(at)}", "callcheck_status\n1\n401\n0"]
        text = SECRET + "".join(data)
        fields = {f"data[{i}]": one for i, one in enumerate(data)}
        fields["hash"] = hashlib.sha256(text.encode()).hexdigest()
        return Call(_form(fields), FORM)


class Kannel(Provider):
    format = "kannel"
    words = {"delivered": "1", "undelivered": "2", "passing": "8"}

    def call(self, ident, word, at, error=None, query=""):
        key = "delivery" if "/" in ident else "id"
        return Call(b"", {}, urllib.parse.urlencode({"token": SECRET, key: ident, "status": self.words[word]}))


class Webhook(Provider):
    format = "webhook"
    words = {"delivered": "delivered", "undelivered": "undelivered", "passing": "sent", "complaint": "complaint",
             "opted_out": "opted_out"}
    failure = ("handset_unknown", "handset_unknown")

    def call(self, ident, word, at, error=None, query=""):
        data = {"delivery" if "/" in ident else "id": ident, "status": self.words[word]}
        if word == "undelivered":
            data["code"] = error or self.failure[0]
        body = json.dumps(data)
        call_id = f"msg_{uuid.uuid4()}"
        mac = base64.b64encode(_hmac("sha256", f"{call_id}.{int(at)}.{body}").digest()).decode()
        return Call(body.encode(), JSON | {"webhook-id": call_id, "webhook-timestamp": str(int(at)),
                                           "webhook-signature": f"v1,AAAA v1,{mac}"})


# ---- e-mail: ident is a Message-ID of ours with its brackets, or what the service calls the message ----

class Mail(Provider):
    kind = "email"

    @staticmethod
    def ours(ident):
        return ident.startswith("<")


class SendGrid(Mail):
    format = "sendgrid"
    failure = ("bounce", "mailbox_unknown")

    def __init__(self, folder, name=None):
        super().__init__(folder, name)
        self.key = ec.generate_private_key(ec.SECP256R1())

    def entry(self):
        public = self.key.public_key().public_bytes(serialization.Encoding.DER,
                                                    serialization.PublicFormat.SubjectPublicKeyInfo)
        return {"name": self.name, "format": self.format,
                "key_file": self.write("key", base64.b64encode(public).decode() + "\n")}

    def event(self, ident, word, error):
        event = {"email": "anna@acme-corp.com", "sg_event_id": uuid.uuid4().hex, "timestamp": 1,
                 "event": {"delivered": "delivered", "passing": "deferred", "complaint": "spamreport",
                           "opted_out": "unsubscribe", "undelivered": "bounce"}[word]}
        event |= {"smtp-id": ident} if self.ours(ident) else {"sg_message_id": f"{ident}.filter0001.16648.5515E0B88.0"}
        if word == "undelivered":
            event |= {"status": "5.1.1", "reason": "550 5.1.1 no such user <anna@acme-corp.com>",
                      "type": "blocked" if error == "blocked" else "bounce"}
        return event

    def call(self, ident, word, at, error=None, query="", count=1):
        body = json.dumps([self.event(ident, word, error)] * count).encode()
        stamp = str(int(at))
        signature = self.key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return Call(body, JSON | {"x-twilio-email-event-webhook-timestamp": stamp,
                                  "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode()})


class Mailgun(Mail):
    format = "mailgun"
    failure = ("permanent", "mailbox_unknown")

    def call(self, ident, word, at, error=None, query=""):
        event = {"delivered": "delivered", "undelivered": "failed", "passing": "failed", "complaint": "complained",
                 "opted_out": "unsubscribed"}[word]
        data = {"event": event, "message": {"headers": {"message-id": ident.strip("<>")}},
                "recipient": "anna@acme-corp.com"}
        if event == "failed":
            data |= {"severity": "permanent" if word == "undelivered" else "temporary", "reason": error or "bounce",
                     "delivery-status": {"code": 550, "enhanced-code": "5.1.1", "message": "5.1.1 no such user"}}
        stamp, token = str(int(at)), uuid.uuid4().hex + uuid.uuid4().hex[:18]
        signature = {"timestamp": stamp, "token": token, "signature": _hmac("sha256", stamp + token).hexdigest()}
        return Call(json.dumps({"signature": signature, "event-data": data}).encode(), JSON)


class Postmark(Mail):
    format = "postmark"
    failure = ("HardBounce", "mailbox_unknown")

    def entry(self):
        return super().entry() | {"username": "postmark"}

    def call(self, ident, word, at, error=None, query=""):
        data = {"MessageID": ident, "Email": "anna@acme-corp.com",
                "RecordType": {"delivered": "Delivery", "complaint": "SpamComplaint"}.get(word, "Bounce")}
        if data["RecordType"] == "Bounce":
            data["Type"] = {"passing": "Transient", "opted_out": "Unsubscribe"}.get(word, error or self.failure[0])
        login = base64.b64encode(f"postmark:{SECRET}".encode()).decode()
        return Call(json.dumps(data).encode(), JSON | {"authorization": f"Basic {login}"})


class Sns(Provider):
    """AWS: SMS told through SNS, as its end user messaging does."""
    format = "sns"
    failure = ("BLOCKED", "number_barred")
    topic = "arn:aws:sns:eu-west-1:123456789012:receipts"
    version = "2"

    def __init__(self, folder, name=None):
        super().__init__(folder, name)
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    certificate_url = None  # where no key is given

    def certificate(self):
        """As PEM."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        now = datetime.datetime.now(datetime.timezone.utc)
        certificate = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
                       .public_key(self.key.public_key()).serial_number(1)
                       .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=30))
                       .sign(self.key, hashes.SHA256()))
        return certificate.public_bytes(serialization.Encoding.PEM)

    def entry(self):
        entry = {"name": self.name, "format": self.format, "topic": self.topic}
        return entry if self.certificate_url else entry | {"key_file": self.write("pem", self.certificate().decode())}

    def subscription(self, at, url):
        """What SNS sends first: nothing is told before somebody has opened the URL."""
        stamp = datetime.datetime.fromtimestamp(int(at), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        note = {"Type": "SubscriptionConfirmation", "MessageId": str(uuid.uuid4()), "TopicArn": self.topic, "Token": "0f",
                "Timestamp": stamp, "Message": "You have chosen to subscribe", "SubscribeURL": url, "SignatureVersion": "2"}
        names = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
        text = "".join(f"{k}\n{note[k]}\n" for k in names)
        note["Signature"] = base64.b64encode(self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
        return Call(json.dumps(note).encode(), {"content-type": "text/plain; charset=UTF-8"})

    def message(self, ident, word, error):
        status = {"delivered": "DELIVERED", "passing": "PENDING", "undelivered": error or self.failure[0]}[word]
        return {"eventType": "TEXT_X", "messageId": ident, "messageStatus": status, "isFinal": True}

    def call(self, ident, word, at, error=None, query=""):
        stamp = datetime.datetime.fromtimestamp(int(at), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        note = {"Type": "Notification", "MessageId": str(uuid.uuid4()), "TopicArn": self.topic, "Timestamp": stamp,
                "Message": json.dumps(self.message(ident, word, error)), "SignatureVersion": self.version}
        if self.certificate_url:
            note["SigningCertURL"] = self.certificate_url
        text = "".join(f"{k}\n{note[k]}\n" for k in ("Message", "MessageId", "Timestamp", "TopicArn", "Type"))
        digest = hashes.SHA1() if self.version == "1" else hashes.SHA256()
        note["Signature"] = base64.b64encode(self.key.sign(text.encode(), padding.PKCS1v15(), digest)).decode()
        return Call(json.dumps(note).encode(), {"content-type": "text/plain; charset=UTF-8"})


class Ses(Sns):
    format, kind = "ses", "email"
    failure = ("General", "mailbox_unknown")
    version = "1"

    def message(self, ident, word, error):
        kinds = {"delivered": "Delivery", "undelivered": "Bounce", "passing": "DeliveryDelay", "complaint": "Complaint"}
        mail = {"messageId": ident, "headers": []}
        if ident.startswith("<"):
            mail = {"messageId": "0100018c-ses", "headers": [{"name": "Message-ID", "value": ident}]}
        told = {"notificationType": kinds[word], "mail": mail}
        if word == "undelivered":
            passing = error == "Transient"
            told["bounce"] = {"bounceType": "Transient" if passing else "Permanent",
                              "bounceSubType": "General" if passing else error or "General", "bouncedRecipients": [
                {"emailAddress": "anna@acme-corp.com", "status": "5.1.1",
                 "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]}
        return told


ALL = [Twilio, Vonage, VonageMd5, Bird, Smsc, SmsRu, Kannel, Webhook, Sns, Ses, SendGrid, Mailgun, Postmark]


# ---- mails ----

def dsn(envid, action="failed", status="5.1.1", diagnostic="smtp; 550 5.1.1 <anna@acme-corp.com>: user unknown",
        message_id=None):
    """RFC 3464; envid None: only the returned headers tell which message it is about."""
    fields = "Reporting-MTA: dns; mx.acme-corp.com\r\n"
    if envid:
        fields += f"Original-Envelope-Id: {envid}\r\n"
    recipient = (f"Original-Recipient: rfc822;anna@acme-corp.com\r\nFinal-Recipient: rfc822; anna@acme-corp.com\r\n"
                 f"Action: {action}\r\nStatus: {status}\r\n"
                 f"Diagnostic-Code: {diagnostic[:20]}\r\n {diagnostic[20:]}\r\n")
    returned = f"From: invites@acme-corp.com\r\nMessage-ID: {message_id}\r\n" if message_id else "From: a@b.org\r\n"
    return ("From: MAILER-DAEMON@mx.acme-corp.com\r\nTo: bounces@acme-corp.com\r\nSubject: Undelivered\r\n"
            "MIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="XX"\r\n\r\n'
            "--XX\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
            f"--XX\r\nContent-Type: message/delivery-status\r\n\r\n{fields}\r\n{recipient}\r\n"
            f"--XX\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n--XX--\r\n").encode()


def complaint(message_id):
    """RFC 5965."""
    return ("From: fbl@acme-corp.com\r\nTo: abuse@acme-corp.com\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=feedback-report; boundary="YY"\r\n\r\n'
            "--YY\r\nContent-Type: text/plain\r\n\r\nThis is spam.\r\n"
            "--YY\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n\r\n"
            f"--YY\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {message_id}\r\nSubject: x\r\n\r\nHello\r\n"
            "--YY--\r\n").encode()
