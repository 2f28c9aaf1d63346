"""beckon check-phone and beckon segments: numbers of 60 countries, each broken in six ways; SMS counted twice."""
import functools
import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType, ValidationResult
from process import build_root

BECKON = Path(os.environ.get("BECKON_BUILD", build_root() / "debug")) / "bin/beckon"
SEED = 20250314
NUMBERS_A_COUNTRY = 4
MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
COUNTRIES = ("AE AM AR AT AU AZ BD BE BG BR BY CA CH CI CL CN CO CZ DE DK EE EG ES FI FR GB GE GR HK HR HU ID IE IL IN "
             "IT JM JP KE KG KR KZ LT LV MD MX MY NG NL NO NZ PH PK PL PT RO RS RU SA SE SG SK TH TJ TR UA US UZ VN ZA").split()


def beckon(*argv, text="", environment=None):
    done = subprocess.run([BECKON, *argv], input=text.encode(), capture_output=True, timeout=60,
                          env={**os.environ, **(environment or {})})
    assert done.returncode in (0, 1), done
    return done.stdout.decode().splitlines(), done.returncode


def check(numbers, region=None):
    """The answers as [verdict, …], one a number."""
    lines, _ = beckon("check-phone", "-0", *(["--region", region] if region else []), text="".join(n + "\0" for n in numbers))
    assert len(lines) == len(numbers)
    return [line.split("\t") for line in lines]


@functools.cache
def mobiles(region):
    """The example number and others of its kind and length, as libphonenumber's twin knows them."""
    rng = random.Random(f"{SEED}{region}")
    first = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    out = [first]
    while len(out) < NUMBERS_A_COUNTRY:
        n = phonenumbers.parse(code(first) + national(first)[:-4] + f"{rng.randrange(10000):04}")
        if phonenumbers.is_valid_number(n) and phonenumbers.number_type(n) in MOBILE:
            out.append(n)
    return out


def written(n, form):
    return phonenumbers.format_number(n, form)


def e164(n):
    return written(n, PhoneNumberFormat.E164)


def national(n):
    return phonenumbers.national_significant_number(n)


def code(n):
    return f"+{n.country_code}"


def valid(text):
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text))
    except phonenumbers.NumberParseException:
        return False


def length(text):
    return phonenumbers.is_possible_number_for_type_with_reason(phonenumbers.parse(text), PhoneNumberType.MOBILE)


def too_long(n):
    text = e164(n)
    while len(text) <= 16 and length(text) != ValidationResult.TOO_LONG:
        text += "5"
    return text


def with_trunk(n, region):
    """As people write it who take the prefix for a part of the number; of countries without one: dialled from abroad."""
    prefix = phonenumbers.ndd_prefix_for_region(region, True)
    return f"{code(n)} {prefix}{national(n)}" if prefix else None


def known(n):
    """The answer about a number that is taken."""
    mobile = phonenumbers.number_type(n) == PhoneNumberType.MOBILE
    return ["ok", e164(n), phonenumbers.region_code_for_number(n), "mobile" if mobile else "fixed-or-mobile"]


def test_the_world():
    """Accepted in three spellings, with what is known of them."""
    numbers = [n for region in COUNTRIES for n in mobiles(region)]
    assert len(COUNTRIES) >= 60 and len(numbers) >= 200
    for spelling in (e164, lambda n: written(n, PhoneNumberFormat.INTERNATIONAL), lambda n: "00" + e164(n)[1:]):
        assert check([spelling(n) for n in numbers]) == [known(n) for n in numbers]


@pytest.mark.parametrize("region", COUNTRIES[::3] + ["RU", "US"])
def test_without_plus(region):
    """Taken where the digits are no number at home as well; what is refused then is missing its plus."""
    numbers = mobiles(region)
    answers = check([e164(n)[1:] for n in numbers], region)
    assert answers == [known(n) for n in numbers]


BROKEN = {
    "phone_missing_country_code": lambda n, region: national(n),
    "phone_trunk_prefix": with_trunk,
    "phone_too_short": lambda n, region: code(n) + national(n)[:3],
    "phone_too_long": lambda n, region: too_long(n),
    "phone_bad_char": lambda n, region: e164(n)[:-1] + "O",
    "phone_unknown_country": lambda n, region: "+0" + e164(n)[1:],
}


