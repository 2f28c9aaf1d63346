"""The systemd units are understood and shut in: systemd's own measure of exposure is at most 2.0."""
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tree import ROOT, finish

EXPOSURE_TENTHS = 20
units = sorted((ROOT / "deploy/systemd").glob("*@.service"))
findings = []


def check(unit, root):
    """As an instance, since only an instance has its drop-ins."""
    instance = unit.name.replace("@.", "@1.")
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", f"--root={root}", instance,
                           f"--threshold={EXPOSURE_TENTHS}", "--no-pager"], capture_output=True, text=True)
    findings.extend(f"{unit.name}: {line}" for line in done.stderr.splitlines() if line.strip())
    told = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    if done.returncode or not told:
        findings.append(f"{unit.name}: exposure {told[1] if told else 'unknown'}, at most {EXPOSURE_TENTHS / 10}")


def doors():
    """The ports that the sample configuration proposes for pages are those that the unit lets the service have."""
    allowed = [range(int(low), int(high or low) + 1) for low, high in
               re.findall(r"^SocketBindAllow=tcp:(\d+)(?:-(\d+))?$", (ROOT / "deploy/systemd/beckon-status@.service").read_text(), re.M)]
    named = re.findall(r"^#  (public|private): [\d.]+:(\d+)", (ROOT / "deploy/config/beckon.yaml").read_text(), re.M)
    if len(named) != 2:
        findings.append("deploy/config/beckon.yaml: http.public and http.private are not there")
    findings.extend(f"beckon-status@.service: http.{door}'s port {port} is not allowed" for door, port in named
                    if not any(int(port) in ports for ports in allowed))


doors()
with tempfile.TemporaryDirectory() as root:
    shutil.copytree(ROOT / "deploy/systemd", Path(root) / "etc/systemd/system")
    for unit in units:
        check(unit, root)
finish(findings, len(units))
