"""What all rules share: where the source is, what belongs to it, and C without comments and strings."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def tracked(*patterns):
    """Files under version control (or new and not ignored) that match these patterns, as paths from ROOT."""
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", *patterns], cwd=ROOT,
                         capture_output=True, text=True, check=True).stdout
    return [Path(p) for p in out.split("\n") if p and (ROOT / p).is_file()]


def read(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def code_only(text):
    """Comments and literals blanked out, lines kept."""
    return _NOISE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def finish(findings, checked):
    """Prints what was found and ends with the verdict; a rule that looked at nothing has failed."""
    for finding in findings:
        print(finding)
    print(f"{checked} looked at, {len(findings)} found")
    sys.exit(1 if findings or not checked else 0)
