"""What really stands in a room after we spoke, changed and took back, as another person sees it."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
import pytest

from adapters.chats.matrix import adapter
from adapters.chats.matrix.chat import MatrixChat
from adapters.chats.matrix.client import Client, path
from adapters.chats.matrix.relations import KEY
from bot import markup
from bot.errors import Gone, NotAllowed, OutcomeUnknown, RateLimited, Refused, Unreachable
from bot.model import (
    Card,
    CardKind,
    ChannelRef,
    ChannelWish,
    ChatName,
    MessageId,
    Payload,
    Reaction,
    ThreadRef,
    UserId,
    Where,
)
from bot.ports import Fetches, Media, Missing, Secret, ShownIn
from bot.testing.context import context
from tests.matrix.conftest import Own, People
from tests.matrix.homeserver import SERVER_NAME, Homeserver
from tests.matrix.people import Person, log_in, newcomer
from tests.matrix.proxy import Drip, Fail, Limit, LoseAnswer, Proxy

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001"
    "e221bc330000000049454e44ae426082"
)
SEND = "/send/m.room.message/"


class Shelf(Fetches):
    """Gives one image for every address that does not end in "missing"."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "pixel.png"
        self._file.write_bytes(PIXEL)

    async def fetch(self, address: str, shown: ShownIn | None = None, within: float = 10.0) -> Media | Missing:
        if address.endswith("missing"):
            return Missing("Nobody has it.")
        digest = hashlib.sha256(PIXEL).hexdigest()
        return Media(digest, "image", "image/png", len(PIXEL), "pixel.png", self._file)


Opens = Callable[..., MatrixChat]


@pytest.fixture
async def opens(tmp_path: Path) -> AsyncIterator[Opens]:
    """Opens the adapter as one person at an address, in the same home every time."""
    its, opened = context(tmp_path, "matrix", media=Shelf(tmp_path)), []

    def open_(address: str, person: Person | None = None, **told: Any) -> MatrixChat:
        if person is not None:
            told["token"] = Secret(person.login.access_token)
        opened.append(adapter.open(ChatName("matrix"), adapter.settings(homeserver=address, **told), its))
        return opened[-1]

    yield open_
    for chat in opened:
        await chat.close()
    await its.net.close()


@pytest.fixture
async def ann(people: People) -> Person:
    """Who reads, and whose room it is."""
    return await people("ann")


@pytest.fixture
async def bot(people: People) -> Person:
    return await people("bot")


@pytest.fixture
async def room(ann: Person, bot: Person) -> str:
    room = await ann.room()
    await bot.join(room)
    return room


@pytest.fixture
def chat(opens: Opens, proxy: Proxy, bot: Person) -> MatrixChat:
    return opens(proxy.address, bot)


def payload(chat: MatrixChat, words: str, reply_to: str = "", **more: Any) -> Payload:
    card = Card(CardKind.POST, author="Author", body=markup.read(words, "html"), reply_to=MessageId(reply_to), **more)
    [made] = chat.render(card)
    return made


def place(room: str, thread: str = "") -> Where:
    return Where(ChannelRef(room), ThreadRef(thread))


async def say(chat: MatrixChat, where: Where, words: str, key: str, reply_to: str = "") -> MessageId:
    return await chat.send(where, payload(chat, words, reply_to), key)


async def event(person: Person, room: str, id: str) -> dict[str, Any]:
    answer: dict[str, Any] = await person.call("GET", f"/rooms/{quote(room, safe='')}/event/{quote(id, safe='')}")
    return answer


# ------------------------------------------------------------------------------------------------------------- threads


