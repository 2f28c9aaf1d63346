"""Fixtures of the stories: a broker, a Redis, an SMTP sink and the fleet. tests/README.md has the tour."""
import os
import re
import uuid

import pytest

import fleet as fleet_module
import kafka_server
import redis_server
import smsd
import smtpd
from process import build_root

IN_CI = os.environ.get("CI") == "true"


def pytest_collection_modifyitems(config, items):
    """Long stories take part only in a soak (sh tests/run.sh --soak), some only with the build of a former version."""
    wanted = {"soak": os.environ.get("STORY_SOAK") == "1", "former": "STORY_FORMER" in os.environ}
    out = [item for item in items if any(not on and word in item.keywords for word, on in wanted.items())]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]


def pytest_sessionfinish(session, exitstatus):
    """A file in which nothing was asked for (-k, no soak) is no failure."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and session.testscollected == 0:
        session.exitstatus = pytest.ExitCode.OK


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Fixtures see how the test went: item.rep_call."""
    result = yield
    report = result.get_result()
    setattr(item, f"rep_{report.when}", report)


def need(what):
    """Skips with a reason; in CI a skip is a failure."""
    if what:
        (pytest.fail if IN_CI else pytest.skip)(what)


@pytest.fixture(scope="session")
def run_dir():
    """build/run/<something>: everything this session writes."""
    path = build_root() / "run" / f"{os.getpid()}-{uuid.uuid4().hex[:6]}"
    path.mkdir(parents=True)
    return path


@pytest.fixture(scope="session")
def built():
    """Our programs are there."""
    need(fleet_module.missing())


@pytest.fixture(scope="session")
def kafka_session(run_dir):
    need(kafka_server.missing())
    server = kafka_server.KafkaServer(run_dir / "kafka").start()
    yield server
    server.kill()


@pytest.fixture
def kafka(kafka_session):
    """Apache Kafka, up and answering; a story may stop, kill or freeze it."""
    return kafka_session.awake()


@pytest.fixture(scope="session")
def redis_session(run_dir):
    need(redis_server.missing())
    server = redis_server.RedisServer(run_dir / "redis").start()
    yield server
    server.kill()


@pytest.fixture
def redis(redis_session):
    """Redis with AOF, up and answering; a story may stop, kill or freeze it."""
    return redis_session.awake()


@pytest.fixture
def sink():
    """An SMTP server under the story's control, answering in the clear."""
    with smtpd.Server() as server:
        yield server


@pytest.fixture
def gateway():
    """The HTTP gateways of all SMS providers, under the story's control."""
    with smsd.Server() as server:
        yield server


def checked_fleet(request, run_dir, kafka, redis, sink):
    """For a fixture to yield from: a Fleet with fresh topics, not started, and what is looked at when its story is over."""
    name = re.sub(r"\W+", "-", request.node.name)[:60]
    made = fleet_module.Fleet(run_dir / f"{name}-{uuid.uuid4().hex[:4]}", kafka, redis, sink)
    yield made
    failed = getattr(request.node, "rep_call", None) is None or request.node.rep_call.failed
    kafka.thaw()
    redis.thaw()
    if failed:
        print(made.tails(60))
        made.close()
        return
    made.down()
    made.forget()


@pytest.fixture
def fleet(request, built, run_dir, kafka, redis, sink):
    """A Fleet with fresh topics, not started: story calls fleet.up(). Checked at the end."""
    yield from checked_fleet(request, run_dir, kafka, redis, sink)
