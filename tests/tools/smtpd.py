"""An SMTP server that does as it is told, and remembers every byte.

As a library:

    server = smtpd.Server().start()
    server.on("RCPT", to="bob@.*", reply="450 4.2.0 greylisted", times=1)
    ...
    server.wait_messages(1); server.messages[0].raw; server.count(message_id)
    server.stop()

A rule says when (stage, and what must match) and what happens. Stages: CONNECT, EHLO, HELO, STARTTLS, AUTH, MAIL,
RCPT, DATA, BODY (content has begun to come), DOT (it has come whole), BDAT, RSET, NOOP, QUIT, or * for any command.
Conditions:
    to, sender    regular expressions on the envelope          connection  its number, from 1
    nth           only the nth time that stage, to and sender match    times       so often at most
What happens, in this order:
    delay    seconds to wait                        hold     wait for release(NAME)
    silent   True: say nothing, read on, until the peer gives up
    stall    seconds in which nothing is read       take     True: the message counts as taken over whatever is said
    reply    a line, or a list of lines             raw      bytes (str: latin-1) said as they are, instead of reply
    pieces   seconds between the single bytes of what is said
    keep     True: whatever is said, the transaction goes on as if it had been yes (RFC 2920 3.1)
    close    True: FIN afterwards                   reset    True: RST afterwards
A rule without reply, raw, silent, close or reset leaves the usual reply.

As a program: smtpd.py --port 2525 --control 2526, steered by JSON lines on the control port:
    {"do": "on", "stage": "RCPT", "reply": "550 5.1.1 no"}   {"do": "clear"}   {"do": "messages"}   {"do": "stats"}
    {"do": "wait", "messages": 3, "timeout": 10}   {"do": "release", "name": "x"}   {"do": "down"}   {"do": "up"}
Each is answered by one line, {"ok": true, ...} or {"ok": false, "error": ...}.
"""
import argparse
import base64
import email
import email.policy
import itertools
import json
import re
import socket
import ssl
import struct
import sys
import threading
import time
from collections import Counter

LINE_MAX = 64 << 10
CONTENT_MAX = 64 << 20
EXTENSIONS = ("PIPELINING", "SIZE 33554432", "8BITMIME", "DSN", "ENHANCEDSTATUSCODES")
ACTIONS = ("delay", "hold", "silent", "stall", "take", "reply", "raw", "pieces", "keep", "close", "reset")


class Gone(Exception):
    """The connection is over."""


class Message:
    """What was between DATA and the dot (or in BDAT), and its envelope."""

    def __init__(self, connection, sender, to, params, wire, raw):
        self.connection, self.sender, self.to, self.params = connection, sender, to, params
        self.wire, self.raw = wire, raw  # as it came, and without the doubled dots
        self.at = time.time()
        self.tls, self.user = connection.tls, connection.user
        self.taken = False
        found = re.search(rb"(?im)^message-id:\s*(<[^>\r\n]*>)", raw.split(b"\r\n\r\n", 1)[0])
        self.message_id = found.group(1).decode("latin-1") if found else None

    @property
    def parsed(self):
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    def as_dict(self):
        return {"to": self.to, "sender": self.sender, "message_id": self.message_id, "at": self.at, "tls": self.tls,
                "user": self.user, "params": self.params, "connection": self.connection.number, "taken": self.taken,
                "raw": self.raw.decode("latin-1")}


class Rule:
    def __init__(self, stage, to=None, sender=None, connection=None, nth=None, times=None, **actions):
        unknown = set(actions) - set(ACTIONS)
        if unknown:
            raise ValueError(f"no such action: {', '.join(sorted(unknown))}")
        self.stage = stage.upper()
        self.to, self.sender = (re.compile(p) if p else None for p in (to, sender))
        self.connection, self.nth, self.times, self.actions = connection, nth, times, actions
        self.matched = self.used = 0

    def fits(self, stage, connection):
        """Counts as a side effect: nth is the nth time that all else fits."""
        if self.stage not in (stage, "*") or self.connection not in (None, connection.number):
            return False
        if self.to and not self.to.fullmatch(connection.to or ""):
            return False
        if self.sender and not self.sender.fullmatch(connection.sender or ""):
            return False
        self.matched += 1
        return self.nth in (None, self.matched) and (self.times is None or self.used < self.times)