AT_HOME = ("phone_missing_country_code", "phone_trunk_prefix")  # refused with what was meant


@pytest.mark.parametrize("why", [why for why in BROKEN if why not in AT_HOME])
def test_the_world_broken(why):
    numbers = [(n, region) for region in COUNTRIES for n in mobiles(region)]
    answers = check([BROKEN[why](n, region) for n, region in numbers])
    assert [(e164(n), *a[:2]) for a, (n, _) in zip(answers, numbers)] == [(e164(n), "bad", why) for n, _ in numbers]


@pytest.mark.parametrize("region", COUNTRIES)
def test_the_world_at_home(region):
    cases = [(BROKEN[why](n, region), why, written(n, PhoneNumberFormat.INTERNATIONAL))
             for why in AT_HOME for n in mobiles(region)]
    cases = [case for case in cases if case[0]]
    answers = check([typed for typed, _, _ in cases], region)
    assert [(a[0], a[1], meant in a[2]) for a, (_, _, meant) in zip(answers, cases)] == [
        ("bad", why, True) for _, why, _ in cases], answers


def test_russian_numbers_without_their_code_are_nobody_elses():
    """3 in 100 of them are valid numbers of other countries: each is refused, with what was meant."""
    rng = random.Random(SEED)
    numbers = [n for n in (f"9{rng.randrange(10**9):09}" for _ in range(3000))
               if valid("+7" + n)]
    foreign = [n for n in numbers if valid("+" + n)]
    assert len(foreign) > 10
    for region in (None, "RU"):
        assert {a[1] for a in check(numbers, region)} == {"phone_missing_country_code"}


def test_answers_of_the_tool():
    lines, status = beckon("check-phone", "9051111111", "+7 905 111-11-11", "-", "--json", "--lang", "en", text="112\r\n")
    assert status == 1
    assert [json.loads(line) for line in lines] == [
        {"ok": False, "code": "phone_missing_country_code", "suggestion": "+7 905 111-11-11",
         "text": "The phone number has no country code.", "remedy": "Did you mean +7 905 111-11-11?"},
        {"ok": True, "number": "+79051111111", "region": "RU", "country_code": 7, "type": "mobile",
         "shown": "+7 905 111-11-11", "doubtful": False},
        {"ok": False, "code": "phone_emergency", "text": "The phone number is an emergency or short number.",
         "remedy": "Give the mobile number of the person."}]
    assert beckon("check-phone", "8 (905) 111-11-11", environment={"LC_ALL": "ru_RU.UTF-8"}) == (
        ["bad\tphone_trunk_prefix\tНомер телефона начинается с префикса для звонков внутри страны. "
         "Возможно, имелось в виду +7 905 111-11-11?"], 1)
    assert beckon("check-phone", "--landlines", "+74951234567", "+70100000000") == (
        ["ok\t+74951234567\tRU\tfixed", "ok\t+70100000000\tRU\tunknown"], 0)


