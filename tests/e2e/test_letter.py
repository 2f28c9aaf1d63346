"""Letters by `beckon render --part eml`, read by Python's parser: what was put in is what a reader sees."""
import email.policy
import html
import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from email.header import decode_header, make_header
from email.utils import parseaddr
from pathlib import Path

import pytest

from hostile import hostile
from process import build_root

ROOT = Path(__file__).resolve().parents[2]
BECKON = Path(os.environ.get("BECKON_BUILD", build_root() / "debug")) / "bin" / "beckon"
HEADERS = ["From", "Reply-To", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted",
           "X-Auto-Response-Suppress", "Content-Type"]
AS_IS = email.policy.default.clone(refold_source="none")
PART_HEADERS = ["Content-Type", "Content-Transfer-Encoding"]
# A template that shows each field between marks of its own.
SHOWN = {"inviter": "inviter", "role": "role", "department": "department", "teams": "teams", "note": "note", "vars.x": "variable"}
TEXT = "\n".join(f"[{mark}]{{{{{name}?}}}}[/{mark}]" for name, mark in SHOWN.items()) + "\n{{link}}\n"
SUBJECT = "{{#subject}}{{subject}}{{/subject}}{{^subject}}Join {{organisation}}{{/subject}}\n"
# Refused in a header value: C0 controls, DEL, C1 controls. 4096 bytes is the bound of a value.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
VALUE_MAX = 4096


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A directory of templates that holds the marked one."""
    folder = tmp_path_factory.mktemp("templates")
    own = folder / "invite" / "en"
    own.mkdir(parents=True)
    (own / "subject.txt").write_text(SUBJECT)
    (own / "text.txt").write_text(TEXT)
    (own / "html.html").write_text(f"<pre>{TEXT}</pre>\n")
    return folder


def render(data, *options, templates=ROOT / "deploy" / "templates"):
    """The exit code, the letter's bytes and what was said on standard error."""
    command = [BECKON, "render", "--template", "invite", "--part", "eml", "--templates", templates,
               "--now", "2025-03-14T15:00:00Z", "--data", "/dev/stdin", *options]
    done = subprocess.run([str(c) for c in command], input=json.dumps(data).encode(), capture_output=True, timeout=60)
    return done.returncode, done.stdout, done.stderr.decode()


def request(**changes):
    data = {"tenant": "acme", "invite": "inv-1", "recipient": {"email": "anna@example.com", "name": "Anna"},
            "organisation": {"name": "Acme"}, "inviter": {"id": "1", "name": "Ivan"}, "template": {"name": "invite"}}
    for path, value in changes.items():
        at = data
        *objects, last = path.split("__")
        for name in objects:
            at = at.setdefault(name, {})
        at[last] = value
    return data


def check_bytes(raw):
    """No bare CR or LF, no LF.LF, no line over 998 octets; header lines of 78 where they can be folded."""
    assert raw.endswith(b"\r\n")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    assert b"\n.\n" not in raw and b"\0" not in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    for line in raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
        assert len(line) <= 78 or line.startswith(b"Message-ID: "), line
        assert all(0x20 <= c < 0x7f for c in line) and line.strip(), line


def check_letter(raw):
    """Parses; the set and order of headers is always the same."""
    check_bytes(raw)
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message.keys() == HEADERS
    assert not message.defects
    parts = list(message.iter_parts())
    assert [p.get_content_type() for p in parts] == ["text/plain", "text/html"]
    for part in parts:
        assert part.keys() == PART_HEADERS and not part.defects
    assert message["Auto-Submitted"] == "auto-generated"
    assert not any(message[name].defects for name in ("From", "To", "Subject", "Date"))
    contents = [p.get_content() for p in parts]
    assert not any(re.search(r"\r(?!\n)|(?<!\r)\n", content) for content in contents)
    return message, *(content.replace("\r\n", "\n") for content in contents)


def mailbox(message, field):
    """Name and address. decode_header and not .display_name: before 3.13 that one keeps the space between two
    encoded-words (gh-128110)."""
    [address] = message[field].addresses
    name, spec = parseaddr(email.message_from_bytes(message.as_bytes(policy=AS_IS))[field])
    assert spec == address.addr_spec
    return str(make_header(decode_header(name))), spec


def header_ok(value):
    return not CONTROL.search(value) and len(value.encode()) <= VALUE_MAX


def as_subject(value):
    """What the contract says of a subject: line breaks and tabs become a space, none is left at the ends."""
    return re.sub(r" ?[\r\n\t]+", " ", value).strip(" ")


def as_text(value):
    return value.replace("\r\n", "\n").replace("\r", "\n")


