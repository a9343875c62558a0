"""One ghost for each author: who speaks in the room, under which name, and that nothing is said twice or lost."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from adapters.chats.matrix import adapter
from adapters.chats.matrix.chat import MatrixChat
from adapters.chats.matrix.service.ghosts import AGAIN
from adapters.chats.matrix.session import GHOST, WINDOW
from bot import markup
from bot.errors import NotAllowed, OutcomeUnknown, Refused
from bot.model import Card, CardKind, ChannelRef, ChatName, MessageId, Payload, Said, ThreadRef, Where, at
from bot.ports import Fetches, Media, Missing, ShownIn
from bot.testing.chat_talk import Ears, saying
from bot.testing.clock import NOON, FakeClock
from bot.testing.context import context
from tests.matrix.conftest import Own, People
from tests.matrix.homeserver import SERVER_NAME, Homeserver
from tests.matrix.listening import answering
from tests.matrix.people import Person, newcomer
from tests.matrix.proxy import Drop, LoseAnswer, Proxy
from tests.matrix.services import Service

SEND = "/send/m.room.message/"


class Shelf(Fetches):
    """Gives a file of its own for each address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.asked: list[str] = []

    async def fetch(self, address: str, shown: ShownIn | None = None, within: float = 10.0) -> Media | Missing:
        self.asked.append(address)
        if address.endswith("missing"):
            return Missing("Nobody has it.")
        file = self._folder / hashlib.sha256(address.encode()).hexdigest()
        file.write_bytes(b"\x89PNG" + address.encode())
        return Media(file.name, "image", "image/png", file.stat().st_size, "face.png", file)


class House:
    """A login as an application service in one home, opened as often as it is wanted."""

    def __init__(self, folder: Path, service: Service, address: str) -> None:
        self.clock = FakeClock()
        self.shelf = Shelf(folder)
        self.its = context(folder, "matrix", media=self.shelf, now=self.clock.now)
        self.service = service
        self.address = address
        self._opened: list[MatrixChat] = []
        service.known_in(self.its.folder)

    def opened(self, **told: Any) -> MatrixChat:
        chat = adapter.open(ChatName("matrix"), self.service.settings(self.address, **told), self.its)
        self._opened.append(chat)
        return chat

    async def close(self) -> None:
        for chat in self._opened:
            await chat.close()
        await self.its.net.close()


@pytest.fixture
async def house(homeserver: Homeserver, proxy: Proxy, tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path, homeserver.services[0], proxy.address)
    yield house
    await house.close()


@pytest.fixture
async def ann(people: People) -> Person:
    """Who reads, and whose room it is."""
    return await people("ann")


Rooms = Callable[..., Any]


async def room_of(ann: Person, chat: MatrixChat, **wishes: Any) -> str:
    """A room of Ann's that the bot was let into, and nobody else unless it is public."""
    bot = f"@service:{SERVER_NAME}"
    room = await ann.room(**{"preset": "private_chat", "invite": [bot]} | wishes)
    await chat._session.call("POST", f"/_matrix/client/v3/join/{quote(room, safe='')}", {}, write=False)
    return room


async def public(ann: Person, chat: MatrixChat) -> str:
    return await room_of(ann, chat, preset="public_chat")


def place(room: str, thread: str = "") -> Where:
    return Where(ChannelRef(room), ThreadRef(thread))


def card(words: str, author: str = "Zoe", who: str = "", **more: Any) -> Card:
    return Card(
        CardKind.POST, author=author, author_key=who or f"forum/{author}", body=markup.read(words, "html"), **more
    )


def payload(chat: MatrixChat, words: str, author: str = "Zoe", who: str = "", **more: Any) -> Payload:
    [made] = chat.render(card(words, author, who, **more))
    return made


async def say(chat: MatrixChat, room: str, words: str, key: str, author: str = "Zoe", **more: Any) -> MessageId:
    return await chat.send(place(room), payload(chat, words, author, **more), key)


