"""No two routes of the status service answer the same method and path, and the API is what schemas/openapi.yaml says."""
import re

import yaml
from tree import ROOT, finish, read, tracked

METHODS = "GET|POST|PUT|PATCH|DELETE"
TEXT = r'(?:(?:"[^"]*"|\w+)\s*)+'
ROUTE = re.compile(rf'(?:\{{|\bROUTE\()\s*"({METHODS})",\s*({TEXT}),?\s*(?:WEB_(PUBLIC|PRIVATE)|\))')
DEFINE = re.compile(r'^#define (\w+) ((?:[A-Z_]+ )?"[^"]*")$', re.M)
API = "/v1/"


def pattern(text, names):
    """Literals and macros put together; what a param is called makes no difference."""
    return re.sub(r"\{\w+\}", "{}", whole(text, names))


def whole(text, names):
    return "".join(whole(names[macro], names) if macro else literal
                   for literal, macro in re.findall(r'"([^"]*)"|(\w+)', text))


def routes():
    shared = dict(DEFINE.findall("".join(read(p) for p in tracked("services/status/*.h"))))
    for path in tracked("services/status/*.c"):
        source = read(path)
        names = shared | dict(DEFINE.findall(source))
        for found in ROUTE.finditer(source):
            method, text, door = found.groups()
            line = source.count("\n", 0, found.start()) + 1
            yield f"{path}:{line}", door or "PUBLIC", method, pattern(text, names)


def promised():
    document = yaml.safe_load((ROOT / "schemas/openapi.yaml").read_text())
    for path, operations in document["paths"].items():
        for method in operations:
            if re.fullmatch(METHODS, method.upper()):
                yield method.upper(), re.sub(r"\{\w+\}", "{}", path)


findings, seen = [], {}
for where, *route in routes():
    first = seen.setdefault(tuple(route), where)
    if first != where:
        findings.append(f"{where}: {' '.join(route[1:])} is answered by {first} already")
answered = {(method, path) for door, method, path in seen if door == "PRIVATE" and path.startswith(API)}
findings += [f"schemas/openapi.yaml: {m} {p} is missing" for m, p in sorted(answered - set(promised()))]
findings += [f"schemas/openapi.yaml: nobody answers {m} {p}" for m, p in sorted(set(promised()) - answered)
             if p.startswith(API)]
finish(findings, len(seen))
