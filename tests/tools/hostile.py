"""Strings that people and attackers put into names, notes and subjects, made by rules: name -> string."""
from itertools import product

LINE_ENDS = ["\r\n", "\n", "\r", "\n\r", "\r\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
HEADERS = ["Bcc: evil@evil.example", "Subject: other", "Content-Type: text/html", " folded", "\tfolded", ""]
# What some server somewhere has taken for the end of a message.
ENDS_OF_DATA = ["\r\n.\r\n", "\n.\n", "\r.\r", "\r\n.\n", "\n.\r\n", "\r.\r\n", "\r\n.\r"]
SMTP = ["RSET\r\nMAIL FROM:<evil@evil.example>", "QUIT", "DATA\r\nx"]
ENCODED_WORDS = ["=?utf-8?q?evil?=", "=?UTF-8?B?ZXZpbA==?=", "=?utf-8?q?=0D=0ABcc:_x?=", "=?us-ascii?q?a?= =?us-ascii?q?b?=",
                 "=?", "?=", "=?utf-8?", "=?utf-8?q?", "a=?utf-8?q?b?=c", "=?utf-7?q?+AAo-?=", "=?x?q?=?=", "=?ISO-2022-JP?B?GyRC?="]
PHRASES = ['"', '""', '"quoted"', '\\', '\\"', 'a\\', '<a@b.example>', 'x <y@z.example>', 'a, b', 'a; b:', 'group: a@b.example;',
           '(comment)', '((', ')', '[x]', '@', '@b.example', '.', '..', 'a.b', 'Acme, Inc.', 'O\'Neil & Söhne "GmbH"', "a@b.example",
           '"><a@evil.example>', '",<evil@evil.example>,"', "`id`", "$(id)", "${x}", "%s%n%d", "%0d%0aBcc: x", "&#13;&#10;Bcc: x"]
TEMPLATE = ["{{link}}", "{{{link}}}", "{{>partial}}", "{{#a}}", "{{/a}}", "{{=<% %>=}}", "{{", "}}", "{{.}}"]
HTML = ["<script>alert(1)</script>", "</title></head>", "<!--", "-->", "&", "&amp;", "&lt;", "'", "\"'", "<a href='x'>", "]]>",
        "javascript:alert(1)", "<img src=x onerror=alert(1)>", "<\u200bscript>"]
MARKERS = {"rlo": "\u202e", "lro": "\u202d", "rle": "\u202b", "pdf": "\u202c", "lri": "\u2066", "pdi": "\u2069", "lrm": "\u200e",
           "zwsp": "\u200b", "zwnj": "\u200c", "zwj": "\u200d", "bom": "\ufeff", "nbsp": "\u00a0", "shy": "\u00ad",
           "wj": "\u2060", "ideographic-space": "\u3000", "vs16": "\ufe0f", "tag": "\U000e0041", "noncharacter": "\ufdd0",
           "last": "\U0010ffff", "private": "\ue000", "replacement": "\ufffd", "surrogate-like": "\ud7ff"}
PEOPLE = ["Анна Петрова", "Ёлка «Ромашка»", "张伟", "محمد", "שרה", "สมชาย", "Νίκος", "Zoë", "e\u0301" * 30, "ﬁ", "ß", "İı",
          "👩‍👩‍👧‍👦", "🇷🇺🇺🇸", "👍🏽", "𝒜𝓃𝓃𝒶", "Z\u0334\u0335\u0336\u0337" * 20, "ｆｕｌｌ ｗｉｄｔｈ", "null", "undefined", "NaN", "0", "-1", "true"]
# Where lines, encoded-words and quoted strings end, and one more or less.
LENGTHS = [1, 38, 39, 40, 44, 45, 46, 59, 60, 61, 66, 67, 68, 69, 70, 71, 72, 73, 74, 76, 78, 997, 998, 999, 4000]
ALPHABETS = {"ascii": "x", "euro": "€", "emoji": "😀", "quote": '"', "words": "ab "}


def hostile():
    found = {}

    def add(group, value):
        found[f"{group}-{len(found)}"] = value

    for c in [*range(1, 0x20), *range(0x7f, 0xa0)]:
        add(f"control-{c:02x}", f"a{chr(c)}b")
    for end, header in product(LINE_ENDS, HEADERS):
        add("header", f"Anna{end}{header}")
    for end, smtp in product(ENDS_OF_DATA, SMTP):
        add("end-of-data", f"Anna{end}{smtp}")
    for end in ENDS_OF_DATA:
        add("end-alone", end)
        add("end-last", f"Anna{end}")
    for group, values in (("encoded-word", ENCODED_WORDS), ("phrase", PHRASES), ("template", TEMPLATE), ("html", HTML), ("person", PEOPLE)):
        for value in values:
            add(group, value)
            add(f"{group}-inside", f"before {value} after")
    for name, marker in MARKERS.items():
        add(f"marker-{name}", f"ad{marker}min")
        add(f"marker-{name}-alone", marker)
    for (name, letter), n in product(ALPHABETS.items(), LENGTHS):
        add(f"long-{name}-{n}", (letter * n)[:n])
    for value in (" ", "  ", " a", "a ", "a  b", " a  b ", "a" + " " * 100 + "b", " " * 100, "a" * 60 + " " * 30 + "b" * 60):
        add("spaces", value)
    add("huge", "x" * 10240)
    add("huge-unicode", "я" * 5120)
    return found