class Connection:
    """One client, on a thread of its own."""

    def __init__(self, server, sock, number):
        self.server, self.sock, self.number = server, sock, number
        self.commands = []  # lines as they came
        self.tls, self.sni, self.user, self.client_certificate = None, None, None, False
        self.open, self.ended_by = True, None
        self.buffer = b""
        self.reset_transaction()

    def reset_transaction(self):
        self.sender = self.to = None
        self.params, self.chunks = {}, b""

    # ---- bytes

    def fill(self):
        try:
            data = self.sock.recv(65536)
        except (OSError, ValueError) as e:
            raise Gone(str(e)) from None
        if not data:
            raise Gone("closed by the peer")
        self.buffer += data
        return data

    def line(self):
        while b"\n" not in self.buffer:
            if len(self.buffer) > LINE_MAX:
                raise Gone("line too long")
            self.fill()
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def octets(self, n):
        while len(self.buffer) < n:
            self.fill()
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def send(self, data, pause=None):
        try:
            for piece in ([data] if pause is None else [data[i:i + 1] for i in range(len(data))]):
                self.sock.sendall(piece)
                if pause:
                    time.sleep(pause)
        except (OSError, ValueError) as e:
            raise Gone(str(e)) from None

    def shut(self):
        for close in (lambda: self.sock.shutdown(socket.SHUT_RDWR), self.sock.close):
            try:
                close()
            except OSError:
                pass

    def reset(self):
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.sock.close()
        except OSError:
            pass

    # ---- what is said

    def answer(self, stage, usual, on_yes=None):
        """Says what a rule wants, else `usual`. True if that is a yes (2yz, 3yz); on_yes() comes before it is said."""
        rule = self.server.rule(stage, self)
        return self.act(rule.actions if rule else {}, usual, on_yes)

    def act(self, todo, usual, on_yes=None):
        if todo.get("delay"):
            time.sleep(todo["delay"])
        if todo.get("hold"):
            self.server.gate(todo["hold"]).wait()
        if todo.get("stall"):
            time.sleep(todo["stall"])
        if todo.get("take"):
            self.server.take(self)
        if todo.get("silent"):
            while True:
                self.fill()
        said = self.said(todo, usual)
        yes = bool(todo.get("keep") or re.match(rb"[23]\d\d", said))
        if yes and on_yes:
            on_yes()
        if said:
            self.send(said, todo.get("pieces"))
        if todo.get("reset"):
            self.reset()
            raise Gone("reset by a rule")
        if todo.get("close"):
            raise Gone("closed by a rule")
        return yes

    @staticmethod
    def said(todo, usual):
        if "raw" in todo:
            raw = todo["raw"]
            return raw.encode("latin-1") if isinstance(raw, str) else raw
        if "reply" in todo:
            lines = [todo["reply"]] if isinstance(todo["reply"], str) else todo["reply"]
        elif "close" in todo or "reset" in todo:
            return b""
        else:
            lines = [usual] if isinstance(usual, str) else usual
        return "".join(f"{line}\r\n" for line in lines).encode("latin-1")

    def say(self, lines):
        self.send(self.said({}, lines))

    # ---- the conversation

    def run(self):
        try:
            if self.server.implicit:
                self.encrypt()
            self.answer("CONNECT", "220 test.internal ESMTP")
            while self.open:
                self.command(self.line())
        except Gone as e:
            self.ended_by = str(e)
        finally:
            self.open = False
            self.shut()
            self.server.changed()

    def command(self, line):
        self.commands.append(line.decode("latin-1"))
        verb, _, rest = self.commands[-1].partition(" ")
        handler = getattr(self, f"do_{verb.lower()}", None)
        if handler and verb.isalpha():
            handler(rest)
        else:
            self.answer("*", "500 5.5.1 what?")

    def do_ehlo(self, _rest):
        offered = list(self.server.extensions)
        if self.server.tls and not self.tls:
            offered.append("STARTTLS")
        if self.server.users and (self.tls or self.server.auth_in_clear):
            offered.append("AUTH " + " ".join(self.server.mechanisms))
        lines = ["test.internal", *offered]
        self.answer("EHLO", [f"250-{w}" for w in lines[:-1]] + [f"250 {lines[-1]}"])

    def do_helo(self, _rest):
        self.answer("HELO", "250 test.internal")

    def do_starttls(self, _rest):
        if not self.server.tls:
            return self.answer("STARTTLS", "502 5.5.1 not here")
        if not self.answer("STARTTLS", "220 2.0.0 go ahead"):
            return None
        self.encrypt()
        return self.reset_transaction()

    def encrypt(self):
        self.buffer = b""
        try:
            self.sock = self.server.context(self).wrap_socket(self.sock, server_side=True)
        except (OSError, ValueError) as e:
            raise Gone(f"TLS: {e}") from None
        self.tls, self.sni = self.sock.version(), getattr(self.sock, "asked_name", None)
        self.client_certificate = bool(self.sock.getpeercert(True))

    def do_auth(self, rest):
        mechanism, _, initial = rest.partition(" ")
        try:
            user, password = self.credentials(mechanism.upper(), initial)
        except ValueError:
            return self.answer("AUTH", "501 5.5.2 cannot decode")
        right = self.server.users.get(user) == password
        if self.answer("AUTH", "235 2.7.0 welcome" if right else "535 5.7.8 authentication failed"):
            self.user = user
        return None

    def credentials(self, mechanism, initial):
        def ask(prompt):
            self.say(f"334 {base64.b64encode(prompt).decode()}")
            self.commands.append(self.line().decode("latin-1"))
            return self.commands[-1]
        if mechanism == "PLAIN":
            _, user, password = base64.b64decode(initial or ask(b"")).split(b"\0")
        else:
            user = base64.b64decode(initial or ask(b"Username:"))
            password = base64.b64decode(ask(b"Password:"))
        return user.decode(), password.decode()

    def do_mail(self, rest):
        self.reset_transaction()
        self.sender, self.params = self.path(rest)
        denied = self.server.auth_required and not self.user
        if not self.answer("MAIL", "530 5.7.0 authentication required" if denied else "250 2.1.0 ok"):
            self.sender = None

    def do_rcpt(self, rest):
        if self.sender is None:
            return self.answer("RCPT", "503 5.5.1 MAIL first")
        before, (self.to, params) = self.to, self.path(rest)
        if self.answer("RCPT", "250 2.1.5 ok"):
            self.params.update(params)
        else:
            self.to = before
        return None

    @staticmethod
    def path(rest):
        found = re.match(r"(?i)(?:FROM|TO):<([^>]*)>\s*(.*)", rest)
        if not found:
            return "", {}
        return found.group(1), dict(p.partition("=")[::2] for p in found.group(2).split())

    def do_data(self, _rest):
        if self.to is None:
            return self.answer("DATA", "554 5.5.1 no valid recipients")
        if not self.answer("DATA", "354 go on"):
            return None
        wire = self.content()
        raw = re.sub(rb"(\A|(?<=\r\n))\.", b"", wire)
        return self.whole(wire, raw)

    def content(self):
        """Up to the dot; the rules of BODY act once, when the first octets are there."""
        data, first = self.buffer, True
        while True:
            if data and first:
                first = False
                rule = self.server.rule("BODY", self)
                if rule:
                    self.act({"reply": [], **rule.actions}, [])
            at = 0 if data.startswith(b".\r\n") else data.find(b"\r\n.\r\n") + 2
            if at > 1 or data.startswith(b".\r\n"):
                self.buffer = data[at + 3:]
                return data[:at]
            if len(data) > CONTENT_MAX:
                raise Gone("too much")
            self.buffer = b""
            data += self.fill()

    def do_bdat(self, rest):
        size, _, last = rest.partition(" ")
        self.chunks += self.octets(int(size))
        if self.to is None:
            return self.answer("BDAT", "554 5.5.1 no valid recipients")
        if last.upper() != "LAST":
            return self.answer("BDAT", f"250 2.0.0 {size} octets")
        return self.whole(self.chunks, self.chunks)

    def whole(self, wire, raw):
        self.server.keep(Message(self, self.sender, self.to, self.params, wire, raw))
        self.answer("DOT", "250 2.0.0 queued", lambda: self.server.take(self))
        self.reset_transaction()

    def do_rset(self, _rest):
        self.reset_transaction()
        self.answer("RSET", "250 2.0.0 ok")

    def do_noop(self, _rest):
        self.answer("NOOP", "250 2.0.0 ok")

    def do_quit(self, _rest):
        self.answer("QUIT", "221 2.0.0 bye")
        self.open = False
        self.ended_by = "QUIT"


