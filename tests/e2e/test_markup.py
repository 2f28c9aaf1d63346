"""The HTML that people get, as two validators read it."""
import json
import subprocess
from pathlib import Path

import markup
import pytest
from conftest import need
from fleet import program

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = {"organisation": "A & B", "recipient_name": "Ann <Abel>", "inviter": "Bob", "role": "Nurse", "department": "Ward 3",
          "teams": "Night shift", "note": "a", "note_lines": ["a", "b"], "link": "https://join.internal/i?token=k1.a",
          "contact": "help@mail.internal", "contact_href": "mailto:help@mail.internal", "brand_colour": "#1d4ed8",
          "username": "ann", "password": "k7mf-2xqn", "expires_on": "24 March 2025", "expires_in": "1 day", "today": "23 March 2025"}


def mail(name, locale, folder):
    (folder / "vars.json").write_text(json.dumps(SAMPLE))
    done = subprocess.run([program("beckon"), "render", "--template", name, "--locale", locale, "--part", "html", "--templates",
                           ROOT / "deploy" / "templates", "--vars", folder / "vars.json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(autouse=True)
def validators(built):
    need(markup.missing())


def test_mails(tmp_path):
    folders = [f for f in sorted((ROOT / "deploy" / "templates").iterdir()) if (f / "en" / "html.html").exists()]
    mails = {f"{f.name}-{locale}": mail(f.name, locale, tmp_path) for f in folders for locale in ("en", "ru")}
    assert len(mails) >= 4
    found = markup.faults(tmp_path, mails, mail=True)
    assert not found, "\n".join(found)


def test_dashboard_frame(tmp_path):
    pages = {f.stem: f.read_text() for f in (ROOT / "services" / "status" / "dashboard").glob("*.html")}
    found = markup.faults(tmp_path, pages)
    assert not found, "\n".join(found)
    broken = markup.faults(tmp_path, {"broken": pages["index"].replace("</head>", "<p>")})
    assert any("broken.html" in line for line in broken)  # they do look
