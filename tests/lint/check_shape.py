"""Sizes: a function at most 60 lines, a file 400, a main.c 120. Longer ones need a reason in shape-exceptions.txt."""
import json
import statistics
import subprocess

from tree import ROOT, finish, read, tracked

FUNCTION, FILE, MAIN = 60, 400, 120


def exceptions():
    """path or path:function → (limit, reason)"""
    out = {}
    for line in read("tests/lint/shape-exceptions.txt").splitlines():
        if line.strip() and not line.startswith("#"):
            what, limit, reason = line.split(None, 2)
            out[what] = int(limit)
    return out


def functions(files):
    done = subprocess.run(["ctags", "--languages=C", "--langmap=C:.c.h", "--c-kinds=f", "--fields=+ne", "-f", "-",
                           "--output-format=json", *map(str, files)], cwd=ROOT, capture_output=True, text=True,
                          check=True)
    for line in done.stdout.splitlines():
        tag = json.loads(line)
        yield f"{tag['path']}:{tag['name']}", tag["end"] - tag["line"] + 1


files = tracked("common/*.c", "common/*.h", "services/*.c", "services/*.h")
allowed, used, findings = exceptions(), set(), []


def judge(what, size, limit):
    if size > limit:
        used.add(what)
        if size > allowed.get(what, limit):
            findings.append(f"{what}: {size} lines, at most {allowed.get(what, limit)}")


sizes = dict(functions(files)) if files else {}
for what, size in sizes.items():
    judge(what, size, FUNCTION)
for path in files:
    judge(str(path), read(path).count("\n"), MAIN if path.name == "main.c" else FILE)
findings += [f"shape-exceptions.txt: {what} needs no exception any more" for what in allowed if what not in used]
if sizes:
    ordered = sorted(sizes.values())
    print(f"{len(ordered)} functions: median {statistics.median(ordered):g} lines, "
          f"95th percentile {ordered[int(len(ordered) * 0.95)]}, longest {ordered[-1]}")
finish(findings, len(files))
