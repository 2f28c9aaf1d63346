"""The main road: what is asked becomes one message, and the status topic tells."""
import email.policy
import hashlib
import json
import re

import events
import pytest
from checks import by_recipient, sent_once


def parsed(message):
    return email.message_from_bytes(message.raw, policy=email.policy.default)


@pytest.mark.story
def test_one_invite(fleet):
    fleet.up()
    event = fleet.emit(events.invite(role="Engineer", department="Product", metadata={"order": "7"}))
    queued, sent = (fleet.await_outcome(event, word) for word in ("queued", "sent"))

    [message] = fleet.sink.messages
    mail = parsed(message)
    assert message.to == event.to
    assert "Example Works" in mail["From"] and mail["Message-ID"] and mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    [link] = set(re.findall(r"https://join\.internal/i\S+", text))
    token = re.split(r"[/?=&#]", link)[-1]
    assert token in html
    assert sent["token_sha256"] == hashlib.sha256(token.encode()).hexdigest()
    assert "Olga Petrova" in text and "Engineer" in text

    for outcome in (queued, sent):
        assert outcome["tenant"] == "acme" and outcome["invite"] == event.invite
        assert outcome["role"] == "Engineer" and outcome["metadata"] == {"order": "7"}
        assert outcome["request"] == {"source": event.source, "id": event.id}
        assert outcome.key == f"acme/{event.invite}" and outcome.headers["ce_subject"] == event.invite
        assert token not in outcome.raw
    assert queued["sequence"] < sent["sequence"]
    assert sent["expires_at"] and sent["recipient_masked"] != event.to


def test_a_russian_speaker(fleet):
    fleet.up()
    event = fleet.emit(events.invite(recipient={"locale": "ru-RU", "timezone": "Europe/Moscow"}))
    fleet.await_outcome(event, "sent")
    [message] = fleet.sink.messages
    mail = parsed(message)
    assert re.search("[а-яё]", mail["Subject"]) and 'lang="ru"' in mail.get_body(("html",)).get_content()
    assert message.raw.isascii()
    assert "МСК" in mail.get_body(("plain",)).get_content()


@pytest.mark.story
def test_the_same_event_twice(fleet):
    fleet.up()
    event = events.invite()
    fleet.emit([event, event.copy()])
    assert fleet.await_outcome(event, "duplicate")["first"]
    sent_once(fleet, [event])


def test_the_same_event_in_two_partitions(fleet):
    """The second lies where its key does not lead: it is forwarded, and told as a duplicate."""
    fleet.up()
    event = events.invite()
    fleet.emit([event.copy(partition=0), event.copy(partition=1)])
    fleet.await_outcome(event, "duplicate")
    sent_once(fleet, [event])


def test_another_key(fleet):
    """An application that keys its events otherwise is served all the same: each is forwarded once, and counted."""
    fleet.up()
    wanted = [events.invite(key=f"user-{n}") for n in range(20)]
    fleet.emit(wanted)
    sent_once(fleet, wanted)
    fleet.wait(lambda: fleet["dispatcher"].metric("beckon_forwarded_total") == len(wanted), 20, "they were not counted")
    asked = fleet.read("requested", lambda m: m.key().decode())
    keys = asked.wait_for(lambda items: len(items) >= 2 * len(wanted) and items, fleet.patience(20), "not all forwarded")
    asked.close()
    assert sorted(keys) == sorted([e.key for e in wanted] + [f"acme/{e.invite}" for e in wanted])


def test_one_invite_id_in_two_tenants(fleet):
    fleet.up()
    pair = [events.invite(tenant=t, invite="i-same", id_="event-same", source=f"app/{t}") for t in ("acme", "globex")]
    fleet.emit(pair)
    for event in pair:
        fleet.outcomes.wait("i-same", "sent", fleet.patience(30), tenant=event.tenant)
    assert sorted(by_recipient(fleet.sink)) == sorted(e.to for e in pair)
    assert len({m.message_id for m in fleet.sink.messages}) == 2


def test_structured_mode(fleet):
    fleet.up()
    event = events.invite()
    whole = {"specversion": "1.0", "id": event.id, "source": event.source, "type": event.type,
             "subject": event.invite, "datacontenttype": "application/json", "data": event.data}
    fleet.append("requested", event.key, json.dumps(whole),
                 [("content-type", "application/cloudevents+json; charset=UTF-8")])
    fleet.flush()
    sent_once(fleet, [event])


def test_a_person_with_an_account(fleet):
    fleet.up()
    event = fleet.emit(events.invite(recipient={"state": "active"}))
    answer = fleet.outcomes.wait_for(
        lambda items: next((o for o in items if o.get("code") == "account_exists"), None), 30, "no account_exists")
    assert answer.word == "refused" and answer["request"]["id"] == event.id
    assert not fleet.sink.messages


