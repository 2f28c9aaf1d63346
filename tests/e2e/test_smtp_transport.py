"""The SMTP transport by itself, against a server that misbehaves on purpose: one case for each fault of the library.

smtp_driver hands it messages and prints each result as a JSON line.
"""
import itertools
import json
import os
import socket
import ssl
import subprocess
import time

import pytest
import smtpd
from certs import Authority
from fleet import SANITIZER_ENV, build_dir, sanitized
from process import free_port

SECRET = "canary-Zq8-pass-phrase"
PIPELINED = ("PIPELINING", "8BITMIME", "DSN", "ENHANCEDSTATUSCODES")
PLAIN = ("8BITMIME",)
CHUNKED = ("PIPELINING", "chunking", "ENHANCEDSTATUSCODES", "  CHUNKING", "BINARYMIME")
DIALECTS = [pytest.param(e, id=name) for name, e in (("pipelined", PIPELINED), ("one-by-one", PLAIN),
                                                     ("chunked", CHUNKED))]


LIBRARY = []  # test_smtp_curl.py plays the same cases over the other one: --curl


class Run:
    """What the driver printed."""

    def __init__(self, done):
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.out, self.code = done.stdout + done.stderr, done.returncode
        assert self.code == 0, self.out
        self.end = next(line for line in lines if line.get("end"))
        self.faults = [line["fault"] for line in lines if "fault" in line]
        self.results = sorted((line for line in lines if "reach" in line), key=lambda r: r["i"])

    def reaches(self):
        return [r["reach"] for r in self.results]

    def one(self):
        [result] = self.results
        return result


def driver(server, *addresses, timeout=120, env=None, **options):
    """Runs smtp_driver against a Server (or a port); options are its flags, addresses its recipients."""
    argv = [build_dir() / "tests" / "smtp_driver", "--port", getattr(server, "port", server), *LIBRARY]
    for name, value in options.items():
        argv += [f"--{name.replace('_', '-')}"] + ([] if value is True else [value])
    done = subprocess.run([str(a) for a in [*argv, *addresses]], capture_output=True, text=True, timeout=timeout,
                          env={**os.environ, **SANITIZER_ENV, **(env or {})}, stdin=subprocess.DEVNULL)
    return Run(done)


def expected(number, to, size=0):
    """The driver's message."""
    head = (f"Message-ID: <m{number}@driver.example>\r\nDate: Fri, 14 Mar 2025 18:00:00 +0300\r\n"
            f"From: Sender <sender@driver.example>\r\nTo: <{to}>\r\nSubject: n {number}\r\n\r\n"
            ".a line that begins with a dot\r\n")
    while len(head) < size:
        head += "It rests by changing; it is tiring to toil at the same things.\r\n"
    return (head + "the end\r\n").encode()


@pytest.fixture
def serve():
    """Makes servers that stop with the test."""
    made = []

    def start(**options):
        made.append(smtpd.Server(**options).start())
        return made[-1]
    yield start
    for server in made:
        server.stop()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certs"))


@pytest.fixture(scope="module")
def good(authority):
    return authority.sign("localhost", "127.0.0.1")


def verbs(connection):
    return [line.split(" ")[0].upper() for line in connection.commands]


def connections(server, kinds=()):
    """Has it had one connection? libcurl opens another after each refusal before the body that something follows."""
    early = [kind for kind in kinds[:-1] if not kind.startswith(("ok", "dot"))]
    return len(server.connections) == 1 + (len(early) if LIBRARY else 0)


def no_mail(server):
    """No envelope has left."""
    assert not [line for c in server.connections for line in c.commands if line.upper().startswith(("MAIL", "RCPT"))]
    assert not server.attempts


# ---- sessions

@pytest.mark.story
@pytest.mark.parametrize("extensions", DIALECTS)
def test_messages_arrive_byte_for_byte(serve, extensions):
    server = serve(extensions=extensions)
    run = driver(server, count=5, size=100_000)
    assert run.reaches() == ["taken"] * 5 and run.end["dots"] == 5
    for n, message in enumerate(server.wait_messages(5)):
        assert message.raw == expected(n, f"r{n}@driver.example", 100_000)
    [connection] = server.connections
    assert "BDAT" not in verbs(connection)


def test_lines_are_stuffed_and_nothing_is_added(serve):
    server = serve()
    driver(server)
    wire = server.wait_messages(1)[0].wire
    assert b"\r\n..a line" in wire and b"\n" not in wire.replace(b"\r\n", b"") and b"\r" not in wire.replace(b"\r\n", b"")


def test_forty_messages_a_connection(serve):
    server = serve()
    run = driver(server, count=250, quiet=True)
    server.wait_idle()
    assert run.end["taken"] == 250
    assert [verbs(c).count("MAIL") for c in server.connections] == [40] * 6 + [10]
    assert [c.ended_by for c in server.connections] == ["QUIT"] * 7


