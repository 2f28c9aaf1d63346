"""A proxy that ends mutual TLS: it lets in whose certificate it has verified, and tells behind it whose that is."""
import http.client
import http.server
import ssl
import threading


class _Forward(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", self.server.header.lower())}
        names = [f"{kind.replace('commonName', 'CN')}={value}" for rdn in self.connection.getpeercert()["subject"]
                 for kind, value in rdn]
        behind = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=20)
        behind.request("POST", self.path, body, headers | {self.server.header: ",".join(names)})
        answer = behind.getresponse()
        text = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Proxy:
    def __init__(self, certificate, clients, behind, header):
        """certificate: its own; clients: the authority of theirs; behind: a port; header: what it tells in."""
        context = certificate.context()
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients.file)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Forward)
        self._server.daemon_threads = True
        self._server.behind, self._server.header = behind, header
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.port = self._server.server_address[1]

    def close(self):
        self._server.shutdown()
        self._server.server_close()
