"""The SMTP transport over libcurl: the cases of test_smtp_transport.py once more, and what only it can do."""
import ssl
import types

import pytest
import test_smtp_transport as table
from test_smtp_transport import SECRET, authority, driver, expected, good, no_mail, serve, verbs  # noqa: F401


def _marks(case):
    """Markers left out: it is enough to see it once under a sanitizer. Nonsense is waited out: only where it matters."""
    for mark in getattr(case, "pytestmark", []):
        if case.__name__ == "test_nonsense" and mark.args[0] == "stage":
            yield pytest.mark.parametrize("stage", ["DOT"]).mark
        elif mark.name == "parametrize":
            yield mark


def _once_more(case):
    """The same case under its name."""
    copy = types.FunctionType(case.__code__, case.__globals__, case.__name__, case.__defaults__, case.__closure__)
    copy.pytestmark = list(_marks(case))
    return copy


NOT_HERE = ("test_an_address_that_swells_when_encoded",  # nothing is encoded
            "test_client_certificates_are_not_looked_for")
globals().update({name: _once_more(case) for name, case in vars(table).items()
                  if name.startswith("test_") and name not in NOT_HERE})


@pytest.fixture(autouse=True)
def over_curl(monkeypatch):
    monkeypatch.setattr(table, "LIBRARY", ["--curl"])


def implicit(server, authority, *addresses, **options):  # noqa: F811
    return table.tls(server, authority, *addresses, implicit=True, **options)


@pytest.mark.story
def test_encrypted_from_the_first_byte(serve, authority, good):  # noqa: F811
    server = serve(tls=good.context(), implicit=True, users={"u": SECRET}, auth_required=True)
    run = implicit(server, authority, count=30, size=20_000, user="u", password=SECRET)
    assert run.reaches() == ["taken"] * 30 and SECRET not in run.out
    [connection] = server.connections
    assert (connection.tls, connection.sni, connection.client_certificate) == ("TLSv1.3", "localhost", False)
    assert "STARTTLS" not in verbs(connection)
    assert [m.raw for m in server.messages] == [expected(n, f"r{n}@driver.example", 20_000) for n in range(30)]


@pytest.mark.parametrize("what", [name for name in table.BAD if name != "TLS 1.3 only"])
def test_bad_certificates_from_the_first_byte(serve, authority, what):  # noqa: F811
    server = serve(tls=table.BAD[what](authority), implicit=True)
    run = implicit(server, authority)
    assert (run.one()["reach"], run.one()["code"], run.one()["route_fault"]) == ("not_sent", "tls_failed", True)
    assert run.faults[0].startswith(f"localhost:{server.port}: no TLS: ")
    no_mail(server)
    assert implicit(server, authority, tls="optional-insecure").reaches() == ["taken"]


def test_no_tls_where_it_should_begin(serve, authority):  # noqa: F811
    server = serve()
    assert implicit(server, authority, command_ms=1000).one()["code"] == "tls_failed"
    no_mail(server)


@pytest.mark.story
def test_tls_13(serve, authority, good):  # noqa: F811
    """With libesmtp such sessions stalled on tickets; a relay that has 1.2 only is turned down where 1.3 is asked for."""
    server = serve(tls=good.context(minimum=ssl.TLSVersion.TLSv1_3))
    run = table.tls(server, authority, count=160, max_messages=4, threads=4, quiet=True, tls13=True)
    assert run.end["taken"] == 160 and {c.tls for c in server.connections} == {"TLSv1.3"}
    old = good.context()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert table.tls(serve(tls=old), authority, tls13=True).one()["code"] == "tls_failed"
    assert table.tls(serve(tls=old), authority).reaches() == ["taken"]


def test_probe_from_the_first_byte(serve, authority, good):  # noqa: F811
    server = serve(tls=good.context(), implicit=True)
    assert not implicit(server, authority, probe=True).faults
    server.wait_idle()
    assert verbs(server.connections[0]) == ["EHLO", "NOOP", "QUIT"]
    assert implicit(9, authority, probe=True).faults


def test_whatever_proxies_the_environment_names(serve):  # noqa: F811
    server = serve()
    proxies = {name: "http://127.0.0.1:9" for name in ("ALL_PROXY", "all_proxy", "smtp_proxy", "http_proxy")}
    assert driver(server, env=proxies).reaches() == ["taken"]