def test_an_old_connection_gets_no_further_message(serve):
    server = serve()
    server.on("DOT", delay=0.25)
    assert driver(server, count=6, max_age_ms=400, quiet=True).end["taken"] == 6
    assert [verbs(c).count("MAIL") for c in server.connections] == [2, 2, 2]


def test_an_idle_session_stays_open(serve):
    server = serve()
    assert driver(server, count=4, pause_after=2, pause_ms=1500).reaches() == ["taken"] * 4
    assert len(server.connections) == 1


def test_size_and_notices_are_asked_for_where_offered(serve):
    server = serve(extensions=("DSN", "SIZE 1000000"))
    driver(server, "a+b@x.example", "c@x.example", envid="abc")
    rcpt = {} if LIBRARY else {"NOTIFY": "FAILURE,DELAY", "ORCPT": "rfc822;a+2Bb@x.example"}  # smtp_curl.h says why
    first, second = server.wait_messages(2)
    assert first.params == {"SIZE": str(len(first.raw)), "RET": "HDRS", "ENVID": "<abc>" if LIBRARY else "abc"} | rcpt
    assert (first.sender, first.to) == ("sender@driver.example", "a+b@x.example")
    assert second.params["ENVID"] == first.params["ENVID"] and second.to == "c@x.example"  # on the same connection
    driver(server, "a+b@x.example", envid="abc=def")
    third = server.wait_messages(3)[2]
    assert third.params == {"SIZE": str(len(third.raw))} if LIBRARY else third.params["ENVID"] == "abc+3Ddef"
    plain = serve(extensions=("XDSN", "DSNX"))
    driver(plain, "a+b@x.example", envid="abc")
    assert plain.wait_messages(1)[0].params == {}


def test_an_address_that_swells_when_encoded(serve):
    """libesmtp encodes into 256 octets and looks too late."""
    server = serve()
    address = "+" * 64 + "@" + ".".join(["=" * 60] * 3) + ".ex"
    assert driver(server, address, "b@x.example").reaches() == ["taken", "taken"]
    assert "ORCPT" not in server.messages[0].params and server.messages[0].to == address


# ---- refusals, in every order

KINDS = {
    "ok": ({}, "taken", None),
    "mail5": ({"stage": "MAIL", "reply": "550 5.7.1 not you"}, "refused", "policy_blocked"),
    "mail4": ({"stage": "MAIL", "reply": "451 4.3.0 not now"}, "refused", "provider_unavailable"),
    "rcpt5": ({"stage": "RCPT", "reply": "550 5.1.1 unknown"}, "refused", "mailbox_unknown"),
    "rcpt4": ({"stage": "RCPT", "reply": "450 4.2.0 greylisted"}, "refused", "throttled"),
    "data5": ({"stage": "DATA", "reply": "554 5.6.0 no"}, "refused", "content_rejected"),
    "dot5": ({"stage": "DOT", "reply": "554 5.7.1 spam"}, "refused", "policy_blocked"),
    "dot4": ({"stage": "DOT", "reply": "452 4.3.1 disk full"}, "refused", "provider_unavailable"),
}


def play(server, kinds, **options):
    """Sends one message of each kind in one run; each must end as it should and the good ones arrive."""
    server.clear()
    server.wait_idle()
    server.forget()
    for n, kind in enumerate(kinds):
        rule = KINDS[kind][0]
        if rule and rule["stage"] == "MAIL":
            server.on("MAIL", nth=n + 1, reply=rule["reply"])
        elif rule:
            server.on(rule["stage"], to=f"{kind}-{n}@.*", reply=rule["reply"])
    run = driver(server, *[f"{kind}-{n}@x.example" for n, kind in enumerate(kinds)], **options)
    told = [(r["reach"], r["code"]) for r in run.results]
    assert told == [KINDS[kind][1:] for kind in kinds], run.out
    assert [m.to for m in server.messages] == [f"ok-{n}@x.example" for n, k in enumerate(kinds) if k == "ok"]
    assert not run.faults
    return run


@pytest.mark.story
@pytest.mark.parametrize("extensions", DIALECTS)
def test_refusals_in_every_order(serve, extensions):
    """No refusal loses a message behind it. Only DATA refused (libesmtp ends the session) costs a connection."""
    server = serve(extensions=extensions)
    kinds = ["ok", "rcpt5", "mail5", "dot4"] if sanitized() else ["ok", "rcpt5", "rcpt4", "mail5", "dot4"]
    for order in itertools.permutations(kinds):
        play(server, order)
        assert connections(server, order), order


@pytest.mark.parametrize("extensions", DIALECTS[:2])
def test_every_pair_of_refusals(serve, extensions):
    server = serve(extensions=extensions)
    for pair in itertools.product(KINDS, repeat=2):
        order = (*pair, "ok")
        play(server, order)
        assert connections(server, order) or (not LIBRARY and len(server.connections) == 1 + order.count("data5"))


