"""No key, no session and no proxy's word reaches another organisation: every route that the description lists, asked by
everybody who belongs elsewhere, with what they may have learned of the others' names."""
import json
import re

import pytest
import yaml

import events
import oidcd
import web
from checks import by_recipient
from life import token_of
from pages import Page

ROLES = ("viewer", "operator", "admin")
PROXY = {"auth__proxy_user": "X-User", "auth__proxy_role": "X-Role", "auth__proxy_tenant": "X-Tenant", "http__proxies": ["127.0.0.1"]}
ACCEPT = {"tenants": {"acme": {"accept": {"mode": "confirm", "redirect": "https://app.internal/start"}}}}
ENDLESS = "/v1/tenants/{tenant}/events"  # what it tells is test_api::test_live's


class Acme:
    """All that one organisation has, and the words that tell of it."""

    def __init__(self, fleet, site):
        self.fleet, self.admin = fleet, site.key("acme", "admin")
        self.door = int(site.public.rsplit(":", 1)[1])
        self.sent = self._invite("wall-sent")
        self.came = self._invite("wall-came")
        self.token = token_of(by_recipient(fleet.sink)[self.sent.to][-1])
        change = {"version": 0, "settings": {"contact": "wall-contact@mail.internal"}}
        assert self.admin.ask("PUT", "/v1/tenants/acme/settings", change).status == 200
        parts = self.admin.get("/v1/tenants/acme/templates/invite/en").json["parts"]
        subject = "{{#subject}}{{subject}}{{/subject}}{{^subject}}wall-subject{{/subject}}"
        template = {"version": 1, "parts": {**parts, "subject": subject}}
        answer = self.admin.ask("PUT", "/v1/tenants/acme/templates/invite/en", template)
        assert answer.status == 200, answer
        pause = {"scope": "batch", "name": "wall-other", "paused": True, "reason": "wall-reason"}
        assert self.admin.post("/v1/tenants/acme/pauses", pause).status == 200
        page = Page(self.door, token_of(by_recipient(fleet.sink)[self.came.to][-1]))
        self.ticket = re.search(r"ticket=(\w+)", page.post(answer="accept").headers["Location"])[1]
        fleet.wait(lambda: self.looks()["counts"].get("accepted") == 1, 30, "the view does not show it")
        self.words = ("wall-", self.sent.to, self.came.to, self.token)
        self.at_first = self.looks()

    def _invite(self, name):
        event = self.fleet.emit(events.invite(invite=name, recipient={"email": events.address(), "name": "wall-person"},
                                              batch={"id": "wall-batch", "row": 1 if name == "wall-sent" else 2}))
        self.fleet.await_outcome(event, "sent")
        return event

    def looks(self):
        return {"counts": self.admin.get("/v1/tenants/acme/invites").json["counts"],
                **{name: self.admin.get(f"/v1/tenants/acme/{name}").json for name in ("settings", "templates", "pauses")}}

    def place(self, path, tenant):
        """The path, with this organisation's names at the tenant's."""
        names = {"tenant": tenant, "invite": self.sent.invite, "action": "cancel", "batch": "wall-batch", "name": "invite",
                 "locale": "en", "version": "2", "channel": "email", "route": "sink"}
        return re.sub(r"\{(\w+)\}", lambda m: names[m[1]], path)

    def bodies(self):
        """What goes with a route that changes something; a route that is not here gets {}."""
        return {"actMany": {"action": "cancel", "invites": [self.sent.invite, self.came.invite]},
                "verifyToken": {"token": self.token, "tenant": "acme"}, "verifyTicket": {"ticket": self.ticket, "tenant": "acme"},
                "templatePreview": {"name": "invite", "locale": "en", "invite": self.sent.invite},
                "templateRestore": {"version": 2, "if_version": 1}, "pause": {"scope": "batch", "name": "wall-other", "paused": False},
                "invite": {"to": "", "tenant": "acme", "batch": "wall-batch"}, "templateTest": {"invite": self.sent.invite}}


def operations(site):
    """(method, path, operation id) of each that is described."""
    spec = yaml.safe_load(site.anybody().get("/v1/openapi.yaml").text)
    found = [(method.upper(), path, said["operationId"]) for path, methods in spec["paths"].items()
             for method, said in methods.items() if method != "parameters"]
    assert len(found) > 30
    return found


def session_of(site, issuer):
    """A browser that has signed in, with the token that its changes carry."""
    issuer.claims = {"sub": "u-9", "beckon_role": "super", "beckon_tenant": "globex"}
    browser = oidcd.Browser(site.private)
    browser.sign_in()
    csrf = browser.go("/v1/session").json["csrf"]

    def ask(method, path, body=None):
        return browser.go(path, method, body, **({} if method == "GET" else {"X-CSRF-Token": csrf}))
    return ask


