"""Who may use the API: keys, sessions, a trusted proxy; and that nobody reaches another tenant."""
import queue
import socket
import threading
import time

import pytest

import oidcd
import web


def beckon(site, *args, **options):
    return site.fleet.beckon("apikey", *args, "--config", site.fleet.dir / "beckon.yaml", **options)


def test_keys(fleet):
    """A key is shown once, known within a second, and gone when it is removed; what is kept is no key."""
    site = web.up(fleet, services=("status",))
    assert site.anybody().get("/v1/session").status == 401
    viewer = site.key("acme", "viewer")
    who = viewer.get("/v1/session").json
    assert who == {"id": f"key:{viewer.id}", "name": "story", "role": "viewer", "tenant": "acme"}
    above = beckon(site, "add", "--tenant", "acme", "--role", "super", "--name", "above", check=False)
    assert above.returncode == 2 and "all tenants" in above.stderr
    assert site.key("*", "super").get("/v1/fleet").status == 200 and site.key("acme", "admin").get("/v1/fleet").status == 403
    secret = viewer.headers["Authorization"].split("_")[-1]
    kept = fleet.read("settings", lambda m: f"{m.key()} {m.value()}")
    fleet.wait(lambda: any(viewer.id in r for r in kept.snapshot()), 10, "no record")
    assert not any(secret in r for r in kept.snapshot())
    assert secret not in beckon(site, "list").stdout and viewer.id in beckon(site, "list").stdout

    said = viewer.headers["Authorization"]
    wrong = web.Client(site.private, Authorization=said[:-1] + ("a" if said[-1] != "a" else "b"))
    assert wrong.get("/v1/session").status == 401
    short = beckon(site, "add", "--tenant", "acme", "--role", "admin", "--name", "short", "--expires", "1s").stdout
    soon = web.Client(site.private, Authorization=f"Bearer {short.strip()}")
    fleet.wait(lambda: soon.get("/v1/session").status == 401 and time.sleep(0.1) is None, 10, "it does not expire")

    assert beckon(site, "remove", "--tenant", "globex", viewer.id, check=False).returncode == 1
    beckon(site, "remove", "--tenant", "acme", viewer.id)
    fleet.wait(lambda: viewer.get("/v1/session").status == 401, 10, "it holds on")
    assert fleet["status"].metric("beckon_http_answers_total", door="private") > 3
    kept.close()


def test_proxy(fleet):
    """Who comes by a trusted proxy is who it says; the same headers from elsewhere say nothing."""
    headers = {"auth__proxy_user": "X-User", "auth__proxy_role": "X-Role", "auth__proxy_tenant": "X-Tenant",
               "auth__proxy_name": "X-Name"}
    site = web.up(fleet, services=("status",), http__proxies=["127.0.0.1"], **headers)
    ann = site.anybody(**{"X-User": "u-1", "X-Role": "operator", "X-Tenant": "acme", "X-Name": "Ann"})
    fleet.wait(lambda: ann.get("/v1/session").status != 503, 15, "not open")
    who = ann.get("/v1/session").json
    assert (who["id"], who["role"], who["tenant"], who["name"]) == ("u-1", "operator", "acme", "Ann")
    assert "login" not in site.anybody().get("/v1/session").json  # nowhere to send a browser to
    assert who["csrf"] == ann.get("/v1/session").json["csrf"]
    no_tenant = site.anybody(**{"X-User": "u-1"})
    assert no_tenant.get("/v1/session").status == 401
    for wrong in ("acme" * 17, "ac me", "acme/i"):  # cut to fit it could be another's
        assert site.anybody(**{**ann.headers, "X-Tenant": wrong}).get("/v1/session").status == 401
    with socket.create_connection(("127.0.0.1", int(site.private.rsplit(":", 1)[1])), 30) as s:  # what a proxy adds to what came
        head = "".join(f"{k}: {v}\r\n" for k, v in ann.headers.items())
        s.sendall(f"GET /v1/session HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Role: super\r\n{head}\r\n".encode())
        answer = b"".join(iter(lambda: s.recv(4096), b"")).decode()
        assert " 401 " in answer and "there twice" in answer, answer
    other = web.Client(site.private.replace("127.0.0.1", "localhost"), **ann.headers)
    assert other.get("/v1/session").status == 200  # the same machine, the same address

    fleet["status"].stop()
    site = web.Site(fleet, own := web.doors(**headers))
    fleet.service("status", **own).start().await_ready()
    stranger = site.anybody(**ann.headers)
    fleet.wait(lambda: stranger.get("/v1/session").status == 401, 15, "believed from anywhere")


