"""beckon-sms: every provider's way of asking and answering, and what it makes of a provider in trouble."""
import json
import re
import shutil
import signal
import time
from datetime import datetime
from email.utils import formatdate
from pathlib import Path

import providers
import pytest
import requests
import smsd
import texts
from events import milliseconds
from process import free_port
from smsd import entry

LATER_MS = 6 * 60_000  # a message that takes so long is late
PROVIDERS = Path(__file__).resolve().parents[2] / "deploy" / "providers"


@pytest.fixture
def up(fleet, gateway):
    """Starts beckon-sms with these providers."""
    secret = fleet.secret_file("provider.secret", smsd.SECRET, f"{smsd.SECRET}\nthe-one-before\n")

    def start(*providers, **own):
        listed = [entry(p, gateway) if isinstance(p, str) else p for p in providers]
        for one in listed:
            one.setdefault("secret_file", secret)
        fleet.up(services=("clock", "sms"), sms={"providers": listed, **own})
        return fleet["sms"]
    return start


def told(fleet, jobs, word="sent"):
    return {job.invite: fleet.await_outcome(job.invite, word) for job in jobs}


def test_all_providers_take_a_message(fleet, gateway, up):
    """One process, eight gateways: each gets what it understands, and its id is told."""
    up(*smsd.NAMES, routes=[{"tenant": n, "providers": [n]} for n in smsd.NAMES])
    jobs = texts.emit(fleet, [texts.Text(tenant=n) for n in smsd.NAMES])
    outcomes = told(fleet, jobs)
    for job in jobs:
        o, (m,) = outcomes[job.invite], gateway.of(job.tenant)
        assert m.to == job.to
        assert "https://join.internal/i?token=" in m.text
        assert o["provider"] == job.tenant and o["provider_message_id"]
        assert (o["segments"], o["encoding"]) == (1, "gsm"), o
        assert "receipt_due" not in o  # none was asked for, so none is missed
        assert job.to not in o.raw
    assert all(job.to[1:] not in s.text() for job in jobs for s in fleet.services)


def test_no_provider_takes_a_stranger(fleet, gateway, up):
    """With another secret than theirs each says so in its own way: its route closes, and the message waits for it."""
    wrong = fleet.secret_file("wrong.secret", "what-a-stranger-knows")
    up(*(entry(name, gateway, secret_file=wrong) for name in smsd.NAMES),
       routes=[{"tenant": n, "providers": [n]} for n in smsd.NAMES])
    jobs = texts.emit(fleet, [texts.Text(tenant=n) for n in smsd.NAMES])
    for job in jobs:
        line = f"ev=route-closed route={job.tenant} code=auth_failed why="
        fleet.wait(lambda wanted=line: wanted in fleet["sms"].text(), 20, f"{job.tenant} is not closed")
        assert fleet.await_outcome(job.invite, "deferred")["code"] == "provider_down" and gateway.count(job.to)
    assert not fleet.outcomes.distinct("sent") and not fleet.outcomes.distinct("unknown")


def test_a_secret_is_mended(fleet, gateway, up):
    """Who refuses our secret is asked by two messages at a time, a second later and then less often; the right one holds with SIGHUP."""
    secret = Path(fleet.secret_file("mine.secret", "what-a-stranger-knows"))
    sms = up(entry("first", gateway, "webhook", secret_file=str(secret)))
    jobs = texts.emit(fleet, [texts.Text() for _ in range(8)])

    def closings():
        return [datetime.fromisoformat(t) for t in re.findall(r"time=(\S+) .*ev=route-closed route=first code=auth_failed", sms.text())]
    fleet.wait(lambda: len(closings()) >= 2, 30, "it is not closed again")
    first, second, *_ = closings()
    assert (second - first).total_seconds() > 0.99
    assert sum(gateway.count(j.to) for j in jobs) <= len(jobs) + 2 * len(closings())
    secret.write_text(smsd.SECRET)
    sms.popen.send_signal(signal.SIGHUP)
    assert {o["attempt"]["n"] for o in told(fleet, jobs).values()} == {1}, "a refused secret consumed an attempt"


def await_end(fleet, job, word):
    """The outcome of this word after which nothing comes: in doubt and to be sent once more is no end."""
    def ended(items):
        return [o for o in items if o.get("invite") == job.invite and o.word == word and not o.get("not_before")]
    fleet.outcomes.wait_for(ended, 30, lambda items: f"{job.tenant}: {[o for o in items if o['invite'] == job.invite]}")
    return ended(fleet.outcomes.snapshot())[0]