@pytest.mark.parametrize("extensions", DIALECTS)
def test_a_relay_that_goes_on_without_recipients(serve, extensions):
    """RFC 2920 3.1: DATA may be answered by 354 although no recipient is left; then only the dot follows."""
    server = serve(extensions=extensions)
    server.on("RCPT", to="no@.*", reply="550 5.1.1 unknown", keep=True)
    run = driver(server, "no@x.example", "yes@x.example", "no@x.example", "yes@x.example")
    assert run.reaches() == ["refused", "taken"] * 2 and run.end["dots"] == 2
    assert [m.raw for m in server.attempts if m.to == "no@x.example"] == ([] if LIBRARY else [b""] * 2)
    assert connections(server, ("rcpt5", "ok") * 2)


def test_a_transient_refusal_then_yes(serve):
    server = serve()
    server.on("RCPT", to="a@.*", reply="450 4.7.1 Greylisted, please try again in 300 seconds", times=1)
    first = driver(server, "a@x.example").one()
    assert (first["reach"], first["code"], first["retry_after_ms"]) == ("refused", "throttled", 300_000)
    assert driver(server, "a@x.example").reaches() == ["taken"]


# ---- the connection ends

@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("extensions", DIALECTS[:2])
def test_421_between_messages_costs_nothing(serve, stage, extensions):
    server = serve(extensions=extensions)
    server.on(stage, nth=3, reply="421 4.4.2 too long, bye", close=True)
    run = driver(server, count=5)
    assert run.reaches() == ["taken"] * 5 and not run.faults
    assert len(server.connections) == 2 and run.end["dots"] == 5


@pytest.mark.story
@pytest.mark.parametrize("end", ["close", "reset"])
def test_closed_while_idle(serve, end):
    """The message that meets a dead connection goes to a new one."""
    server = serve()
    server.on("MAIL", nth=3, **{end: True})
    assert driver(server, count=5).reaches() == ["taken"] * 5
    assert len(server.connections) == 2


def test_closed_while_the_feed_waits(serve):
    server = serve()
    server.on("DOT", nth=2, reply=["250 2.0.0 ok", "421 4.4.2 idle for too long"], close=True)
    run = driver(server, count=4, pause_after=2, pause_ms=300)
    assert run.reaches()[2:] == ["taken"] * 2 and run.reaches()[0] == "taken"
    assert len(server.connections) == 2


def test_421_on_the_first_message(serve):
    """Nothing had been answered on this connection: it is told, and the message is safe."""
    server = serve()
    server.on("MAIL", reply="421 4.3.2 shutting down", close=True)
    result = driver(server).one()
    assert (result["reach"], result["reply"], result["dot"]) == ("not_sent", 421, False)


def test_421_as_answer_to_the_dot(serve):
    server = serve()
    server.on("DOT", reply="421 4.3.2 shutting down", close=True, times=1)
    run = driver(server, count=2)
    assert [(r["reach"], r["reply"]) for r in run.results] == [("refused", 421), ("taken", 250)]


@pytest.mark.story
@pytest.mark.parametrize("extensions", DIALECTS)
@pytest.mark.parametrize("end", ["close", "reset"])
def test_cut_after_the_dot(serve, extensions, end):
    server = serve(extensions=extensions)
    server.on("DOT", to="a@.*", take=True, **{end: True})
    run = driver(server, "a@x.example", "b@x.example")
    assert [(r["reach"], r["code"], r["dot"], r["route_fault"]) for r in run.results] == [
        ("in_doubt", "outcome_unknown", True, False), ("taken", None, True, False)]
    assert len(server.messages) == 2


@pytest.mark.parametrize("extensions", DIALECTS)
@pytest.mark.parametrize("end", ["close", "reset"])
def test_cut_before_the_dot(serve, extensions, end):
    """So much that the server cuts before all has been written."""
    server = serve(extensions=extensions, receive_buffer=4096)
    server.on("BODY", **{end: True})
    run = driver(server, "a@x.example", size=20_000_000)
    result = run.one()
    assert (result["reach"], result["dot"], result["route_fault"]) == ("not_sent", False, False)
    assert not server.attempts


