"""Functions nobody may call, and words that have no place in a finished tree."""
import re

from tree import code_only, finish, read, tracked

BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|gets|alloca|system|mktemp)\s*\(")
WORDS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")
PAUSES = re.compile(r"\brd_kafka_(pause_partitions|resume_partitions|seek|seek_partitions)\s*\(")

findings = []
files = tracked()
for path in files:
    text = read(path)
    if path.suffix in (".c", ".h"):
        code = code_only(text)
        for pattern, why in ((BANNED, "is banned"), (PAUSES, "loses records in librdkafka 2.0")):
            findings += [f"{path}:{code.count(chr(10), 0, m.start()) + 1}: {m[1]}() {why}"
                         for m in pattern.finditer(code)]
    findings += [f"{path}:{text.count(chr(10), 0, m.start()) + 1}: {m[1]}" for m in WORDS.finditer(text)]
finish(findings, len(files))