async def event(person: Person, room: str, id: str) -> dict[str, Any]:
    answer: dict[str, Any] = await person.call("GET", f"/rooms/{quote(room, safe='')}/event/{quote(id, safe='')}")
    return answer


async def profile(person: Person, user: str) -> dict[str, Any]:
    answer: dict[str, Any] = await person.call("GET", f"/profile/{quote(user, safe='')}")
    return answer


async def senders(person: Person, room: str) -> list[str]:
    return [one["sender"] for one in await person.events(room)]


def is_ghost(user: str) -> bool:
    return re.fullmatch(rf"@forum_[a-z0-9-]+:{SERVER_NAME}", user) is not None


async def levels(ann: Person, room: str, **changed: Any) -> None:
    where = f"/rooms/{quote(room, safe='')}/state/m.room.power_levels/"
    await ann.call("PUT", where, await ann.call("GET", where) | changed)


async def remove(ann: Person, room: str, user: str, how: str = "kick") -> None:
    await ann.call("POST", f"/rooms/{quote(room, safe='')}/{how}", {"user_id": user})


# ---------------------------------------------------------------------------------------------------------- who speaks


@pytest.mark.parametrize("version", ["10", "11", "12"])
async def test_each_author_speaks_for_themselves_by_name_and_picture(house: House, ann: Person, version: str) -> None:
    """It reads like a room of people; the words do not name the author a second time."""
    chat = house.opened()
    room = await room_of(ann, chat, room_version=version)
    zoe, ben = f"forum/zoe {room}", f"forum/ben {room}"
    first = await say(chat, room, "one", "k-1", "Zoe", who=zoe, avatar="https://x.example/zoe.png", number="#1")
    await say(chat, room, "two", "k-2", "Ben", who=ben)
    await say(chat, room, "three", "k-3", "Zoe", who=zoe, avatar="https://x.example/zoe.png")
    one, two, three = await senders(ann, room)
    assert (is_ghost(one), is_ghost(two), one == three, one != two) == (True,) * 4
    assert ((await profile(ann, one))["displayname"], (await profile(ann, two))["displayname"]) == ("Zoe", "Ben")
    assert (await profile(ann, one))["avatar_url"].startswith("mxc://")
    said = (await event(ann, room, first))["content"]
    assert "Zoe" not in said["body"] + said["formatted_body"]
    assert "#1" in said["body"]
    assert "com.beeper.per_message_profile" not in said
    assert chat.remarks() == ()


async def test_every_act_of_ours_names_account_and_device(house: House, ann: Person, proxy: Proxy) -> None:
    """Without a device, the homeserver forgets at its next start what was said under which key."""
    chat = house.opened()
    room = await room_of(ann, chat)
    first = await say(chat, room, "one", "k-1", who=f"new {room}", avatar="https://x.example/a.png")
    await chat.edit(place(room), first, payload(chat, "changed", who=f"new {room}"))
    await chat.delete(place(room), first)
    without = [
        (one.method, urlsplit(one.path).path)
        for one in proxy.asked
        if not {"user_id", "device_id"} <= parse_qs(urlsplit(one.path).query).keys()
    ]
    making = re.compile(r"/register$|/devices/[A-Z0-9]+$")
    assert [path for _, path in without if not making.search(path)] == []


async def test_who_is_known_costs_no_more_than_the_message(house: House, ann: Person, proxy: Proxy) -> None:
    """A thousand posts are a thousand events, and not some thousand questions."""
    chat = house.opened()
    room = await room_of(ann, chat)
    await say(chat, room, "one", "k-1", avatar="https://x.example/zoe.png")
    before = len(proxy.asked)
    await say(chat, room, "two", "k-2", avatar="https://x.example/zoe.png")
    assert [SEND in one.path for one in proxy.asked[before:]] == [True]


