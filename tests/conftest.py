"""What holds for every test."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

import bot.store
from bot.store.migrate import migrate, shipped

# No deadlines: on a busy machine they fail for what is not a mistake. On CI the same examples every time.
settings.register_profile("threadline", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI")))
settings.load_profile("threadline")


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
