"""clang accepts what gcc accepts, with the same warnings as errors (syntax and warnings only, no code made)."""
import json
import os
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tree import ROOT, finish

build = Path(os.environ.get("BECKON_BUILD", ROOT / "build/debug"))
DROP = re.compile(r"^(-o|-c|-M\w*)$|\.o(\.d)?$|^-fcf-protection")


def check(entry):
    words = shlex.split(entry["command"])[1:]
    argv = ["clang", "-fsyntax-only", "-Wno-unknown-warning-option", *(w for w in words if not DROP.search(w))]
    done = subprocess.run(argv, cwd=entry["directory"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return None if done.returncode == 0 else done.stderr.strip()


entries = json.loads((build / "compile_commands.json").read_text())
entries = [e for e in entries if e["file"].endswith(".c") and str(build) not in e["file"]]
with ThreadPoolExecutor(2) as pool:
    finish([told for told in pool.map(check, entries) if told], len(entries))