async def test_a_picture_is_asked_for_again_by_the_next_start_and_uploaded_once(house: House, ann: Person) -> None:
    """A picture that cannot be had keeps nobody waiting twice."""
    chat = house.opened()
    room = await public(ann, chat)
    for n in range(2):
        await say(chat, room, f"no. {n}", f"k-{n}", who=f"x {room}", avatar="https://x.example/missing")
    assert house.shelf.asked == ["https://x.example/missing"]


async def test_a_renamed_author_stays_the_same_ghost_under_the_new_name(house: House, ann: Person) -> None:
    """From the next message on, also after a restart."""
    chat = house.opened()
    room = await public(ann, chat)
    key = f"forum#{room}"
    await say(chat, room, "one", "k-1", "Zoe", who=key)
    await say(house.opened(), room, "two", "k-2", "Zoë the Great", who=key, avatar="https://x.example/new.png")
    one, two = await senders(ann, room)
    assert one == two
    shown = await profile(ann, one)
    assert (shown["displayname"], shown["avatar_url"][:6]) == ("Zoë the Great", "mxc://")


async def test_what_nobody_wrote_is_said_by_the_bot(house: House, ann: Person) -> None:
    """Alerts, tombstones without an author, answers to commands."""
    chat = house.opened()
    room = await public(ann, chat)
    [notice] = chat.render(Card(CardKind.NOTICE, body=markup.read("The forum is away.", "plain")))
    [grave] = chat.render(Card(CardKind.TOMBSTONE, note="deleted", number="#3"))
    await chat.send(place(room), notice, "k-1")
    await chat.send(place(room), grave, "k-2")
    assert await senders(ann, room) == [house.service.user] * 2


async def test_an_author_of_any_name_has_a_name_that_a_homeserver_takes(house: House, ann: Person) -> None:
    """Forums let people be called anything."""
    chat = house.opened()
    room = await public(ann, chat)
    strange = ["名前", "../../etc", "a" * 500, "@room", "💥", "\ud800"]
    for n, name in enumerate(strange):
        await say(chat, room, "hello", f"k-{n}", name)
    assert len({*await senders(ann, room)}) == len(strange)


# ------------------------------------------------------------------------------------------------------ changes of them


async def test_a_change_and_a_deletion_are_made_by_who_said_it(house: House, ann: Person) -> None:
    """Clients ignore the changes of others; a later run may know nothing of the ghost but the message."""
    chat = house.opened()
    room = await public(ann, chat)
    first = await say(chat, room, "one", "k-1", number="#1")
    second = await say(chat, room, "two", "k-2")
    chat = house.opened()
    await chat.edit(place(room), first, payload(chat, "mended", number="#1"))
    standing = (await event(ann, room, first))["unsigned"]["m.relations"]["m.replace"]
    assert standing["sender"] == (await event(ann, room, first))["sender"]
    assert standing["content"]["m.new_content"]["body"] == "#1\n\nmended"
    await chat.delete(place(room), second)
    assert (await event(ann, room, second))["content"] == {}
    [grave] = chat.render(Card(CardKind.TOMBSTONE, note="deleted on the forum", number="#1"))
    await chat.edit(place(room), first, grave)
    assert [one["content"] for one in await ann.events(room)] == [{}, {}, {}]


async def test_a_post_that_has_another_author_now_names_them(house: House, ann: Person) -> None:
    """The message stays whose it was; the words say who wrote it."""
    chat = house.opened()
    room = await public(ann, chat)
    first = await say(chat, room, "one", "k-1", "Zoe")
    await chat.edit(place(room), first, payload(chat, "one", "Ben"))
    change = (await event(ann, room, first))["unsigned"]["m.relations"]["m.replace"]
    assert change["sender"] == (await event(ann, room, first))["sender"]
    assert change["content"]["m.new_content"]["body"].startswith("Ben")