# Who answers how, and what is told: word, code, and how many messages came.
ANSWERS = [
    ("twilio", {"status": 400, "body": {"code": 21211, "status": 400}}, "error", "handset_unknown", 1),
    ("twilio", {"status": 400, "body": {"code": 30007}}, "error", "content_rejected", 1),
    ("twilio", {"status": 429, "body": {"code": 20429}, "headers": {"Retry-After": "1"}, "times": 1}, "sent", None, 2),
    ("twilio", {"status": 500, "body": "<html>oops</html>"}, "unknown", "outcome_unknown", 1),
    ("twilio", {"how": "silent"}, "unknown", "outcome_unknown", 1),
    ("twilio", {"how": "reset"}, "unknown", "outcome_unknown", 1),
    ("twilio", {"status": 201, "body": "x" * 100000}, "unknown", "outcome_unknown", 1),
    ("twilio", {"status": 201, "body": {"sid": "SM-of-much", "more": "x" * 100000}}, "unknown", "outcome_unknown", 1),
    ("twilio", {"status": 201, "body": {"sid": "SM-of-enough", "more": "x" * 60000}}, "sent", None, 1),
    ("twilio", {"status": 302, "headers": {"Location": "/webhook/elsewhere"}, "times": 1}, "sent", None, 2),
    ("vonage", {"body": {"messages": [{"status": "7", "error-text": "barred"}]}}, "error", "number_barred", 1),
    ("vonage", {"body": {"messages": [{"status": "0", "message-id": "a"}, {"status": "5"}]}}, "unknown",
     "outcome_unknown", 1),
    ("vonage", {"body": {"messages": [{"status": "1"}]}, "times": 1}, "sent", None, 2),
    ("vonage", {"body": ""}, "unknown", "outcome_unknown", 1),
    ("sns", {"status": 400, "body": "<ErrorResponse><Error><Code>InvalidParameter</Code></Error></ErrorResponse>"},
     "error", "handset_unknown", 1),
    ("sns", {"status": 400, "body": "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>",
             "times": 1}, "sent", None, 2),
    ("messagebird", {"status": 422, "body": {"errors": [{"code": 10, "parameter": "recipients"}]}}, "error",
     "handset_unknown", 1),
    ("smsc", {"body": {"error": "forbidden", "error_code": 6, "id": 5}}, "error", "content_rejected", 1),
    ("smsc", {"body": {"error": "again", "error_code": 9}, "times": 1}, "sent", None, 2),
    ("smsru", {"body": {"status": "OK", "status_code": 100, "sms": {"7905": {"status": "ERROR", "status_code": 202}}}},
     "error", "handset_unknown", 1),
    ("kannel", {"status": 503, "body": "Temporal failure, try again later.", "times": 1}, "sent", None, 2),
    ("kannel", {"status": 202, "body": "3: Queued for later delivery", "how": "drip"}, "sent", None, 1),
    ("kannel", {"status": 400, "body": "Missing receiver number, rejected"}, "error", "content_rejected", 1),
    ("webhook", {"body": {"id": "truncated-soon"}, "how": "truncate", "times": 1}, "sent", None, 2),
    ("webhook", {"how": "reset", "times": 1}, "sent", None, 2),
    ("webhook", {"body": {"id": "truncated-soon"}, "how": "truncate"}, "unknown", "outcome_unknown", 2),
    ("webhook", {"body": {"error": "a-new-one"}, "times": 1}, "sent", None, 2),
]


@pytest.mark.story
def test_answers(fleet, gateway, up):
    """Refused, put off, in doubt: what each means, and that nobody in doubt is written to twice."""
    up(*smsd.NAMES, routes=[{"tenant": n, "providers": [n]} for n in smsd.NAMES])
    jobs = []
    for provider, how, *_ in ANSWERS:
        job = texts.Text(tenant=provider)
        gateway.on(provider, to=job.to, **how)
        jobs.append(job)
    texts.emit(fleet, jobs)
    for job, (provider, how, word, code, count) in zip(jobs, ANSWERS):
        o = await_end(fleet, job, word)
        assert o.get("code") == code, (provider, how, o)
        assert gateway.count(job.to) == count, (provider, how, [x for x in fleet.outcomes.snapshot()
                                                                if x.get("invite") == job.invite])
    assert not [path for path in gateway.asked if "elsewhere" in path], "a redirect was followed"
    twice = [m for m in gateway.of("webhook") if gateway.count(m.to) == 2]
    assert len({m.headers["idempotency-key"] for m in twice}) == len(twice) / 2
    assert fleet["sms"].metric("beckon_sms_unknown_codes_total", provider="webhook") == 1