@pytest.fixture
def issuer():
    server = oidcd.Issuer()
    yield server
    server.close()


@pytest.fixture
def site(fleet, issuer):
    secret = fleet.dir / "client.secret"
    secret.write_text(issuer.secret)
    own = web.doors(auth__oidc_issuer=issuer.url, auth__oidc_secret_file=str(secret), auth__oidc_private=True, **PROXY, **ACCEPT)
    own["http__url"] = f"http://{own['http__private']}"
    fleet.up(services=("clock", "dispatcher", "email", "status"), status=own)
    return web.Site(fleet, own)


@pytest.fixture
def strangers(site, issuer):
    """Everybody who may do something at another organisation, by each way in: {who: ask(method, path, body)}."""
    by_proxy = site.anybody(**{"X-User": "u-8", "X-Role": "super", "X-Tenant": "globex"})
    csrf = {"X-CSRF-Token": by_proxy.get("/v1/session").json["csrf"]}
    return {**{role: site.key("globex", role).ask for role in ROLES}, "session": session_of(site, issuer),
            "proxy": lambda method, path, body=None: by_proxy.ask(method, path, body, **(csrf if method != "GET" else {}))}


def test_nobody_reaches_another_tenant(fleet, site, strangers):
    """Another organisation's paths are closed; at one's own its names are unknown; nothing is told of it, nothing changes there."""
    acme = Acme(fleet, site)
    bodies = acme.bodies()
    for who in ("session", "proxy"):  # said to be super, but of one organisation
        assert strangers[who]("GET", "/v1/session").json["role"] == "admin"
        assert strangers[who]("GET", "/v1/fleet").status == 403
        everything = {"scope": "all", "paused": True, "reason": "x"}
        assert strangers[who]("POST", "/v1/tenants/globex/pauses", everything).status == 403
    for method, path, operation in operations(site):
        if not path.startswith("/v1/") or operation in ("openapi", "signOut"):
            continue
        body = None if method == "GET" else bodies.get(operation, {})
        assert site.anybody().ask(method, acme.place(path, "acme"), body).status == 401, (method, path)
        for who, ask in strangers.items():
            if "{tenant}" in path:
                answer = ask(method, acme.place(path, "acme"), body)
                assert answer.status == 403, (who, method, path, answer)
            if path == ENDLESS:
                continue
            answer = ask(method, acme.place(path, "globex"), body)
            assert answer.status < 500 and not [w for w in acme.words if w in told(answer, body)], (who, method, path, answer)
    assert acme.looks() == acme.at_first
    assert [o.word for o in fleet.outcomes.snapshot() if o.get("invite") == acme.sent.invite] == ["queued", "sent"]
    assert acme.admin.post("/v1/tokens/verify", {"token": acme.token}).json["state"] == "good"
    taken = [acme.admin.post("/v1/tickets/verify", {"ticket": acme.ticket}) for _ in range(2)]
    assert [t.status for t in taken] == [200, 404] and taken[0].json == {"tenant": "acme", "invite": acme.came.invite}


def told(answer, body):
    """What the answer says beyond what the question said."""
    text = answer.text
    for word in re.findall(r"wall-[a-z]+", json.dumps(body) if body else ""):
        text = text.replace(word, "")
    return text


def test_what_is_remembered_is_ones_own(fleet, site):
    """An Idempotency-Key and a page's cursor are worth something to their organisation alone."""
    acme, globex = site.key("acme"), site.key("globex")
    asked = [c.post(f"/v1/tenants/{t}/invites", {"to": "wall-a@people.internal, wall-b@people.internal"}, Idempotency_Key="k-1")
             for c, t in ((acme, "acme"), (globex, "globex"))]
    assert [a.status for a in asked] == [202, 202] and "Idempotency-Replayed" not in asked[1].headers
    ours, theirs = ({one["invite"] for one in a.json["asked"]} for a in asked)
    assert not ours & theirs
    fleet.wait(lambda: all(c.get(f"/v1/tenants/{t}/invites").json["total"] == 2 for c, t in ((acme, "acme"), (globex, "globex"))),
               30, "they are not shown")
    cursor = acme.get("/v1/tenants/acme/invites", limit=1).json["next"]
    answer = globex.get("/v1/tenants/globex/invites", limit=1, cursor=cursor)
    assert answer.status in (200, 422) and not any(invite in answer.text for invite in ours)