async def test_what_the_bot_said_before_there_were_ghosts_stays_its_own(house: House, ann: Person) -> None:
    """It names its author, and goes on doing so."""
    chat = house.opened()
    room = await public(ann, chat)
    first = await chat.send(place(room), {**payload(chat, "one"), "ghost": None}, "k-1")
    await chat.edit(place(room), first, payload(chat, "mended"))
    change = (await event(ann, room, first))["unsigned"]["m.relations"]["m.replace"]
    assert (change["sender"], change["content"]["m.new_content"]["body"]) == (house.service.user, "Zoe\n\nmended")


# ------------------------------------------------------------------------------------------------------------ once


async def test_an_answer_that_was_lost_is_asked_for_again_by_the_same_ghost(
    house: House, ann: Person, proxy: Proxy
) -> None:
    """Also by another process, and though the ghost was shown out meanwhile."""
    chat = house.opened()
    room = await room_of(ann, chat)
    await say(chat, room, "before", "k-0")
    proxy.rule(LoseAnswer(), "PUT", SEND, times=None)
    with pytest.raises(OutcomeUnknown):
        await say(chat, room, "once", "k-1")
    proxy.mend()
    [_, ghost] = await senders(ann, room)
    await remove(ann, room, ghost)
    again = await say(house.opened(), room, "once", "k-1")
    assert [one["event_id"] for one in await ann.events(room)][1:] == [again]
    assert [one.marker for one in await chat.read_back(place(room), MessageId(""))] == ["k-0", "k-1"]


async def test_a_homeserver_that_was_killed_knows_what_ghosts_said(own: Own, tmp_path: Path) -> None:
    """Its memory is gone; the device is not. A ghost that was banned meanwhile still said it."""
    ann = await newcomer(own, "ann")
    async with Proxy(own.address) as proxy:
        house = House(tmp_path / "house", own.services[0], proxy.address)
        house.its.folder.parent.mkdir(exist_ok=True)
        chat = house.opened()
        room = await room_of(ann, chat)
        await say(chat, room, "before", "k-0")
        proxy.rule(LoseAnswer(), "PUT", SEND, times=None)
        with pytest.raises(OutcomeUnknown):
            await say(chat, room, "once", "k-1")
        proxy.mend()
        [_, ghost] = await senders(ann, room)
        own.kill()
        await own.begin()
        await remove(ann, room, ghost, "ban")
        again = await say(house.opened(), room, "once", "k-1")
        assert [one["event_id"] for one in await ann.events(room)][1:] == [again]
        await house.close()
    await ann.close()


async def test_a_device_that_was_lost_is_made_again_and_its_keys_count_no_more(house: House, ann: Person) -> None:
    """With it, the homeserver forgot what was said under which key: the room is read back instead."""
    chat = house.opened()
    room = await room_of(ann, chat)
    await say(chat, room, "before", "k-0")
    assert chat.caps.key_window == WINDOW
    [ghost] = await senders(ann, room)
    where = f"/_matrix/client/v3/devices/{GHOST}"
    await chat._session.call("DELETE", where, {}, query={"user_id": ghost}, write=False)
    with pytest.raises(OutcomeUnknown):
        await say(chat, room, "once", "k-1")
    assert [one.caps.key_window for one in (chat, house.opened())] == [None, None]
    assert [one.marker for one in await chat.read_back(place(room), MessageId(""))] == ["k-0"]
    await say(chat, room, "once", "k-1")
    assert await senders(ann, room) == [ghost] * 2
    house.clock.advance(int(WINDOW * 1000) + 1)
    assert chat.caps.key_window == WINDOW


# --------------------------------------------------------------------------------------------------- where they may not