@pytest.mark.story
@pytest.mark.tsan
def test_a_provider_in_trouble(fleet, gateway, up):
    """Its errors go by the next at once, and after fifty it is left alone; whole again it begins with a few."""
    up(entry("first", gateway, "webhook", sessions=8), entry("second", gateway, "kannel", order=2))
    rule = gateway.on("webhook", 503, "busy")
    jobs = texts.emit(fleet, [texts.Text() for _ in range(300)])
    outcomes = told(fleet, jobs)
    assert {o["provider"] for o in outcomes.values()} == {"second"}
    assert {o["attempt"]["n"] for o in outcomes.values()} == {1}, "a provider's trouble consumed an attempt"
    assert all(gateway.count(j.to) <= 2 for j in jobs)
    assert 50 <= rule.used < 100
    fleet.wait(lambda: fleet["sms"].metric("beckon_route_passed_over", route="first/RU") == 1, 10, "not passed over")


def test_the_cheapest_comes_first(fleet, gateway, up):
    """Where a rule prefers cost the cheapest for the number takes it; what it costs is told, counted, and changed by SIGHUP."""
    own = fleet.dir / "providers"
    shutil.copytree(PROVIDERS, own)
    plain = (own / "kannel.yaml").read_text()

    def ask(price):
        (own / "kannel.yaml").write_text(plain + f'cost: {{currency: EUR, prefixes: {{"7": {price}, "77": 0.09, "*": 0.08}}}}\n')
    ask(0.05)
    price = {"currency": "EUR", "prefixes": {"7": "0.07"}}
    sms = up(entry("dear", gateway, "webhook", cost=price), entry("cheap", gateway, "kannel", order=2),
             routes=[{"tenant": "thrifty", "prefer": "cost", "providers": ["dear", "cheap"]}], providers_dir=str(own))
    numbers = [texts.number(r) for r in ("RU", "KZ", "DE")]
    wanted = [("thrifty", numbers[0], "cheap", "0.05"), ("thrifty", numbers[1], "dear", "0.07"),
              ("thrifty", numbers[2], "cheap", "0.08"), ("acme", numbers[0], "dear", "0.07"), ("acme", numbers[2], "dear", None)]
    jobs = texts.emit(fleet, [texts.Text(to=to, tenant=tenant) for tenant, to, *_ in wanted])
    outcomes = told(fleet, jobs)
    for job, (*_, provider, amount) in zip(jobs, wanted):
        o = outcomes[job.invite]
        assert o["provider"] == provider, o
        assert o.get("cost") == (amount and {"amount": amount, "currency": "EUR"}), o
    fleet.wait(lambda: abs(sms.metric("beckon_cost_total", provider="cheap", currency="EUR") - 0.13) < 1e-9, 10, "not counted")
    ask(0.5)
    sms.popen.send_signal(signal.SIGHUP)

    def taken_by():
        return told(fleet, texts.emit(fleet, texts.Text(to=numbers[0], tenant="thrifty"))).popitem()[1]["provider"]
    fleet.wait(lambda: taken_by() == "dear", 20, "the new price is not known")


def test_no_faster_than_a_provider_takes_them(fleet, gateway, up):
    """What a description says of a provider's rate holds, and what an entry says goes before it."""
    own = fleet.dir / "providers"
    shutil.copytree(PROVIDERS, own)
    names = ("webhook", "vonage")
    for name in names:
        text = (own / f"{name}.yaml").read_text()
        (own / f"{name}.yaml").write_text(re.sub("(?m)^rate: .*\n", "", text) + "rate: 4/s burst 2\n")
    up("webhook", entry("vonage", gateway, limit="1000/s burst 1000"), providers_dir=str(own),
       routes=[{"tenant": n, "providers": [n]} for n in names])
    jobs = texts.emit(fleet, [texts.Text(tenant=n) for n in names for _ in range(9)])
    outcomes = told(fleet, jobs)
    claims = sorted(milliseconds(o["expires_at"]) for o in outcomes.values() if o["provider"] == "webhook")
    assert len(claims) == 9 == len(outcomes) - 9
    for n, first in enumerate(claims):
        for more, last in enumerate(claims[n:], 1):
            assert last - first >= (more - 2) * 250 - 2, claims
    put_off = fleet.outcomes.distinct("deferred")
    assert {(o["tenant"], o["code"]) for o in put_off} == {("webhook", "rate_limited")}