@pytest.mark.parametrize("version", ["10", "11", "12"])
async def test_a_forums_thread_is_a_thread_of_the_room(
    ann: Person, bot: Person, chat: MatrixChat, version: str
) -> None:
    """The OP is its root, an answer to a reply is a real reply in it; without threads, others seem to answer the OP."""
    room = await ann.room(room_version=version)
    await bot.join(room)
    root = await say(chat, place(room), "the OP", "k-1")
    inside = place(room, await chat.open_thread(place(room), root, "A title", "t-1"))
    first = await say(chat, inside, "first", "k-2")
    second = await say(chat, inside, "second", "k-3", first)
    relations = {one["event_id"]: one["content"].get("m.relates_to") for one in await ann.events(room)}
    assert relations == {
        root: None,
        first: {"rel_type": "m.thread", "event_id": root, "is_falling_back": True, "m.in_reply_to": {"event_id": root}},
        second: {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": False,
            "m.in_reply_to": {"event_id": first},
        },
    }


async def test_a_reply_outside_of_threads_is_a_plain_reply(ann: Person, chat: MatrixChat, room: str) -> None:
    """A thread may still hang on it: what stands in a thread already could be the root of none."""
    first = await say(chat, place(room), "first", "k-1")
    second = await say(chat, place(room), "second", "k-2", first)
    assert (await event(ann, room, second))["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": first}}
    assert await say(chat, place(room, second), "third", "k-3")


async def test_a_removed_root_keeps_its_thread(ann: Person, chat: MatrixChat, room: str) -> None:
    """The replies to a deleted OP go on standing there."""
    root = await say(chat, place(room), "the OP", "k-1")
    await say(chat, place(room, root), "first", "k-2")
    await chat.delete(place(room), root)
    last = await say(chat, place(room, root), "second", "k-3")
    assert (await event(ann, room, last))["content"]["m.relates_to"]["event_id"] == root


# ------------------------------------------------------------------------------------------------- changes and removals


async def test_an_edit_replaces_the_original_whatever_was_edited_before(
    ann: Person, chat: MatrixChat, room: str
) -> None:
    """The homeserver takes edits of edits, and clients do not show them."""
    message = await say(chat, place(room), "one", "k-1")
    for words in ("two", "three", "two"):
        await chat.edit(place(room), message, payload(chat, words))
    _, *edits = await ann.events(room)
    assert [edit["content"]["m.relates_to"] for edit in edits] == 3 * [{"rel_type": "m.replace", "event_id": message}]
    assert ["two" in edit["content"]["m.new_content"]["body"] for edit in edits] == [True, False, True]
    assert all(edit["content"]["m.new_content"]["m.mentions"] == {} == edit["content"]["m.mentions"] for edit in edits)
    assert all(edit["content"]["body"] == f"* {edit['content']['m.new_content']['body']}" for edit in edits)


async def test_what_stands_there_already_is_not_written_again(ann: Person, chat: MatrixChat, room: str) -> None:
    """An answer was lost and the edit is repeated; everybody's client would count one change more."""
    message = await say(chat, place(room), "one", "k-1")
    await chat.edit(place(room), message, payload(chat, "one"))
    for _ in range(2):
        await chat.edit(place(room), message, payload(chat, "two"))
    assert len(await ann.events(room)) == 2


async def test_what_is_removed_leaves_no_word_behind(ann: Person, chat: MatrixChat, room: str) -> None:
    """The homeserver keeps the text of edits readable when what they change is gone."""
    message = await say(chat, place(room), "secret one", "k-1")
    await chat.edit(place(room), message, payload(chat, "secret two"))
    await chat.edit(place(room), message, payload(chat, "secret three"))
    await chat.delete(place(room), message)
    assert [one["content"] for one in await ann.events(room)] == [{}, {}, {}]


async def test_a_tombstone_takes_the_text_away_and_says_why(ann: Person, chat: MatrixChat, room: str) -> None:
    """It may come twice, and also where somebody else removed the message; then there is nothing left to say."""
    message = await say(chat, place(room), "secret one", "k-1")
    await chat.edit(place(room), message, payload(chat, "secret two"))
    [tombstone] = chat.render(Card(CardKind.TOMBSTONE, note="deleted on the forum", number="#3"))
    for _ in range(2):
        await chat.edit(place(room), message, tombstone)
    gone = await ann.events(room)
    assert [one["content"] for one in gone] == [{}, {}]
    reasons = {one["unsigned"]["redacted_because"]["content"]["reason"] for one in gone}
    assert reasons == {"deleted on the forum"}
    with pytest.raises(Gone):
        await chat.edit(place(room), message, payload(chat, "again"))


