"""What the workers bring into memory: nothing that only some installations use (common/library.h)."""
import subprocess

import pytest

import fleet

# 1 to 2 MiB of a process each, with all that they bring along.
SPARED = ("libcurl", "libgnutls", "libmicrohttpd", "libstdc++", "libphonenumber")


@pytest.mark.parametrize("service", ["dispatcher", "email", "clock"])
def test_what_few_use_is_not_loaded(service):
    ldd = ["ldd", fleet.program(fleet.PROGRAMS[service])]
    loaded = subprocess.run(ldd, capture_output=True, text=True, check=True).stdout
    assert "librdkafka" in loaded
    assert not [name for name in SPARED if name in loaded]