@pytest.mark.story
@pytest.mark.parametrize("extensions", DIALECTS)
def test_cut_anywhere(serve, extensions):
    """Whatever is under way, each message is answered once, and only one whose dot has begun is in doubt."""
    server = serve(extensions=extensions)
    for stage, nth, end in itertools.product(("MAIL", "RCPT", "DATA", "BODY", "DOT", "RSET", "QUIT"), (1, 2, 3),
                                             ({"close": True}, {"reset": True}, {"raw": "2", "close": True})):
        server.clear()
        server.wait_idle()
        server.forget()
        server.on(stage, nth=nth, **end)
        server.on("RCPT", to="no@.*", reply="550 5.1.1 unknown")
        run = driver(server, "a@x.example", "no@x.example", "b@x.example", "c@x.example", size=5000)
        what = (stage, nth, end, run.out)
        assert [r["i"] for r in run.results] == [0, 1, 2, 3][:len(run.results)] and run.results, what
        doubt = [r for r in run.results if r["reach"] == "in_doubt"]
        assert len(doubt) <= (stage in ("DOT", "BODY")) and all(r["dot"] for r in doubt), what
        taken = {r["to"] for r in run.results if r["reach"] == "taken"}
        assert {m.to for m in server.messages} == taken, what
        assert len(server.messages) == len(taken), what


def test_the_feed_says_no_to_the_dot(serve):
    for extensions in (PIPELINED, PLAIN, CHUNKED):
        server = serve(extensions=extensions)
        run = driver(server, count=3, refuse_dot=1, size=40_000)
        assert run.reaches() == ["taken", "not_sent", "taken"]
        assert [r["route_fault"] for r in run.results] == [False] * 3
        server.wait_idle()
        assert [m.raw for m in server.attempts] == [expected(n, f"r{n}@driver.example", 40_000) for n in (0, 2)]


@pytest.mark.parametrize("extensions", DIALECTS)
def test_a_relay_that_stops_reading(serve, extensions):
    """libesmtp drops what it cannot write in time and goes on: such a message must never be completed."""
    server = serve(extensions=extensions, receive_buffer=1 << 16)
    server.on("BODY", stall=3)
    run = driver(server, "a@x.example", data_ms=1000, size=8_000_000, timeout=240)
    assert run.one()["reach"] == "not_sent" and not run.one()["dot"]
    server.wait_idle(60)
    assert not server.attempts


# ---- time

@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"])
def test_silence_ends_by_time_out(serve, stage):
    server = serve()
    server.on(stage, silent=True)
    started = time.monotonic()
    result = driver(server, command_ms=1000, data_ms=1000).one()
    assert result["reach"] == ("in_doubt" if stage == "DOT" else "not_sent")
    assert result["route_fault"] == (stage in ("CONNECT", "EHLO", "MAIL"))
    assert time.monotonic() - started < 20


@pytest.mark.story
@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"])
def test_the_loop_cuts_at_the_deadline(serve, stage):
    server = serve()
    server.on(stage, silent=True, connection=1)
    run = driver(server, count=2, cut_after_ms=300)
    assert run.reaches()[0] == ("in_doubt" if stage == "DOT" else "not_sent")
    if stage not in ("CONNECT", "EHLO"):
        assert run.reaches() == [run.reaches()[0], "taken"], "the session after it is whole"


@pytest.mark.parametrize("options", [{}, {"probe": True}])
def test_quit_is_said_and_its_answer_not_waited_for(serve, options):
    server = serve()
    server.on("QUIT", hold="the end")
    started = time.monotonic()
    driver(server, command_ms=30_000, data_ms=30_000, **options)
    assert time.monotonic() - started < 10
    assert server.wait(lambda: verbs(server.connections[0])[-1] == "QUIT")


def test_a_tarpit_drips(serve):
    """Single bytes keep every time-out away; the deadline does not care."""
    server = serve()
    server.on("RCPT", raw="250 " + "o" * 900 + "\r\n", pieces=0.05)
    assert driver(server, cut_after_ms=400, command_ms=5000).reaches() == ["not_sent"]


