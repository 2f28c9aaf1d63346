"""One vocabulary: what pages, tool and API call a thing is what schemas/words.json calls it, in both languages."""
import html
import json
import re
from pathlib import Path

from tree import finish, read

WORDS = json.loads(Path("schemas/words.json").read_text())
DASHBOARD, PAGES = Path("services/status/dashboard"), Path("services/status/pages")
CLI = (Path("services/cli/told.c"), Path("services/cli/cmd_list.c"))

# section of words.json: how the dashboard's word files call its keys
KEYS = {"filters": "s_{}", "rows": "w_{}", "reasons": "why_{}", "tabs": "{}", "batches": "batch_{}", "routes": "r_{}",
        "route_reasons": "r_reason_{}", "buttons": "a_{}"}
PLAIN = {"invite_users", "preview"}  # buttons without a prefix

findings, looked = [], 0


def expect(where, found, wanted):
    global looked
    looked += 1
    if found is None or not found.startswith(wanted):
        findings.append(f"{where}: {found!r} instead of {wanted!r}")


def in_dashboard(lang):
    text = read(DASHBOARD / f"words_{lang}.js")
    for section, pattern in KEYS.items():
        for key, words in WORDS[section].items():
            name = key if key in PLAIN else pattern.format(key)
            if name == "a_accept":
                continue  # of the accept page
            m = re.search(rf'\b{name}: "((?:[^"\\]|\\.)*)"', text)
            expect(f"words_{lang}.js: {name}", m and m[1], words[lang])


def keys(lang):
    """What the dashboard has words for."""
    return set(re.findall(r'[{,\t ](\w+): (?:"|\{ (?:one|other):)', re.sub(r'"(?:[^"\\]|\\.)*"', '""', read(DASHBOARD / f"words_{lang}.js")))) \
        - {"one", "few", "many", "other"}


def in_both():
    """A word that one language lacks is shown in the other: every one is in both, and what a page names is there."""
    global looked
    spoken = {lang: keys(lang) for lang in WORDS["languages"]}
    named = {m for p in DASHBOARD.glob("*.js") for m in re.findall(r'\bt\("(\w+)"', read(p))}
    looked += len(named)
    for lang, known in spoken.items():
        findings.extend(f"words_{lang}.js: {name} is missing" for name in sorted((named | spoken["en"] | spoken["ru"]) - known))


def in_c(lang):
    """The tool's tables have English and Russian side by side."""
    text = " ".join(read(p) for p in CLI)
    for section in ("rows", "reasons", "filters"):
        for key, words in WORDS[section].items():
            if key == "all":
                continue  # of the dashboard alone
            pair = re.search(rf'"{re.escape(words["en"])}",\s*"{re.escape(words["ru"])}"', text)
            expect(f"tool: {section} {key}", words["en"] if pair else None, words["en"])


def in_table_of_routes():
    """beckon routes and top: the same words, states small; and a word for each state and reason that a courier tells of."""
    text = read(Path("services/cli/routes_table.c"))
    for key, words in WORDS["routes"].items():
        m = re.search(rf'"{key}", {{ {{ "([^"]+)", "([^"]+)" }}', text)
        expect(f"routes_table.c: {key}", m and f"{m[1]} {m[2]}", f"{words['en']} {words['ru']}".lower())
    for key, words in WORDS["route_reasons"].items():
        m = re.search(rf'"{key}",\s+{{ {{ "([^"]+)",\s+"([^"]+)" }}', text)
        expect(f"routes_table.c: {key}", m and f"{m[1]} {m[2]}", f"{words['en']} {words['ru']}")
    told = re.findall(r'return "(\w+)"|\? "(\w+)" : "(\w+)"', re.search(r"why_passed_over\(.*?\n\}", read(Path("common/courier_route.c")), re.S)[0])
    expect("courier_route.c", " ".join(word for words in told for word in words if word), " ".join(WORDS["route_reasons"]))
    states = re.search(r"route_state_words\[ROUTE_STATES\] = \{(.*?)\};", read(Path("common/routes_seen.c")), re.S)[1]
    expect("routes_seen.c", " ".join(re.findall(r'"(\w+)"', states)), " ".join(WORDS["routes"]))


def in_pages(lang):
    text = html.unescape(read(PAGES / f"accept_{lang}.html"))
    wanted = WORDS["buttons"]["accept"][lang]
    expect(f"accept_{lang}.html", wanted if wanted in text else None, wanted)


for language in WORDS["languages"]:
    in_dashboard(language)
    in_pages(language)
in_c("en")
in_table_of_routes()
in_both()

statuses = re.findall(r'\[VIEW_\w+\] = "(\w+)"', read(Path("services/status/view_words.c")).split("view_sorts")[0])
expect("view_words.c", " ".join(statuses), " ".join(k for k in WORDS["filters"] if k != "all"))
finish(findings, looked)
