"""What Redis knows, read as the scripts write it, in a form in which a rebuilt one must be the same."""
import struct

NONE = 0xFFFFFFFF


def _text(raw):
    return raw.decode("latin-1")


def _parts(raw):
    """The parts of a packed item (common/later_pack.h)."""
    found, at = [], 0
    while at < len(raw):
        (n,) = struct.unpack_from("<I", raw, at)
        used = 0 if n == NONE else n
        found.append(None if n == NONE else raw[at + 4:at + 4 + used])
        at += 5 + used
    return found


def item(raw):
    """turn, due, topic, key, reason, tenant, value, headers of what waits."""
    turn, version, due, rest = raw.split(b"|", 3)
    assert version == b"1"
    parts = _parts(rest)
    names = ("topic", "key", "reason", "tenant", "value")
    return {"turn": int(turn), "due": int(due), **dict(zip(names, parts)),
            "headers": dict(zip(parts[5::2], parts[6::2]))}


def _state(client, key):
    fields = {_text(k): _text(v) for k, v in client.hgetall(key).items() if v}
    fields.pop("ver", None)  # it only has to change with every change
    return fields


def _claim(raw):
    """Where a delivery stands: turn, verdict, kid, doubts. Record, holder and times are of another life."""
    line = _text(raw).split("|")
    return {"turn": line[1], "verdict": line[2], "kid": line[8], "doubts": line[9]}


def _event(raw):
    """Coordinates, first and plan; the slot of what left at once is a moment that nobody asks for again."""
    lines = _text(raw).split("\n")
    return {"coords": lines[0], "first": lines[2] if len(lines) > 2 else None, "plan": lines[3:]}


def _leave_out(found):
    """What is of no use any more: claims of a former generation, and events to which nothing was told."""
    for delivery in list(found["c"]):
        key, generation = delivery.split(".")[:2]
        if int(generation) < int(found["d"].get(key, {}).get("gen", 0)):
            del found["c"][delivery]
    for hash_, event in list(found["e"].items()):
        if event["plan"] and event["plan"][0].split(" ")[1:2] == ["silent"]:
            del found["e"][hash_]


def snapshot(client, prefix):
    """{kind: {name: what}}; client answers bytes."""
    read = {"d": lambda key: _state(client, key), "c": lambda key: _claim(client.get(key)),
            "e": lambda key: _event(client.get(key)), "l": lambda key: item(client.get(key)),
            "a": client.get, "k": client.get, "r": client.get}
    found = {kind: {} for kind in read}
    for raw in client.scan_iter(f"{prefix}*", count=1000):
        kind, colon, name = _text(raw)[len(prefix):].partition(":")
        if colon and kind in read:
            found[kind][name] = read[kind](raw)
    _leave_out(found)
    found["later"] = {_text(k): int(v) for k, v in client.zrange(f"{prefix}later", 0, -1, withscores=True)}
    found["reasons"] = {_text(k): int(v) for k, v in client.hgetall(f"{prefix}later:reasons").items() if int(v)}
    return found


def differences(before, after, most=10):
    """Lines that say what is missing, new or other; kinds in the order of the snapshot."""
    told = []
    for kind, names in before.items():
        for name in sorted(set(names) | set(after[kind])):
            was, now = names.get(name), after[kind].get(name)
            if was == now:
                continue
            if isinstance(was, dict) and isinstance(now, dict):
                told += [f"{kind}:{name} {k}: {was.get(k)!r} -> {now.get(k)!r}"
                         for k in sorted(set(was) | set(now), key=str) if was.get(k) != now.get(k)]
            else:
                told.append(f"{kind}:{name}: {was!r} -> {now!r}")
    return told[:most] + ([f"... {len(told)} in all"] if len(told) > most else [])
