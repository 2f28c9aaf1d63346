"""SMS gateways under our control: an HTTP server that answers as the providers' documents say, or as a story wants.

A provider is a path of its own (/twilio/…), so one server plays all of them. What came is kept, read as the
provider would read it; who does not show the provider's secret (smsauth.py) is refused. Rules go before the usual answer: per provider, and so many times.
"""
import http.server
import itertools
import json
import socket
import threading
import time
import urllib.parse
import xml.sax.saxutils

import smsauth

NAMES = ("twilio", "vonage", "sns", "messagebird", "smsc", "smsru", "kannel", "webhook")


class Message:
    """A request as its provider understands it."""

    def __init__(self, provider, method, path, headers, body):
        self.provider, self.method, self.path, self.headers, self.body = provider, method, path, headers, body
        self.at = time.monotonic()
        query = urllib.parse.urlsplit(path).query if method == "GET" else None
        if headers.get("content-type", "").startswith("application/json"):
            self.fields = json.loads(body)
        else:
            self.fields = dict(urllib.parse.parse_qsl(body.decode() if query is None else query, strict_parsing=True,
                                                      keep_blank_values=True))
        to, text = {"twilio": ("To", "Body"), "vonage": ("to", "text"), "sns": ("PhoneNumber", "Message"),
                    "messagebird": ("recipients", "body"), "smsc": ("phones", "mes"), "smsru": ("to", "msg"),
                    "kannel": ("to", "text"), "webhook": ("to", "text")}[provider]
        self.to, self.text = self.fields[to], self.fields[text]
        if isinstance(self.to, list):
            self.to = self.to[0]
        self.to = "+" + self.to.removeprefix("+")


class Rule:
    """status and body, or how: silent, drip, truncate, hang, reset. times: how often; to: for this number alone."""

    def __init__(self, status=200, body="", headers=None, how=None, times=None, to=None, after=0.0):
        self.status, self.body, self.headers, self.how = status, body, headers or {}, how
        self.times, self.to, self.after, self.used = times, to, after, 0

    def fits(self, message):
        return (self.to is None or self.to == message.to) and (self.times is None or self.used < self.times)


def accepted(message, number):
    """What each provider says when it takes a message over."""
    id_ = f"id-{number}"
    xml_id = xml.sax.saxutils.escape(id_)
    parts = 1 if message.provider != "vonage" or len(message.text) <= 70 else 2
    return {
        "twilio": (201, {"sid": f"SM{number:032x}", "status": "queued", "error_code": None, "num_segments": "1"}),
        "vonage": (200, {"message-count": str(parts), "messages": [
            {"to": message.to[1:], "message-id": f"{id_}-{p}", "status": "0", "message-price": "0.03"}
            for p in range(parts)]}),
        "sns": (200, '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
                     f"<MessageId>{xml_id}</MessageId></PublishResult></PublishResponse>"),
        "messagebird": (201, {"id": id_, "recipients": {"totalCount": 1, "items": [{"status": "sent"}]}}),
        "smsc": (200, {"id": number, "cnt": 1}),
        "smsru": (200, {"status": "OK", "status_code": 100, "balance": 4.2,
                        "sms": {message.to[1:]: {"status": "OK", "status_code": 100, "sms_id": id_}}}),
        "kannel": (202, "0: Accepted for delivery"),
        "webhook": (200, {"id": id_}),
    }[message.provider]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.server.owner.opened(self.connection)

    def do_GET(self):
        self.serve(b"")

    def do_POST(self):
        self.serve(self.rfile.read(int(self.headers.get("content-length", 0))))

    def serve(self, body):
        owner = self.server.owner
        owner.asked.append(self.path)  # whether or not it is a message
        provider = self.path.split("/")[1]
        headers = {k.lower(): v for k, v in self.headers.items()}
        message = Message(provider, self.command, self.path, headers, body)
        rule = owner.keep(message)
        if rule is None:
            self.reply(*(smsauth.refusal(message) or accepted(message, next(owner.numbers))), {})
        else:
            self.follow(rule)

    def follow(self, rule):
        owner = self.server.owner
        if rule.after:
            time.sleep(rule.after)
        if rule.how == "silent":
            self.close_connection = True
        elif rule.how == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()
            self.close_connection = True
        elif rule.how == "hang":
            owner.gate.wait(60)
            self.close_connection = True
        else:
            self.reply(rule.status, rule.body, rule.headers, rule.how)

    def reply(self, status, body, headers, how=None):
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if how == "truncate":
            self.wfile.write(data[:len(data) // 2])
            self.wfile.flush()
            self.close_connection = True
        elif how == "drip":
            for byte in data:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.01)
        else:
            self.wfile.write(data)

    def log_message(self, *_):
        pass


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request, client_address):
        pass


class Server:
    """Listens on loopback; tls: an ssl.SSLContext."""

    def __init__(self, tls=None, delay=0.0):
        self.tls, self.delay = tls, delay
        self.messages, self.connections, self.asked = [], [], []
        self.numbers = itertools.count(1)
        self.gate = threading.Event()
        self._rules = {}
        self._news = threading.Condition()
        self.port, self._listener = 0, None

    def __enter__(self):
        return self.up()

    def __exit__(self, *_):
        self.gate.set()
        self.down()

    def up(self):
        self._listener = Listener(("127.0.0.1", self.port), Handler)
        self._listener.owner = self
        if self.tls:
            self._listener.socket = self.tls.wrap_socket(self._listener.socket, server_side=True)
        self.port = self._listener.server_address[1]
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def down(self):
        """Refuses connections and cuts those that are open."""
        listener, self._listener = self._listener, None
        if listener:
            listener.shutdown()
            listener.server_close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.connections.clear()

    def opened(self, connection):
        self.connections.append(connection)

    def on(self, provider, *args, **how):
        rule = Rule(*args, **how)
        self._rules.setdefault(provider, []).append(rule)
        return rule

    def clear(self):
        self._rules.clear()

    def keep(self, message):
        with self._news:
            self.messages.append(message)
            rule = next((r for r in self._rules.get(message.provider, ()) if r.fits(message)), None)
            if rule:
                rule.used += 1
            self._news.notify_all()
        return rule

    def wait(self, count, timeout=20):
        with self._news:
            self._news.wait_for(lambda: len(self.messages) >= count, timeout)
            assert len(self.messages) >= count, f"{len(self.messages)} of {count} messages came"
            return self.messages[:]

    def of(self, provider):
        return [m for m in self.messages if m.provider == provider]

    def count(self, to):
        return sum(m.to == to for m in self.messages)


SECRET = smsauth.SECRET


def entry(name, server, like=None, **terms):
    """An entry of `providers` that talks to this server; the secret is the caller's file."""
    like = like or name
    scheme = "https" if server.tls else "http"
    base = f"{scheme}://127.0.0.1:{server.port}/{like}"
    own_base = {"kannel": {"base": base}, "webhook": {"endpoint": base}}.get(like, {})
    settings = smsauth.SETTINGS.get(like, {}) | own_base
    url = {"twilio": f"{base}/2010-04-01/Accounts/{{account}}/Messages.json"}.get(like, base)
    own = {} if like in ("kannel", "webhook") else {"url": url}
    return {"name": name, "like": like, **({"settings": settings} if settings else {}), **own,
            "tls": "required" if server.tls else "off", "private_network": True, **terms}
