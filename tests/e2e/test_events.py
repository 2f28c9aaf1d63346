"""The contract in its two forms: our validator (through `beckon check-…`) and the JSON Schemas say the same."""
import json
import os
import random
import subprocess
from pathlib import Path

import contract
import jsonschema
import mutate
import pytest
import yaml
from process import build_root

BECKON = Path(os.environ.get("BECKON_BUILD", build_root() / "debug")) / "bin/beckon"
EXAMPLES = contract.SCHEMAS / "examples"
ADDRESSES = contract.SCHEMAS.parent / "tests/unit/cases/address/emails.tsv"
MUTATIONS, SEED = 5000, 20250314


def beckon(*argv, text=""):
    """Lines of standard output and the exit code; anything but a clean end fails."""
    done = subprocess.run([BECKON, *map(str, argv)], input=text.encode(), capture_output=True, timeout=60)
    assert done.returncode in (0, 1), done
    return done.stdout.decode().splitlines(), done.returncode


def check_events(events):
    lines, _ = beckon("check-event", "-", text="".join(json.dumps(e, ensure_ascii=False) + "\n" for e in events))
    assert len(lines) == len(events)
    return lines


def examples(kind):
    return {path.name: json.loads(path.read_text()) for path in sorted((EXAMPLES / kind).glob("*.json"))}


def expected():
    rows = [line.split("\t") for line in (EXAMPLES / "expected.tsv").read_text().splitlines() if line[0] != "#"]
    return {name: f"bad\t{code}\t{where}" for name, code, where in rows}


def test_valid_examples():
    files = sorted((EXAMPLES / "valid").glob("*.json"))
    lines, status = beckon("check-event", *files)
    assert dict(zip([f.name for f in files], lines)) == {f.name: "ok" for f in files} and status == 0
    assert {name: contract.faults("request", e) for name, e in examples("valid").items()} == {f.name: [] for f in files}
    asked = {e["type"] for e in examples("valid").values()}
    assert asked == set(contract.load("request")["properties"]["type"]["enum"])


def test_invalid_examples():
    files = sorted((EXAMPLES / "invalid").glob("*.json"))
    lines, status = beckon("check-event", *files)
    assert dict(zip([f.name for f in files], lines)) == expected() and status == 1
    assert [name for name, e in examples("invalid").items() if contract.request_valid(e)] == []


def test_every_rule_has_an_invalid_example():
    """Each field of each type of event stands in some pointer of expected.tsv."""
    pointers = {line.split("\t")[2] for line in expected().values()}
    for field, rule in contract.load("invite.requested")["properties"].items():
        assert any(p.startswith(f"/{field}") for p in pointers), field
        for inner in rule.get("properties", {}):
            assert f"/{field}/{inner}" in pointers, (field, inner)
    for attribute in contract.load("envelope")["properties"]:
        assert attribute in pointers or attribute == "traceparent", attribute  # a malformed one is ignored


def test_expected_codes_are_known():
    codes = {row["code"] for row in json.loads((contract.SCHEMAS / "errors.json").read_text())["errors"]}
    assert {line.split("\t")[1] for line in expected().values()} <= codes


@pytest.mark.story
def test_mutations():
    """Both say the same of 5,000 mutated events. What JSON Schema has no word for (that a zone exists, the syntax of
    an address, that a time is later) contract.py says in Python; nothing is left out."""
    rng, valid = random.Random(SEED), list(examples("valid").values())
    events = [mutate.mutate(rng, rng.choice(valid)) for _ in range(MUTATIONS)]
    ours = [line == "ok" for line in check_events(events)]
    theirs = [contract.request_valid(e) for e in events]
    differ = [(e, contract.faults("request", e)) for e, a, b in zip(events, ours, theirs) if a != b]
    assert differ[:5] == [] and len(differ) == 0
    assert 0.1 < sum(ours) / MUTATIONS < 0.9  # changes that all end the same way would prove nothing


def test_refusals_hold_no_value():
    """Codes and pointers never repeat what was sent: names of our fields, numbers of items, plain names of theirs."""
    canary = "zq7canary@people.internal"
    rng, seeds = random.Random(SEED), list(examples("valid").values())
    events = []
    for _ in range(500):
        event = mutate.mutate(rng, rng.choice(seeds))
        for container, key in list(mutate.places(event)):
            if isinstance(container[key], str) and rng.random() < 0.3:
                container[key] = canary
            elif isinstance(container, dict) and rng.random() < 0.05:
                container[canary] = container.pop(key)
        events.append(event)
    assert [line for line in check_events(events) if "zq7" in line] == []