def test_connecting_has_a_time_out():
    """A full backlog: SYNs are dropped."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        time.sleep(0.1)
        started = time.monotonic()
        run = driver(port, connect_ms=500)
        assert 0.4 < time.monotonic() - started < 10
        assert run.one()["code"] == "connect_failed" and run.one()["route_fault"] and run.faults
        started = time.monotonic()
        driver(port, connect_ms=30_000, cut_after_ms=200)
        assert time.monotonic() - started < 15, "the deadline ends connecting too"
        for filler in fillers:
            filler.close()


def test_nobody_listens():
    run = driver(free_port())
    assert (run.one()["reach"], run.one()["code"], run.one()["route_fault"]) == ("not_sent", "connect_failed", True)


def test_no_such_name():
    run = driver(25, host="nowhere.invalid")
    assert (run.one()["reach"], run.one()["code"]) == ("not_sent", "dns_temporary")


# ---- what relays say

@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT", "QUIT"])
def test_replies_in_single_bytes(serve, stage):
    server = serve(extensions=CHUNKED)
    server.on(stage, pieces=0.001)
    assert driver(server, count=3).reaches() == ["taken"] * 3
    assert "BDAT" not in verbs(server.connections[0])


LONG = 100_000


@pytest.mark.story
@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("shape", ["line", "lines", "endless"])
def test_replies_without_measure(serve, stage, shape):
    """Bounded, and never taken for a yes."""
    code = {"CONNECT": 220, "DATA": 354}.get(stage, 250)
    raw = {"line": f"{code} {'x' * LONG}\r\n", "lines": f"{code}-{'x' * 70}\r\n" * 2000 + f"{code} end\r\n",
           "endless": f"{code}-{'x' * LONG}"}[shape]
    server = serve()
    server.on(stage, raw=raw)
    result = driver(server, command_ms=2000, data_ms=2000).one()
    if stage == "DOT":
        assert result["reach"] in ("taken", "in_doubt")
    else:
        assert result["reach"] in ("not_sent", "taken") or (result["reach"], result["dot"]) == ("in_doubt", True)
    assert (result["reach"] == "taken") <= bool(server.messages)


@pytest.mark.parametrize("raw", ["", "\r\n", "250\r\n", "25 ok\r\n", "abc\r\n", "250ok\r\n", "\0\0\0\r\n", "250 \xff\xfe\r\n",
                                 "-250 ok\r\n", "99999999999999999999 x\r\n", "354 again\r\n", "150 hm\r\n", "250-a\r\n350 b\r\n",
                                 "250-2.0.0 a\r\n250 b\r\n"])
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "DOT"])
def test_nonsense(serve, stage, raw):
    server = serve()
    server.on(stage, raw=raw, close=not raw)
    result = driver(server, command_ms=1000, data_ms=1000).one()
    sound = raw.startswith("250 ") or (LIBRARY and raw in ("250\r\n", "250-2.0.0 a\r\n250 b\r\n"))  # as RFC 5321 has it
    if stage in ("MAIL", "RCPT"):
        assert sound or result["reach"] in ("not_sent", "refused") or (stage, raw) == ("RCPT", "250-2.0.0 a\r\n250 b\r\n")
    if stage == "DOT" and not sound:
        assert result["reach"] == "in_doubt" and result["code"] == "outcome_unknown"


def test_multi_line_replies(serve):
    server = serve(extensions=PLAIN)
    server.on("RCPT", to="a@.*", reply=["550-5.1.1 The account does not exist.", "550-5.1.1 Please check it,",
                                        "550 5.1.1 or see https://help.example/NoSuchUser"])
    server.on("RCPT", to="b@.*", reply=["550-Verification failed for <b@x.example>", "550-No such person at +7 905 111-11-11",
                                        "550 Sender verify failed"])
    a, b = driver(server, "a@x.example", "b@x.example").results
    assert (a["enhanced"], a["code"]) == ("5.1.1", "mailbox_unknown")
    assert "b@x.example" not in b["reason"] and "905" not in b["reason"]


# ---- what must not reach a relay

@pytest.mark.parametrize("address", ["a@x.example>\r\nRCPT TO:<evil@x.example", "a@x.example\r\nDATA", "a b@x.example",
                                     "иван@x.example", "a@пример.рф", "", "a", "a@", "@b", "a@b@c", "a\x01@x.example",
                                     "\"a b\"@x.example", "a@x.example,b@x.example", "<a@x.example>", "a" * 255 + "@x.example"])
def test_addresses_that_are_none(serve, address):
    server = serve()
    run = driver(server, address, "good@x.example")
    assert [(r["reach"], r["code"]) for r in run.results] == [("refused", "email_syntax"), ("taken", None)]
    assert [m.to for m in server.messages] == ["good@x.example"]
    assert not any("evil" in line for c in server.connections for line in c.commands)


def test_senders_that_are_none(serve):
    server = serve()
    for sender in ("a@x.example>\r\nRSET", "не@x.example", "nobody"):
        assert driver(server, **{"from": sender}).one()["code"] == "sender_not_allowed"
    assert not server.connections
    assert driver(server, **{"from": ""}).reaches() == ["taken"]


# ---- TLS

def newest_tls():
    return "TLSv1.3" if LIBRARY else "TLSv1.2"


def tls(server, authority, *addresses, **options):
    given = {"host": "localhost", "tls": "required", "ca": authority.file, **options}
    return driver(server, *addresses, **given)


@pytest.mark.story
def test_encrypted(serve, authority, good):
    server = serve(tls=good.context(), extensions=CHUNKED)
    run = tls(server, authority, count=30, size=20_000)
    assert run.reaches() == ["taken"] * 30
    [connection] = server.connections
    assert (connection.tls, connection.sni, connection.client_certificate) == (newest_tls(), "localhost", False)
    assert [m.raw for m in server.messages] == [expected(n, f"r{n}@driver.example", 20_000) for n in range(30)]


def test_many_encrypted_sessions_never_stall(serve, authority, good):
    """With TLS 1.3 about two thirds of them did."""
    server = serve(tls=good.context())
    started = time.monotonic()
    assert tls(server, authority, count=160, max_messages=4, threads=4, quiet=True).end["taken"] == 160
    assert len(server.connections) >= 40 and {c.tls for c in server.connections} == {newest_tls()}
    assert time.monotonic() - started < 30


def test_an_address_as_host(serve, authority, good):
    server = serve(tls=good.context())
    assert tls(server, authority, host="127.0.0.1").reaches() == ["taken"]
    assert server.connections[0].sni is None
    other = serve(tls=authority.sign("localhost", "127.0.0.2").context())
    assert tls(other, authority, host="127.0.0.1").one()["code"] == "tls_failed"


def test_the_name_that_dns_returns_proves_nothing(serve, authority, good):
    """libesmtp looks for the canonical name in the certificate: who forges a CNAME would choose it."""
    forged = serve(tls=authority.sign("elsewhere.internal").context())
    assert tls(forged, authority, canonical="elsewhere.internal").one()["code"] == "tls_failed"
    no_mail(forged)
    server = serve(tls=good.context())
    assert tls(server, authority, canonical="elsewhere.internal").reaches() == ["taken"]


BAD = {
    "wrong name": lambda a: a.sign("other.internal").context(),
    "no names but the common one": lambda a: a.sign("x.localhost").context(),
    "expired": lambda a: a.sign("localhost", days=-1).context(),
    "self-signed": lambda a: a.self_signed("localhost").context(),
    "another authority": lambda a: Authority(a.dir / "other").sign("localhost").context(),
    "TLS 1.3 only": lambda a: a.sign("localhost").context(minimum=ssl.TLSVersion.TLSv1_3),
}


@pytest.mark.story
@pytest.mark.parametrize("what", BAD)
def test_bad_certificates(serve, authority, what):
    server = serve(tls=BAD[what](authority), users={"u": SECRET})
    started = time.monotonic()
    run = tls(server, authority, user="u", password=SECRET)
    result = run.one()
    if LIBRARY and what == "TLS 1.3 only":
        assert result["reach"] == "taken"
        return
    assert (result["reach"], result["code"], result["route_fault"]) == ("not_sent", "tls_failed", True)
    assert run.faults[0].startswith(f"localhost:{server.port}: no TLS: ")
    no_mail(server)
    assert time.monotonic() - started < 20
    if what != "TLS 1.3 only":
        assert driver(server, host="localhost", tls="optional-insecure").reaches() == ["taken"]


def test_good_sessions_after_bad_ones(serve, authority, good):
    """On one thread: what went wrong in a handshake is not held against the next, nor told of it."""
    server = serve(tls=good.context())
    contexts = [make(authority) for name, make in BAD.items() if not (LIBRARY and name == "TLS 1.3 only")]
    server.context = lambda c: contexts[c.number // 2] if c.number % 2 else server.tls
    run = tls(server, authority, count=2 * len(contexts), max_messages=1, keep_going=True)
    assert run.reaches() == ["not_sent", "taken"] * len(contexts)
    told = [fault.split(": ")[-1] for fault in run.faults]
    assert "expired" in told[2] and "self-signed" in told[3] and "expired" not in told[3] + told[4]
    assert len(server.messages) == len(contexts)


STRIPPED = {
    "not offered": {},
    "refused for now": {"reply": "454 4.7.0 TLS not available due to local problem"},
    "refused": {"reply": "502 5.5.1 what?"},
    "closed": {"close": True},
    "no TLS follows": {"reply": "220 go", "close": True},
    "two lines": {"reply": ["220-go", "220 on"], "close": True},
}


@pytest.mark.story
@pytest.mark.parametrize("what", STRIPPED)
def test_starttls_stripped(serve, authority, good, what):
    server = serve(tls=good.context() if STRIPPED[what] else None, users={"u": SECRET}, auth_in_clear=True)
    if STRIPPED[what]:
        server.on("STARTTLS", **STRIPPED[what])
    run = tls(server, authority, user="u", password=SECRET, command_ms=2000)
    assert run.one()["code"] == "tls_failed" and run.faults
    assert not [line for c in server.connections for line in c.commands if line.startswith("AUTH")]
    no_mail(server)


def test_helo_is_no_way_around_tls(serve, authority):
    server = serve()
    server.on("EHLO", reply="502 5.5.1 what?")
    assert tls(server, authority).one()["code"] == "tls_failed"
    no_mail(server)
    assert driver(server).reaches() == ["taken"]


INJECTED = {
    "one line": ("STARTTLS", "220 go\r\n250 injected\r\n"),
    "a whole conversation": ("STARTTLS", "220 go\r\n250-x\r\n250 AUTH PLAIN\r\n235 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n"),
    "a half line": ("STARTTLS", "220 go\r\n2"),
    "after several lines": ("STARTTLS", "220-go\r\n220 on\r\n250 injected\r\n"),
    "bare LF": ("STARTTLS", "220 go\n250 injected\n"),
    "an empty line": ("STARTTLS", "220 go\r\n\r\n"),
    "before it was asked": ("EHLO", "250-test\r\n250 STARTTLS\r\n220 go\r\n"),
    "with the greeting": ("CONNECT", "220 hi\r\n250-test\r\n250 STARTTLS\r\n220 go\r\n"),
    "a second greeting": ("CONNECT", "220 hi\r\n220 hi\r\n"),
}


@pytest.mark.story
@pytest.mark.parametrize("pieces", [None, 0.0005], ids=["at once", "byte by byte"])
@pytest.mark.parametrize("what", INJECTED)
def test_injected_replies(serve, authority, good, what, pieces):
    """What comes in the clear with a reply is never read as if it had come encrypted."""
    stage, raw = INJECTED[what]
    server = serve(tls=good.context(), users={"u": SECRET}, mechanisms=("PLAIN",))
    server.on(stage, raw=raw, pieces=pieces)
    run = tls(server, authority, user="u", password=SECRET, command_ms=2000)
    assert (run.one()["reach"], run.one()["code"], run.one()["dot"]) == ("not_sent", "tls_failed", False), run.out
    assert SECRET not in "".join(line for c in server.connections for line in c.commands)
    no_mail(server)


def test_client_certificates_are_not_looked_for(serve, authority, good, tmp_path):
    """libesmtp would present one it finds, and free it twice; a home it may not search would fail TLS."""
    server = serve(tls=good.context())
    for parent in (tmp_path / ".config" / "libesmtp", tmp_path / "xdg" / "libesmtp"):
        (parent / "private").mkdir(parents=True, mode=0o700)
        (parent / "private" / "localhost.pem").write_bytes(good.pem.read_bytes())
        (parent / "private" / "localhost.pem").chmod(0o600)
    for env in ({"HOME": str(tmp_path)}, {"HOME": str(tmp_path), "XDG_CONFIG_DIR": str(tmp_path / "xdg")},
                {"HOME": "/dev/null"}):
        assert tls(server, authority, count=3, max_messages=1, env=env).reaches() == ["taken"] * 3
    assert not any(c.client_certificate for c in server.connections)


# ---- AUTH

@pytest.mark.story
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_authenticated(serve, authority, good, mechanism):
    server = serve(tls=good.context(), users={"user@relay": SECRET}, mechanisms=(mechanism,), auth_required=True)
    run = tls(server, authority, count=3, user="user@relay", password=SECRET)
    assert run.reaches() == ["taken"] * 3 and {m.user for m in server.messages} == {"user@relay"}
    assert SECRET not in run.out


def test_ntlm_is_never_tried(serve, authority, good):
    """libesmtp's plug-in would go on without a domain, through a null pointer."""
    server = serve(tls=good.context(), users={"u": SECRET}, mechanisms=("NTLM", "LOGIN"), extensions=("AUTH=NTLM",))
    assert tls(server, authority, user="u", password=SECRET).reaches() == ["taken"]
    assert [line for line in server.connections[0].commands if line.startswith("AUTH")] == ["AUTH LOGIN dQ=="]


