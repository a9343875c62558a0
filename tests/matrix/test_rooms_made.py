"""Rooms and spaces that are made when somebody asks for them, on a homeserver for each room version in use."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from adapters.chats.matrix import adapter
from adapters.chats.matrix.chat import MatrixChat
from adapters.chats.matrix.powers import Room
from adapters.forums.sandbox import SandboxForum
from bot.app import OPERATOR, opened
from bot.commands import carry_out
from bot.errors import NotAllowed, RateLimited, Refused
from bot.home import Home
from bot.model import ChannelWish, ChatName, ThreadKey
from bot.ports import Secret
from bot.registry import Registry
from bot.settings import load
from bot.testing.context import context
from bot.testing.log import RecordingLog
from tests.matrix.homeserver import SERVER_NAME, Homeserver
from tests.matrix.listening import state
from tests.matrix.people import Person, newcomer
from tests.matrix.people import Refused as Denied
from tests.matrix.proxy import Fail, Limit, LoseAnswer, Proxy

SETTINGS = """
[forums.sandbox]
adapter = "sandbox"
opening = false
[chats.matrix]
adapter = "matrix"
homeserver = "{address}"
token_file = "{token}"
"""

WISH = ChannelWish("Gardens of Oakton", "Gardens of Oakton: https://forum.example/b/1")
_NUMBERS = itertools.count(1)

versions = pytest.mark.parametrize("homeserver", ["10", "11", "12"], indirect=True)
"""Those that people have rooms of; what may be done there, they say differently."""

Opens = Callable[..., MatrixChat]


@pytest.fixture(scope="module")
def homeserver(request, synapse: Path, tmp_path_factory) -> Iterator[Homeserver]:
    """One that makes rooms of a version, and remembers what it answered to a sync, as Synapse does by default."""
    settings: dict[str, Any] = {"default_room_version": getattr(request, "param", "12"), "caches": {}}
    homeserver = Homeserver(synapse, tmp_path_factory.mktemp("synapse"), settings=settings)
    try:
        homeserver.start()
        yield homeserver
    finally:
        homeserver.stop()


@pytest.fixture
async def bot(homeserver: Homeserver) -> AsyncIterator[Person]:
    bot = await newcomer(homeserver, "bot")
    yield bot
    await bot.close()


@pytest.fixture
async def ann(homeserver: Homeserver) -> AsyncIterator[Person]:
    ann = await newcomer(homeserver, "ann")
    yield ann
    await ann.close()


@pytest.fixture
async def opens(bot: Person, tmp_path: Path) -> AsyncIterator[Opens]:
    """Opens the login, as a start of the program does."""
    opened: list[MatrixChat] = []

    def open_(address: str = bot.address, **told: Any) -> MatrixChat:
        settings = adapter.settings(homeserver=address, token=Secret(bot.login.access_token), **told)
        opened.append(adapter.open(ChatName("matrix"), settings, context(tmp_path, "matrix")))
        return opened[-1]

    yield open_
    for chat in opened:
        await chat.close()


@pytest.fixture
def name() -> str:
    """A name that no room has."""
    return f"oakton-{next(_NUMBERS)}"


async def of(person: Person, room: str, kind: str, key: str = "") -> dict[str, Any]:
    """What a room says of itself; empty where it says nothing."""
    try:
        said = await person.call("GET", f"/rooms/{quote(room, safe='')}/state/{kind}/{quote(key, safe='')}")
    except Denied:
        return {}
    return dict(said)


async def whole(person: Person, room: str) -> Room:
    """A room as its state makes it."""
    made = Room()
    for event in await person.call("GET", f"/rooms/{quote(room, safe='')}/state"):
        made.apply(event)
    return made


async def resolved(person: Person, alias: str) -> str:
    """The room of an alias."""
    return str((await person.call("GET", f"/directory/room/{quote(alias, safe='')}"))["room_id"])


async def rooms(person: Person) -> list[str]:
    return list((await person.call("GET", "/joined_rooms"))["joined_rooms"])


async def invited(person: Person) -> set[str]:
    """The rooms that somebody is asked into."""
    return set((await person.call("GET", "/sync", timeout="0")).get("rooms", {}).get("invite", {}))


# --------------------------------------------------------------------------------------------------------------- rooms


async def test_a_room_that_is_made_has_name_topic_and_alias(opens: Opens, ann: Person, name: str) -> None:
    """People read what it is for, and find it by what the mirror's list shows."""
    chat = opens(invite=(ann.id,))
    room = await chat.channel(name, WISH)
    assert await invited(ann) == {room}
    await ann.join(room)
    assert (await of(ann, room, "m.room.name"))["name"] == "Gardens of Oakton"
    assert (await of(ann, room, "m.room.topic"))["topic"] == WISH.topic
    assert (await of(ann, room, "m.room.canonical_alias"))["alias"] == f"#{name}:{SERVER_NAME}"
    assert chat.channel_name(room) == name
    assert await resolved(ann, f"#{name}:{SERVER_NAME}") == room


