"""A proxy that takes CONNECT (RFC 9110) to any name, and leads to one port of this machine."""
import socket
import threading


def _pipe(one, other):
    try:
        while some := one.recv(65536):
            other.sendall(some)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class ConnectProxy:
    """asked: the heads of the requests, as they came."""

    def __init__(self, port):
        self.to, self.asked = port, []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def names(self):
        """Where it was to connect to."""
        return [head.split()[1] for head in self.asked]

    def close(self):
        self._listener.close()

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
            if not (some := client.recv(4096)):
                return
            head += some
        self.asked.append(head.decode())
        with client, socket.create_connection(("127.0.0.1", self.to)) as server:
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = threading.Thread(target=_pipe, args=(server, client), daemon=True)
            back.start()
            _pipe(client, server)
            back.join()
