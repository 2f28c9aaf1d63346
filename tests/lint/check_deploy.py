"""What no test here can start is at least well-formed: the compose file, the Dockerfile, the shell scripts."""
import os
import shutil
import subprocess
import sys
import tempfile
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


def settings():
    """Every program accepts the file that the compose file hands to it."""
    bin_ = Path(os.environ.get("BECKON_BUILD", ROOT / "build/debug")) / "bin"
    with tempfile.TemporaryDirectory() as keys:
        run(bin_ / "beckon", "init", "--keys", keys)
        own = Path(keys, "own.yaml")
        own.write_text(f"keys: {{ring_file: {keys}/ring.keys, recipient_file: {keys}/recipient.key, "
                       f"seal_file: {keys}/seal.keys, seal_public_file: {keys}/seal.keys.pub}}\n"
                       f"templates_dir: {ROOT}/deploy/templates\n")
        for name in ("dispatcher", "email", "clock", "status"):
            run(bin_ / f"beckon-{name}", "--check", "--config", "deploy/compose/beckon.yaml", "--config", own)


run(*compose(), "-f", "docker-compose.yml", "config", "-q")
run(*compose(), "-f", "docker-compose.yml", "--profile", "tool", "config", "-q")
run(HADOLINT, "deploy/Dockerfile")
settings()
scripts = [*tracked("*.sh"), Path(".ci/run")]
for script in scripts:
    run("sh", "-n", script)
finish(findings, 6 + len(scripts))
