"""The description that is served, held against what is answered: no 5xx, no undocumented status, type or shape."""
import subprocess
import sys
from pathlib import Path

import events
import web

EXAMPLES = 6  # a route, beside those that cover its parameters


def test_description_and_answers_agree(fleet):
    """schemathesis asks every route with good and bad input; what answers is what schemas/openapi.yaml says."""
    site = web.up(fleet)
    key = site.key("*", "super")
    known = fleet.emit([events.invite(tenant="acme", invite="i1", batch={"id": "b1", "row": 1}), events.invite(tenant="acme")])
    for event in known:
        fleet.await_outcome(event, "sent")
    done = subprocess.run(
        [Path(sys.executable).with_name("schemathesis"), "--config-file", "/dev/null", "run",
         f"{site.private}/v1/openapi.yaml", "--header",
         f"Authorization: {key.headers['Authorization']}", "--exclude-path-regex", "events$", "--max-examples", str(EXAMPLES),
         "--seed", "1", "--generation-deterministic", "--phases", "coverage,fuzzing", "--suppress-health-check", "all",
         "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
         "--no-shrink", "--no-color", "--warnings", "off", "--continue-on-failure"],
        capture_output=True, text=True, timeout=fleet.patience(240), cwd=fleet.dir)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "passed" in done.stdout