async def test_where_ghosts_cannot_come_in_the_bot_says_who_wrote_it(house: House, ann: Person) -> None:
    """Nothing is lost for want of a power; the operator is told once, and it is tried again when it may have come."""
    chat = house.opened()
    room = await room_of(ann, chat)
    await levels(ann, room, invite=100)
    first = await say(chat, room, "one", "k-1")
    await say(chat, room, "two", "k-2", "Ben")
    assert await senders(ann, room) == [house.service.user] * 2
    assert (await event(ann, room, first))["content"]["body"].startswith("Zoe")
    [remark] = chat.remarks()
    assert room in remark
    assert "invite" in remark
    await levels(ann, room, invite=0)
    chat = house.opened()
    with pytest.raises(OutcomeUnknown):
        await say(chat, room, "three", "k-3")
    assert (chat.caps.key_window, chat.remarks()) == (None, ())
    await say(chat, room, "three", "k-3")
    assert is_ghost((await senders(ann, room))[-1])


async def test_where_whoever_enters_may_not_write_the_bot_does(house: House, ann: Person) -> None:
    """In a room for announcements only the bot was given the power; that does not change by asking again."""
    chat = house.opened()
    room = await room_of(ann, chat)
    await levels(ann, room, events_default=50, users={house.service.user: 50})
    for n in range(2):
        await say(chat, room, f"no. {n}", f"k-{n}")
        house.clock.advance(int(WINDOW * 1000) + AGAIN)
    assert await senders(ann, room) == [house.service.user] * 2
    assert chat.caps.key_window == WINDOW, "asking in vain changes nothing about who spoke"


async def test_a_room_that_is_closed_to_the_bot_too_is_no_matter_of_ghosts(house: House, ann: Person) -> None:
    """An upgraded room, say: what is told of it is that nothing can be said there."""
    chat = house.opened()
    room = await public(ann, chat)
    await levels(ann, room, events_default=50)
    for n in range(2):
        with pytest.raises(NotAllowed):
            await say(chat, room, "one", f"k-{n}")
    assert chat.remarks() == ()
    await levels(ann, room, events_default=0)
    await say(chat, room, "one", "k-1")
    assert [is_ghost(one) for one in await senders(ann, room)] == [True]


async def test_ghosts_are_made_come_in_and_speak_without_limits(limited: Homeserver, tmp_path: Path) -> None:
    """An ordinary account may invite five people, and say ten things; a forum's first page has more authors."""
    house = House(tmp_path, limited.services[0], limited.address)
    ann, chat = await newcomer(limited, "ann"), house.opened()
    room = await room_of(ann, chat)
    for n in range(15):
        await say(chat, room, "hello", f"k-{n}", f"Author {n}")
    assert len({*await senders(ann, room)}) == 15
    await ann.close()
    await house.close()


async def test_a_banned_ghost_concerns_nobody_else(house: House, ann: Person) -> None:
    """A moderator does not want one author's ghost there; its posts are not lost, and the others speak on."""
    chat = house.opened()
    room = await public(ann, chat)
    first = await say(chat, room, "one", "k-1")
    [ghost] = await senders(ann, room)
    await remove(ann, room, ghost, "ban")
    await say(chat, room, "two", "k-2")
    await say(chat, room, "three", "k-3", "Ben")
    _, two, three = await senders(ann, room)
    assert (two, is_ghost(three)) == (house.service.user, True)
    with pytest.raises(Refused):
        await chat.edit(place(room), first, payload(chat, "changed"))
    with pytest.raises(Refused):
        await chat.delete(place(room), first)
    await levels(ann, room, users={house.service.user: 50})
    await chat.delete(place(room), first)
    assert (await event(ann, room, first))["content"] == {}


async def test_a_bot_that_was_shown_out_takes_its_ghosts_along(house: House, ann: Person) -> None:
    """Whoever shows it out wants it to be quiet."""
    chat = house.opened()
    room = await public(ann, chat)
    await say(chat, room, "one", "k-1")
    await remove(ann, room, house.service.user)
    with pytest.raises(NotAllowed):
        await say(house.opened(), room, "two", "k-2")
    assert len(await ann.texts(room)) == 1


