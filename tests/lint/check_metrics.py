"""Alerts and dashboards speak of what exists: every beckon_ name in them is a metric of the source, every ev= a line of its logs."""
import re

from tree import finish, read, tracked

DEFINED = re.compile(r'METRIC_(COUNTER|GAUGE|HISTOGRAM),\s*"(beckon_\w+)"')
USED = re.compile(r"\bbeckon_[a-z0-9_]+\b")
LOGGED = re.compile(r"\bev=([a-z-]+)")
SUFFIXES = {"COUNTER": ("",), "GAUGE": ("",), "HISTOGRAM": ("_bucket", "_sum", "_count")}

sources = [read(path) for path in tracked("common/*.c", "services/*.c")]
defined = {name + suffix for text in sources for kind, name in DEFINED.findall(text) for suffix in SUFFIXES[kind]}
logged = {word for text in sources for word in LOGGED.findall(text)}
files = tracked("deploy/prometheus/*.yaml", "deploy/grafana/*.json")
findings = [f"{path}: there is no metric {name}" for path in files
            for name in sorted(set(USED.findall(read(path))) - defined)]
findings += [f"{path}: nobody logs ev={word}" for path in files for word in sorted(set(LOGGED.findall(read(path))) - logged)]
finish(findings, len(files))
