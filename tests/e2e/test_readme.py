"""The programs of schemas/README.md, run as they stand there; only the topics have other names here."""
import os
import re
import shutil
import subprocess
import sys

import contract
import kafka_server
import pytest

BLOCK = re.compile(r"<!-- run: (\S+) -->\n```\w+\n(.*?)```", re.S)
BLOCKS = dict(BLOCK.findall((contract.SCHEMAS / "README.md").read_text()))

COMMANDS = {"invite.py": [sys.executable, "invite.py"],
            "Invite.java": ["java", "-cp", f"{kafka_server.JARS}/*", "Invite.java"]}


@pytest.mark.parametrize("name", COMMANDS)
def test_program(fleet, tmp_path, name):
    if shutil.which(COMMANDS[name][0]) is None:
        pytest.skip(f"no {COMMANDS[name][0]}")
    fleet.up()
    program = BLOCKS[name]
    for topic in ("requested", "status"):
        assert f'"invite-{topic}"' in program
        program = program.replace(f'"invite-{topic}"', f'"{fleet.topics[topic]}"')
    (tmp_path / name).write_text(program)
    done = subprocess.run(COMMANDS[name], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, env={**os.environ, "BROKERS": fleet.bootstrap})
    assert done.returncode == 0, done.stderr
    words = [line.split()[0] for line in done.stdout.splitlines()]
    assert words in (["queued", "sent"], ["sent"])  # two producers tell them: their order on the topic is not promised
    assert [message.to for message in fleet.sink.messages] == ["ann.lee@acme-corp.com"]