@pytest.mark.parametrize("made,said", [
    ("const char beckon_library_version[] = \"0.0.1\"; int beckon_phone_numbers;", "it is of version 0.0.1, and this program of "),
    ("int beckon_phone_numbers;", "it is of version (none), and this program of "),
    (None, "cannot open shared object file"),
])
def test_a_library_of_another_version(tmp_path, made, said):
    """A beckon-phone.so that an older release has left is not called into: who asks about a number is told."""
    for name in ("bin", "lib"):
        (tmp_path / name).mkdir()
    beckon = shutil.copy(BECKON, tmp_path / "bin")
    if made:
        subprocess.run(["cc", "-shared", "-o", tmp_path / "lib" / "beckon-phone.so", "-x", "c", "-"], input=made, text=True, check=True)
    done = subprocess.run([beckon, "check-phone", "+79051111111"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 78 and not done.stdout, done
    assert "cannot load beckon-phone.so: " in done.stderr and said in done.stderr, done.stderr


@pytest.mark.parametrize("argv", [[], ["--region", "XX", "+79051111111"], ["--region"], ["--lang", "fr", "112"], ["--nope", "112"]])
def test_usage_of_check_phone(argv):
    done = subprocess.run([BECKON, "check-phone", *argv], input=b"", capture_output=True, timeout=60)
    assert done.returncode == 2 and done.stdout == b"" and done.stderr


# ---- segments, by a second opinion ----

GSM = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
          "abcdefghijklmnopqrstuvwxyzäöñüà")
EXTENDED = set("\f^{}\\[~]|€")


def packed(units, single, joined):
    """Segments that characters of these units need: none is split."""
    if sum(units) <= single:
        return 1 if units else 0
    segments, used = 1, 0
    for u in units:
        segments, used = (segments + 1, u) if used + u > joined else (segments, used + u)
    return segments


def counted(text):
    if set(text) <= GSM | EXTENDED:
        units = [2 if c in EXTENDED else 1 for c in text]
        return packed(units, 160, 153), "gsm", sum(units)
    units = [len(c.encode("utf-16-le")) // 2 for c in text]
    return packed(units, 70, 67), "ucs2", sum(units)


def test_segments_of_made_up_texts():
    rng = random.Random(SEED)
    alphabets = ["aB3 .", "a€[]", "abc\n\f^", "пример €", "a😀", "ÇçÉ€", "漢字😀a"]
    texts = ["".join(rng.choices(rng.choice(alphabets), k=rng.choice([0, 1, 30, 70, 71, 134, 153, 161, 306, 400, 919])))
             for _ in range(1500)]
    lines, _ = beckon("segments", "-0", text="".join(t + "\0" for t in texts))
    told = [line.split("\t") for line in lines]
    assert [(int(t[0]), t[1], int(t[2])) for t in told] == [counted(text) for text in texts]
    assert all((len(t) == 5) == (t[1] == "ucs2") for t in told)


def test_segments_of_the_tool():
    lines, status = beckon("segments", "--json", "--plain", "it’s", "до", text="")
    assert status == 0 and [json.loads(line) for line in lines] == [
        {"segments": 1, "encoding": "gsm", "units": 4, "room": 156, "text": "it's"},
        {"segments": 1, "encoding": "ucs2", "units": 2, "room": 68, "culprit": {"character": "'д' (U+0434)", "at": 1},
         "text": "до"}]
    assert beckon("segments", "x`", "--plain", "it’s") == (["1\tgsm\t2\t158", "x'", "1\tgsm\t4\t156", "it's"], 0)
    assert beckon("segments", "x`") == (["1\tucs2\t2\t68\t'`' (U+0060) at 2"], 0)
    done = subprocess.run([BECKON, "segments", b"\xff"], capture_output=True, timeout=60)
    assert done.returncode == 1 and done.stdout.startswith(b"bad\t")


def test_what_a_text_would_cost(tmp_path):
    """By who would be asked first, for each segment; `-` where nobody says; a number that is none is told with what was meant."""
    (tmp_path / "acme.yaml").write_text('cost: {currency: EUR, prefixes: {"7": 0.05, "49": 0.08}}\n')
    config = tmp_path / "beckon.yaml"
    config.write_text(f"kafka: {{bootstrap.servers: 127.0.0.1:9}}\nproviders_dir: {tmp_path}\n"
                      'providers:\n  - {name: acme}\n  - {name: cheap, like: acme, order: 2, cost: {currency: EUR, prefixes: {"*": 0.01}}}\n'
                      "routes:\n  - {tenant: thrifty, prefer: cost, providers: [acme, cheap]}\n")

    def cost(text, to, *more):
        (line,), _ = beckon("segments", text, "--to", to, "--config", str(config), *more)
        return line.split("\t")[4]
    assert cost("hi", "+79051111111") == "0.05 EUR by acme"
    assert cost("привет " * 20, "+491511234567") == "0.24 EUR by acme"
    assert cost("hi", "+447400123456") == "-"
    assert cost("hi", "+447400123456", "--tenant", "thrifty") == cost("hi", "+79051111111", "--tenant", "thrifty") == "0.01 EUR by cheap"
    for number, said in (("9051111111", "did you mean +7 905 111-11-11?"), ("", "too few digits"), ("+7905x", "--to: ")):
        done = subprocess.run([BECKON, "segments", "hi", "--to", number, "--config", config], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and said in done.stderr and not done.stdout, done
