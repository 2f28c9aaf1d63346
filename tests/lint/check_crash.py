"""Every crash point in the source stands in the crash table of services/README.md, and every row is in the source."""
import re

from tree import ROOT, finish, read, tracked

POINT = re.compile(r'\bcrash_point\(\s*(?:"([a-z0-9-]+)")?')
TABLE = re.compile(r"<!-- crash -->(.*?)<!-- /crash -->", re.S)
ROW = re.compile(r"^\|\s*`([a-z0-9-]+)`", re.M)
README = "services/README.md"

files = [p for p in tracked("common/*.c", "services/*.c") if p.name != "crash.c"]
findings, places = [], {}
for path in files:
    text = read(path)
    for m in POINT.finditer(text):
        where = f"{path}:{text.count(chr(10), 0, m.start()) + 1}"
        if not m[1]:
            findings.append(f"{where}: the name of a crash point is a literal of a-z, 0-9 and dashes")
        elif m[1] in places:
            findings.append(f"{where}: {m[1]} is also at {places[m[1]]}")
        else:
            places[m[1]] = where
table = TABLE.search(read(README)) if (ROOT / README).exists() else None
if places and not table:
    findings.append(f"{README}: no table between <!-- crash --> and <!-- /crash -->")
rows = ROW.findall(table[1]) if table else []
findings += [f"{places[name]}: {name} is in no row of {README}" for name in sorted(places.keys() - set(rows))]
findings += [f"{README}: {name} is nowhere in the source" for name in sorted(set(rows) - places.keys())]
findings += [f"{README}: {name} has two rows" for name in sorted(set(rows)) if rows.count(name) > 1]
finish(findings, len(files))
