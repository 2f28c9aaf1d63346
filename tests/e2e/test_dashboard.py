"""The dashboard: its files, and what a person can see and do with it."""
import http.client

from process import free_port


def private_port(fleet, **own):
    port = free_port()
    fleet.service("status", http__private=f"127.0.0.1:{port}", **own).start().await_ready()
    return port


def ask(port, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_files(fleet):
    """Everything the page loads is there, asked for anew and not sent twice, and nothing may come from elsewhere."""
    fleet.up(services=())
    port = private_port(fleet)
    page, body = ask(port, "/")
    assert page.status == 200 and b'<script type="module" src="/app/main.js">' in body
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    loaded, wanted = set(), {"main.js", "base.css", "parts.css", "icon.svg", "preview.html"}
    while wanted - loaded:
        name = (wanted - loaded).pop()
        loaded.add(name)
        file, body = ask(port, f"/app/{name}")
        assert file.status == 200, name
        assert b"http://" not in body.replace(b"http://www.w3.org/2000/svg", b"") and b"https://" not in body, name
        wanted |= {line.split('"')[-2].removeprefix("./") for line in body.decode().splitlines()
                   if line.startswith("import ")}
        again, body = ask(port, f"/app/{name}", **{"If-None-Match": file.headers["ETag"]})
        assert again.status == 304 and not body
    assert len(loaded) > 10
    assert ask(port, "/app/none.js")[0].status == 404
