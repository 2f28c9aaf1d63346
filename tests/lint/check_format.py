"""The tree is formatted as .clang-format says. Another version of clang-format may differ in detail: it reports."""
import re
import subprocess

from tree import ROOT, finish, tracked

STRICT_VERSION = "14"

files = tracked("common/*.c", "common/*.cc", "common/*.h", "services/*.c", "services/*.h", "tests/*.c", "tests/*.h")
version = re.search(r"version (\d+)", subprocess.run(["clang-format", "--version"], capture_output=True,
                                                     text=True, check=True).stdout)[1]
told = subprocess.run(["clang-format", "--dry-run", *map(str, files)], cwd=ROOT, capture_output=True, text=True,
                      check=True).stderr
unclean = sorted(set(re.findall(r"^(\S+?):\d+:\d+: warning: code should be clang-formatted", told, re.M)))
if version != STRICT_VERSION:
    print(f"clang-format {version}, binding is {STRICT_VERSION}; would change: {', '.join(unclean) or 'nothing'}")
    unclean = []
finish(unclean, len(files))
