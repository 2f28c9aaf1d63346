"""beckon-sms on the wire: whom it trusts, how many requests one connection carries, and by which way it goes."""
import re

import certs
import pytest
import smsd
import texts
from connect_proxy import ConnectProxy
from process import Process, free_port, port_answers, wait_until
from smsd import entry


@pytest.fixture
def up(fleet):
    """Starts beckon-sms with these providers."""
    secret = fleet.secret_file("provider.secret", smsd.SECRET)

    def start(*providers, **own):
        for one in providers:
            one["secret_file"] = secret
        fleet.up(services=("clock", "sms"), sms={"providers": list(providers), **own})
        return fleet["sms"]
    return start


def test_certificates(fleet, up, tmp_path):
    """Nothing is told to whoever cannot show that he is the provider: not the secret, not a number."""
    authority, stranger = certs.Authority(tmp_path / "ca"), certs.Authority(tmp_path / "stranger")
    shown = {"other-name": authority.sign("sms.internal"), "expired": authority.sign("127.0.0.1", days=-1),
             "self-signed": authority.self_signed("127.0.0.1"), "of-a-stranger": stranger.sign("127.0.0.1"),
             "genuine": authority.sign("127.0.0.1")}
    servers = {name: smsd.Server(tls=c.context()).up() for name, c in shown.items()}
    sms = up(*(entry(name, server, "webhook", ca_file=str(authority.file), order=2 if name == "genuine" else 1)
               for name, server in servers.items()))
    jobs = texts.emit(fleet, [texts.Text() for _ in range(20)])
    for job in jobs:
        o = fleet.await_outcome(job.invite, "sent")
        assert (o["provider"], o["attempt"]["n"]) == ("genuine", 1)
    for name, server in servers.items():
        if name != "genuine":
            assert not server.messages, name
            fleet.wait(lambda: sms.metric("beckon_route_up", route=f"{name}/RU") == 0, 10, f"{name} is not closed")
        server.__exit__()


class Http2(Process):
    """nghttpx: speaks HTTP/2 over TLS to whoever comes, and HTTP/1.1 to the gateway behind it."""

    def __init__(self, directory, pem, backend):
        self.port, self.access = free_port(), directory / "nghttpx.access"
        super().__init__("nghttpx", [
            "nghttpx", "--conf=/dev/null", "--single-process", "--no-ocsp", f"--frontend=127.0.0.1,{self.port}", f"--backend=127.0.0.1,{backend}",
            f"--accesslog-file={self.access}", "--accesslog-format=$remote_port $alpn", str(pem), str(pem)],
            directory / "nghttpx.log")

    def start(self):
        super().start()
        wait_until(lambda: port_answers(self.port), 10, "nghttpx does not answer")
        return self


def test_http2(fleet, up, tmp_path):
    """Where the provider speaks HTTP/2, hundreds of requests share a connection or two."""
    authority = certs.Authority(tmp_path / "ca")
    with smsd.Server() as gateway:
        front = Http2(tmp_path, authority.sign("127.0.0.1").pem, gateway.port).start()
        try:
            up(entry("provider", gateway, "webhook", tls="required", ca_file=str(authority.file), sessions=64,
                     settings={"endpoint": f"https://127.0.0.1:{front.port}/webhook"}))
            jobs = texts.emit(fleet, [texts.Text() for _ in range(300)])
            for job in jobs:
                assert fleet.await_outcome(job.invite, "sent")["provider_message_id"]
        finally:
            front.kill()
    assert all(gateway.count(job.to) == 1 for job in jobs)
    lines = [line.split() for line in front.access.read_text().splitlines()]
    assert len(lines) == len(jobs) and {alpn for _, alpn in lines} == {"h2"}, lines[:3]
    assert len({port for port, _ in lines}) <= 3, "a connection a request"


def test_proxy(fleet, up, tmp_path):
    """The proxy of the setting is gone through, which resolves the name; it sees neither text nor secret."""
    authority = certs.Authority(tmp_path / "ca")
    with smsd.Server(tls=authority.sign("sms.provider.internal").context()) as gateway:
        proxy = ConnectProxy(gateway.port)
        up(entry("behind", gateway, "webhook", proxy=proxy.url, ca_file=str(authority.file),
                 private_network=False, settings={"endpoint": "https://sms.provider.internal/webhook"}))
        jobs = texts.emit(fleet, [texts.Text() for _ in range(20)])
        for job in jobs:
            fleet.await_outcome(job.invite, "sent")
        proxy.close()
        assert all(gateway.count(job.to) == 1 for job in jobs)
    assert proxy.asked and all(re.match(r"CONNECT sms\.provider\.internal:443 HTTP/1\.1\r\n", head) for head in proxy.asked)
    assert not any(smsd.SECRET in head or job.to[1:] in head for head in proxy.asked for job in jobs)