def test_a_second_request_for_a_known_invite(fleet):
    fleet.up()
    first = fleet.emit(events.invite())
    fleet.await_outcome(first, "sent")
    again = fleet.emit(events.invite(email=first.to, invite=first.invite))
    assert fleet.outcomes.wait_request(again.id, "refused")["code"] == "already_invited"
    sent_once(fleet, [first])


def dead_letters(fleet, count):
    dead = fleet.read("dead_letter")
    letters = dead.wait_for(lambda items: len(items) >= count and items, fleet.patience(20),
                            lambda items: f"{len(items)} of {count} dead letters")
    dead.close()
    assert len(letters) == count
    return letters


@pytest.mark.story
def test_poison_among_good(fleet):
    """Unreadable records stop nothing and keep their bytes."""
    fleet.up()
    good = [events.invite() for _ in range(40)]
    poison = [b"", b"{", b"\xff\xfe", b"null", b"[" * 5000]
    for n, event in enumerate(good):
        fleet.emit(event)
        if n % 8 == 0:
            fleet.append("requested", event.key, poison[n // 8], [("content-type", "application/json")])
    fleet.flush()
    sent_once(fleet, good)
    letters = dead_letters(fleet, len(poison))
    assert sorted(m.value() or b"" for m in letters) == sorted(poison)
    for m in letters:
        headers = dict(m.headers())
        assert headers["kafka_dlt-original-topic"].decode() == fleet.topics["requested"]
        assert len(headers["kafka_dlt-original-partition"]) == 4
        assert len(headers["kafka_dlt-original-offset"]) == 8
        assert len(headers["kafka_dlt-original-timestamp"]) == 8


def test_64_kib_and_one_byte(fleet):
    """What has 64 KiB to the byte is served; one more, and nobody reads it."""
    fleet.up()
    good = events.invite()
    fleet.append("requested", good.key, good.value().ljust(64 << 10), good.headers())
    large = events.invite()
    fleet.append("requested", large.key, large.value().ljust((64 << 10) + 1), large.headers())
    fleet.flush()
    [letter] = dead_letters(fleet, 1)
    assert letter.value() == large.value().ljust((64 << 10) + 1)
    sent_once(fleet, [good])


def test_larger_than_the_dead_letter_topic_takes(fleet):
    """Too large for the topic, and for our own producer: the first 64 KiB are kept and say how much there was."""
    fleet.kafka.configure_topic(fleet.topics["requested"], {"max.message.bytes": str(4 << 20)})
    fleet.kafka.configure_topic(fleet.topics["dead_letter"], {"max.message.bytes": str(1 << 20)})
    fleet.up()
    whole, cut, huge = b"w" * 900_000, b"c" * 1_500_000, b"h" * 3_000_000
    for value in (whole, cut, huge):
        fleet.append("requested", "acme/i-large", value, events.invite().headers())
    fleet.flush()
    good = fleet.emit(events.invite())
    letters = {m.value()[:1]: (len(m.value()), dict(m.headers()).get("beckon-truncated")) for m in dead_letters(fleet, 3)}
    assert letters == {b"w": (900_000, None), b"c": (64 << 10, b"1500000"), b"h": (64 << 10, b"3000000")}
    fleet.wait(lambda: fleet["dispatcher"].metric("beckon_dead_letters_total") == 3, 20, "they were not counted")
    sent_once(fleet, [good])


def test_what_operators_see(fleet):
    fleet.up(dispatcher={"log": {"format": "json"}})
    event = fleet.emit(events.invite())
    fleet.await_outcome(event, "sent")
    for service in fleet.services:
        assert service.get("/healthz")[0] == 200 and service.get("/readyz")[0] == 200
        status, metrics = service.get("/metrics")
        assert status == 200 and "beckon_" in metrics and events.CANARY not in metrics
    lines = [line for line in fleet["email"].text().splitlines() if "ev=sent" in line]
    assert len(lines) == 1 and event.invite in lines[0] and "send_ms=" in lines[0]
    courier = fleet["email"]
    fleet.sink.on("RCPT", hold="a look")
    fleet.emit([events.invite() for _ in range(9)])

    def counted():
        return (courier.metric("beckon_undone") == 9 and courier.metric("beckon_in_flight", route="sink") > 0
                and courier.metric("beckon_oldest_age_seconds") > 0 and courier.metric("beckon_lag") == 0)
    fleet.wait(counted, 30, lambda: f"nine in hand, some at the relay:\n{courier.get('/metrics')[1]}")
    assert courier.metric("beckon_outcomes_total", word="sent") == courier.metric("beckon_send_seconds_count") == 1
    assert courier.metric("beckon_route_up", route="sink") == 1
    fleet.sink.release("a look")
    fleet.await_count("sent", 10)
    fleet.wait(lambda: courier.metric("beckon_undone") == courier.metric("beckon_in_flight") == 0, 30, "something stays in hand")

    facts = [json.loads(line) for line in fleet["dispatcher"].text().splitlines()]
    assert [f["id"] for f in facts if f["ev"] == "queued"][0] == f"acme/{event.invite}.1.email.0"
