"""Who signed in to our pages is the same person in the chat there, and goes where the login goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.store import open_store, run
from bot.store.linking import unlink_login
from bot.store.own_data import forget, own_data
from bot.store.persons import Identity, ensure_person, identities, join, person_of, unlink
from bot.store.sessions import READER, SignedIn, enter, issue, session, sign_in, ticket
from bot.store.visitors import admit, visitor_id, visits
from bot.testing.store_rig import StoreRig

VISITOR = visitor_id("discord", "7")


class Hall(StoreRig):
    """A store that knows Rae of Discord, who signed in and visits the chat "web"."""

    async def open_to(self) -> Hall:
        self.rae = await self.store.write(ensure_person, "discord", "7", "Rae", 1)
        self.who = await self.signs_in("s1")
        assert not await self.store.read(visits, "web", self.who)
        await self.visit()
        return self

    async def signs_in(self, token: str) -> SignedIn:
        await self.store.write(sign_in, "discord", "7", self.community, token, self.now)
        found = await self.store.read(session, token, self.now)
        assert found is not None
        return found.who

    async def visit(self) -> None:
        await self.store.write(admit, "web", self.who, self.now)

    async def person(self, chat: str, user: str) -> int | None:
        return await self.store.read(person_of, chat, user)

    async def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.store.write(run, sql, *params)]


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    store = await open_store(tmp_path / "threadline.db")
    there = Hall(store)
    await there.furnish()
    yield await there.open_to()
    await store.close()


async def test_a_visitor_is_the_person_of_the_login(hall: Hall) -> None:
    """Marks, follows and accounts are one person's, wherever they come in."""
    assert await hall.person("web", VISITOR) == hall.rae
    assert await hall.store.read(visits, "web", hall.who)
    await hall.visit()
    assert len(await hall.store.read(identities, hall.rae)) == 2, "twice changes nothing"


async def test_a_name_that_is_spelled_like_theirs_stays_somebody_else(hall: Hall) -> None:
    """It is the id that says who it is."""
    bare = await hall.store.write(ensure_person, "web", "Rae", "Rae", 1)
    await hall.visit()
    assert bare != hall.rae
    assert await hall.person("web", "Rae") == bare


async def test_what_is_linked_takes_the_visitor_along(hall: Hall) -> None:
    """The one is there for the other."""
    other = await hall.store.write(ensure_person, "matrix", "@rae", "Rae of Matrix", 1)
    await hall.store.write(join, other, hall.rae)
    assert await hall.person("web", VISITOR) == other
    alone = await hall.store.write(unlink, "discord", "7", hall.now)
    assert {await hall.person("web", VISITOR), await hall.person("discord", "7")} == {alone}
    assert await hall.person("matrix", "@rae") == other
    assert await hall.store.read(session, "s1", hall.now) is None, "its browsers are signed out"


async def test_a_visitor_is_no_login_that_could_be_unlinked_from_its_own(hall: Hall) -> None:
    """Who has one login is alone, however they come in."""
    assert await hall.store.write(unlink, "discord", "7", hall.now) == hall.rae
    for asks, chat in ((("web", VISITOR), ""), (("web", VISITOR), "web"), (("discord", "7"), "web")):
        done = await hall.store.write(unlink_login, hall.rae, Identity(*asks, "Rae"), chat, "told", hall.now)
        assert (done.login and done.login.chat, done.others) == ("discord", ()), "the login that is meant"
    assert await hall.person("web", VISITOR) == hall.rae


async def test_a_visitor_who_unlinks_unlinks_the_login(hall: Hall) -> None:
    """By what they are called on our pages or in their chat: it is one and the same."""
    for asks, chat in ((("web", VISITOR), ""), (("matrix", "@rae"), "web"), (("web", VISITOR), "discord")):
        matrix = await hall.store.write(ensure_person, "matrix", "@rae", "Rae of Matrix", 1)
        rae = await hall.person("discord", "7")
        assert rae is not None
        await hall.store.write(join, matrix, rae)
        done = await hall.store.write(unlink_login, matrix, Identity(*asks, "Rae"), chat, "told", hall.now)
        assert done.login is not None
        assert (done.login.chat, [one.chat for one in done.others]) == ("discord", ["matrix"])
        assert await hall.person("web", VISITOR) == await hall.person("discord", "7") != matrix


async def test_a_link_that_a_visitor_asks_for_is_for_the_login(hall: Hall) -> None:
    """So a phone is signed in from a desk: as the same login, not as a visitor of a visitor."""
    await hall.store.write(issue, "token", READER, "web", VISITOR, hall.community, hall.now)
    found = await hall.store.read(ticket, "token", READER, hall.now)
    assert found is not None
    assert (found.chat, found.user, found.person) == ("discord", "7", hall.rae)
    await hall.store.write(enter, "token", "s2", hall.now)
    again = await hall.store.read(session, "s2", hall.now)
    assert again is not None
    assert (again.who.chat, again.who.user) == ("discord", "7")


async def test_the_visitor_is_given_and_forgotten_with_the_person(hall: Hall) -> None:
    """Nothing of either stays, and no browser is signed in."""
    told = msgspec.json.decode(await hall.store.read(own_data, hall.rae))
    assert [(one["chat"], one["user_id"]) for one in told["logins"]] == [("discord", "7"), ("web", VISITOR)]
    await hall.store.write(forget, hall.rae, hall.now)
    assert await hall.rows("SELECT 1 FROM identity") == await hall.rows("SELECT 1 FROM session") == []
    await hall.visit()
    assert await hall.rows("SELECT 1 FROM identity") == [], "who was forgotten meanwhile visits no more"


async def test_what_a_visitor_had_said_before_they_were_forgotten_makes_no_second_person(hall: Hall) -> None:
    """It may be heard late; when they sign in again they are one."""
    await hall.store.write(forget, hall.rae, hall.now)
    late = await hall.store.write(ensure_person, "web", VISITOR, "Rae", hall.now)
    again = await hall.store.write(ensure_person, "discord", "7", "Rae", hall.now)
    assert late != again
    hall.who = await hall.signs_in("s2")
    await hall.visit()
    assert await hall.person("web", VISITOR) == again
