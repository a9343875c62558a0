"""Whose a room of a real homeserver is, asked for before anybody has given a command in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.chats.matrix import adapter
from adapters.chats.matrix.chat import MatrixChat
from bot.errors import Unreachable
from bot.model import ChannelRef, ChannelWish, ChatName
from bot.ports import Secret
from bot.testing.context import context
from tests.matrix.listening import state
from tests.matrix.people import Person

VIA = {"via": ["localhost"]}
SPACE = {"creation_content": {"type": "m.space"}}


@pytest.fixture
async def chat(people, tmp_path: Path) -> AsyncIterator[tuple[MatrixChat, Person]]:
    bot = await people("bot")
    settings = adapter.settings(homeserver=bot.address, token=Secret(bot.login.access_token))
    chat = adapter.open(ChatName("matrix"), settings, context(tmp_path, "matrix"))
    yield chat, bot
    await chat.close()


async def test_a_room_is_its_own_until_it_and_a_space_of_ours_name_each_other(chat, people):
    """As of commands; neither a space nor a room can take the other in by itself, nor one that we are not in."""
    matrix, bot = chat
    ann = await people("ann")
    space, room = await ann.room(**SPACE), ChannelRef(await ann.room())
    assert await matrix.channel(room, make=None) == room
    assert await matrix.community(room) == room
    await state(ann, space, "m.space.child", VIA, room)
    await state(ann, room, "m.space.parent", VIA, space)
    assert await matrix.community(room) == room
    await bot.join(space)
    assert await matrix.community(room) == space
    await state(ann, space, "m.space.child", {}, room)
    assert await matrix.community(room) == room


async def test_a_room_that_was_just_made_or_entered_is_known(chat, people):
    """A mirror makes or enters the room that it names, and asks in the same moment."""
    matrix, bot = chat
    ann = await people("ann")
    space = await ann.room(**SPACE)
    await bot.join(space)
    made = await matrix.channel(f"made-by-{bot.id[1:].partition(':')[0]}", make=ChannelWish())
    assert await matrix.community(made) == made
    for _ in range(3):
        room = ChannelRef(await ann.room())
        await state(ann, space, "m.space.child", VIA, room)
        await state(ann, room, "m.space.parent", VIA, space)
        await matrix.channel(room, make=None)
        assert await matrix.community(room) == space


async def test_whose_a_room_is_that_we_are_not_in_is_not_guessed(chat, people):
    """What is kept of it stays."""
    matrix, _ = chat
    ann = await people("ann")
    with pytest.raises(Unreachable):
        await matrix.community(ChannelRef(await ann.room()))
