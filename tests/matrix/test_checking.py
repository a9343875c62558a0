"""What `check` says of the rooms that a login makes, and of the space that they are put into."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from adapters.chats.matrix import adapter
from adapters.chats.matrix.chat import MatrixChat
from adapters.chats.matrix.pace import LIFTED
from bot import markup
from bot.model import Card, CardKind, ChannelRef, ChannelWish, ChatName, Where
from bot.ports import Pace, Secret
from bot.testing.context import context
from tests.matrix.conftest import People
from tests.matrix.homeserver import Homeserver
from tests.matrix.listening import state
from tests.matrix.people import Person
from tests.matrix.proxy import Fail, Proxy

Opens = Callable[..., MatrixChat]


@pytest.fixture
async def bot(people: People) -> Person:
    return await people("bot")


@pytest.fixture
async def ann(people: People) -> Person:
    return await people("ann")


@pytest.fixture
def name(ann: Person) -> str:
    """A name that no room has."""
    return ann.id[1:].partition(":")[0].replace("ann", "house")


@pytest.fixture
async def opens(bot: Person, tmp_path: Path) -> AsyncIterator[Opens]:
    opened: list[MatrixChat] = []

    def open_(address: str = bot.address, **told: Any) -> MatrixChat:
        told = {"token": Secret(bot.login.access_token)} | told
        settings = adapter.settings(homeserver=address, **told)
        opened.append(adapter.open(ChatName("matrix"), settings, context(tmp_path, "matrix")))
        return opened[-1]

    yield open_
    for chat in opened:
        await chat.close()


async def seen(chat: MatrixChat, words: str) -> list[tuple[str, str]]:
    """What is said of something."""
    return [(one.level, one.text) for one in await chat.examine() if words in one.text]


async def test_the_version_of_new_rooms_is_told(opens: Opens) -> None:
    """Who may do what in them depends on it."""
    [(level, text)] = await seen(opens(), "are of version")
    assert (level, text.rpartition(" ")[2].isdecimal()) == ("ok", True)


async def test_it_is_told_whether_rooms_can_be_put_into_the_space(
    opens: Opens, ann: Person, bot: Person, name: str
) -> None:
    """Before the first one is made, and without changing anything."""
    chat = opens(space=name)
    assert [level for level, _ in await seen(chat, "is made with the first room")] == ["ok"]
    space = await ann.room(room_alias_name=name, preset="private_chat", creation_content={"type": "m.space"})
    assert [level for level, _ in await seen(chat, "it is not in it; invite it")] == ["note"]
    await ann.call("POST", f"/rooms/{quote(space, safe='')}/invite", {"user_id": bot.id})
    await bot.join(space)
    [(level, text)] = await seen(chat, "it may put no rooms into the space")
    assert (level, "the level 50 there (it has 0)" in text) == ("bad", True)
    levels = await ann.call("GET", f"/rooms/{quote(space, safe='')}/state/m.room.power_levels/")
    await state(ann, space, "m.room.power_levels", levels | {"users": levels.get("users", {}) | {bot.id: 50}})
    assert [level for level, _ in await seen(chat, "it puts rooms that it makes into the space")] == ["ok"]
    await ann.room(room_alias_name=f"{name}-room")
    await bot.join(f"#{name}-room:localhost")
    assert [level for level, _ in await seen(opens(space=f"{name}-room"), "no space")] == ["bad"]


async def test_a_space_of_ours_takes_rooms_and_no_words(opens: Opens, name: str) -> None:
    """Nobody may write in it, and nobody has to."""
    chat = opens(space=name)
    await chat.channel(f"{name}-1", ChannelWish())
    assert [level for level, _ in await seen(chat, "it puts rooms that it makes into the space")] == ["ok"]
    assert not [one for one in await chat.examine() if one.level == "bad"]


async def test_whoever_is_to_be_invited_and_is_not_there_is_named(opens: Opens, ann: Person) -> None:
    """The homeserver takes an invitation of anybody, and nobody would ever come in."""
    nobody = ann.id.replace("ann", "nobody")
    found = await opens(invite=(ann.id, nobody, "@someone:else.where")).examine()
    assert [one.text for one in found if one.level == "bad"] == [
        f"nobody is called {nobody} at localhost; correct `invite`"
    ]


async def test_a_homeserver_that_is_not_synapse_is_named_by_what_it_speaks(
    opens: Opens, homeserver: Homeserver
) -> None:
    """Whoever asks others for help has to say what they run."""
    async with Proxy(homeserver.address) as proxy:
        proxy.rule(Fail(404, asked=False), "GET", "/_synapse/", times=None)
        assert ", Matrix v1." in await opens(proxy.address).probe()


async def test_the_pace_is_asked_for_once(opens: Opens, homeserver: Homeserver) -> None:
    """It is told with every mirror that is made."""
    async with Proxy(homeserver.address) as proxy:
        chat = opens(proxy.address)
        for _ in range(2):
            assert await chat.pace() == Pace(12.0, False, LIFTED)
        assert sum("override_ratelimit" in one.path for one in proxy.asked) == 1


async def test_whoever_is_not_held_up_is_not_told_of_a_limit(opens: Opens, ann: Person) -> None:
    """The homeserver tells most accounts nothing; what went out in a moment says more."""
    chat, where = opens(), Where(ChannelRef(await ann.room()))
    await chat.channel(where.channel, None)
    [payload] = chat.render(Card(CardKind.NOTICE, body=markup.read("words", "markdown")))
    assert await chat.pace() is not None
    for number in range(30):
        await chat.send(where, payload, f"k-{number}")
    assert await chat.pace() is None


async def test_an_account_that_is_excepted_is_not_slowed(people: People, opens: Opens) -> None:
    """Its admin said so; an account that is one itself is told."""
    admin = await people("bot", admin=True)
    where = f"{admin.address}/_synapse/admin/v1/users/{quote(admin.id, safe='')}/override_ratelimit"
    headers = {"Authorization": f"Bearer {admin.login.access_token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for rate, pace in ((2, Pace(120.0, True, LIFTED)), (0, None)):
            async with session.post(where, json={"messages_per_second": rate, "burst_count": rate}) as answer:
                assert answer.status == 200
            assert await opens(token=Secret(admin.login.access_token)).pace() == pace
