"""The accept page as a browser without JavaScript meets it: requests, answers, the form's hidden nonce."""
import http.client
import re
import urllib.parse

from process import free_port


def public_port(fleet, **own):
    """Starts a status service with a public door; returns its port."""
    port = free_port()
    fleet.service("status", http__public=f"127.0.0.1:{port}", **own).start().await_ready()
    return port


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.text = response.read().decode()

    @property
    def nonce(self):
        return re.search(r'name="nonce" value="([^"]+)"', self.text)[1]

    @property
    def title(self):
        return re.search(r"<h1>([^<]*)</h1>", self.text)[1]


class Page:
    """What stands behind one link."""

    def __init__(self, port, token):
        self.port, self.token = port, token

    def ask(self, method, path=None, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        form = urllib.parse.urlencode(body) if body is not None else None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path or f"/i/{self.token}?lang=en", form, {name.replace("_", "-"): value for name, value in headers.items()})
        try:
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path=None, **headers):
        return self.ask("GET", path, **headers)

    def post(self, nonce=None, **fields):
        """Presses the button of a page that was just fetched, unless a nonce is given."""
        return self.ask("POST", body={"nonce": nonce or self.get().nonce, **fields})