def each_hostile(check):
    """Runs check(name, value) on every hostile string, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(check, name, value) for name, value in hostile().items()]:
            done.result()


def check_refused(result, name):
    code, raw, said = result
    assert (code, raw) == (1, b""), name
    assert "render_failed" in said, name


@pytest.mark.parametrize("field,header,address", [
    ("organisation__name", "From", "no-reply@beckon.example"),
    ("recipient__name", "To", "anna@example.com"),
])
def test_hostile_display_names(marked, field, header, address):
    def check(name, value):
        result = render(request(**{field: value}), templates=marked)
        if not header_ok(value):
            return check_refused(result, name)
        message, *_ = check_letter(result[1])
        assert mailbox(message, header) == (value, address), name

    each_hostile(check)


def test_hostile_subject(marked):
    def check(name, value):
        result = render(request(template__subject=value), templates=marked)
        wanted = as_subject(value)
        if not header_ok(wanted) or not wanted:
            return check_refused(result, name)
        message, *_ = check_letter(result[1])
        assert message["Subject"] == wanted, name

    each_hostile(check)


def test_hostile_texts(marked):
    """Everything that only the body shows, in both parts; nothing is refused there."""
    def check(name, value):
        data = request(inviter__name=value, role=value, department=value, teams=[value, value],
                       template__note=value, template__variables={"x": value})
        code, raw, said = render(data, templates=marked)
        assert code == 0, (name, said)
        message, text, page = check_letter(raw)
        for mark in SHOWN.values():
            wanted = as_text(f"{value}, {value}" if mark == "teams" else value)
            assert f"[{mark}]{wanted}[/{mark}]" in text, (name, mark)
            shown = re.search(rf"\[{mark}\](.*?)\[/{mark}\]", page, re.S)[1]
            assert html.unescape(shown) == html.unescape(html.escape(wanted)) and not re.search("[<>\"]", shown), (name, mark)
        assert message["Subject"] == "Join Acme"

    each_hostile(check)


@pytest.mark.parametrize("value", ["a\0b", "a\0\r\nBcc: x@y.example", "\ud800"])
def test_what_is_no_text_is_refused(value):
    code, raw, _ = render(request(recipient__name=value))
    assert code != 0 and raw == b""


def test_a_note_cannot_end_its_part(marked):
    """The boundary can be known beforehand; it must not occur in a part that shows it."""
    boundary = check_letter(render(request(), templates=marked)[1])[0].get_boundary()
    note = f"a\r\n--{boundary}\r\nContent-Type: text/html\r\n\r\n<b>x</b>\r\n--{boundary}--\r\n"
    _, text, _ = check_letter(render(request(template__note=note), templates=marked)[1])
    assert as_text(note) in text


@pytest.mark.parametrize("address", ["anna@example.com\r\nBcc: x@y.example", "a b@example.com", "<anna@example.com>", "anna",
                                     "anna@example.com,x@y.example", "аня@example.com"])
@pytest.mark.parametrize("option", ["--to", "--from"])
def test_bad_addresses(option, address):
    code, raw, said = render(request(), option, address)
    assert code == 1 and raw == b"" and address not in said


def test_addresses_are_normalised():
    message, *_ = check_letter(render(request(), "--to", " Anna@Пример.Example ")[1])
    assert mailbox(message, "To") == ("Anna", "anna@xn--e1afmkfd.example")


def test_same_delivery_same_letter():
    first, again = render(request())[1], render(request())[1]
    assert first == again
    message, *_ = check_letter(first)
    assert message["Date"] == "Fri, 14 Mar 2025 15:00:00 +0000"
    assert re.fullmatch(r"<[a-z2-7]{52}@[a-z0-9.-]+>", message["Message-ID"])
    other, *_ = check_letter(render(request(invite="inv-2"))[1])
    assert other["Message-ID"] != message["Message-ID"] and other.get_boundary() != message.get_boundary()


@pytest.mark.story
@pytest.mark.parametrize("locale,name", [("en", "Anna Smith"), ("ru", "Анна Петрова")])
def test_the_invitation(locale, name):
    link = "https://accept.example.com/i?token=k1.abc&x=1"
    data = request(recipient__name=name, organisation__name="Ромашка", role="editor", template__note="first\n<second>")
    message, text, page = check_letter(render(data, "--locale", locale, "--link", link)[1])
    assert mailbox(message, "To") == (name, "anna@example.com")
    assert mailbox(message, "From")[0] == "Ромашка"
    assert "Ромашка" in message["Subject"] and len(message["Subject"]) <= 60
    for shown in (link, "Ivan", "editor", "> first\n> <second>\n"):
        assert shown in text
    for shown in (html.escape(link), "Ivan", "editor", "&lt;second&gt;", f'lang="{locale}"'):
        assert shown in page
