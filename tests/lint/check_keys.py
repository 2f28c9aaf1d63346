"""common/config_fleet.c lists exactly the keys in the programs' tables, in order: one file serves the whole fleet."""
import re

from tree import finish, read, tracked

KEY = re.compile(r'\{\s*CONFIG_(\w+)\(S,.*?\),\s*\.name\s*=\s*"([a-z0-9_.]+)"', re.S)
LIST = "common/config_fleet.c"

files = tracked("common/stage*.c", "common/courier_basis.h", "common/config_client.h", "services/*.c", "services/*.h")
tables = {name + "_file" * (kind == "SECRET") for path in files for kind, name in KEY.findall(read(path))}
listed = re.findall(r'"([a-z0-9_.]+)"', read(LIST).partition("config_fleet[]")[2])
findings = [f"{LIST}: {name} is missing" for name in sorted(tables - set(listed))]
findings += [f"{LIST}: {name} is in no table" for name in sorted(set(listed) - tables)]
findings += [f"{LIST}: not in order" for _ in [0] if listed != sorted(set(listed))]
finish(findings, len(tables))
