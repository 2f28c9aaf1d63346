"""Real Kannel between us and an SMPP centre: bearerbox and smsbox on loopback."""
import shutil
import socket
import urllib.error
import urllib.request

from process import Process, free_port, wait_until

BEARERBOX, SMSBOX = "/usr/sbin/bearerbox", "/usr/sbin/smsbox"

CONFIG = """
group = core
admin-port = {admin}
admin-password = bar
admin-interface = 127.0.0.1
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
store-type = file
store-location = {dir}/store
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = centre
host = 127.0.0.1
port = {centre}
transceiver-mode = 1
smsc-username = foo
smsc-password = bar
system-type = VMA
address-range = ""
max-pending-submits = 100

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {box}
sendsms-port = {send}
sendsms-interface = 127.0.0.1
global-sender = 13013

group = sendsms-user
username = tester
password = {password}
concatenation = true
max-messages = 10
"""


def missing():
    return None if shutil.which(BEARERBOX) and shutil.which(SMSBOX) else "kannel is not installed"


class Kannel:
    """start() returns when a message can be posted; base is where."""

    def __init__(self, directory, centre, password):
        directory.mkdir(parents=True, exist_ok=True)
        self.ports = {name: free_port() for name in ("admin", "box", "send")}
        config = directory / "kannel.conf"
        config.write_text(CONFIG.format(dir=directory, centre=centre.port, password=password, **self.ports))
        self.base = f"http://127.0.0.1:{self.ports['send']}"
        self.bearerbox = Process("bearerbox", [BEARERBOX, "-v", "1", config], directory / "bearerbox.log")
        self.smsbox = Process("smsbox", [SMSBOX, "-v", "1", config], directory / "smsbox.log")

    def start(self):
        self.bearerbox.start()
        wait_until(lambda: self._answers(self.ports["box"]), 20, lambda: self.bearerbox.tail())
        self.smsbox.start()
        wait_until(lambda: self._answers(self.ports["send"]) and self._online(), 30,
                   lambda: f"{self.smsbox.tail()}\n{self.bearerbox.tail()}")
        return self

    @staticmethod
    def _answers(port):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            return False

    def _online(self):
        """Is the centre bound?"""
        try:
            url = f"http://127.0.0.1:{self.ports['admin']}/status.txt?password=bar"
            with urllib.request.urlopen(url, timeout=2) as r:
                return "(online" in r.read().decode()
        except (OSError, urllib.error.URLError):
            return False

    def stop(self):
        for process in (self.smsbox, self.bearerbox):
            if process.popen and process.running():
                process.kill()