async def test_a_tombstone_that_stands_by_itself_is_a_message(ann: Person, chat: MatrixChat, room: str) -> None:
    """An OP that was deleted before it was shown, and that has replies: they need something to hang on."""
    [tombstone] = chat.render(Card(CardKind.TOMBSTONE, note="deleted on the forum", number="OP"))
    message = await chat.send(place(room), tombstone, "k-1")
    assert "deleted on the forum" in (await event(ann, room, message))["content"]["body"]


async def test_a_reaction_takes_the_place_of_the_one_before(ann: Person, chat: MatrixChat, room: str) -> None:
    """People's own stay; and what stands there already is not put there again."""
    message = await ann.say(room, "a reply")
    await ann.send(room, "m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": message, "key": "⏳"}})
    for reaction in (Reaction.PENDING, Reaction.PENDING, Reaction.HELD):
        await chat.react(place(room), MessageId(message), reaction)
    left = [one for one in await ann.events(room, "m.reaction") if one["content"]]
    assert [(one["sender"] == ann.id, one["content"]["m.relates_to"]["key"]) for one in left] == [
        (True, "⏳"),
        (False, "✋"),
    ]


# -------------------------------------------------------------------------------------------------------------- images


async def test_images_are_uploaded_once_and_stand_in_the_text(
    ann: Person, chat: MatrixChat, room: str, proxy: Proxy
) -> None:
    """With the author's picture before the name; one that cannot be had leaves its link."""
    text = '<p>see <img src="https://forum.example/a.png" alt="a kite"> <img src="https://forum.example/missing"></p>'
    said = payload(chat, text, avatar="https://forum.example/face.png")
    for n in range(2):
        await chat.send(place(room), said, f"k-{n}")
    first, second = [one["content"] for one in await ann.events(room)]
    html = first["formatted_body"]
    assert html.count("<img ") == 2
    assert html == second["formatted_body"]
    assert 'alt="a kite"' in html
    assert '<a href="https://forum.example/missing">' in html
    mxc = first["com.beeper.per_message_profile"]["avatar_url"]
    assert html.count(f'src="{mxc}"') == 2
    assert len([asked for asked in proxy.asked if "/upload" in asked.path]) == 1
    headers = {"Authorization": f"Bearer {ann.login.access_token}"}
    where = f"/_matrix/client/v1/media/download/{mxc.removeprefix('mxc://')}"
    async with aiohttp.ClientSession(ann.address, headers=headers) as session, session.get(where) as answer:
        assert await answer.read() == PIXEL


async def test_no_message_fails_for_want_of_an_upload(ann: Person, chat: MatrixChat, room: str, proxy: Proxy) -> None:
    """The homeserver's disk for media is full; the words matter more."""
    proxy.rule(Fail(507), "POST", "/upload", times=None)
    await chat.send(place(room), payload(chat, '<p><img src="https://forum.example/a.png" alt="a kite"></p>'), "k-1")
    [only] = await ann.events(room)
    assert "a kite" in only["content"]["body"]
    assert "<img" not in only["content"]["formatted_body"]


# --------------------------------------------------------------------------------------------------------------- rooms


async def test_a_room_is_found_by_alias_and_entered(ann: Person, chat: MatrixChat, bot: Person) -> None:
    """It is made by its people; we come when somebody asks for it."""
    room = await ann.room(room_alias_name=f"workshop-{bot.id[1:6]}-{ann.id[1:7]}".replace(":", "-"))
    alias = (await ann.call("GET", f"/rooms/{quote(room, safe='')}/state/m.room.canonical_alias/"))["alias"]
    found = await chat.channel(alias.removeprefix("#").partition(":")[0], make=None)
    assert found == room
    assert await say(chat, place(found), "hello", "k-1")
    assert await chat.channel(chat.channel_name(found), make=None) == room


