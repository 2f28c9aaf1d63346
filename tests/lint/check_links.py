"""Every relative link in Markdown leads to a file, and every anchor to a heading."""
import re

from tree import ROOT, finish, read, tracked

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
OUTSIDE = re.compile(r"^[a-z]+:")


def slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.strip().lower().replace("`", "")).replace(" ", "-")


def prose(text):
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)


def anchors(path):
    return {slug(m) for m in re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.M)}


findings = []
files = tracked("*.md")
for path in files:
    for link in LINK.findall(prose(read(path))):
        if OUTSIDE.match(link):
            continue
        target, _, anchor = link.partition("#")
        place = (ROOT / path.parent / target) if target else ROOT / path
        if not place.exists():
            findings.append(f"{path}: {link} leads nowhere")
        elif anchor and place.suffix == ".md" and anchor not in anchors(place):
            findings.append(f"{path}: {link} names no heading")
finish(findings, len(files))