def test_outcome_examples():
    found = examples("outcomes")
    assert {name: contract.faults("status", e) for name, e in found.items()} == {name: [] for name in found}
    told = {e["data"]["word"] for e in found.values()}
    assert told == set(contract.load("outcome")["properties"]["word"]["enum"])
    for event in found.values():
        for field in contract.load("outcome")["$defs"][event["data"]["word"]]["required"]:
            lacking = {**event, "data": {k: v for k, v in event["data"].items() if k != field}}
            assert contract.faults("status", lacking), (event["type"], field)


def test_schemas_are_schemas():
    for path in contract.SCHEMAS.glob("*.schema.json"):
        jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text()))


def test_addresses():
    """The case file, asked through the tool and of the second opinion."""
    rows = [line.split("\t") for line in ADDRESSES.read_text().splitlines() if line[0] != "#"]
    typed = [json.loads(row[0]) for row in rows]
    lines, status = beckon("check-email", "-0", text="".join(t + "\0" for t in typed))
    assert lines == ["\t".join(row[1:]) for row in rows] and status == 1
    assert [(t, contract.normal_address(t)) for t in typed] == [
        (t, row[2] if row[1] == "ok" else None) for t, row in zip(typed, rows)]


def test_mutated_addresses():
    """Both opinions of 3,000 addresses that are nearly one of the case file's."""
    rng = random.Random(SEED)
    seeds = [json.loads(line.split("\t")[0]) for line in ADDRESSES.read_text().splitlines() if line[0] != "#"]
    typed = [mutate.mutate_text(rng, rng.choice(seeds)) for _ in range(3000)]
    lines, _ = beckon("check-email", "-0", text="".join(t + "\0" for t in typed))
    ours = [line.removeprefix("ok\t") if line.startswith("ok") else None for line in lines]
    assert [(t, a, b) for t, a, b in zip(typed, ours, map(contract.normal_address, typed)) if a != b] == []
    assert sum(map(bool, ours)) > 300


def refs(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from refs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from refs(inner)


def resolve(document, pointer):
    for part in pointer.strip("/").split("/") if pointer.strip("/") else ():
        document = document[part.replace("~1", "/").replace("~0", "~")]
    return document


def test_asyncapi():
    """Every reference leads somewhere; channels and messages are those of the contract."""
    api = yaml.safe_load((contract.SCHEMAS / "asyncapi.yaml").read_text())
    for ref in refs(api):
        name, _, pointer = ref.partition("#")
        resolve(json.loads((contract.SCHEMAS / name).read_text()) if name else api, pointer)
    assert {c["address"] for c in api["channels"].values()} == {
        "invite-requested", "invite-email", "invite-sms", "invite-status", "invite-state", "invite-settings",
        "invite-templates", "invite-dead-letter"}
    for channel, schema in (("requested", "request"), ("status", "status")):
        messages = {resolve(api, m["$ref"].removeprefix("#"))["name"]
                    for m in api["channels"][channel]["messages"].values()}
        assert messages == set(contract.load(schema)["properties"]["type"]["enum"])


@pytest.mark.parametrize("argv, text, lines, status", [
    (["check-email", "a@b.co", "-", "b@"], "c@d.co\n\nx", ["ok\ta@b.co", "ok\tc@d.co", "bad\temail_syntax",
                                                         "bad\temail_syntax", "bad\temail_syntax"], 1),
    (["check-email", "-0"], "a@b.co\n\0c@d.co", ["ok\ta@b.co", "ok\tc@d.co"], 0),
    (["check-email", "--", "-a@b.co"], "", ["ok\t-a@b.co"], 0),
    (["check-email", "-"], "a" * 100000 + "@b.co\n", ["bad\temail_syntax"], 1),
    (["check-email", "-"], "", [], 0),
    (["check-event", "-"], "{}\n[]\n\n", ["bad\tschema_invalid\tspecversion", "bad\tschema_invalid\tevent",
                                        "bad\tschema_invalid\tevent"], 1),
    (["check-event", "-"], " " * 65537 + "\n{", ["bad\tschema_invalid\tevent"] * 2, 1),
    (["check-event", "--syntax-only", "-0"], '[1]\n\0"x"\0{"a":1,"a":2}\0' + "[" * 33 + "]" * 33,
     ["ok", "ok", "bad\tschema_invalid\tevent", "bad\tschema_invalid\tevent"], 1),
])
def test_cases_of_the_tool(argv, text, lines, status):
    assert beckon(*argv, text=text) == (lines, status)


@pytest.mark.parametrize("argv", [["check-email"], ["check-event", "--nope", "-"], ["check-email", "-x"],
                                  ["check-event", "/there/is/no/such/file"]])
def test_usage_of_the_tool(argv):
    done = subprocess.run([BECKON, *argv], input=b"", capture_output=True, timeout=60)
    assert done.returncode == 2 and done.stdout == b"" and done.stderr
