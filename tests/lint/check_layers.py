"""Modules include only their own layer or lower, services never each other, third-party headers one wrapper."""
import re
from fnmatch import fnmatch
from pathlib import Path

from tree import finish, read, tracked

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)
SYSTEM = re.compile(r"^(sys|netinet|arpa|linux|net)/|^(assert|ctype|dirent|dlfcn|errno|fcntl|fnmatch|float|getopt|"
                    r"glob|ftw|inttypes|limits|locale|math|netdb|poll|pthread|pwd|sched|semaphore|setjmp|signal|"
                    r"stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|string|strings|syslog|termios|threads|"
                    r"time|unistd|wchar|wctype|langinfo|langinfo|libgen|grp|execinfo|stdalign|malloc)\.h$|^string$")


def table():
    layers, headers = {}, {}
    for line in read("common/LAYERS").splitlines():
        m = re.match(r"(layer|header)\s+(\S+?):\s+(.*)", line)
        if m and m[1] == "layer":
            rank = len(set(r for r, _ in layers.values()))
            layers.update({module: (rank, m[2]) for module in m[3].split()})
        elif m:
            headers[m[2]] = m[3].split()
    return layers, headers


LAYERS, HEADERS = table()

# `beckon explain` and `beckon rebuild` are the services' own code.
BESIDE = {"cli": [Path("services/dispatcher"), Path("services/status")]}
DOMAIN = next(rank for rank, name in LAYERS.values() if name == "domain")


def layer(module):
    """(rank, name) of a module's layer, or None; a name written out wins over a family."""
    if module in LAYERS:
        return LAYERS[module]
    return next((LAYERS[family] for family in LAYERS if fnmatch(module, family)), None)


def third_party(path, module, header, in_service):
    name = next((h for h in HEADERS if header == h or (h.endswith("/") and header.startswith(h))), None)
    if name is None:
        return None if SYSTEM.match(header) else f"{path}: <{header}> is in no table of common/LAYERS"
    allowed = HEADERS[name]
    everybody = "*" in allowed and (in_service or (layer(module) or (0,))[0] >= DOMAIN)
    if everybody or any(fnmatch(module, a) for a in allowed if a != "*"):
        return None
    return f"{path}: <{header}> belongs to {', '.join(allowed)}"


def own(path, module, header, service):
    target = header.removesuffix(".h")
    if target.endswith(("_lua", "_json", "_yaml", "_html", "_css", "_js", "_svg")):  # embedded at build time
        return None
    if service:
        beside = any((folder / header).as_posix() in ALL for folder in (path.parent, *BESIDE.get(path.parent.name, ())))
        return None if beside or layer(target) else f"{path}: \"{header}\" is neither beside it nor in common/"
    if not layer(module):
        return f"{path}: module '{module}' has no layer in common/LAYERS"
    if not layer(target):
        return f"{path}: includes \"{header}\", which has no layer"
    if layer(target)[0] > layer(module)[0]:
        return f"{path}: {layer(module)[1]} includes \"{header}\" of the higher layer {layer(target)[1]}"
    return None


FILES = tracked("common/*.c", "common/*.cc", "common/*.h", "services/*.c", "services/*.h")
ALL = {p.as_posix() for p in FILES}
findings = []
for path in FILES:
    service = path.parts[0] == "services"
    for kind, header in INCLUDE.findall(read(path)):
        told = (third_party(path, path.stem, header, service) if kind == "<"
                else own(path, path.stem, header, service))
        if told and told not in findings:
            findings.append(told)
finish(findings, len(FILES))
