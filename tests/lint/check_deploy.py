"""What no test here can start is at least well-formed: the compose file, the Dockerfile, the shell scripts."""
import shutil
import subprocess
import sys
from pathlib import Path

from tree import ROOT, finish, tracked

HADOLINT = Path(sys.executable).with_name("hadolint")
findings = []


def run(*argv):
    done = subprocess.run([str(a) for a in argv], cwd=ROOT, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    if done.returncode:
        findings.append(f"{' '.join(map(str, argv))}:\n{done.stdout}{done.stderr}".strip())
    return done


def compose():
    """The stand-alone client (version 1 or 2), or docker's plugin."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    return ["docker", "compose"]


run(*compose(), "-f", "docker-compose.yml", "config", "-q")
run(*compose(), "-f", "docker-compose.yml", "--profile", "tool", "config", "-q")
run(HADOLINT, "deploy/Dockerfile")
scripts = [*tracked("*.sh"), Path(".ci/run")]
for script in scripts:
    run("sh", "-n", script)
finish(findings, 3 + len(scripts))
