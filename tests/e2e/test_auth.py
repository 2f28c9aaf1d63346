"""Who may use the API: keys, sessions, a trusted proxy; and that nobody reaches another tenant."""
import time

import pytest

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
    secret = viewer.headers["Authorization"].split("_")[-1]
    kept = fleet.read("settings", lambda m: f"{m.key()} {m.value()}")
    fleet.wait(lambda: any(viewer.id in r for r in kept.snapshot()), 10, "no record")
    assert not any(secret in r for r in kept.snapshot())
    assert secret not in beckon(site, "list").stdout and viewer.id in beckon(site, "list").stdout

    wrong = web.Client(site.private, Authorization=viewer.headers["Authorization"][:-1] + "x")
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
    assert who["csrf"] == ann.get("/v1/session").json["csrf"]
    no_tenant = site.anybody(**{"X-User": "u-1"})
    assert no_tenant.get("/v1/session").status == 401
    other = web.Client(site.private.replace("127.0.0.1", "localhost"), **ann.headers)
    assert other.get("/v1/session").status == 200  # the same machine, the same address

    fleet["status"].stop()
    site = web.Site(fleet, own := web.doors(**headers))
    fleet.service("status", **own).start().await_ready()
    stranger = site.anybody(**ann.headers)
    fleet.wait(lambda: stranger.get("/v1/session").status == 401, 15, "believed from anywhere")
