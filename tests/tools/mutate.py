"""Small seeded changes to valid events: types, limits and one off, fields more and less, odd characters."""
import copy

LENGTHS = sorted({n + d for n in (1, 32, 35, 50, 64, 100, 128, 200, 254, 256, 512, 1000, 1024, 2000, 4096)
                  for d in (-1, 0, 1)})
NUMBERS = [-1, 0, 1, 2, 299, 300, 301, 31535999, 31536000, 31536001, 2147483646, 2147483647, 2147483648, 3.0, 1.5,
           -0.0, 300.0, 1e3, 2.5e9]
VALUES = [None, True, False, "", "x", "0", "true", " ", [], {}, ["x"], [1], [[]], {"x": 1}, "2025-03-14T15:00:00Z",
          "https://acme-corp.com", "ann@acme-corp.com", "QUJD", "email", "password", "invite", *NUMBERS]
CHARACTERS = ["\0", "\1", "\t", "\n", "\r", "\x1f", " ", "\x7f", "\x80", "\x85", "\x9f", "\xa0", "\xad", "é", "Я", "ß",
              "\u0301", "\u200b", "\u200d", "\u2027", "\u2028", "\u2029", "\u202a", "\u202e", "\u3000", "。", "漢", "\ufeff",
              "😀", "\U0010fffd", "@", ".", "..", "-", "--", "_", "/", "%", "%2", "%20", "+", "=", "#", "?", "&", ":", ";",
              ",", "<", ">", '"', "'", "\\", "[", "]", "{", "}", "0", "9", "A", "z", "xn--"]
NAMES = ["x", "kind", "tenant", "email", "phone", "name", "id", "row", "actor", "reason", "note", "mint", "as",
         "generation", "ttl_s", "user", "metadata", "data_base64", "time", "Я", "a b", "", "1a", "k" * 65]


def places(value, path=()):
    """Every (container, key) below value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from places(inner, (*path, key))


def _change(rng, container, key):
    """Another value of another or the same type."""
    container[key] = copy.deepcopy(rng.choice(VALUES))


def _remove(rng, container, key):
    del container[key]


def _add(rng, container, key):
    if isinstance(container, dict):
        container[rng.choice(NAMES)] = copy.deepcopy(rng.choice(VALUES))
    else:
        container.append(copy.deepcopy(rng.choice(VALUES)))


def _rename(rng, container, key):
    if isinstance(container, dict):
        container[rng.choice([str(key).upper(), f"{key}s", f"_{key}", *NAMES])] = container.pop(key)


def _more(rng, text):
    """One character more, somewhere."""
    at = rng.choice([0, len(text), rng.randint(0, len(text))])
    return text[:at] + rng.choice(CHARACTERS) + text[at:]


def _less(rng, text):
    at = rng.randint(0, len(text))
    return text[:at] + text[at + 1:]


def _character(rng, container, key):
    if isinstance(container[key], str):
        container[key] = _more(rng, container[key])


def _cut(rng, container, key):
    if isinstance(container[key], str):
        container[key] = _less(rng, container[key])


def _length(rng, container, key):
    """A string, an array or a map at a limit or one off it."""
    value, n = container[key], rng.choice(LENGTHS)
    if isinstance(value, str):
        filler = rng.choice(["p", "я", "QUJD", "0", "漢"])
        container[key] = (value + filler * n)[:n] if rng.random() < 0.7 else filler * n
    elif isinstance(value, list):
        container[key] = [f"n{i}" for i in range(rng.choice([0, 1, 49, 50, 51]))]
    elif isinstance(value, dict) and key in ("variables", "metadata"):
        container[key] = {f"n{i}": i for i in range(rng.choice([0, 1, 19, 20, 21, 63, 64, 65]))}


def _number(rng, container, key):
    """Off by one, as text, as a fraction."""
    value = container[key]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        container[key] = rng.choice([value + 1, value - 1, str(value), float(value), -value, *NUMBERS])


def _case(rng, container, key):
    if isinstance(container[key], str):
        container[key] = rng.choice([str.upper, str.lower, str.title, str.swapcase])(container[key])


def _wrap(rng, container, key):
    container[key] = rng.choice([[container[key]], {"value": container[key]}])


CHANGES = [_change, _remove, _add, _rename, _character, _character, _character, _cut, _length, _length, _number, _number,
           _case, _wrap]


def mutate(rng, event):
    """A copy of event with one change, seldom two."""
    event = copy.deepcopy(event)
    for _ in range(1 if rng.random() < 0.9 else 2):
        found = list(places(event))
        if found:
            rng.choice(CHANGES)(rng, *rng.choice(found))
    return event


def mutate_text(rng, text):
    """text with a character more, less, or in the other case; no NUL, since that separates cases."""
    return rng.choice([_more, _more, _less, lambda _, t: t.swapcase()])(rng, text).replace("\0", "")
