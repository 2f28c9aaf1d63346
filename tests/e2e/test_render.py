"""beckon render: agrees with another Mustache on made-up templates, shows the shipped ones, tells what is wrong."""
import html.parser
import json
import random
import re
import subprocess

import chevron
import pytest
from fleet import program
from process import build_root

TEMPLATES = build_root().parent / "deploy" / "templates"
INVITE = {
    "organisation": "Rost & Söhne", "recipient_name": "Анна Ким", "inviter": "Ян О'Нил", "role": "Editor",
    "department": "News", "teams": "Red, Blue", "link": "https://join.internal/i/abc?x=1&y=2", "contact": "help@join.internal",
    "contact_href": "mailto:help@join.internal", "expires_at": "2025-03-14T15:00:00Z", "now": "2025-03-09T15:00:00Z",
    "timezone": "Europe/Moscow",
}
OPTIONAL = ("recipient_name", "inviter", "role", "department", "teams", "contact", "contact_href")

TEXTS = ["plain", "<b>bold</b>", "R&D", 'say "hi"', "Привет, мир", "two\nlines", "{{d}}", "%s", "1.0"]
LITERALS = ["word", " ", "  - ", "<p>", "\n", "\n\n", " }", "{ ", "текст", "\r\n", "a | b"]
SCALARS, OBJECTS, LISTS, FLAGS = "def", "opq", "lmn", "xyz"
LEAVES = "uvw"  # members of objects and of items


