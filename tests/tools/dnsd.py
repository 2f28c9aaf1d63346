"""A tiny DNS server on loopback: answers what it is told to, counts who was asked for, can be silent.

    with dnsd.Server() as dns:
        dns.zone["mail.internal"] = {"MX": [(10, "mx.mail.internal")]}
        dns.zone["null.internal"] = {"MX": [(0, "")]}
        dns.zone["address.internal"] = {"A": ["192.0.2.1"]}
        dns.zone["empty.internal"] = {}                  # exists, and has nothing
        dns.zone["broken.internal"] = "SERVFAIL"         # or "silent"
A name that is in no zone does not exist (NXDOMAIN), unless `default` says otherwise.
"""
import socket
import struct
import threading
from collections import Counter

TYPES = {1: "A", 15: "MX", 28: "AAAA"}
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
TTL = 60


def name_bytes(name):
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def record_bytes(kind, value):
    if kind == "MX":
        return struct.pack("!H", value[0]) + name_bytes(value[1])
    return socket.inet_pton(socket.AF_INET if kind == "A" else socket.AF_INET6, value)


def question_of(packet):
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode())
        at += 1 + packet[at]
    return ".".join(labels).lower(), struct.unpack("!H", packet[at + 1:at + 3])[0], packet[12:at + 5]


class Server:
    def __init__(self):
        self.zone, self.default, self.asked = {}, None, Counter()
        self.silent = False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name="dnsd", daemon=True)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _run(self):
        while True:
            try:
                packet, peer = self.socket.recvfrom(4096)
                answer = self._answer(packet)
                if answer:
                    self.socket.sendto(answer, peer)
            except OSError:
                return

    def _answer(self, packet):
        name, number, question = question_of(packet)
        kind = TYPES.get(number, str(number))
        self.asked[name, kind] += 1
        known = self.zone.get(name, self.default)
        if self.silent or known == "silent":
            return None
        code = NXDOMAIN if known is None else SERVFAIL if known == "SERVFAIL" else NOERROR
        values = known.get(kind, []) if code == NOERROR else []
        data = [record_bytes(kind, v) for v in values]
        answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", number, 1, TTL, len(d)) + d for d in data)
        return packet[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, len(data), 0, 0) + question + answers
