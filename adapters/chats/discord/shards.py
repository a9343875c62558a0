"""Pure: into how many shards a bot's guilds are shared out, and which of them this process holds.

A shard is a lane: it has a line to the gateway of its own, and a part of the cursor of its own.
"""

from __future__ import annotations

from typing import Any

import msgspec

from adapters.chats.discord.pacing import Allowance
from bot.errors import Unparsable

MOST = 1_000
"""Shards; so many guilds nobody has."""


class Shards(msgspec.Struct, frozen=True):
    """All shards are `count`, by numbers from 0 on; those in `mine` are held here."""

    count: int
    mine: tuple[int, ...]


class Outgrown(Exception):
    """There are more guilds than so many shards may have: Discord wants more of them."""


class Advice(msgspec.Struct, frozen=True):
    """What Discord says to who wants to log in: how many shards it recommends, and how many logins it takes."""

    shards: int
    session_start_limit: Allowance = Allowance()


def advice(answer: Any) -> Advice:
    """What an answer to GET /gateway/bot says; raises `Unparsable`."""
    try:
        told = msgspec.convert(answer, Advice)
    except msgspec.ValidationError as error:
        raise Unparsable(f"Discord does not say how many shards a bot is to have ({error}).", "a number") from None
    if not 1 <= told.shards <= MOST:
        raise Unparsable(f"Discord recommends {told.shards} shards, which cannot be.", "a number of shards")
    return told


def all_of(count: int) -> Shards:
    """Every one of so many: one process holds them all."""
    return Shards(count, tuple(range(count)))