AUTH = {
    "535": ({"password": "wrong-" + SECRET}, {}, "auth_failed"),
    "no mechanism in common": ({"password": SECRET}, {"mechanisms": ("XOAUTH2", "SCRAM-SHA-256")}, "auth_failed"),
    "not offered": ({"password": SECRET}, {"mechanisms": ()}, "auth_failed"),
    "no password now": ({}, {}, "auth_failed"),
    "534": ({"password": SECRET}, {"reply": "534 5.7.9 too weak"}, "auth_failed"),
    "454": ({"password": SECRET}, {"reply": "454 4.7.0 temporary authentication failure"}, "provider_unavailable"),
    "closed": ({"password": SECRET}, {"close": True}, "auth_failed"),
}


@pytest.mark.story
@pytest.mark.parametrize("what", AUTH)
def test_not_let_in(serve, authority, good, what):
    options, change, code = AUTH[what]
    rule = {k: v for k, v in change.items() if k != "mechanisms"}
    server = serve(tls=good.context(), users={"u": SECRET}, mechanisms=change.get("mechanisms", ("PLAIN",)))
    if rule:
        server.on("AUTH", **rule)
    run = tls(server, authority, count=3, user="u", **options)
    assert (run.one()["reach"], run.one()["code"], run.one()["route_fault"]) == ("not_sent", code, True)
    assert SECRET not in run.out and run.faults
    no_mail(server)


