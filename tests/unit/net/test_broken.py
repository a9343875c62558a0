"""What breaks on a line that a network's own library holds: nobody there sees the first byte leave."""

from __future__ import annotations

import aiohttp
import pytest

from bot.errors import OutcomeUnknown, Unreachable
from bot.net import TooLarge, broken

CUT = aiohttp.ServerDisconnectedError()


@pytest.mark.parametrize("write", [False, True])
def test_who_was_not_connected_to_got_nothing(write: bool) -> None:
    """A write that met no connection may be repeated without a look."""
    error = broken("the place", aiohttp.ConnectionTimeoutError(), write=write, total=20, connect=5)
    assert isinstance(error, Unreachable)
    assert "no connection within 5 s" in str(error)


@pytest.mark.parametrize("error", [CUT, TimeoutError(), TooLarge(1024, b""), ConnectionResetError()])
def test_a_write_whose_answer_is_missing_may_have_been_done(error: Exception) -> None:
    """Whatever broke, the request was on its way."""
    assert isinstance(broken("the place", error, write=True, total=20, connect=5), OutcomeUnknown)
    assert isinstance(broken("the place", error, write=False, total=20, connect=5), Unreachable)


def test_it_is_said_in_words_of_ours() -> None:
    """Those of the library hold whole addresses, and with them keys."""
    told = str(broken("the place", aiohttp.InvalidURL("http://host/secret"), write=False, total=20, connect=5))
    assert "secret" not in told
