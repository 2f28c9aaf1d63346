"""A tenant's settings are one table: what the fleet reads (tenant_fields.c), its schema, and the page that people change it on."""
import json
import re
from pathlib import Path

from tree import finish, read

TABLE, SCHEMA, PAGE = "common/tenant_fields.c", "schemas/settings.schema.json", "services/status/dashboard/settings.js"
WHOLE = ("send_window", "sms_window")  # one control each


def rows(source, table):
    body = re.search(rf"\b{table}\[\] = \{{(.*?)\n\}};", source, re.S)[1]
    for name, inside in re.findall(r'\.name = "(\w+)",\s*(?:OBJECT\((\w+)\))?', body):
        yield from (f"{name}.{one}" for one in rows(source, inside)) if inside else [name]


def flat(properties):
    for name, one in properties.items():
        inner = one.get("properties") or next((o["properties"] for o in one.get("oneOf", []) + one.get("anyOf", [])
                                               if "properties" in o), None)
        yield from (f"{name}.{part}" for part in flat(inner)) if inner and name not in WHOLE else [name]


source = read(Path(TABLE))
table = set(rows(source, "fields")) - {"reminder"}
table |= {f"reminder.{one}" for one in rows(source, "reminder_fields")}
schema = set(flat(json.loads(read(Path(SCHEMA)))["$defs"]["settings"]["properties"]))
page = set(re.findall(r'\bc\.\w+\("([\w.]+)"', read(Path(PAGE))))
findings = [f"{where}: {name} is missing" for where, found in ((SCHEMA, schema), (PAGE, page)) for name in sorted(table - found)]
findings += [f"{where}: {name} is no setting" for where, found in ((SCHEMA, schema), (PAGE, page)) for name in sorted(found - table)]
finish(findings, len(table))
