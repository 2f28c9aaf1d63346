"""summary.py RESULTS FAILED: adds up JUnit files and prints 'N passed, M failed, K skipped' last.

RESULTS/<preset>.xml is ctest's own; RESULTS/<preset>/<suite>.xml come from pytest. A suite counts by its
cases; as one failure more where ctest saw it fail although no case did (a time-out, a crash). FAILED is 1
when a ctest run failed. With CI=true a skip is a failure. What did not pass is named, each with the beginning
of its own words about it.
"""
import os
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

KINDS = ("passed", "failed", "skipped")
WORDS_LINES, LINE_CHARS = 12, 240
TELLING = re.compile(r"\[ +(ERROR|FAILED) +\]|ERROR: |WARNING: ThreadSanitizer|runtime error|error: |Failure!|^    #[0-5] ")


def case_kind(case):
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        return "failed"
    return "skipped" if case.find("skipped") is not None or case.get("status") == "notrun" else "passed"


def words_of(case):
    """What a case says of its failure: pytest's message, else the telling lines of a program's output."""
    found = next((case.find(k) for k in ("failure", "error", "skipped") if case.find(k) is not None), None)
    lines = ((found.get("message") if found is not None else None) or "").splitlines()
    if len(lines) < 2:
        output = (case.findtext("system-out") or "").splitlines()
        lines += [line for line in output if TELLING.search(line)] or output[-WORDS_LINES:]
    return [line[:LINE_CHARS] for line in lines if line.strip()][:WORDS_LINES]


def cases(path):
    """[(name, kind, words)] of one JUnit file."""
    return [(f"{c.get('classname')}.{c.get('name')}", case_kind(c), words_of(c)) for c in ET.parse(path).iter("testcase")]


def collect(results):
    told = []
    for ctest in sorted(results.glob("*.xml")):
        for case in ET.parse(ctest).iter("testcase"):
            name, kind = case.get("name"), case_kind(case)
            suite = results / ctest.stem / f"{name}.xml"
            own = cases(suite) if suite.exists() else []
            told += [(f"{ctest.stem} {n}", k, w) for n, k, w in own]
            if not suite.exists() or (kind == "failed" and not any(k == "failed" for _, k, _ in own)):
                told.append((f"{ctest.stem} {name}", kind, words_of(case)))
    return told


def main(results, failed):
    told = collect(Path(results))
    count = {kind: sum(k == kind for _, k, _ in told) for kind in KINDS}
    for name, kind, words in told:
        if kind != "passed":
            print(f"{kind}: {name}", *(f"    {line}" for line in words), sep="\n")
    strict = os.environ.get("CI") == "true"
    bad = count["failed"] or failed != "0" or not count["passed"] or (strict and count["skipped"])
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