def test_a_relay_that_knows_no_auth(serve, authority, good):
    """libcurl would go on without."""
    server = serve(tls=good.context())
    result = tls(server, authority, user="u", password=SECRET).one()
    assert (result["reach"], result["code"], result["route_fault"]) == ("not_sent", "auth_failed", True)
    no_mail(server)


def test_530_is_the_relay_not_the_message(serve):
    server = serve(auth_required=True)
    result = driver(server, count=5).one()
    assert (result["reach"], result["code"], result["route_fault"]) == ("not_sent", "auth_failed", True)


def test_never_a_password_in_the_clear(serve):
    server = serve(users={"u": SECRET}, auth_in_clear=True)
    run = driver(server, tls="optional-insecure", user="u", password=SECRET)
    assert run.one()["code"] == "auth_failed"
    assert not [line for c in server.connections for line in c.commands if "AUTH" in line]
    no_mail(server)


def test_a_password_too_long_for_the_library(serve, authority, good):
    server = serve(tls=good.context(), users={"u": SECRET})
    assert tls(server, authority, user="u", password="x" * 5000).one()["code"] == "auth_failed"


@pytest.mark.parametrize("options", [{"user": "u", "password": "p"}, {"command_ms": 500}, {"host": "::1"},
                                     {"host": "a b"}, {"helo": "x\r\nMAIL"}, {"tls": "required", "ca": "/nowhere.pem"},
                                     {"tls": "required", "user": "u" * 300}])
