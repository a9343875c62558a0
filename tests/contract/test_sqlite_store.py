"""The SQLite engine keeps the laws of a unit of work."""

import pytest

from bot.store import open_store
from bot.testing.store_contract import StoreContract


class TestSQLiteStore(StoreContract):
    @pytest.fixture
    async def store(self, tmp_path):
        store = await open_store(tmp_path / "threadline.db")
        yield store
        await store.close()


class TestSQLiteStoreAlone(TestSQLiteStore):
    """The same without shared commits: what a unit promises does not depend on its company."""

    @pytest.fixture
    async def store(self, tmp_path):
        store = await open_store(tmp_path / "threadline.db")
        store._writes._group = store._reads._group = 1
        yield store
        await store.close()
