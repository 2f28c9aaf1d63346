"""The host that has SNS' signing certificates, and the proxy (RFC 9110 CONNECT) by which it is reached here."""
import http.server
import socket
import ssl
import threading

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
        self.pages, self.asked, self.proxied = {}, [], []
        self._pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
        self._pages.owner = self
        self._pages.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.pem)
        self._pages.socket = context.wrap_socket(self._pages.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._pages.serve_forever, daemon=True).start()
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        self.proxy = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self, url, body, status=200):
        self.pages["/" + url.split("/", 3)[3]] = (status, body)

    def close(self):
        self._listener.close()
        self._pages.shutdown()
        self._pages.server_close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._tunnel, args=(client,), daemon=True).start()

    def _tunnel(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            if not (got := client.recv(4096)):
                return
            head += got
        self.proxied.append(head.split()[1].decode())
        server = socket.create_connection(self._pages.server_address)
        client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        threading.Thread(target=self._pipe, args=(server, client), daemon=True).start()
        self._pipe(client, server)

    @staticmethod
    def _pipe(one, other):
        try:
            while got := one.recv(65536):
                other.sendall(got)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass
