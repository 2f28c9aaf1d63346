"""What the compiler and the linker can do against a fault of ours is done: seen in the commands, and in the programs made."""
import json
import os
import re
import subprocess
from pathlib import Path

from tree import ROOT, finish

BUILD = Path(os.environ.get("BECKON_BUILD", ROOT / "build/debug"))
FLAGS = ["-fstack-protector-strong", "-D_FORTIFY_SOURCE=3", "-fPI[CE]", "-O[123]"]
if os.uname().machine == "x86_64":
    FLAGS.append("-fcf-protection")
UNDONE = re.compile(r"\s(-fno-stack-protector|-fcf-protection=\S+|-no-pie|-fno-PI[CE]|-O0|-z\s*execstack|-D_FORTIFY_SOURCE=[0-2])\b")
findings = []


def commands():
    """Every file that goes into a program of ours is compiled with all of it, and nothing takes it back."""
    done = 0
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        name = Path(entry["file"]).relative_to(ROOT)
        if name.parts[0] not in ("common", "services"):
            continue
        done += 1
        findings.extend(f"{name}: not compiled with {flag}" for flag in FLAGS if not re.search(rf"\s{flag}\b", entry["command"]))
        findings.extend(f"{name}: compiled with {flag[1]}" for flag in UNDONE.finditer(entry["command"]))
    return done


def readelf(*options):
    return subprocess.run(["readelf", *map(str, options)], capture_output=True, text=True, check=True).stdout


def segments(told):
    """{type: flags} of the program headers."""
    return {kind: flags.replace(" ", "") for kind, flags in
            re.findall(r"^  ([A-Z_]+) +(?:0x\w+ +){5}([RWE ]{3})", told, re.M)}


def hardened(path):
    """What readelf shows of one program or library."""
    heads, dynamic, symbols = readelf("-Wl", path), readelf("-Wd", path), readelf("-W", "--dyn-syms", path)
    shown = segments(heads)
    if "GNU_RELRO" not in shown or not re.search(r"\(FLAGS(_1)?\).*\bNOW\b", dynamic):
        yield "no full RELRO"
    if "E" in shown.get("GNU_STACK", "E"):
        yield "its stack may be run"
    if re.search(r"^  LOAD .* (RWE|WE) ", heads, re.M):
        yield "a segment may be written and run"
    if "(TEXTREL)" in dynamic:
        yield "its code is relocated"
    if path.parent.name == "bin" and not re.search(r"\(FLAGS_1\).*\bPIE\b", dynamic):
        yield "no PIE"
    if "__stack_chk_fail" not in symbols and "beckon_phone" not in symbols:
        yield "no stack protector"
    if path.parent.name == "bin" and not re.search(r"__\w+_chk\b(?<!__stack_chk)", symbols):
        yield "nothing fortified"
    yield from searched(dynamic)


def searched(dynamic):
    """Libraries are looked for beside the program alone: an empty or a relative entry is where it is started."""
    for entry in re.findall(r"\((?:RUNPATH|RPATH)\).*\[(.*)\]", dynamic):
        for folder in entry.split(":"):
            if not folder.startswith("$ORIGIN/"):
                yield f"looks for libraries in '{folder}'"


files = sorted((BUILD / "bin").iterdir()) + sorted((BUILD / "lib").glob("*.so"))
compiled = commands()
findings.extend(f"{path.name}: {fault}" for path in files for fault in hardened(path))
finish(findings, compiled and len(files) and compiled + len(files))
