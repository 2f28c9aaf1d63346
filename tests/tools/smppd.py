"""An SMPP centre (SMPP 3.4, the few operations that a gateway needs): takes messages, puts their parts together, and
sends a receipt for each that asks for one."""
import itertools
import socket
import struct
import threading
import time

BIND_RECEIVER, BIND_TRANSMITTER, SUBMIT, DELIVER, UNBIND, BIND_TRANSCEIVER, ENQUIRE = 1, 2, 4, 5, 6, 9, 0x15
RESPONSE = 0x80000000
UDH, RECEIPT = 0x40, 0x04

BASIC = ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
         "¿abcdefghijklmnopqrstuvwxyzäöñüà")
EXTENDED = {0x0a: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2f: "\\", 0x3c: "[", 0x3d: "~", 0x3e: "]", 0x40: "|",
            0x65: "€"}


def gsm_text(septets):
    """GSM 03.38, one septet an octet."""
    out, escaped = [], False
    for s in septets:
        if s == 0x1b and not escaped:
            escaped = True
            continue
        out.append(EXTENDED.get(s, "?") if escaped else BASIC[s])
        escaped = False
    return "".join(out)


class Centre:
    """Listens on loopback; texts: whole messages as (to, text, parts)."""

    def __init__(self, status="DELIVRD", receipts=True):
        self.status, self.receipts = status, receipts
        self.texts, self.parts = [], {}
        self.ids = itertools.count(1)
        self.references = itertools.count(1)
        self._news = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._talk, args=(sock,), daemon=True).start()

    def _talk(self, sock):
        with sock, sock.makefile("rb") as stream:
            while head := stream.read(16):
                length, command, _status, sequence = struct.unpack(">IIII", head)
                body = stream.read(length - 16)
                if command & RESPONSE:
                    continue
                answer = {BIND_RECEIVER: b"centre\0", BIND_TRANSMITTER: b"centre\0", BIND_TRANSCEIVER: b"centre\0"}
                if command == SUBMIT:
                    id_ = f"{next(self.ids):08d}"
                    to, receipt = self._take(body)
                    self._send(sock, command | RESPONSE, sequence, id_.encode() + b"\0")
                    if receipt and self.receipts:
                        self._send(sock, DELIVER, next(self.references), self._receipt(to, id_))
                else:
                    self._send(sock, command | RESPONSE, sequence, answer.get(command, b""))
                if command == UNBIND:
                    return

    @staticmethod
    def _send(sock, command, sequence, body):
        sock.sendall(struct.pack(">IIII", 16 + len(body), command, 0, sequence) + body)

    def _take(self, body):
        """A submit_sm; returns whom it is for, and whether a receipt is asked for."""
        def text():
            nonlocal body
            value, _, body = body.partition(b"\0")
            return value.decode()

        def octet():
            nonlocal body
            value, body = body[0], body[1:]
            return value
        text()  # service type
        octet(), octet(), text()  # the sender
        octet(), octet()
        to = text()
        esm_class, _, _ = octet(), octet(), octet()
        text(), text()  # schedule, validity
        registered, _, coding, _ = octet(), octet(), octet(), octet()
        message = body[1:1 + body[0]]
        reference, count, number = 0, 1, 1
        if esm_class & UDH:
            header, message = message[1:1 + message[0]], message[1 + message[0]:]
            assert header[:2] == b"\0\3", "concatenation with an 8-bit reference"
            reference, count, number = header[2:5]
        content = message.decode("utf-16-be") if coding & 0x0c == 8 else gsm_text(message)
        self._put_together("+" + to.removeprefix("+"), reference, count, number, content)
        return to, registered & 1

    def _put_together(self, to, reference, count, number, content):
        with self._news:
            parts = self.parts.setdefault((to, reference), {})
            parts[number] = content
            if len(parts) == count:
                del self.parts[to, reference]
                self.texts.append((to, "".join(parts[n] for n in sorted(parts)), count))
                self._news.notify_all()

    def _receipt(self, to, id_):
        now = time.strftime("%y%m%d%H%M")
        text = (f"id:{id_} sub:001 dlvrd:001 submit date:{now} done date:{now} stat:{self.status} "
                f"err:000 text:").encode()
        return (b"\0\1\1" + to.encode() + b"\0\1\1" + b"sender\0" + bytes([RECEIPT, 0, 0]) + b"\0\0" +
                bytes([0, 0, 0, 0, len(text)]) + text)

    def wait(self, count, timeout):
        with self._news:
            self._news.wait_for(lambda: len(self.texts) >= count, timeout)
            return self.texts[:]