async def test_nobody_speaks_in_the_place_of_a_ghost_while_the_homeserver_is_away(
    house: House, ann: Person, proxy: Proxy
) -> None:
    """What cannot be made now is made later: the message waits."""
    chat = house.opened()
    room = await public(ann, chat)
    proxy.rule(Drop(), "POST", "/register")
    with pytest.raises(Exception, match="did not answer"):
        await say(chat, room, "one", "k-1", who=f"fresh {room}")
    await say(chat, room, "one", "k-1", who=f"fresh {room}")
    assert [is_ghost(one) for one in await senders(ann, room)] == [True]


# ------------------------------------------------------------------------------------------------------------- times


async def test_a_message_bears_the_time_of_its_post_and_a_change_its_own(house: House, ann: Person) -> None:
    """What was written years ago does not look like news; the newest change is the one that clients show."""
    chat = house.opened()
    room = await public(ann, chat)
    old = await say(chat, room, "old", "k-1", when=at(NOON - 1_000_000))
    vague = await say(chat, room, "vague", "k-2", when=None)
    ahead = await say(chat, room, "ahead", "k-3", when=at(NOON + 86_400_000))
    assert (await event(ann, room, old))["origin_server_ts"] == NOON - 1_000_000
    assert [one["event_id"] for one in await ann.events(room)] == [old, vague, ahead], "the order stays that of sending"
    for other in (vague, ahead):
        assert (await event(ann, room, other))["origin_server_ts"] > NOON
    await chat.edit(place(room), old, payload(chat, "mended", when=at(NOON - 1_000_000)))
    change = (await event(ann, room, old))["unsigned"]["m.relations"]["m.replace"]
    assert change["origin_server_ts"] > NOON
    plain = house.opened(original_times=False)
    now = await say(plain, room, "now", "k-4", when=at(NOON - 1_000_000))
    assert (await event(ann, room, now))["origin_server_ts"] > NOON


# --------------------------------------------------------------------------------------------------------------- echoes


async def test_nothing_that_a_ghost_does_is_heard(house: House, ann: Person) -> None:
    """What we mirror would come back to the forum as an answer; what people do with it is heard."""
    chat = house.opened()
    room = await public(ann, chat)
    async with Ears(chat, "") as ears:
        assert await ears.batch(20) is not None
        first = await say(chat, room, "one", "k-1")
        second = await say(chat, room, "two", "k-2")
        [ghost, _] = await senders(ann, room)
        receipt = f"/_matrix/client/v3/rooms/{quote(room, safe='')}/receipt/m.read/{quote(second, safe='')}"
        await chat._session.call("POST", receipt, {}, query={"user_id": ghost})
        await chat.edit(place(room), second, payload(chat, "mended"))
        await chat.delete(place(room), second)
        await ann.say(room, "an answer", **answering(first))
        heard = await ears.until(saying("an answer"))
    [only] = heard
    assert isinstance(only, Said)
    assert only.reply_to == first


async def test_an_encrypted_room_is_spoken_to_by_the_bot_alone(house: House, ann: Person) -> None:
    """A ghost would say in clear what others encrypt; what one said before the room was encrypted is looked for."""
    chat = house.opened()
    room = await public(ann, chat)
    first = await say(chat, room, "one", "k-1")
    where = f"/rooms/{quote(room, safe='')}/state/m.room.encryption/"
    await ann.call("PUT", where, {"algorithm": "m.megolm.v1.aes-sha2"})
    chat = house.opened()
    with pytest.raises(OutcomeUnknown):
        await say(chat, room, "two", "k-2")
    with pytest.raises(Refused):
        await chat.edit(place(room), first, payload(chat, "mended"))
    assert [one.marker for one in await chat.read_back(place(room), MessageId(""))] == ["k-1"]
    assert any("encrypted" in remark for remark in chat.remarks())
