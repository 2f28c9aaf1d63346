"""HTML as two validators read it: html-validate and the Nu Html Checker (vnu)."""
import json
import shutil
import subprocess

from process import build_root

MODULES = build_root() / "browser" / "node_modules"
NU = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"

# What mail programs need and browsers do not: attributes of tables, properties of one word processor.
MAIL_RULES = {"no-deprecated-attr": "off"}
MAIL_WORDS = r".*(obsolete|mso-|Doesn.t exist|no longer).*"


def missing():
    if not shutil.which("node") or not shutil.which("java"):
        return "no node, or no java"
    return None if NU.exists() else f"{NU} is missing; sh tests/run.sh fetches it"


def faults(folder, pages, mail=False):
    """What both find in {name: html}; lines."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text)
    files = sorted(str(folder / f"{name}.html") for name in pages)
    config = folder / ".htmlvalidate.json"
    config.write_text(json.dumps({"root": True, "extends": ["html-validate:standard"],
                                  "rules": {"no-inline-style": "off", **(MAIL_RULES if mail else {})}}))
    one = subprocess.run(["node", MODULES / "html-validate" / "bin" / "html-validate.mjs", "-f", "text", "-c", config, *files],
                         capture_output=True, text=True, timeout=120)
    other = subprocess.run(["java", "-jar", NU, "--errors-only", "--format", "gnu",
                            *(["--filterpattern", MAIL_WORDS] if mail else []), *files],
                           capture_output=True, text=True, timeout=120)
    return [line for line in (one.stdout + one.stderr + other.stdout + other.stderr).splitlines() if line.strip()]
