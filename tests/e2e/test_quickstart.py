"""What a stranger types first, from a build that is installed: no test hooks in it."""
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_quickstart(tmp_path):
    done = subprocess.run(["sh", "deploy/quickstart.sh"], cwd=ROOT, capture_output=True, text=True, timeout=900,
                          stdin=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
    sent = re.findall(r"^row \d+ +(\S.*?) +Sent", done.stdout, re.M)
    bad = re.findall(r"^row \d+ .* Bad row +(\w+)", done.stdout, re.M)
    assert (len(sent), len(bad)) == (8, 7), done.stdout
    assert set(bad) == {"email_syntax", "recipient_missing", "already_invited", "phone_missing_country_code"}
    assert re.search(r"^sms +\+79051111111 ", done.stdout, re.M) and "keeps the fleet running" in done.stdout
    mails = list(tmp_path.rglob("*.eml"))
    assert len(mails) == 7, f"{mails}\n{done.stdout}"
