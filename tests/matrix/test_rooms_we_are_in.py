"""Who may give orders in rooms of a real homeserver, how far people have read, and which rooms are entered."""

from __future__ import annotations

import sys
from urllib.parse import quote

import pytest

from adapters.chats.matrix.receiving import sync
from bot.model import ChannelRef, Commanded, Moved, Receipt, ThreadRef, Where
from bot.testing.chat_talk import Ears, saying
from tests.matrix.listening import (
    heard,
    in_thread,
    state,
    until,
)
from tests.matrix.people import Person

# --------------------------------------------------------------------------------------------------- commands, powers


async def orders(ears: Ears, person: Person, room: str) -> list[tuple[str, tuple[str, ...], bool, str]]:
    return [
        (one.group, one.words, one.person.admin, one.community)
        for one in await heard(ears, person, room)
        if isinstance(one, Commanded)
    ]


@pytest.mark.parametrize("version", ["10", "11", "12"])
async def test_who_may_change_the_room_may_give_orders(bot, room, people, version):
    """By power level at that moment; creators of the newest rooms have none, and may all."""
    ann, ben = await people("ann"), await people("ben")
    creators = {"creation_content": {"additional_creators": [ben.id]}} if version == "12" else {}
    place = await room(ann, room_version=version, **creators)
    await ben.join(place)
    ears = await bot.ears()
    await ben.say(place, '!mirror add "a b"')
    await ann.say(place, "!forum")
    powers = await ann.call("GET", f"/rooms/{quote(place, safe='')}/state/m.room.power_levels")
    assert await orders(ears, ben, place) == [
        ("mirror", ("add", "a b"), version == "12", place),
        ("forum", (), True, place),
    ]
    if version != "12":
        await ben.say(place, "!mirror one")
        powers["users"][ben.id] = 50
        await state(ann, place, "m.room.power_levels", powers)
        await ben.say(place, "!mirror two")
        powers["users"][ben.id] = 0
        await state(ann, place, "m.room.power_levels", powers)
        await ben.say(place, "!mirror three")
        assert [admin for _, _, admin, _ in await orders(ears, ben, place)] == [False, True, False]


async def test_powers_are_known_after_a_restart_and_when_we_gave_them(bot, people):
    """We hear nothing of what we do ourselves, but who has power counts."""
    ann = await people("ann")
    place = ChannelRef(await bot.person.room(room_version="11"))
    await ann.join(place)
    ears = await bot.ears()
    await ann.say(place, "!mirror one")
    assert [admin for _, _, admin, _ in await orders(ears, ann, place)] == [False]
    powers = await bot.person.call("GET", f"/rooms/{quote(place, safe='')}/state/m.room.power_levels")
    powers["users"][ann.id] = 100
    await state(bot.person, place, "m.room.power_levels", powers)
    await ann.say(place, "!mirror two")
    assert [admin for _, _, admin, _ in await orders(ears, ann, place)] == [True]
    await ears.close()
    again = await bot.ears(ears.cursor)
    await ann.say(place, "!mirror three")
    assert [admin for _, _, admin, _ in await orders(again, ann, place)] == [True]


async def test_a_room_of_a_space_is_of_its_community_if_both_say_so(bot, room, people):
    """Communities are walls: neither a space nor a room can take the other in by itself."""
    ann, eve = await people("ann"), await people("eve")
    space = await room(ann, creation_content={"type": "m.space"}, room_version="11")
    place = await room(eve, room_version="11")
    await ann.join(place)
    ears = await bot.ears()
    via = {"via": ["localhost"]}
    await state(ann, space, "m.space.child", via, place)
    await ann.say(place, "!mirror one")
    assert await orders(ears, ann, place) == [("mirror", ("one",), False, place)]
    await state(eve, place, "m.space.parent", via, space)
    await ann.say(place, "!mirror two")
    assert await orders(ears, ann, place) == [("mirror", ("two",), True, space)]
    await eve.say(place, "!mirror three")
    assert await orders(ears, eve, place) == [("mirror", ("three",), False, space)]
    await state(ann, space, "m.space.child", {}, place)
    await ann.say(place, "!mirror four")
    assert await orders(ears, ann, place) == [("mirror", ("four",), False, place)]


# ------------------------------------------------------------------------------------------ receipts, rooms that change


async def test_how_far_people_have_read_is_heard(bot, room, people, monkeypatch):
    """In a thread, in the channel without its threads, and in all of it."""
    monkeypatch.setattr(sync, "READERS", 0.0)
    ann, ben, cy = await people("ann"), await people("ben"), await people("cy")
    place = await room(ann)
    await ben.join(place)
    await cy.join(place)
    root = await bot.person.say(place, "root")
    inside = await bot.person.say(place, "a post", **in_thread(root))
    ears = await bot.ears()

    async def reads(person: Person, message: str, **thread: str) -> Receipt:
        path = f"/rooms/{quote(place, safe='')}/receipt/m.read/{quote(message, safe='')}"
        await person.call("POST", path, thread)
        events = await ears.until(lambda event: isinstance(event, Receipt) and event.person.id == person.id)
        assert isinstance(events[-1], Receipt)
        return events[-1]

    one = await reads(ann, inside, thread_id=root)
    two = await reads(ben, root, thread_id="main")
    three = await reads(cy, inside)
    assert (one.where, one.message, one.everywhere) == (Where(place, ThreadRef(root)), inside, False)
    assert (two.where, two.message, two.everywhere) == (Where(place), root, False)
    assert (three.where, three.message, three.everywhere) == (Where(place), inside, True)


async def test_an_invitation_is_accepted_from_allowed_servers_only(bot, people):
    """Everybody of our own server is let in unless the settings name others; what is refused is remembered."""
    ann = await people("ann")
    place = await ann.room(preset="private_chat", invite=[bot.id])
    receiving = bot.opened()
    ears = await bot.ears(receiving=receiving)

    async def there() -> bool:
        return place in (await bot.person.call("GET", "/joined_rooms"))["joined_rooms"]

    await until(there)
    await ann.say(place, "!mirror list")
    events = await ears.until(lambda event: isinstance(event, Commanded))
    assert receiving.invitations.refused == ()
    assert [type(event) for event in events] == [Commanded]


async def test_an_encrypted_room_is_remarked_upon(bot, room, people, monkeypatch):
    """Where it cannot be read, silence would look like nobody speaking."""
    monkeypatch.setitem(sys.modules, "vodozemac", None)
    ann = await people("ann")
    place = await room(ann)
    receiving = bot.opened()
    ears = await bot.ears(receiving=receiving)
    assert receiving.remarks == ()
    await state(ann, place, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    await heard(ears, ann, place)
    assert [place in remark for remark in receiving.remarks] == [True]


@pytest.mark.parametrize("version", ["10", "12"])
async def test_an_upgraded_room_is_followed(bot, room, people, version):
    """It goes on under another id; whoever is owed something there has to know."""
    ann = await people("ann")
    place = await room(ann, room_version="10")
    ears = await bot.ears()
    said = await ann.call("POST", f"/rooms/{quote(place, safe='')}/upgrade", {"new_version": version})
    new = said["replacement_room"]
    events = await ears.until(lambda event: isinstance(event, Moved))
    moved = events[-1]
    assert isinstance(moved, Moved)
    assert (moved.where, moved.to, moved.person.id) == (Where(place), new, ann.id)

    async def there() -> bool:
        return new in (await bot.person.call("GET", "/joined_rooms"))["joined_rooms"]

    await until(there)
    await ann.say(new, "hello there")
    assert [event.where for event in await ears.until(saying("hello there"))] == [Where(ChannelRef(new))]
