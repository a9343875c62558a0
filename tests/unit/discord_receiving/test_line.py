"""What the end of discord.py means, and that it says nothing by itself."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest

from adapters.chats.discord.gateway import Broken, Client, ending
from adapters.chats.discord.shards import Outgrown
from bot.errors import LoginRejected, Unreachable


def closed(code: int) -> discord.ConnectionClosed:
    """Discord closed the line with a code."""
    return discord.ConnectionClosed(cast(Any, SimpleNamespace(close_code=code)), shard_id=None, code=code)


@pytest.mark.parametrize("code", [4004, 4010, 4012, 4013, 4014])
def test_a_line_that_is_closed_for_good_is_a_rejected_login(code: int) -> None:
    """Another login would end in the same way: somebody has to do something, and hears what."""
    error = ending(closed(code))
    assert isinstance(error, LoginRejected)
    assert str(code) in str(error)


def test_a_line_that_has_too_many_servers_is_shared_out() -> None:
    """More of them have room for all."""
    assert isinstance(ending(closed(4011)), Outgrown)


@pytest.mark.parametrize(
    "error",
    [
        closed(4000),
        discord.GatewayNotFound(),
        aiohttp.ClientConnectionError(),
        ConnectionRefusedError(),
        TimeoutError(),
    ],
)
def test_a_line_that_does_not_come_about_is_weather(error: Exception) -> None:
    """It is tried again, ever more rarely."""
    assert isinstance(ending(error), Unreachable)


@pytest.mark.parametrize("error", [None, KeyError("author"), TypeError("x"), AttributeError("y")])
def test_a_line_that_discord_py_stumbled_over_is_made_anew(error: Exception | None) -> None:
    """The event that it could not read was heard, and does not come again."""
    assert isinstance(ending(error), Broken)


def test_words_of_an_event_are_not_in_what_is_told_of_it() -> None:
    """An error may hold what people wrote."""
    assert "secret" not in str(ending(KeyError("secret")))


async def test_discord_py_says_nothing_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    """That there is no voice concerns nobody, and of its tries we tell."""
    with caplog.at_level(logging.DEBUG):
        client = Client(1, 2, True, lambda text: None, lambda: None, lambda: asyncio.sleep(0))
        await client.close()
    assert caplog.records == []
    assert client.intents.message_content
    assert not client.intents.members
