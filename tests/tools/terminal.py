"""A program at a terminal of so many columns: what a person sees there."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata

ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def lines_at(columns, argv):
    """The lines that it prints, without colours; its exit code is not looked at."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(list(map(str, argv)), stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL):
        os.close(theirs)
        printed = b"".join(iter(lambda: read(ours), b""))
    os.close(ours)
    return [line.rstrip() for line in ESCAPES.sub("", printed.decode()).splitlines()]


def read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other side has closed it
        return b""


def width(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
