"""Pages that were made up for these tests, and short ways to read them."""

from pathlib import Path
from typing import Protocol

import pytest

from adapters.forums.democratic_underground import adapter
from adapters.forums.democratic_underground.settings import Settings
from bot.model import ThreadPage

DATA = Path(__file__).parents[2] / "data" / "democratic_underground"


class Reads(Protocol):
    def __call__(self, page: bytes | str, address: str = "") -> ThreadPage: ...


@pytest.fixture
def data() -> Path:
    return DATA


@pytest.fixture
def read() -> Reads:
    def saved(page: bytes | str, address: str = "") -> ThreadPage:
        return adapter.saved(page.encode() if isinstance(page, str) else page, address, Settings())

    return saved


@pytest.fixture
def text() -> str:
    """A page text: an OP and four replies, of which #1 is empty and #3 and #4 stand in the outline alone."""
    return (DATA / "thread.txt").read_text(encoding="utf-8")