async def test_a_room_without_a_title_is_called_as_it_was_asked_for(opens: Opens, bot: Person, name: str) -> None:
    """Its alias has small letters and hyphens, and people wrote something else."""
    room = await opens().channel(f"Café {name}", ChannelWish())
    assert (await of(bot, room, "m.room.name"))["name"] == f"Café {name}"
    assert (await of(bot, room, "m.room.topic")) == {}
    assert await resolved(bot, f"#café-{name}:{SERVER_NAME}") == room


@versions
async def test_who_is_invited_has_our_power_in_a_room_that_is_made(opens: Opens, ann: Person, name: str) -> None:
    """They give the commands and look after the room; in the newest version creators stand above all levels."""
    room = await opens(invite=(ann.id,)).channel(name, WISH)
    await ann.join(room)
    assert (await whole(ann, room)).admin(ann.id)
    await state(ann, room, "m.room.topic", {"topic": "ours"})
    levels = await of(ann, room, "m.room.power_levels")
    await state(ann, room, "m.room.power_levels", levels | {"ban": 60})


async def test_the_program_asks_for_no_power_that_it_was_not_given(opens: Opens, ann: Person, bot: Person) -> None:
    """In a room of somebody else it stays what it is, whatever is mirrored into it."""
    room = await ann.room()
    await opens(space="", invite=(ann.id,)).channel(room, WISH)
    assert not (await whole(ann, room)).admin(bot.id)
    assert await of(ann, room, "m.room.topic") == {}


async def test_a_room_asked_for_twice_at_once_is_made_once(opens: Opens, bot: Person, name: str) -> None:
    """Two mirrors of the settings may name the same one."""
    chat = opens()
    found = await asyncio.gather(*(chat.channel(name, WISH) for _ in range(3)))
    assert len(set(found)) == 1
    assert await rooms(bot) == [found[0]]


async def test_a_room_whose_making_was_not_heard_of_is_found(
    opens: Opens, ann: Person, bot: Person, homeserver: Homeserver, name: str
) -> None:
    """We may end between its making and our note of it; who was to be invited is invited then."""
    async with Proxy(homeserver.address) as proxy:
        proxy.rule(LoseAnswer(), "POST", "/createRoom")
        with pytest.raises(Exception, match="did not answer"):
            await opens(proxy.address, invite=(ann.id,)).channel(name, WISH)
        room = await opens(proxy.address, invite=(ann.id,)).channel(name, WISH)
    assert await rooms(bot) == [room]
    await ann.join(room)
    assert (await whole(ann, room)).admin(ann.id)


async def test_a_short_pause_is_waited_out(opens: Opens, homeserver: Homeserver, name: str) -> None:
    """Homeservers limit who makes rooms as they limit messages; of a long pause it is told how long it is."""
    async with Proxy(homeserver.address) as proxy:
        short = proxy.rule(Limit(1), "POST", "/createRoom")
        chat = opens(proxy.address)
        assert await chat.channel(name, WISH)
        assert short.happened == 1
        proxy.rule(Limit(300), "POST", "/createRoom")
        with pytest.raises(RateLimited, match="a pause of 300 s"):
            await chat.channel(f"{name}-2", WISH)