async def test_a_room_that_is_made_has_who_is_invited_as_its_equal(ann: Person, opens: Opens, bot: Person) -> None:
    """They give the commands there; somebody else cannot enter."""
    chat = opens(ann.address, bot, invite=(ann.id,))
    name = f"News {ann.id[1:].partition(':')[0]}"
    room = await chat.channel(name, make=ChannelWish())
    assert await chat.channel(name, make=ChannelWish()) == room
    await ann.join(room)
    assert await ann.call("PUT", f"/rooms/{quote(room, safe='')}/state/m.room.topic/", {"topic": "ours"})
    assert (await ann.call("GET", f"/rooms/{quote(room, safe='')}/state/m.room.name/"))["name"] == name


async def test_a_room_of_a_strange_server_is_not_entered(chat: MatrixChat) -> None:
    """Who may give commands here must not send us anywhere; the answer names the setting."""
    with pytest.raises((NotAllowed, Unreachable)):
        await chat.channel("#books:else.where", make=ChannelWish())
    with pytest.raises(NotAllowed, match="allow_servers"):
        await chat.channel("!AbC:else.where", make=None)


async def test_what_is_encrypted_is_not_written_into_in_clear(
    ann: Person, opens: Opens, bot: Person, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its people rely on that nobody reads it; the answer says what to do where we cannot encrypt."""
    monkeypatch.setitem(sys.modules, "vodozemac", None)
    chat = opens(ann.address, bot)
    where = f"/rooms/{quote(room, safe='')}/state/m.room.encryption/"
    await ann.call("PUT", where, {"algorithm": "m.megolm.v1.aes-sha2"})
    with pytest.raises(NotAllowed, match="encrypted"):
        await say(chat, place(room), "hello", "k-1")
    assert await ann.texts(room) == []


async def test_private_words_go_into_one_room_of_two(ann: Person, chat: MatrixChat, bot: Person, room: str) -> None:
    """The same one every time; where somebody else came in, a new one."""

    async def rooms() -> set[str]:
        for invited in (await ann.call("GET", "/sync", timeout="0"))["rooms"].get("invite", {}):
            await ann.join(invited)
        return set((await ann.call("GET", "/joined_rooms"))["joined_rooms"]) - {room}

    await chat.tell(place(room), UserId(ann.id), "one", "w-1")
    [direct] = await rooms()
    await chat.tell(place(room), UserId(ann.id), "**two**", "w-2")
    assert await rooms() == {direct}
    assert [one["content"]["msgtype"] for one in await ann.events(direct)] == ["m.notice", "m.notice"]
    with pytest.raises(Exception, match="M_FORBIDDEN"):
        await ann.call("POST", f"/rooms/{quote(direct, safe='')}/invite", {"user_id": f"@eve:{SERVER_NAME}"})
    await ann.call("POST", f"/rooms/{quote(direct, safe='')}/leave", {})
    await chat.tell(place(room), UserId(ann.id), "three", "w-3")
    assert await rooms() == {direct}


# ------------------------------------------------------------------------------------------------ keys, devices, faults


async def test_a_login_by_password_is_one_device_across_restarts(
    ann: Person, homeserver: Homeserver, opens: Opens
) -> None:
    """By the device a repeated send is known."""
    await homeserver.register(f"pw-{ann.id[1:].partition(':')[0]}", "letmein")
    user = f"@pw-{ann.id[1:]}"
    room = await ann.room()
    for n in range(2):
        chat = opens(homeserver.address, user=user, password=Secret("letmein"))
        assert await chat.channel(room, make=None) == room
        await say(chat, place(room), "once", "k-1")
        assert len(await ann.events(room)) == 1, n
        await chat.close()


async def test_another_device_still_finds_what_was_sent(
    ann: Person, bot: Person, chat: MatrixChat, opens: Opens, homeserver: Homeserver, room: str
) -> None:
    """The homeserver tells transaction ids to their device alone; the message holds its key itself."""
    message = await say(chat, place(room), "once", "k-1")
    login = await log_in(homeserver.address, bot.id[1:].partition(":")[0], "password")
    other = opens(homeserver.address, token=Secret(login.access_token))
    assert [(one.message, one.marker) for one in await other.read_back(place(room), MessageId(""))] == [
        (message, "k-1")
    ]
    assert (await event(ann, room, message))["content"][KEY] == "k-1"


async def test_read_back_of_a_thread_begins_behind_a_message_whose_text_is_gone(
    ann: Person, chat: MatrixChat, room: str
) -> None:
    """It is in no list of the thread any more; where it stood is known all the same."""
    root = await say(chat, place(room), "the OP", "k-0")
    inside = place(room, root)
    sent = [await say(chat, inside, f"{n}", f"k-{n}") for n in range(1, 4)]
    await say(chat, place(room), "elsewhere", "k-9")
    await chat.edit(inside, sent[2], payload(chat, "changed"))
    await chat.delete(inside, sent[1])
    assert [one.message for one in await chat.read_back(inside, sent[0])] == [sent[2]]
    assert [one.message for one in await chat.read_back(inside, sent[1])] == [sent[2]]
    assert [one.marker for one in await chat.read_back(inside, MessageId(""))] == ["k-1", "k-3"]
    assert [one.marker for one in await chat.read_back(place(room), root)] == ["k-9"]


async def test_more_is_read_back_than_one_page_holds(
    chat: MatrixChat, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left out would be sent again."""
    monkeypatch.setattr("adapters.chats.matrix.chat.PAGE", "3")
    sent = [await say(chat, place(room), f"{n}", f"k-{n}") for n in range(9)]
    assert [one.message for one in await chat.read_back(place(room), sent[1])] == sent[2:]
    inside = place(room, sent[0])
    sent = [await say(chat, inside, f"{n}", f"t-{n}") for n in range(9)]
    assert [one.message for one in await chat.read_back(inside, MessageId(""))] == sent


async def test_an_answer_that_drips_is_not_waited_for_longer_than_all_of_it_may_take(
    ann: Person, bot: Person, chat: MatrixChat, room: str, proxy: Proxy
) -> None:
    """Whoever waits for the next byte alone waits for ever; it stands there once."""
    client = Client(proxy.address)
    client.token = bot.login.access_token
    drip = proxy.rule(Drip(pause=0.2), "PUT", SEND)
    with pytest.raises(OutcomeUnknown):
        await client.call("PUT", path("rooms", room, "send", "m.room.message", "k-1"), {"body": "once"}, total=0.5)
    proxy.cut()
    await drip.met()
    await client.close()
    assert await say(chat, place(room), "once", "k-1")
    assert len(await ann.events(room)) == 1


async def test_a_limit_of_a_default_homeserver_is_told_in_seconds(
    limited: Homeserver, people: People, opens: Opens
) -> None:
    """Ten messages at once, then one in five seconds: the outbox waits as long as it is told, and no longer."""
    ann, bot = await people("ann", at=limited), await people("bot", at=limited)
    room = await ann.room()
    await bot.join(room)
    chat = opens(limited.address, bot)
    with pytest.raises(RateLimited) as told:
        await asyncio.gather(*(say(chat, place(room), f"{n}", f"k-{n}") for n in range(20)))
    assert 0 < told.value.seconds <= 60


@pytest.mark.parametrize("fault", [LoseAnswer(), Fail(502), Limit(1), Limit(1, header=False), Fail(504, asked=False)])
async def test_everything_is_sent_once_and_in_order_over_a_line_that_fails(
    ann: Person, chat: MatrixChat, room: str, proxy: Proxy, fault: Any
) -> None:
    """Every second answer is lost, in one way or another, and what was not answered is sent again under its key."""
    for n in range(10):
        if n % 2:
            proxy.rule(fault, "PUT", SEND)
        for _ in range(5):
            try:
                await say(chat, place(room), f"line {n}", f"k-{n}")
                break
            except (OutcomeUnknown, Unreachable, RateLimited):
                continue
    texts = [text.splitlines()[2] for text in await ann.texts(room)]
    assert texts == [f"line {n}" for n in range(10)]


async def test_a_homeserver_that_is_killed_in_the_middle_shows_everything_once(own: Own, opens: Opens) -> None:
    """Its memory is gone and its disk is not; neither are our keys."""
    ann, bot = await newcomer(own, "ann"), await newcomer(own, "bot")
    try:
        room = await ann.room()
        await bot.join(room)
        chat = opens(own.address, bot)
        killing = None
        for n in range(30):
            if n == 10:
                killing = asyncio.create_task(_killed(own))
            while True:
                try:
                    await say(chat, place(room), f"line {n}", f"k-{n}")
                    break
                except (OutcomeUnknown, Unreachable):
                    await asyncio.sleep(0.05)
        assert killing is not None
        await killing
        texts = [text.splitlines()[2] for text in await ann.texts(room)]
        assert texts == [f"line {n}" for n in range(30)]
    finally:
        await ann.close()
        await bot.close()


async def _killed(own: Own) -> None:
    own.kill()
    await own.begin()


async def test_a_text_that_no_event_could_hold_is_refused_in_words(chat: MatrixChat, room: str) -> None:
    """It is given up, and its neighbours go on."""
    said = payload(chat, "words")
    content = msgspec.convert(said["content"], dict[str, Any])
    with pytest.raises(Refused, match="M_TOO_LARGE"):
        await chat.send(place(room), said | {"content": content | {"body": "x" * 70_000}}, "k-1")


async def test_a_probe_says_who_we_are_and_what_answers(chat: MatrixChat, bot: Person) -> None:
    """`check` shows it."""
    assert (await chat.probe()).startswith(f"{bot.id}, Synapse 1.")


async def test_a_room_that_may_not_be_written_into_is_found_before_anything_is_sent(
    ann: Person, chat: MatrixChat, room: str
) -> None:
    """With what to do about it; rooms of our own making are above all levels."""
    made = await chat.channel(f"made-{ann.id[1:].partition(':')[0]}", make=ChannelWish())
    found = await chat.examine()
    assert not [one for one in found if one.level == "bad"]
    assert "override_ratelimit" in found[0].text
    assert [one.level for one in found if "2 rooms entered" in one.text] == ["ok"]
    where = f"/rooms/{quote(room, safe='')}/state/m.room.power_levels/"
    levels = await ann.call("GET", where)
    await ann.call("PUT", where, levels | {"events_default": 30})
    bad = [one.text for one in await chat.examine() if one.level == "bad"]
    assert len(bad) == 1
    assert any(room in text and "the level 30 (it has 0)" in text for text in bad)
    assert not any(made in text for text in bad)
    assert "the level 30 (it has 0)" in str(await chat.lacking(ChannelRef(room)))
    assert await chat.lacking(made) == ()


async def test_an_admin_is_told_what_its_limit_is(people: People, opens: Opens) -> None:
    """Only to admins of a homeserver it is told."""
    bot = await people("bot", admin=True)
    chat = opens(bot.address, bot)
    assert (await chat.examine())[0].level == "note"
    where = f"{bot.address}/_synapse/admin/v1/users/{quote(bot.id, safe='')}/override_ratelimit"
    headers = {"Authorization": f"Bearer {bot.login.access_token}"}
    no_limit = {"messages_per_second": 0, "burst_count": 0}
    async with aiohttp.ClientSession(headers=headers) as session, session.post(where, json=no_limit) as answer:
        assert answer.status == 200
    assert (await chat.examine())[0].text == "no limit on messages is in force for it"
