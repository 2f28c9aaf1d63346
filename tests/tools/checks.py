"""What holds after every story, in the words of the promises."""
from collections import Counter


def by_recipient(sink):
    """{address: [messages]} of what the relay took over."""
    found = {}
    for message in list(sink.messages):
        found.setdefault(message.to.lower(), []).append(message)
    return found


def sent_once(fleet, wanted, timeout=None):
    """Every event ends as `sent`, told once, and its person got exactly one message."""
    wanted = list(wanted)
    invites = {(e.tenant, e.invite) for e in wanted}
    fleet.await_count("sent", len(invites), timeout)
    told = Counter((o["tenant"], o["invite"]) for o in fleet.outcomes.distinct("sent"))
    assert set(told) == invites, f"missing {list(invites - set(told))[:5]}, unasked {list(set(told) - invites)[:5]}"
    assert not [i for i, n in told.items() if n > 1], "told as sent more than once"
    got = by_recipient(fleet.sink)
    wrong = {e.to: len(got.get(e.to.lower(), [])) for e in wanted if len(got.get(e.to.lower(), [])) != 1}
    assert not wrong, f"{len(wrong)} recipients with other than one message: {list(wrong.items())[:5]}"


def none_lost(fleet, wanted, timeout=None):
    """Every event ends as `sent` or `unknown`; returns what arrived twice: {Message-ID: messages}.

    A second message to somebody is allowed only under the same Message-ID and after `unknown` was told.
    """
    wanted = list(wanted)
    fleet.await_final(wanted, timeout)
    got = by_recipient(fleet.sink)
    unknown = {o["invite"] for o in fleet.outcomes.distinct("unknown")}
    lost = [e.invite for e in wanted if not got.get(e.to.lower())]
    assert not lost, f"{len(lost)} of {len(wanted)} never arrived: {lost[:5]}"
    twice = {}
    for e in wanted:
        messages = got[e.to.lower()]
        if len(messages) > 1:
            ids = {m.message_id for m in messages}
            assert len(ids) == 1, f"{e.invite} came under several Message-IDs: {ids}"
            assert e.invite in unknown, f"{e.invite} came twice and was never told as unknown"
            twice[ids.pop()] = messages
    return twice


def history_in_order(fleet):
    """One final word an invite, and no word of waiting above it in its generation: whoever folds by sequence ends there."""
    words = {}
    for o in fleet.outcomes.distinct():
        if o.get("sequence") is None:
            continue
        words.setdefault((o["tenant"], o["invite"]), []).append(o)
    for invite, told in words.items():
        finals = {o.word for o in told if o.word in ("sent", "error")}
        assert len(finals) <= 1, f"{invite} has two final words: {told}"
        for final in (o["sequence"] for o in told if o.word in finals):
            above = [o.word for o in told if o["sequence"][0] == final[0] and o["sequence"] > final]
            assert not {"held", "queued", "deferred", "unknown"} & set(above), f"{invite} goes back after its end: {told}"