def test_a_provider_says_when(fleet, gateway, up):
    """Retry-After is heeded where nobody else takes the message: in seconds, and as a date; for a day at the most."""
    up("webhook")
    jobs = [texts.Text() for _ in range(3)]
    asked = time.time()
    gateway.on("webhook", 429, {"error": "throttled"}, to=jobs[0].to, headers={"Retry-After": "3600"})
    gateway.on("webhook", 503, "busy", to=jobs[1].to, headers={"Retry-After": formatdate(asked + 7200, usegmt=True)})
    gateway.on("webhook", 429, {"error": "throttled"}, to=jobs[2].to, headers={"Retry-After": str(2**63 - 1)})
    texts.emit(fleet, jobs)
    for job, least_s in zip(jobs, (3600, 7200 - 2, 86400)):
        o = fleet.await_outcome(job.invite, "deferred")
        assert least_s <= milliseconds(o["not_before"]) / 1000 - asked <= least_s + 3600, (job.to, o)
        assert gateway.count(job.to) == 1


@pytest.mark.story
def test_a_provider_is_gone(fleet, gateway, up):
    """The other takes all; what the first may have taken stays unknown, and goes nowhere else."""
    with smsd.Server() as other:
        up(entry("first", other, "twilio"), entry("second", gateway, "webhook", order=2))
        in_doubt = texts.Text()
        other.on("twilio", to=in_doubt.to, how="reset")
        texts.emit(fleet, in_doubt)
        assert fleet.await_outcome(in_doubt.invite, "unknown")["provider"] == "first"
        other.down()
        jobs = texts.emit(fleet, [texts.Text() for _ in range(60)])
        outcomes = told(fleet, jobs)
        assert {(o["provider"], o["attempt"]["n"]) for o in outcomes.values()} == {("second", 1)}
        fleet.wait(lambda: fleet["sms"].metric("beckon_route_up", route="first/RU") == 0, 10, "the first is not down")
        assert fleet["sms"].ready()
        other.up()
        fleet.wait(lambda: fleet["sms"].metric("beckon_route_up", route="first/RU") == 1, 20, "the first is not back")
        more = texts.emit(fleet, [texts.Text() for _ in range(60)])
        assert "first" in {o["provider"] for o in told(fleet, more).values()}
        assert gateway.count(in_doubt.to) == 0 and other.count(in_doubt.to) == 1


def test_a_country_is_not_served(fleet, gateway, up):
    """One provider refuses one country: that route closes, the others go on; who has no other way waits."""
    up(entry("first", gateway, "webhook"), entry("second", gateway, "kannel", order=2),
       routes=[{"tenant": "alone", "providers": ["first"]}])
    german = [texts.Text(to=texts.number("DE")) for _ in range(20)]
    for job in german:
        gateway.on("webhook", 403, {"error": "region_not_enabled"}, to=job.to)
    alone = texts.Text(to=texts.number("DE"), tenant="alone")
    gateway.on("webhook", 403, {"error": "region_not_enabled"}, to=alone.to)
    russian = texts.emit(fleet, [texts.Text() for _ in range(20)])
    texts.emit(fleet, german)
    assert {o["provider"] for o in told(fleet, german).values()} == {"second"}
    assert {o["provider"] for o in told(fleet, russian).values()} == {"first"}
    texts.emit(fleet, alone)
    put_off = fleet.await_outcome(alone.invite, "deferred")
    assert put_off["code"] == "provider_down" and put_off["attempt"]["n"] == 1
    assert fleet["sms"].ready()


def test_codes_are_read_again(fleet, gateway, up):
    """What nobody knew is known after SIGHUP, without a restart; a faulty file changes nothing."""
    own = fleet.dir / "providers"
    shutil.copytree(PROVIDERS, own)
    sms = up("webhook", providers_dir=str(own))
    description = (own / "webhook.yaml").read_text()

    def say(more):
        (own / "webhook.yaml").write_text(description.replace("codes:\n", f"codes:\n  {more}\n", 1))

    def refused(code):
        job = texts.Text()
        gateway.on("webhook", 200, {"error": "brand-new"}, to=job.to)
        texts.emit(fleet, job)
        return fleet.await_outcome(job.invite, "error")["code"] == code
    assert refused("retries_exhausted")
    line = "ev=unknown-code provider=webhook code=brand-new"
    seen = sms.text().count(line)
    assert seen >= 1
    fleet.wait(lambda: sms.metric("beckon_sms_unknown_codes_total", provider="webhook") == seen, 10, "it is not counted")
    say("brand-new: policy_blocked")
    sms.popen.send_signal(signal.SIGHUP)
    fleet.wait(lambda: refused("policy_blocked"), 20, "the new code is not known")
    seen = sms.text().count(line)
    assert refused("policy_blocked")
    assert sms.text().count(line) == seen, "a known code was told as unknown"
    say("brand-new: no_such_word")
    sms.popen.send_signal(signal.SIGHUP)
    fleet.wait(lambda: "reload-failed" in sms.text(), 20, "the faulty file was not noticed")
    assert refused("policy_blocked")