def test_options_that_cannot_be(options):
    argv = [str(build_dir() / "tests" / "smtp_driver")]
    for name, value in options.items():
        argv += [f"--{name.replace('_', '-')}", str(value)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20)
    assert done.returncode == 78 and done.stderr.count("\n") == 1


# ---- the greeting, and probes

@pytest.mark.parametrize("reply, code", [("421 4.3.2 too busy", "provider_unavailable"),
                                         ("421 4.7.0 too many connections", "throttled"),
                                         ("554 5.3.2 no service", "policy_blocked")])
def test_turned_away(serve, reply, code):
    server = serve()
    server.on("CONNECT", reply=reply)
    run = driver(server)
    assert (run.one()["reach"], run.one()["code"], run.one()["route_fault"]) == ("not_sent", code, True)
    assert reply in run.faults[0]


@pytest.mark.story
def test_probe(serve, authority, good):
    server = serve(tls=good.context(), users={"u": SECRET})
    assert not tls(server, authority, probe=True, user="u", password=SECRET).faults
    plain = serve()
    assert not driver(plain, probe=True).faults
    for s in (server, plain):
        s.wait_idle()
        assert [c.ended_by for c in s.connections] == ["QUIT"] and verbs(s.connections[0])[-1] == "QUIT"
        no_mail(s)
    assert [v for v in verbs(server.connections[0]) if v.isalpha()] == [
        "EHLO", "STARTTLS", "EHLO", "AUTH", *(["NOOP"] if LIBRARY else []), "QUIT"]


@pytest.mark.parametrize("stage, rule", [("CONNECT", {"reply": "421 4.3.2 busy"}), ("CONNECT", {"close": True}),
                                         ("EHLO", {"reply": "421 4.3.2 busy", "close": True}),
                                         ("EHLO", {"silent": True}), ("STARTTLS", {"reply": "454 4.7.0 no"}),
                                         ("AUTH", {"reply": "535 5.7.8 no"})])
def test_probe_of_a_broken_route(serve, authority, good, stage, rule):
    server = serve(tls=good.context(), users={"u": SECRET})
    server.on(stage, **rule)
    assert tls(server, authority, probe=True, user="u", password=SECRET, command_ms=1000).faults
    no_mail(server)


# ---- threads

@pytest.mark.tsan
@pytest.mark.story
def test_many_threads(serve, authority, good):
    """Sixteen threads, a connection for every few messages, refusals, cuts and deadlines among them."""
    server = serve(tls=good.context(), users={"u": SECRET}, mechanisms=("LOGIN", "PLAIN"))
    server.on("RCPT", to=r"r\d*[05]@.*", reply="550 5.1.1 unknown")
    server.on("MAIL", sender="never", connection=1)
    run = tls(server, authority, count=1600, threads=16, max_messages=5, user="u", password=SECRET, quiet=True,
              cut_after_ms=60_000)
    assert run.end["answered"] == 1600 and run.end["taken"] == 1280 and run.end["faults"] == 0
    assert len({m.message_id for m in server.messages}) == 1280


@pytest.mark.tsan
def test_threads_that_are_cut(serve):
    server = serve()
    server.on("RCPT", to=r"r\d*7@.*", silent=True)
    server.on("DOT", to=r"r\d*3@.*", silent=True)
    run = driver(server, count=320, threads=16, cut_after_ms=1000 if sanitized() else 300)
    assert run.end["answered"] == 320
    by_digit = {d: {r["reach"] for r in run.results if r["to"].split("@")[0].endswith(d)} for d in "0123456789"}
    assert by_digit.pop("7") == {"not_sent"} and by_digit.pop("3") == {"in_doubt"}
    assert set.union(*by_digit.values()) == {"taken"}