@pytest.mark.story
def test_people_sign_in(fleet):
    """By OpenID Connect, with role and tenant; a browser's change carries a token; signing out ends the session; nothing forged is taken."""
    issuer = oidcd.Issuer()
    secret = fleet.dir / "client.secret"
    secret.write_text(issuer.secret)
    own = web.doors(auth__oidc_issuer=issuer.url, auth__oidc_secret_file=str(secret), auth__oidc_private=True)
    own["http__url"] = f"http://{own['http__private']}"
    site = web.Site(fleet, own)
    fleet.up(services=("status",), status=own)
    issuer.claims = {"sub": "u-7", "name": "Анна", "email": "anna@people.internal", "beckon_role": "operator", "beckon_tenant": "acme"}
    anna = oidcd.Browser(site.private)
    fleet.wait(lambda: anna.go("/v1/session").status == 401, 15, "not open")
    assert anna.go("/v1/session").json["login"] == "/auth/login"
    came = anna.sign_in("/batches")
    assert (came.status, came.headers["Location"]) == (303, "/batches"), came
    who = anna.go("/v1/session").json
    assert (who["id"], who["name"], who["role"], who["tenant"], who["sign_out"]) == ("u-7", "Анна", "operator", "acme", True)
    assert issuer.asked[0]["code_challenge_method"] == "S256" and issuer.asked[0]["scope"].startswith("openid")

    change = ("/v1/tenants/acme/actions", "POST", {"action": "cancel", "invites": ["nobody"]})
    assert anna.go(*change).json["code"] == "csrf"
    assert anna.go(*change, **{"X-CSRF-Token": "x" * len(who["csrf"])}).json["code"] == "csrf"
    assert anna.go(*change, **{"X-CSRF-Token": who["csrf"]}).status == 202
    assert anna.go("/v1/tenants/globex/invites").status == 403
    mark = anna.cookies["beckon_session"]
    assert not any(mark in key or mark in str(fleet.redis.client.get(key)) for key in fleet.redis.keys(f"{fleet.prefix}session:"))
    assert anna.go("/v1/session", "DELETE", {}, **{"X-CSRF-Token": who["csrf"]}).status == 204
    anna.cookies["beckon_session"] = mark
    assert anna.go("/v1/session").status == 401

    for spoil in ({"nonce": "other"}, {"aud": "other"}, {"iss": "https://evil.internal"}, {"exp": 1}, {"beckon_tenant": None},
                  {"beckon_tenant": "acme" * 17}, {"beckon_tenant": "acme/*"},
                  {"beckon_role": "king"}, {"sub": ""}):
        issuer.spoil = spoil
        assert oidcd.Browser(site.private).sign_in().status == 403, spoil
    issuer.spoil = {}
    stolen = oidcd.Browser(site.private).go("/auth/login").headers["Location"]
    back = anna.go(stolen).headers["Location"]
    assert oidcd.Browser(site.private).go(back).status == 403  # another browser than the one that left
    page = oidcd.Browser(site.private).go(back, Accept="text/html,*/*")
    assert (page.status, page.headers["Location"]) == (303, "/?sign_in=refused")
    for to in ("//evil.internal", "https://evil.internal", "/\\evil.internal", "/%0d%0aSet-Cookie:x=y"):
        assert oidcd.Browser(site.private).sign_in(to).headers["Location"] == "/"
    text = fleet["status"].text()
    assert "what=sign-in tenant=acme by=person:" in text and "anna" not in text.lower() and "u-7" not in text

    issuer.spoil = {"beckon_role": ["everyone", "viewer", "operator", "staff"]}  # groups, in no order
    anna = oidcd.Browser(site.private)
    assert anna.sign_in().status == 303 and anna.go("/v1/session").json["role"] == "operator"
    left = oidcd.Browser(site.private)
    back = left.go(left.go("/auth/login").headers["Location"]).headers["Location"]
    fleet.redis.freeze()
    away = left.go(back)
    fleet.redis.thaw()
    assert away.status == 503 and away.headers["Retry-After"], away  # nobody was refused
    issuer.close()
    assert oidcd.Browser(site.private).go("/auth/login").status in (303, 503)


def test_an_issuer_that_hangs(fleet):
    """It holds up a few of those who sign in, and nobody else."""
    issuer = oidcd.Issuer()
    issuer.awake.clear()
    own = web.doors(auth__oidc_issuer=issuer.url, auth__oidc_private=True)
    own["http__url"] = f"http://{own['http__private']}"
    site = web.Site(fleet, own)
    fleet.up(services=("status",), status=own)
    fleet.wait(lambda: site.anybody().get("/v1/session").status == 401, 15, "not open")
    answers = queue.Queue()
    coming = [threading.Thread(target=lambda: answers.put(oidcd.Browser(site.private).go("/auth/login"))) for _ in range(4)]
    for one in coming:
        one.start()
    first = answers.get(timeout=30)
    assert first.status == 503 and "others are waiting" in first.json["detail"], first
    issuer.awake.set()
    for one in coming:
        one.join(30)
    assert {answers.get().status for _ in coming[1:]} <= {303, 503}
    fleet.wait(lambda: oidcd.Browser(site.private).go("/auth/login").status == 303, 20, "nobody signs in any more")
    issuer.close()


def test_no_issuer_among_our_own_machines(fleet):
    """Where the configuration does not say that the issuer is one, nobody is asked there."""
    secret = fleet.dir / "client.secret"
    secret.write_text("s3cret")
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        nobody.setblocking(False)
        own = web.doors(auth__oidc_issuer=f"https://127.0.0.1:{nobody.getsockname()[1]}", auth__oidc_secret_file=str(secret))
        own["http__url"] = f"http://{own['http__private']}"
        site = web.Site(fleet, own)
        fleet.up(services=("status",), status=own)
        anna = oidcd.Browser(site.private)
        fleet.wait(lambda: anna.go("/v1/session").status == 401, 15, "not open")
        assert anna.go("/auth/login").status == 503
        page = anna.go("/auth/login", Accept="text/html")
        assert (page.status, page.headers["Location"]) == (303, "/?sign_in=away")
        with pytest.raises(BlockingIOError):
            nobody.accept()
