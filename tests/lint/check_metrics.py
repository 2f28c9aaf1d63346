"""Alerts and dashboards speak of metrics that exist: every beckon_ name in them is defined in the source."""
import re

from tree import finish, read, tracked

DEFINED = re.compile(r'METRIC_(COUNTER|GAUGE|HISTOGRAM),\s*"(beckon_\w+)"')
USED = re.compile(r"\bbeckon_[a-z0-9_]+\b")
SUFFIXES = {"COUNTER": ("",), "GAUGE": ("",), "HISTOGRAM": ("_bucket", "_sum", "_count")}

defined = {name + suffix for path in tracked("common/*.c", "services/*.c")
           for kind, name in DEFINED.findall(read(path)) for suffix in SUFFIXES[kind]}
files = tracked("deploy/prometheus/*.yaml", "deploy/grafana/*.json")
findings = [f"{path}: there is no metric {name}" for path in files
            for name in sorted(set(USED.findall(read(path))) - defined)]
finish(findings, len(files))
