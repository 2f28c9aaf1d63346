"""schemas/ as validators: JSON Schema 2020-12, and in Python what a schema cannot say.

The checks of formats are written from the contract and from nothing of ours, so that they are a second opinion.
"""
import datetime
import functools
import json
import re
import unicodedata
import zoneinfo
from pathlib import Path

import idna
import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
ADDRESS_MAX, LOCAL_MAX, HOST_MAX, LABEL_MAX = 254, 64, 253, 63

formats = jsonschema.FormatChecker(formats=())


@formats.checks("date-time")
def is_time(value):
    """RFC 3339 with at most nanoseconds; a leap second is allowed in any minute."""
    if not isinstance(value, str):
        return True
    m = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,9})?"
                     r"([Zz]|[+-]([0-9]{2}):([0-9]{2}))", value)
    if not m or int(m[2]) > 23 or int(m[3]) > 59 or int(m[4]) > 60 or int(m[7] or 0) > 23 or int(m[8] or 0) > 59:
        return False
    try:
        datetime.date.fromisoformat(m[1])
    except ValueError:
        return False
    return True


@formats.checks("iana-timezone")
def is_zone(value):
    return not isinstance(value, str) or value in _zones()


@functools.cache
def _zones():
    return zoneinfo.available_timezones()


def _hidden(c):
    return unicodedata.category(c) in ("Zs", "Zl", "Zp", "Cc", "Cf")


def _label(label):
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label):
        raise ValueError(label)
    if label.startswith("xn--"):
        idna.ulabel(label)
    return label


def _host(host):
    if not host.isascii():
        host = idna.encode(host, uts46=True).decode()
    labels = [_label(part) for part in host.lower().split(".")]
    if len(labels) < 2 or len(host) > HOST_MAX or not re.fullmatch(r"[a-z]{2,63}|xn--.*", labels[-1]):
        raise ValueError(host)
    return ".".join(labels)


def normal_address(typed):
    """The normal form of an e-mail address, or None. NUL is no space: it ends a string elsewhere."""
    whole = typed
    while typed and _hidden(typed[0]):
        typed = typed[1:]
    while typed and _hidden(typed[-1]):
        typed = typed[:-1]
    local, at, host = typed.partition("@")
    if not at or "\0" in whole or ".." in typed or any(map(_hidden, typed)) or len(local) > LOCAL_MAX:
        return None
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", local):
        return None
    try:
        normal = f"{local.lower()}@{_host(host)}"
    except (ValueError, UnicodeError):
        return None
    return normal if len(normal) <= ADDRESS_MAX else None


@formats.checks("idn-email")
def is_address(value):
    return not isinstance(value, str) or normal_address(value) is not None


def _pattern(validator, pattern, instance, schema):
    """ECMA-262, as JSON Schema wants it: $ is the end, where Python's also stands before a last newline."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield jsonschema.ValidationError(f"does not match {pattern}")


Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": _pattern})


def load(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


def _resource(path):
    """Without $schema, which would bring the library's own validator back at each $ref."""
    schema = {k: v for k, v in json.loads(path.read_text()).items() if k != "$schema"}
    return path.name, Resource.from_contents(schema, default_specification=DRAFT202012)


@functools.cache
def validator(name):
    """Of schemas/<name>.schema.json: request, status, outcome, envelope or a type of event."""
    registry = Registry().with_resources(map(_resource, SCHEMAS.glob("*.schema.json")))
    return Validator({"$ref": f"{name}.schema.json"}, registry=registry, format_checker=formats)


def faults(name, instance):
    """What is wrong, as text; empty = valid."""
    return [f"/{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}"
            for e in validator(name).iter_errors(instance)]


def window_ahead(event):
    """What JSON Schema cannot compare: schedule.not_after is later than not_before."""
    try:
        ends = [datetime.datetime.fromisoformat(event["data"]["schedule"][k].upper().replace("Z", "+00:00"))
                for k in ("not_before", "not_after")]
    except (KeyError, TypeError, AttributeError, ValueError):
        return True
    return ends[0] < ends[1]


def numbers_fit(event):
    """What a pattern says badly: the numbers of a delivery fit into 31 bits."""
    data = event.get("data")
    delivery = data.get("delivery", "") if isinstance(data, dict) else ""
    return all(int(n) < 2 ** 31 for n in re.findall(r"(?<=\.)[0-9]+", delivery if isinstance(delivery, str) else ""))


def request_valid(event):
    """Is this structured-mode event one that the fleet serves?"""
    return validator("request").is_valid(event) and window_ahead(event) and numbers_fit(event)
