"""By what each SMS provider knows its customer, and what it answers to anybody else."""
import base64
import hashlib
import hmac
import re

SECRET = "s3cr3t-key-of-a-provider"
SETTINGS = {"twilio": {"account": "AC0123"}, "vonage": {"key_id": "kid"}, "smsc": {"login": 79051},
            "sns": {"region": "eu-west-1", "access_key": "AKIDEXAMPLE"}, "kannel": {"user": "tester"}}


def _signed(message):
    """AWS' signature, version 4, of another make than libcurl's."""
    told = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=(\S+?)/(\d{8})/(\S+?)/sns/aws4_request, SignedHeaders=(\S+), "
                        r"Signature=([0-9a-f]{64})", message.headers.get("authorization", ""))
    if not told or (told[1], told[3]) != (SETTINGS["sns"]["access_key"], SETTINGS["sns"]["region"]):
        return False
    _, date, region, names, signature = told.groups()
    shown = message.headers
    signed = "".join(f"{name}:{shown[name].strip()}\n" for name in names.split(";"))
    assert {"host", "x-amz-date"} <= set(names.split(";")) and shown["x-amz-date"].startswith(date)
    canonical = "\n".join([message.method, message.path, "", signed, names, hashlib.sha256(message.body).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", shown["x-amz-date"], f"{date}/{region}/sns/aws4_request",
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{SECRET}".encode()
    for part in (date, region, "sns", "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(key.hex(), signature)


def _header(text):
    return lambda message: message.headers.get("authorization") == text


def _fields(**wanted):
    return lambda message: all(message.fields.get(name) == value for name, value in wanted.items())


_BASIC = base64.b64encode(f"{SETTINGS['twilio']['account']}:{SECRET}".encode()).decode()
_GENUINE = {
    "twilio": _header(f"Basic {_BASIC}"),
    "vonage": _fields(api_key="kid", api_secret=SECRET),
    "sns": _signed,
    "messagebird": _header(f"AccessKey {SECRET}"),
    "smsc": _fields(login="79051", psw=SECRET),
    "smsru": _fields(api_id=SECRET),
    "kannel": _fields(username="tester", password=SECRET),
    "webhook": _header(f"Bearer {SECRET}"),
}
_REFUSED = {
    "twilio": (401, {"code": 20003, "message": "Authenticate", "status": 401}),
    "vonage": (200, {"message-count": "1", "messages": [{"status": "4", "error-text": "Bad Credentials"}]}),
    "sns": (403, "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code></Error></ErrorResponse>"),
    "messagebird": (401, {"errors": [{"code": 2, "description": "Request not allowed"}]}),
    "smsc": (200, {"error": "authorise error", "error_code": 2}),
    "smsru": (200, {"status": "ERROR", "status_code": 200}),
    "kannel": (403, "Authorization failed for sendsms"),
    "webhook": (401, {"error": "auth_failed"}),
}


def refusal(message):
    """(status, body) for whoever is not the customer; else None."""
    return None if _GENUINE[message.provider](message) else _REFUSED[message.provider]
