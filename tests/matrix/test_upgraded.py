"""A room of a real homeserver is upgraded: its mirrors go on in the new one, and nothing is lost or shown twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from bot.app import OPERATOR
from bot.commands import carry_out
from bot.model import Moved, ThreadKey
from tests.matrix.conftest import People
from tests.matrix.listening import heard, in_thread, state
from tests.matrix.people import Person
from tests.matrix.test_two_ways import POSTED, House

MOVED = "SELECT 1 FROM place WHERE moved_to IS NOT NULL"


async def upgrade(person: Person, room: str, version: str = "12") -> str:
    """Replace a room; the new one."""
    said = await person.call("POST", f"/rooms/{quote(room, safe='')}/upgrade", {"new_version": version})
    return str(said["replacement_room"])


class Upgraded(House):
    """A thread that grows while the room that shows it is replaced."""

    thread = ThreadKey("")

    async def begin(self, into: str = "") -> str:
        """Show a thread with one reply in the room; the root of its chat thread."""
        self.thread = await self.board.start_thread("b1", "Zoe", "Talk", "no. 0")
        await self.grow(1)
        if into:
            await self.order(into)
        else:
            await self.mirror(self.thread)
        await self.until("SELECT 1 WHERE (SELECT count(*) FROM copy)=2")
        await self.until("SELECT 1 FROM chat_cursor WHERE chat='matrix' AND cursor<>''")
        [[root]] = await self.rows("SELECT thread_ref FROM place WHERE parent IS NOT NULL")
        return str(root)

    async def order(self, into: str) -> None:
        """Mirror the thread into a room, as each start does what the settings say."""
        words = ("add", f"sandbox:{self.thread}", "--into", f"matrix:{into}")
        answer = await carry_out(self.app, OPERATOR, "mirror", words)
        assert answer.ok, answer.text

    async def grow(self, *numbers: int) -> None:
        """Write further replies."""
        for number in numbers:
            opening = (await self.board.state()).threads[self.thread].posts[0]
            await self.board.post(self.thread, opening, "Max", "", f"no. {number}")

    async def shown(self, room: str) -> list[str]:
        """What we show in a room, by its number, in order."""
        bodies = [event["content"].get("body", "") for event in await self.ann.events(room) if self.ours(event)]
        return [line for body in bodies for line in body.splitlines() if line.startswith("no. ")]

    def ours(self, event: dict[str, Any]) -> bool:
        return event["sender"] == self._bot.id

    async def shows(self, room: str, *numbers: int) -> None:
        """Work until the last of some replies is shown in a room; they all stand there once, in their order."""
        wanted = [f"no. {number}" for number in numbers]
        async with asyncio.timeout(60):
            while wanted[-1] not in await self.shown(room):
                await self.until("SELECT 1")
                await self.app.once()
                self._clock.advance(60_000)
        assert await self.shown(room) == wanted

    async def quiet(self) -> None:
        """Work until nothing is owed."""
        await self.until(
            "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE state NOT IN ('sent', 'dropped', 'refused'))"
        )


@pytest.fixture
async def house(people: People, tmp_path: Path) -> Upgraded:
    return Upgraded(tmp_path, await people("bot"), await people("ann"), "")


async def furnished(house: Upgraded, **wishes: Any) -> Upgraded:
    """A room of Ann's in which we are."""
    house.room = await house.ann.room(**wishes)
    await house._bot.join(house.room)
    return house


@pytest.mark.parametrize(("before", "after"), [("10", "11"), ("11", "12"), ("12", "12")])
async def test_what_is_mirrored_goes_on_in_the_new_room(house, before, after):
    """Posts come there once, what people answer there reaches the forum, and commands there see the mirror."""
    await furnished(house, room_version=before)
    ann = house.ann
    async with house.running():
        await house.begin()
        new = await upgrade(ann, house.room, after)
        await house.grow(2)
        await house.until(MOVED)
        await house.grow(3)
        await house.shows(new, 0, 2, 3)
        assert await house.shown(house.room) == ["no. 0", "no. 1"]
        [message] = [e for e in await ann.events(new) if house.ours(e) and "no. 3" in e["content"].get("body", "")]
        root = message["content"]["m.relates_to"]["event_id"]
        said = await ann.say(new, "words from the new room", **in_thread(root, message["event_id"], real=True))
        await house.until(POSTED, said)
        await house.quiet()
        threads = (await house.board.state()).threads[house.thread].posts
        assert [(await house.board.state()).posts[key].text for key in threads][-1] == "words from the new room"
        await ann.say(new, "!mirror remove 1")
        await house.until("SELECT 1 FROM mirror WHERE state='removed'")


@pytest.mark.parametrize("named", ["id", "alias"])
async def test_a_room_that_was_upgraded_while_we_were_away_is_followed(house, named):
    """Though the settings mirror into it at the start, under its old id or under the alias that went with it."""
    alias = f"away-{house._bot.id[1:].partition(':')[0]}"
    await furnished(house, room_version="11", room_alias_name=alias)
    into = house.room if named == "id" else f"#{alias}"
    async with house.running():
        await house.begin(into)
    new = await upgrade(house.ann, house.room)
    async with house.running():
        await house._bot.join(new)
        await house.order(into)
        await house.grow(2)
        await house.until(MOVED)
        await house.order(into)
        await house.quiet()
        await house.grow(3)
        await house.until("SELECT 1 FROM post WHERE body LIKE '%no. 3%'")
        await house.quiet()
        assert (await house.shown(new))[-2:] == ["no. 2", "no. 3"]
        assert len(set(await house.shown(new))) == len(await house.shown(new))
        rows = "SELECT p.channel FROM mirror m JOIN place p ON p.id=m.place WHERE m.state<>'removed'"
        assert await house.rows(rows) == [(new,)]


async def test_a_new_room_that_has_to_invite_us_first_is_followed_when_it_does(house):
    """What came meanwhile was refused in the old one, and is shown in the new one without anybody's word."""
    await furnished(house, preset="private_chat", invite=[house._bot.id], room_version="11")
    async with house.running():
        await house.begin()
        new = await upgrade(house.ann, house.room)
        await house.grow(2)
        await house.until("SELECT 1 FROM queue WHERE paused LIKE '%invite us there%' AND told<>''")
        assert [new in remark for remark in house.app.remarks()["matrix"]] == [True]
        await house.ann.call("POST", f"/rooms/{quote(new, safe='')}/invite", {"user_id": house._bot.id})
        await house.until(MOVED)
        await house.shows(new, 0, 2)
        await house.quiet()
        assert await house.rows("SELECT about FROM notice WHERE closed_at IS NULL") == []
        assert await house.shown(house.room) == ["no. 0", "no. 1"]


async def test_a_room_that_only_says_that_it_goes_on_elsewhere_moves_nothing(bot, room, people):
    """Else whoever rules in one room could bring its mirrors into another, where others rule."""
    ann, ben = await people("ann"), await people("ben")
    place, other = await room(ann), await room(ben)
    ears = await bot.ears()
    await state(ann, place, "m.room.tombstone", {"body": "we are over there", "replacement_room": other})
    assert not any(isinstance(event, Moved) for event in await heard(ears, ann, place))
    assert not any(isinstance(event, Moved) for event in await heard(ears, ben, other))
