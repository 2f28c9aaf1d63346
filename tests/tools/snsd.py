"""The host that has SNS' signing certificates, and the proxy by which it is reached here."""
import http.server
import ssl
import threading

from connect_proxy import ConnectProxy

HOST = "sns.eu-west-1.amazonaws.com"


def certificate_url(name="0123abcd", host=HOST):
    return f"https://{host}/SimpleNotificationService-{name}.pem"


class _Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.owner.asked.append(self.path)
        status, body, *location = self.server.owner.pages.get(self.path, (404, b""))
        self.send_response(status)
        for url in location:
            self.send_header("Location", url)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Sns:
    """pages: {path: (status, body)}; asked: the paths; proxied: where the proxy was to connect to."""

    def __init__(self, certificate):
        self.pages, self.asked = {}, []
        self._pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
        self._pages.owner = self
        self._pages.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.pem)
        self._pages.socket = context.wrap_socket(self._pages.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._pages.serve_forever, daemon=True).start()
        self._proxy = ConnectProxy(self._pages.server_port)
        self.proxy = self._proxy.url

    def serve(self, url, body, status=200):
        self.pages["/" + url.split("/", 3)[3]] = (status, body)

    @property
    def proxied(self):
        return self._proxy.names

    def close(self):
        self._proxy.close()
        self._pages.shutdown()
        self._pages.server_close()