async def test_who_left_is_not_invited_again(opens: Opens, ann: Person, name: str) -> None:
    """They said what they think of it."""
    chat = opens(invite=(ann.id,))
    room = await chat.channel(name, WISH)
    await ann.join(room)
    await ann.call("POST", f"/rooms/{quote(room, safe='')}/leave", {})
    assert await chat.channel(name, WISH) == room
    assert await invited(ann) == set()


async def test_a_closed_room_lets_nobody_in_who_was_not_invited(
    opens: Opens, homeserver: Homeserver, ann: Person, name: str
) -> None:
    """Notices tell of all communities, also where other rooms are open to everybody."""
    chat = opens(public=True, invite=(ann.id,))
    await chat.channel(name, ChannelWish(closed=True))
    ben = await newcomer(homeserver, "ben")
    with pytest.raises(Denied):
        await ben.join(f"#{name}:{SERVER_NAME}")
    await ann.join(f"#{name}:{SERVER_NAME}")
    await chat.channel(f"{name}-open", ChannelWish())
    await ben.join(f"#{name}-open:{SERVER_NAME}")
    await ben.close()


# -------------------------------------------------------------------------------------------------------------- spaces


@versions
async def test_a_room_that_is_made_is_put_into_the_space(
    opens: Opens, homeserver: Homeserver, ann: Person, name: str
) -> None:
    """Both say so, so that it is of the space's community; who is in the space enters, and nobody else."""
    chat = opens(space=f"House {name}", invite=(ann.id,))
    one = await chat.channel(f"{name}-1", WISH)
    space = await resolved(ann, f"#house-{name}:{SERVER_NAME}")
    assert await chat.community(one) == space
    two = await chat.channel(f"{name}-2", WISH)
    assert await chat.community(two) == space
    await ann.join(space)
    assert (await of(ann, space, "m.room.create"))["type"] == "m.space"
    assert (await of(ann, space, "m.room.name"))["name"] == f"House {name}"
    assert (await whole(ann, space)).admin(ann.id)
    assert (await whole(ann, space)).children == {one, two}
    await ann.join(one)
    assert (await whole(ann, one)).admin(ann.id)
    ben = await newcomer(homeserver, "ben")
    for room in (space, one):
        with pytest.raises(Denied):
            await ben.join(room)
    await ben.close()


@versions
async def test_a_space_that_is_there_is_used_where_it_lets_us(
    opens: Opens, ann: Person, bot: Person, name: str
) -> None:
    """It is its people's; without the power for it nothing is mirrored there, and the answer says what to do."""
    space = await ann.room(room_alias_name=name, creation_content={"type": "m.space"})
    chat = opens(space=name)
    with pytest.raises(NotAllowed, match=rf"the space {name}.*m\.space\.child"):
        await chat.channel(f"{name}-1", WISH)
    levels = await of(ann, space, "m.room.power_levels")
    await state(ann, space, "m.room.power_levels", levels | {"users": levels.get("users", {}) | {bot.id: 50}})
    room = await chat.channel(f"{name}-1", WISH)
    assert await chat.community(room) == space
    assert len(await rooms(bot)) == 2
    await ann.join(room)