def test_not_to_our_own_machines(fleet, gateway, up):
    """Loopback is no provider's address, unless the configuration says so."""
    up(entry("inside", gateway, "webhook", private_network=False), entry("outside", gateway, "kannel", order=2))
    job = texts.emit(fleet, texts.Text())[0]
    assert fleet.await_outcome(job.invite, "sent")["provider"] == "outside"
    assert not gateway.of("webhook")
    fleet.wait(lambda: fleet["sms"].metric("beckon_route_up", route="inside/RU") == 0, 10, "it was connected to")


def test_who_said_no_is_left_alone(fleet, gateway, up):
    """A provider's answer that the person has opted out suppresses the number; one of content does not."""
    up("webhook", "twilio", routes=[{"tenant": n, "providers": [n]} for n in ("webhook", "twilio")])
    rows = [("webhook", {"error": "opted_out"}, "opted_out"), ("webhook", {"error": "content_rejected"}, None),
            ("twilio", {"code": 21610}, "opted_out"), ("twilio", {"code": 21614}, "failed")]
    jobs = [texts.Text(tenant=provider) for provider, *_ in rows]
    for job, (provider, body, _) in zip(jobs, rows):
        gateway.on(provider, 400, body, to=job.to)
    texts.emit(fleet, jobs)
    outcomes = told(fleet, jobs, "error")

    def listed():
        done = fleet.beckon("suppress", "list", "--json", "--config", fleet.dir / "beckon.yaml")
        return {row["recipient_hash"]: row["record"] for row in map(json.loads, done.stdout.splitlines())}
    fleet.wait(lambda: len(listed()) >= 3, 20, "not all of them are suppressed")
    records = listed()
    assert {outcomes[j.invite]["recipient_hash"]: why for j, (*_, why) in zip(jobs, rows) if why} == {
        key: record["why"] for key, record in records.items()}
    assert all(("until" in r) == (r["why"] == "failed") for r in records.values()), records


def test_slow_answers(fleet, gateway, up):
    """A provider of whose answers many take over five seconds is passed over, and what it took stays with it."""
    up(entry("first", gateway, "webhook"), entry("second", gateway, "kannel", order=2))
    slow = [texts.Text() for _ in range(6)]
    for job in slow:
        gateway.on("webhook", body={"id": job.invite}, to=job.to, after=5.2)
    texts.emit(fleet, slow)
    quick = texts.emit(fleet, [texts.Text() for _ in range(24)])
    assert {o["provider"] for o in told(fleet, quick + slow).values()} == {"first"}
    fleet.wait(lambda: fleet["sms"].metric("beckon_route_passed_over", route="first/RU") == 1, 10, "not passed over")
    more = told(fleet, texts.emit(fleet, [texts.Text() for _ in range(10)]))
    assert "second" in {o["provider"] for o in more.values()}
    assert all(gateway.count(j.to) == 1 for j in slow)


def test_slow_deliveries(fleet, gateway, up):
    """A provider that answers at once and delivers late, as its receipts say, is passed over for that country."""
    first = providers.Webhook(fleet.dir / "receipts", "first")
    up(entry("first", gateway, "webhook", callback="https://hooks.acme-corp.com/receipts/first"),
       entry("second", gateway, "kannel", order=2))
    port = free_port()
    fleet.service("status", http__public=f"127.0.0.1:{port}", receipts=[first.entry()]).start(
        BECKON_SKEW_MS=str(LATER_MS)).await_ready()
    jobs = texts.emit(fleet, [texts.Text() for _ in range(20)])
    taken = told(fleet, jobs)
    assert {o["provider"] for o in taken.values()} == {"first"}
    for outcome in taken.values():
        call = first.call(outcome["provider_message_id"], "delivered", time.time() + LATER_MS / 1000)
        for _ in range(2):  # and again, as providers do
            done = requests.post(f"http://127.0.0.1:{port}/receipts/first", data=call.body, headers=call.headers, timeout=20)
            assert done.status_code == 200, done.text
    counted = fleet.redis.client.hgetall(f"{fleet.prefix}speed:first/RU").values()
    assert sum(int(v.split()[1]) for v in counted) == sum(int(v.split()[2]) for v in counted) == 20, counted
    fleet.wait(lambda: told(fleet, texts.emit(fleet, [texts.Text()])).popitem()[1]["provider"] == "second", 30,
               "who delivers late is not passed over")
    fleet.wait(lambda: fleet["sms"].metric("beckon_route_passed_over", route="first/RU") == 1, 10, "not told")
