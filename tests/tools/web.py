"""The doors of beckon-status, asked as programs and browsers ask."""
import json
import urllib.error
import urllib.parse
import urllib.request

from process import free_port

TIMEOUT_S = 30


class Answer:
    def __init__(self, status, headers, raw):
        self.status, self.headers, self.raw = status, headers, raw

    @property
    def json(self):
        return json.loads(self.raw)

    @property
    def text(self):
        return self.raw.decode()

    def __repr__(self):
        return f"{self.status} {self.raw[:600]!r}"


class Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other."""

    def redirect_request(self, *_):
        return None


class Client:
    """Asks one door; headers go with every request."""

    def __init__(self, base, **headers):
        self.base, self.headers = base, headers
        self.opener = urllib.request.build_opener(Stay)

    def ask(self, method, path, body=None, **headers):
        data, own = body, dict(self.headers)
        if isinstance(body, (dict, list)):
            data, own["Content-Type"] = json.dumps(body), "application/json"
        own.update({k.replace("_", "-"): v for k, v in headers.items()})
        request = urllib.request.Request(self.base + path, method=method, headers=own,
                                         data=data.encode() if isinstance(data, str) else data)
        try:
            with self.opener.open(request, timeout=TIMEOUT_S) as r:
                return Answer(r.status, r.headers, r.read())
        except urllib.error.HTTPError as e:
            return Answer(e.code, e.headers, e.read())

    def get(self, path, **query):
        return self.ask("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def post(self, path, body=None, **headers):
        return self.ask("POST", path, {} if body is None else body, **headers)


def doors(**own):
    """The configuration of a beckon-status whose doors are open."""
    return {"http__private": f"127.0.0.1:{free_port()}", "http__public": f"127.0.0.1:{free_port()}",
            "http__rate": 0, **own}


class Site:
    """The doors of a fleet's status service."""

    def __init__(self, fleet, own):
        self.fleet = fleet
        self.private, self.public = f"http://{own['http__private']}", f"http://{own['http__public']}"

    def key(self, tenant="acme", role="operator"):
        """A client with a new key, known to the service."""
        done = self.fleet.beckon("apikey", "add", "--config", self.fleet.dir / "beckon.yaml", "--tenant", tenant,
                                 "--role", role, "--name", "story", "--json")
        made = json.loads(done.stdout)
        client = Client(self.private, Authorization=f"Bearer {made['key']}")
        client.id = made["id"]
        self.fleet.wait(lambda: client.get("/v1/session").status == 200, 15, "the key is not known")
        return client

    def anybody(self, **headers):
        return Client(self.private, **headers)


def up(fleet, services=("clock", "dispatcher", "email", "status"), dispatcher=None, **own):
    """Starts the fleet with open doors; own: the status service's configuration, dispatcher: the dispatcher's."""
    own = doors(**own)
    fleet.up(services=services, status=own, dispatcher=dispatcher or {})
    return Site(fleet, own)