class Server:
    """Listens on loopback. tls: an ssl.SSLContext (see certs.py) to offer STARTTLS, or implicit: to begin with;
    users: {name: password}."""

    def __init__(self, port=0, tls=None, users=None, extensions=EXTENSIONS, mechanisms=("PLAIN", "LOGIN"),
                 auth_required=False, auth_in_clear=False, receive_buffer=None, implicit=False):
        self.port, self.tls, self.users = port, tls, users or {}
        self.extensions, self.mechanisms = extensions, mechanisms
        self.auth_required, self.auth_in_clear = auth_required, auth_in_clear
        self.receive_buffer, self.implicit = receive_buffer, implicit
        self.connections, self.attempts, self.messages = [], [], []
        self._rules, self._gates = [], {}
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self._news = threading.Condition(self._lock)
        self._listener = None
        if tls:
            tls.sni_callback = self._note_name

    @staticmethod
    def _note_name(sock, name, _context):
        sock.asked_name = name

    # ---- life

    def start(self):
        return self.up()

    def up(self):
        """Listens (again), always on the same port."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.receive_buffer:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(1024)
        self.port, self._listener = listener.getsockname()[1], listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return self

    def down(self):
        """Refuses connections and cuts those that are open."""
        listener, self._listener = self._listener, None
        if listener:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def cut(self):
        """Ends every open connection."""
        with self._lock:
            still = [c for c in self.connections if c.open]
        for connection in still:
            connection.reset()

    def stop(self):
        for gate in list(self._gates.values()):
            gate.set()
        self.down()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self, sock, next(self._numbers))
            with self._news:
                self.connections.append(connection)
                self._news.notify_all()
            threading.Thread(target=connection.run, daemon=True).start()

    def context(self, _connection):
        """For a handshake; a story may put another function here."""
        return self.tls

    # ---- rules

    def on(self, stage, **how):
        """Adds a rule; the first that fits is followed. Returns it: .used says how often it was."""
        rule = Rule(stage, **how)
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self):
        """Forgets all rules, and lets go whoever waits at a gate."""
        with self._lock:
            self._rules.clear()
        for gate in list(self._gates.values()):
            gate.set()
        self._gates.clear()

    def rule(self, stage, connection):
        with self._lock:
            found = [r for r in self._rules if r.fits(stage, connection)]
            if found:
                found[0].used += 1
            return found[0] if found else None

    def gate(self, name):
        with self._lock:
            return self._gates.setdefault(name, threading.Event())

    def release(self, name):
        self.gate(name).set()

    # ---- what came

    def keep(self, message):
        with self._news:
            message.connection.latest = message
            self.attempts.append(message)
            self._news.notify_all()

    def take(self, connection):
        with self._news:
            if not connection.latest.taken:
                connection.latest.taken = True
                self.messages.append(connection.latest)
            self._news.notify_all()

    def changed(self):
        with self._news:
            self._news.notify_all()

    def count(self, message_id):
        return Counter(m.message_id for m in list(self.messages))[message_id]

    def forget(self):
        """Messages, attempts and ended connections."""
        with self._lock:
            self.messages.clear()
            self.attempts.clear()
            self.connections[:] = [c for c in self.connections if c.open]

    def wait(self, condition, timeout=10, what="what was waited for at the SMTP server"):
        """The first truthy value of condition(), looked at whenever something happens here."""
        end = time.monotonic() + timeout
        with self._news:
            while True:
                value = condition()
                if value:
                    return value
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"after {timeout:g} s: {what}")
                self._news.wait(min(left, 0.5))

    def wait_messages(self, n, timeout=10):
        return self.wait(lambda: self.messages[:] if len(self.messages) >= n else None, timeout,
                         f"{n} messages; {len(self.messages)} came")

    def wait_idle(self, timeout=10):
        """Until every connection has ended."""
        return self.wait(lambda: not any(c.open for c in self.connections), timeout, "all connections to end")

    def stats(self):
        with self._lock:
            return {"messages": len(self.messages), "attempts": len(self.attempts),
                    "connections": len(self.connections), "open": sum(c.open for c in self.connections),
                    "repeated": {k: n for k, n in Counter(m.message_id for m in self.messages).items() if n > 1}}


class Control:
    """Steers a Server by JSON lines."""

    def __init__(self, server, port):
        self.server = server
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]

    def serve(self):
        while True:
            sock, _ = self.listener.accept()
            threading.Thread(target=self.talk, args=(sock,), daemon=True).start()

    def talk(self, sock):
        with sock, sock.makefile("rw", encoding="utf-8") as lines:
            for line in lines:
                try:
                    answer = {"ok": True, **(self.do(**json.loads(line)) or {})}
                except Exception as e:  # whatever is wrong with a request is told to its sender
                    answer = {"ok": False, "error": f"{type(e).__name__}: {e}"}
                lines.write(json.dumps(answer) + "\n")
                lines.flush()

    def do(self, do, **how):
        actions = {"on": lambda stage, **rule: self.server.on(stage, **rule) and None,
                   "clear": self.server.clear, "forget": self.server.forget, "cut": self.server.cut,
                   "down": self.server.down, "up": lambda: self.server.up() and None,
                   "release": self.server.release, "stats": self.server.stats,
                   "messages": lambda: {"messages": [m.as_dict() for m in self.server.messages]},
                   "wait": lambda messages, timeout=10: {"messages": len(self.server.wait_messages(messages, timeout))}}
        return actions[do](**how)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--control", type=int, default=0)
    options.add_argument("--pem", help="key and certificate: offer STARTTLS")
    options.add_argument("--user", help="name:password: offer AUTH after STARTTLS, and demand it")
    given = options.parse_args()
    tls = None
    if given.pem:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(given.pem)
    users = dict([given.user.split(":", 1)]) if given.user else {}
    server = Server(given.port, tls, users, auth_required=bool(users)).start()
    control = Control(server, given.control)
    print(json.dumps({"port": server.port, "control": control.port}), flush=True)
    try:
        control.serve()
    except KeyboardInterrupt:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
