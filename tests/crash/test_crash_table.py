"""The crash table of services/README.md, executed: SIGKILL at each named point, and what its row promises.

The table stands between <!-- crash --> and <!-- /crash --> (tests/lint/check_crash.py holds it to the source). Its columns are read by their headings: `point`
(the name that BECKON_CRASH_AT takes), `program`, and `duplicates`: 0, or what may come twice.
"""
import json
import re
import time
from pathlib import Path

import events
import pytest
from checks import by_recipient, history_in_order, none_lost, sent_once
from process import wait_until

README = Path(__file__).resolve().parents[2] / "services" / "README.md"
SESSIONS = 4
SIGKILLED = -9


def rows():
    text = README.read_text(encoding="utf-8") if README.exists() else ""
    table = re.search(r"<!-- crash -->(.*?)<!-- /crash -->", text, re.S)
    lines = [[c.strip() for c in line.strip().strip("|").split("|")]
             for line in (table[1] if table else "").splitlines() if line.strip().startswith("|")]
    if not lines:
        return []
    names = [c.lower() for c in lines[0]]
    return [dict(zip(names, cells)) for cells in lines[2:]]


def point(row):
    return row["point"].strip("`")


PAUSE_S = 4


def pause(fleet, domain):
    """Until it ends by itself; returns when the courier knows."""
    for service in fleet.services:
        service.await_ready()
    fleet.append("settings", f"*/pause/domain/{domain}", json.dumps(
        {"format": 1, "paused": True, "reason": "a story", "until": events.rfc3339(time.time() + PAUSE_S)}))
    fleet.flush()
    wait_until(lambda: fleet["email"].metric("beckon_paused", scope="domain") == 1, PAUSE_S, fleet.tails)


def scenario(fleet):
    """Something of everything: plain ones, a retry, a doubt, a limited tenant's slots, a paused domain, a minted password,
    one released, one called off while it waits, a duplicate, a refusal."""
    pause(fleet, "paused.internal")
    plain = [events.invite() for _ in range(20)]
    retried = [events.invite() for _ in range(3)]
    doubtful = [events.invite() for _ in range(2)]
    slow = [events.invite(tenant="slow") for _ in range(4)]
    for event in retried:
        fleet.sink.on("RCPT", to=re.escape(event.to), times=1, reply="451 4.3.0 later")
    for event in doubtful:
        fleet.sink.on("DOT", to=re.escape(event.to), times=1, take=True, reset=True)
    released = [events.invite(send="hold") for _ in range(3)]
    in_an_hour = {"not_before": events.rfc3339(time.time() + 3600)}
    called_off = [events.invite(schedule=in_an_hour) for _ in range(2)]
    paused = [events.invite(email=events.address("paused.internal")) for _ in range(3)]
    wanted = plain + retried + doubtful + slow + paused + released + [events.password()]
    refused = events.invite(recipient={"state": "active"})
    commands = [events.command("invite.release-requested", e) for e in released]
    commands += [events.command("invite.cancel-requested", e) for e in called_off]
    fleet.emit([*wanted, *called_off, *commands, plain[0].copy(), refused])
    fleet.append("requested", "acme/none", b"{", [("content-type", "application/json")])
    fleet.flush()
    return wanted, doubtful, called_off, refused


@pytest.mark.parametrize("row", rows(), ids=point)
def test_crash(fleet, row):
    program = row["program"].removeprefix("beckon-").strip("`")
    fleet.crash_env = {program: {"BECKON_CRASH_AT": f"{point(row)}:1"}}
    fleet.up(email={"sessions": SESSIONS},
             dispatcher={"tenants": {"slow": {"limits": {"tenant": "5/s"}}}}, await_ready=False)
    wanted, doubtful, called_off, refused = scenario(fleet)
    victim = fleet[program]
    victim.may_have_died = True
    wait_until(lambda: not victim.running(), fleet.patience(40),
               lambda: f"{victim.name} never came to {point(row)}\n{fleet.tails()}")
    assert victim.popen.returncode == SIGKILLED, f"exit {victim.popen.returncode}\n{victim.tail()}"
    victim.start().await_ready()

    allowed = {e.to for e in doubtful}
    twice = none_lost(fleet, wanted)
    extra = [m[0].to for m in twice.values() if m[0].to not in allowed]
    assert len(extra) <= (0 if row["duplicates"].startswith("0") else SESSIONS), f"came twice: {extra}"
    for event in called_off:
        fleet.await_outcome(event, "cancelled")
        assert not by_recipient(fleet.sink).get(event.to), "called off and sent all the same"
    assert fleet.outcomes.wait_request(refused.id, "refused")["code"] == "account_exists"
    fleet.await_outcome(wanted[0], "duplicate")
    poison = fleet.read("dead_letter")
    assert {m.value() for m in poison.wait_for(lambda items: items, 20, "the poison is lost")} == {b"{"}
    poison.close()
    history_in_order(fleet)
