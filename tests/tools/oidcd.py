"""A sign-in service of OpenID Connect for stories: whoever comes is signed in at once, as the story says; and a browser that goes there."""
import base64
import hashlib
import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import web


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """claims: of the next token; spoil: what is put over them when the token is made."""

    def __init__(self, client="beckon", secret="s3cret-of-client"):
        self.client, self.secret = client, secret
        self.claims, self.spoil, self.codes, self.asked = {}, {}, {}, []
        self.awake = threading.Event()  # cleared: it takes connections and says nothing
        self.awake.set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()

    def token(self, code, form):
        """The answer to a code: it is good once, for who proves to have asked."""
        query = self.codes.pop(code, None)
        if not query or b64(hashlib.sha256(form["code_verifier"].encode()).digest()) != query["code_challenge"] or \
                form["redirect_uri"] != query["redirect_uri"]:
            return None
        claims = {"iss": self.url, "aud": [self.client], "exp": int(time.time()) + 300, "nonce": query["nonce"],
                  **self.claims, **self.spoil}
        return {"token_type": "Bearer", "access_token": "x",
                "id_token": ".".join((b64(b'{"alg":"RS256"}'), b64(json.dumps(claims).encode()), b64(b"unsigned")))}

    def _handler(issuer):  # noqa: N805 - the handler's own self is another
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def _say(self, status, body=None, **headers):
                data = json.dumps(body or {}).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", "Content-Length": len(data), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                issuer.awake.wait()
                url = urllib.parse.urlparse(self.path)
                if url.path == "/.well-known/openid-configuration":
                    return self._say(200, {"issuer": issuer.url, "authorization_endpoint": f"{issuer.url}/authorize",
                                           "token_endpoint": f"{issuer.url}/token"})
                query = dict(urllib.parse.parse_qsl(url.query))
                code = f"code-{len(issuer.asked)}"
                issuer.asked.append(query)
                issuer.codes[code] = query
                back = urllib.parse.urlencode({"code": code, "state": query["state"]})
                return self._say(302, Location=f"{query['redirect_uri']}?{back}")

            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                given = base64.b64encode(f"{issuer.client}:{issuer.secret}".encode()).decode()
                answer = issuer.token(form["code"], form) if self.headers.get("Authorization") == f"Basic {given}" else None
                self._say(200 if answer else 400, answer or {"error": "invalid_grant"})
        return Handler


class Browser(web.Client):
    """Keeps cookies, and follows nothing by itself."""

    def __init__(self, base):
        super().__init__(base)
        self.cookies = {}

    def go(self, url, method="GET", body=None, **headers):
        base, path = self.base, url
        if url.startswith("http"):
            base, _, path = url[:url.index("/", 8)], None, url[url.index("/", 8):]
        elsewhere = web.Client(base)
        if base == self.base:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        answer = elsewhere.ask(method, path, body, **headers)
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.split(";")[0].partition("=")
            assert "HttpOnly" in line and "SameSite=Lax" in line
            self.cookies[name] = value
        return answer

    def sign_in(self, to="/"):
        """Away, and back again; the last answer."""
        away = self.go(f"/auth/login?to={to}")
        assert away.status == 303, away
        back = self.go(away.headers["Location"])
        return self.go(back.headers["Location"])
