"""What holds for every test."""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings

import bot.store
from bot.secret import known
from bot.store.migrate import migrate, shipped
from tests.environment import NotInstalled, python_of
from tests.matrix.homeserver import PROGRAM

# No deadlines: on a busy machine they fail for what is not a mistake. On CI the same examples every time.
settings.register_profile("threadline", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI")))
settings.load_profile("threadline")

# Tests start the program a hundred times, and compiling it takes as long as all else at a start: its code is kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

SERVERS = {"synapse": ("synapse", PROGRAM), "producers": ("servers", "isso")}
"""By the fixture that gives it: the environment of a server, and the module that proves it."""


def pytest_collection_finish(session):
    """What is to be installed for these tests is installed before the first of them; where it cannot, they skip."""
    if session.config.option.collectonly:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")

    def say(text):
        with capture.global_and_fixture_disabled():
            print(f"\n{text}", file=sys.stderr, flush=True)

    wanted = {fixture for item in session.items for fixture in getattr(item, "fixturenames", ())}
    for fixture in wanted & set(SERVERS):
        with suppress(NotInstalled):
            python_of(*SERVERS[fixture], say=say)


@pytest.fixture(autouse=True)
def own_secrets():
    """What one test calls a secret is not blotted out in the texts of the next ones."""
    before = dict(known._forms)
    yield
    if known._forms != before:
        known._forms, known._sorted = before, None


@pytest.fixture(scope="session", autouse=True)
def new_databases(tmp_path_factory):
    """Thousands of tests begin with an empty database: the migrations make one, and the others are copies of it."""
    empty = tmp_path_factory.mktemp("empty") / "threadline.db"
    migrate(empty, shipped())

    def copied(path, steps):
        if Path(path).exists() or not Path(path).parent.exists():
            return migrate(path, steps)
        shutil.copyfile(empty, path)
        return tuple(step.number for step in steps)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bot.store, "migrate", copied)
        yield
