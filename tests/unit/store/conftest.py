"""A furnished store, and one whose board is mirrored."""

import pytest

from bot.store import open_store
from bot.testing.store_rig import StoreRig


@pytest.fixture
async def house(tmp_path):
    store = await open_store(tmp_path / "threadline.db")
    yield await StoreRig(store).furnish()
    await store.close()


@pytest.fixture
async def mirrored(house):
    """A board that is mirrored, read for the first time when it was empty: what comes from now on arrives."""
    await house.mirror()
    await house.read_list()
    return house