class Maker:
    """Templates and the data they fit. What the other implementation answers differently on purpose (0, empty
    objects, apostrophes, chains that break) is left to the unit tests' cases."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.partials = {}

    def scalar(self):
        return self.random.choice([self.random.choice(TEXTS), self.random.randint(1, 10**9), self.random.randint(-99, -1),
                                   self.random.randint(1, 999) + 0.25])

    def object(self):
        return {name: self.scalar() for name in LEAVES}

    def data(self):
        pick = self.random
        data = {name: self.scalar() for name in SCALARS} | {name: self.object() for name in OBJECTS}
        data |= {name: pick.choice([True, False, None, "", "yes"]) for name in FLAGS}
        for name in LISTS:
            item = pick.choice([self.object, self.scalar])
            data[name] = [item() for _ in range(pick.randint(0, 3))]
        return data

    def variable(self, names):
        name = self.random.choice(names)
        return self.random.choice(["{{%s}}", "{{ %s }}", "{{{%s}}}", "{{&%s}}", "{{& %s }}", "{{{ %s }}}"]) % name

    def names(self):
        return [*SCALARS, *(f"{o}.{leaf}" for o in OBJECTS for leaf in LEAVES), "missing", "missing.too"]

    def alone(self, tag):
        """The tag on a line of its own, or not."""
        return self.random.choice([tag, f"\n{tag}\n", f"\n  {tag}\n"])

    def section(self, depth):
        sign = self.random.choice("##^")
        name = self.random.choice([*OBJECTS, *LISTS, *FLAGS, "missing", "p.u"])
        body = self.block(depth - 1, [*self.names(), *(LEAVES if sign == "#" and name in OBJECTS else ())])
        return self.alone("{{%s%s}}" % (sign, name)) + body + self.alone("{{/%s}}" % name)

    def items(self):
        name = self.random.choice(LISTS)
        return "{{#%s}}[{{#u}}{{{u}}}{{v}}{{/u}}{{^u}}item{{/u}}]{{/%s}}" % (name, name)

    def partial(self, depth):
        """Indented it is lines of text and variables; the other implementation indents sections twice."""
        name = f"part{len(self.partials)}"
        self.partials[name] = ""  # taken before the block makes more
        if self.random.random() < 0.5:
            lines = (f"{self.random.choice('abc')} {self.variable(self.names())}\n" for _ in range(3))
            self.partials[name] = "".join(lines)
            return "\n    {{>%s}}\n" % name
        self.partials[name] = self.block(depth - 1, self.names()) + "\n"
        return self.random.choice(["{{>%s}}", "\n{{>%s}}\n"]) % name

    def block(self, depth, names):
        pieces = []
        for _ in range(self.random.randint(1, 6)):
            kind = self.random.randint(0, 9)
            if kind < 3:
                pieces.append(self.random.choice(LITERALS))
            elif kind < 6 or depth == 0:
                pieces.append(self.variable(names))
            elif kind == 6:
                pieces.append(self.alone("{{! a comment }}"))
            elif kind == 7:
                pieces.append(self.items())
            else:
                pieces.append(self.section(depth) if kind == 8 else self.partial(depth))
        return "".join(pieces)


def render(tmp_path, template, data, *options, partials=None):
    (tmp_path / "template").write_bytes(template.encode())
    (tmp_path / "vars").write_text(json.dumps(data))
    if partials is not None:
        (tmp_path / "partials").mkdir(exist_ok=True)
        for name, source in partials.items():
            (tmp_path / "partials" / name).write_bytes(source.encode())
        options += ("--partials", str(tmp_path / "partials"))
    return subprocess.run([program("beckon"), "render", "--file", tmp_path / "template", "--vars", tmp_path / "vars",
                           *options], capture_output=True, timeout=60)


@pytest.mark.parametrize("seed", [*range(270), *(pytest.param(n, marks=pytest.mark.story) for n in range(270, 300))])
def test_agrees_with_chevron(tmp_path, seed):
    maker = Maker(seed)
    data, template = maker.data(), maker.block(3, maker.names()) + "\n"
    expected = chevron.render(template, data, partials_dict=maker.partials, partials_path=None)
    result = render(tmp_path, template, data, "--lenient", partials=maker.partials)
    assert result.returncode == 0, result.stderr
    assert result.stdout.decode() == expected, (template, maker.partials, data)


def show(tmp_path, data, *options):
    (tmp_path / "vars").write_text(json.dumps(data))
    return subprocess.run([program("beckon"), "render", "--templates", TEMPLATES, "--vars", tmp_path / "vars", *options],
                          capture_output=True, text=True, timeout=60)


def part(tmp_path, locale, name, template="invite", **variables):
    result = show(tmp_path, INVITE | variables, "--template", template, "--locale", locale, "--part", name)
    assert result.returncode == 0 and not result.stderr, result.stderr
    return result.stdout


class Balance(html.parser.HTMLParser):
    """Every element that is opened is closed, in order; texts and attributes are collected."""

    def __init__(self, text):
        super().__init__()
        self.open, self.attributes, self.text = [], [], ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.story
@pytest.mark.parametrize("locale, moment, left", [("en", "14 March 2025, 18:00 MSK", "5 days"),
                                                  ("ru-RU", "14 марта 2025, 18:00 МСК", "5 дней")])
def test_invite_says_all(tmp_path, locale, moment, left):
    note = {"note": "One <b>\nTwo & {{link}}", "note_lines": ["One <b>", "Two & {{link}}"]}
    text = part(tmp_path, locale, "text", **note)
    page = part(tmp_path, locale, "html", **note)
    seen = Balance(page)
    for said in (*INVITE.values(), *note["note_lines"], moment, left):
        if said not in (INVITE["contact_href"], INVITE["expires_at"], INVITE["now"], INVITE["timezone"]):
            assert said in text and said in seen.text, said
    assert text.count(INVITE["link"]) == 1 and page.count("x=1&amp;y=2") == 3
    assert ("html", "lang", locale[:2]) in seen.attributes
    assert [("a", "href", INVITE["link"])] * 2 + [("a", "href", INVITE["contact_href"])] == [
        a for a in seen.attributes if a[1] == "href"]
    assert "One &lt;b&gt;<br>" in page and "> One <b>\n> Two & {{link}}\n" in text
    assert 3000 < len(text.encode()) + len(page.encode()) < 5500


@pytest.mark.parametrize("locale", ["en", "ru"])
def test_invite_is_readable_everywhere(tmp_path, locale):
    page = part(tmp_path, locale, "html")
    assert "prefers-color-scheme:dark" in page and '<meta name="color-scheme" content="light dark">' in page
    assert not re.search(r"<img|url\(|src=|<script|<link", page)
    assert all(int(px) >= 16 for px in re.findall(r"font-size:(\d+)px", page))
    [button] = re.findall(r'<a href="[^"]*" style="([^"]*padding:[^"]*)"', page)
    padding, height = re.search(r"padding:(\d+)px", button), re.search(r"line-height:(\d+)px", button)
    assert 2 * int(padding[1]) + int(height[1]) >= 44
    preheader = re.search(r'<body[^>]*>\s*<div style="display:none[^>]*>([^<]+)</div>', page)
    assert "14" in preheader[1]


@pytest.mark.parametrize("locale", ["en", "ru"])
@pytest.mark.parametrize("left_out", [OPTIONAL, *([name] for name in OPTIONAL[:5])])
def test_invite_without_what_is_optional(tmp_path, locale, left_out):
    variables = {k: v for k, v in INVITE.items() if k not in left_out}
    for name in ("text", "html", "subject", "sms"):
        result = show(tmp_path, variables, "--template", "invite", "--locale", locale, "--part", name)
        assert result.returncode == 0, result.stderr
        assert not re.search(r"\n\n\n|: *\n\n|[ ,]+[,!]|{{", result.stdout) or name == "html"
        assert INVITE["organisation"] in html.unescape(result.stdout)


@pytest.mark.parametrize("locale", ["en", "ru"])
def test_subject(tmp_path, locale):
    for organisation in ("Thirty characters: a long name", "Государственное бюджетное учреждение " * 5, "w" * 200):
        for template in ("invite", "reminder", "password"):
            subject = part(tmp_path, locale, "subject", template, organisation=organisation.strip())
            assert len(subject) <= 60 and organisation[:20] in subject and (len(organisation) < 36) == ("…" not in subject)
    assert part(tmp_path, locale, "subject", subject="Our <own> & {{x}}") == "Our <own> & {{x}}"


FAULTS = {
    "missing": ("a\n{{b}}", {}, [], 1, ":2:1: variable 'b' is missing"),
    "unclosed": ("{{#a}}", {}, [], 1, ":1:1: section 'a' is not closed"),
    "no partial": ("{{>p}}", {}, [], 1, ":1:1: there is no partial 'p'"),
    "no such escape": ("x", {}, ["--escape", "url"], 2, "--escape"),
    "unknown option": ("x", {}, ["--lenien"], 2, "lenien"),
    "both kinds": ("x", {}, ["--template", "invite"], 2, "--file and --template"),
    "part of a file": ("x", {}, ["--part", "html"], 2, "--part"),
    "no such directory": ("x", {}, ["--partials", "/nowhere"], 2, "/nowhere"),
}


@pytest.mark.story
@pytest.mark.parametrize("template, data, options, code, says", FAULTS.values(), ids=FAULTS)
def test_faults_of_a_file(tmp_path, template, data, options, code, says):
    result = render(tmp_path, template, data, *options)
    assert (result.returncode, result.stdout) == (code, b"")
    assert says in result.stderr.decode() and result.stderr.startswith(b"beckon render: ")


NAMED_FAULTS = {
    "no such template": (["--template", "nothing"], {}, 1, "there is no template 'nothing'"),
    "no such part": (["--template", "invite", "--part", "pdf"], {}, 2, "no such part"),
    "variable missing": (["--template", "invite"], {}, 1, "invite/en/text.txt:"),
    "no time": (["--template", "invite"], {"expires_at": "tomorrow"}, 1, "'expires_at' is not an RFC 3339 time"),
    "partials": (["--template", "invite", "--partials", "."], {}, 2, "go with --file"),
    "no object": (["--template", "invite"], [1], 1, "variable"),
    "nothing asked": ([], {}, 2, "--file and --template"),
}


@pytest.mark.story
@pytest.mark.parametrize("options, data, code, says", NAMED_FAULTS.values(), ids=NAMED_FAULTS)
def test_faults_of_a_name(tmp_path, options, data, code, says):
    result = show(tmp_path, data, *options)
    assert (result.returncode, result.stdout) == (code, "")
    assert says in result.stderr


@pytest.mark.story
@pytest.mark.parametrize("text", ["", "{", "{}x", '{"a": 1e999}', '{"a": 1, "a": 2}', "\xff", "nul"])
def test_variables_that_are_no_json(tmp_path, text):
    (tmp_path / "template").write_text("x")
    (tmp_path / "vars").write_bytes(text.encode("latin-1"))
    result = subprocess.run([program("beckon"), "render", "--file", tmp_path / "template", "--vars", tmp_path / "vars"],
                            capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout) == (1, "") and str(tmp_path / "vars") in result.stderr


def test_escaping_is_chosen(tmp_path):
    assert render(tmp_path, "{{a}}", {"a": "<"}).stdout == b"&lt;"
    assert render(tmp_path, "{{a}}", {"a": "<"}, "--escape", "html").stdout == b"&lt;"
    assert render(tmp_path, "{{a}}", {"a": "<"}, "--escape", "text").stdout == b"<"


def test_partials_by_either_name(tmp_path):
    assert render(tmp_path, "{{>a}}{{>b}}", {}, partials={"a": "1", "b.mustache": "2"}).stdout == b"12"


@pytest.mark.story
def test_nothing_is_printed_as_nothing(tmp_path):
    assert (result := render(tmp_path, "", {})).returncode == 0 and result.stdout == b""


def test_variables_may_be_any_json(tmp_path):
    assert render(tmp_path, "{{.}}", "text").stdout == b"text"
    assert render(tmp_path, "{{#.}}{{.}},{{/.}}", [1, 2]).stdout == b"1,2,"
