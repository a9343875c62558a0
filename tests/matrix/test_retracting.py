"""What a moderator takes away is gone: also what it had been changed to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.chats.matrix import adapter
from adapters.chats.matrix.chat import MatrixChat
from adapters.chats.matrix.receiving import retracting
from bot import markup
from bot.model import Card, CardKind, ChannelRef, ChatName, Deleted, MessageId, Where
from bot.ports import Chat, Secret
from bot.testing.chat_talk import Ears
from bot.testing.context import context
from tests.matrix.conftest import People
from tests.matrix.listening import redact, until
from tests.matrix.people import Person
from tests.matrix.proxy import Fail, Limit, Proxy

REDACT = "/redact/"


@pytest.fixture
async def mod(people: People) -> Person:
    """Whose room it is."""
    return await people("mod")


@pytest.fixture
async def bot(people: People) -> Person:
    return await people("bot")


@pytest.fixture
async def room(mod: Person, bot: Person) -> str:
    room = await mod.room()
    await bot.join(room)
    return room


Opens = Callable[[], MatrixChat]


@pytest.fixture
async def opens(tmp_path: Path, bot: Person, proxy: Proxy) -> AsyncIterator[Opens]:
    """Opens the login in one home, as often as it starts."""
    its, opened = context(tmp_path, "matrix"), []
    settings = adapter.settings(homeserver=proxy.address, token=Secret(bot.login.access_token))

    def open_() -> MatrixChat:
        opened.append(adapter.open(ChatName("matrix"), settings, its))
        return opened[-1]

    yield open_
    for chat in opened:
        await chat.close()
    await its.net.close()


async def changed(chat: MatrixChat, room: str, *words: str) -> MessageId:
    """A message that said something, and then something else, and so on."""
    where = Where(ChannelRef(room))
    first, *others = [chat.render(Card(CardKind.POST, body=markup.read(one, "plain")))[0] for one in words]
    message = await chat.send(where, first, f"key-{words[0]}")
    for other in others:
        await chat.edit(where, message, other)
    return message


async def left(person: Person, room: str) -> list[str]:
    """What can still be read."""
    return [one["content"]["body"] for one in await person.events(room) if one["content"]]


async def hearing(chat: MatrixChat, cursor: str = "") -> Ears:
    ears = Ears(cast(Chat, chat), cursor)
    if not cursor:
        await ears.batch(20)
    return ears


def gone(message: str) -> Callable[[Any], bool]:
    return lambda event: isinstance(event, Deleted) and event.message == message


async def test_changes_of_a_post_that_a_moderator_removed_go_with_it(
    mod: Person, opens: Opens, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The homeserver redacts the first event alone; the others say the same words. What else we said stays."""
    monkeypatch.setattr(retracting, "PAGE", "2")
    chat = opens()
    ears = await hearing(chat)
    message = await changed(chat, room, "one", "two", "three")
    await changed(chat, room, "another", "another one")
    await redact(mod, room, message)
    await ears.until(gone(message))

    async def only_the_other() -> bool:
        return await left(mod, room) == ["another", "* another one"]

    await until(only_the_other)
    await ears.close()


async def test_it_is_done_after_the_next_start_where_it_could_not_be_done_before(
    mod: Person, opens: Opens, room: str, proxy: Proxy
) -> None:
    """Nobody is told of that redaction again: it has to be remembered."""
    chat = opens()
    ears = await hearing(chat)
    message = await changed(chat, room, "one", "two")
    rule = proxy.rule(Fail(502, asked=False), "PUT", REDACT, times=None)
    await redact(mod, room, message)
    await ears.until(gone(message))
    await rule.met()
    await chat.close()
    await ears.close()
    proxy.mend()
    proxy.rule(Limit(0), "PUT", REDACT)
    again = await hearing(opens(), ears.cursor)
    hears = asyncio.create_task(again.batch(20))

    async def nothing() -> bool:
        return await left(mod, room) == []

    await until(nothing)
    hears.cancel()
    await again.close()


async def test_what_people_take_away_of_their_own_is_theirs(mod: Person, opens: Opens, room: str, proxy: Proxy) -> None:
    """We may have the power to redact more; nobody asked for it."""
    chat = opens()
    ears = await hearing(chat)
    said = await mod.say(room, "mine")
    change: Any = {"m.new_content": {"body": "m"}, "m.relates_to": {"rel_type": "m.replace", "event_id": said}}
    await mod.say(room, "* m", **change)
    await redact(mod, room, said)
    await ears.until(gone(said))
    message = await changed(chat, room, "one", "two")
    await redact(mod, room, message)
    await ears.until(gone(message))

    async def ours_gone() -> bool:
        return "* two" not in await left(mod, room)

    await until(ours_gone)
    assert await left(mod, room) == ["* m"]
    await ears.close()