async def test_what_was_interrupted_is_completed_the_next_time(
    opens: Opens, ann: Person, bot: Person, homeserver: Homeserver, name: str
) -> None:
    """A room that is not in its space would be a community of its own for ever."""
    told: dict[str, Any] = {"space": name, "invite": (ann.id,)}
    async with Proxy(homeserver.address) as proxy:
        proxy.rule(Fail(502, asked=False), "POST", "/invite")
        with pytest.raises(Exception, match="502"):
            await opens(proxy.address, **told).channel(f"{name}-1", WISH)
        proxy.rule(LoseAnswer(), "POST", "/createRoom")
        with pytest.raises(Exception, match="did not answer"):
            await opens(proxy.address, **told).channel(f"{name}-1", WISH)
        proxy.rule(Fail(502, asked=False), "PUT", "/state/m.space.child/")
        with pytest.raises(Exception, match="502"):
            await opens(proxy.address, **told).channel(f"{name}-1", WISH)
        chat = opens(proxy.address, **told)
        room = await chat.channel(f"{name}-1", WISH)
    space = await resolved(ann, f"#{name}:{SERVER_NAME}")
    assert sorted(await rooms(bot)) == sorted([space, room])
    assert await opens(**told).community(room) == space
    await ann.join(space)
    await ann.join(room)


async def test_a_room_that_was_there_before_stays_out_of_the_space(opens: Opens, bot: Person, name: str) -> None:
    """Whose it is, was asked when the first mirror went into it, and so are its commands."""
    room = await opens().channel(f"{name}-1", WISH)
    chat = opens(space=name)
    await chat.channel(f"{name}-2", WISH)
    assert await chat.channel(f"{name}-1", WISH) == room
    assert await chat.community(room) == room


async def test_a_room_that_somebody_took_out_of_the_space_stays_out(opens: Opens, ann: Person, name: str) -> None:
    chat = opens(space=name, invite=(ann.id,))
    room = await chat.channel(f"{name}-1", WISH)
    space = await resolved(ann, f"#{name}:{SERVER_NAME}")
    await ann.join(space)
    await state(ann, space, "m.space.child", {}, room)
    assert await opens(space=name).channel(f"{name}-1", WISH) == room
    assert (await whole(ann, space)).children == set()


async def test_a_room_is_no_space(opens: Opens, ann: Person, bot: Person, name: str) -> None:
    """Nothing is made before that is clear."""
    room = await ann.room(room_alias_name=name)
    with pytest.raises(Refused, match="no space"):
        await opens(space=name).channel(f"{name}-1", WISH)
    assert await rooms(bot) == [room]


async def test_a_closed_room_of_a_space_is_not_open_to_the_space(opens: Opens, ann: Person, name: str) -> None:
    """It is of the space's community and not for all of it."""
    chat = opens(space=name, invite=(ann.id,))
    room = await chat.channel(f"{name}-1", ChannelWish(closed=True))
    assert (await of(ann, room, "m.room.join_rules")) == {}
    assert room in await invited(ann)
    assert await chat.community(room) == await resolved(ann, f"#{name}:{SERVER_NAME}")


async def test_a_mirror_finds_its_own_room_after_a_restart_and_under_another_title(
    bot: Person, homeserver: Homeserver, tmp_path: Path
) -> None:
    """The settings name `matrix:+` again at every start, and threads are given other titles."""
    token = tmp_path / "token"
    token.write_text(bot.login.access_token)
    token.chmod(0o600)
    file = tmp_path / "threadline.toml"
    file.write_text(SETTINGS.format(address=homeserver.address, token=token))
    registry, intos = Registry(), []
    for start in range(3):
        settings = load(file, {}, registry.settings, registry.installed)
        async with opened(Home(tmp_path / "home"), settings, registry, RecordingLog()) as app:
            forum = (await app.forum("sandbox")).forum
            assert isinstance(forum, SandboxForum)
            thread = "t1" if start else await forum.board.start_thread("b1", "Zoe", "Tea", "words")
            if start == 1:
                state_ = await forum.board.state()
                await forum.board.edit(state_.threads[ThreadKey(thread)].posts[0], "Coffee", "words")
                assert (await forum.locate(f"sandbox:{thread}")).title == "Coffee"
            answer = await carry_out(app, OPERATOR, "mirror", ["add", f"sandbox:{thread}", "--into", "matrix:+"])
            assert answer.ok, answer.text
            intos.append(answer.data["into"])
    assert len(set(intos)) == 1
    assert len(await rooms(bot)) == 1
