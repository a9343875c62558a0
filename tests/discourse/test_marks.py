"""Marks on a Discourse and in the chat are one: what is read on either side is read on both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.model import HOUR, UserId, Where
from bot.store.discussion import unread_posts
from bot.store.in_names import Somebody
from bot.store.marks import mark_to
from bot.store.readers import meet
from bot.store.syncing import SOON
from bot.syncing import Syncing
from bot.testing.clock import FakeClock
from tests.discourse.stand_in import StandIn
from tests.discourse.world import Post, Topic
from tests.house import House, has, settled

FORUM = """
[forums.talk]
adapter = "discourse"
address = "{address}"
requests = 60000.0
"""


class Desk:
    """A topic of which Zoe, whose account is connected, has read nothing."""

    def __init__(self, house: House, site: StandIn) -> None:
        self.house = house
        self.site = site
        app = house.app
        self.syncing = Syncing(app.store, app.forums, app.accounts, site.clock, app.schedule, house.log)

    async def furnish(self) -> Desk:
        world, app, now = self.site.world, self.house.app, self.site.clock.now()
        ann = world.user("ann")
        world.user("zoe")
        self.posts: list[Post] = [world.start(ann, "A kettle that sings", "Mine sings in F sharp.", 7)]
        self.topic: Topic = world.topics[self.posts[0].topic]
        await self.house.mirror(f"{self.site.address}/c/talk/7")
        self.posts += [world.reply(ann, self.topic.id, text) for text in ("One more.", "Two more.", "Three more.")]
        await self.house.until(has("Three more."))
        [[community, channel]] = await self.house.rows("SELECT community, channel FROM place WHERE parent IS NULL")
        reader = await app.store.write(meet, "web", UserId("Zoe"), "Zoe", community, Where(channel), now)
        self.zoe = reader.person
        opened = await app.forum("talk")
        invitation = await app.accounts.invite(self.zoe, opened)
        consent = self.site.allow("zoe", invitation.link)
        await app.accounts.answer(self.zoe, opened, consent, Somebody(community, "web", "Zoe", "Zoe"))
        await self.syncing.sync()
        return self

    async def sync(self, ms: int) -> None:
        assert isinstance(self.site.clock, FakeClock)
        self.site.clock.advance(ms)
        await self.syncing.sync()

    async def unread(self) -> list[str]:
        """The ids of the posts that she has not read."""
        new = {post.id for post in await self.house.app.store.read(unread_posts, self.zoe, 1)}
        return [key for id, key in await self.house.rows("SELECT id, key FROM post ORDER BY n") if id in new]


@pytest.fixture
async def desk(site: StandIn, tmp_path: Path) -> AsyncIterator[Desk]:
    site.world.user("threadline")
    house = House(tmp_path / "home", settled(tmp_path, FORUM.format(address=site.address)), site.clock)
    async with house.running():
        yield await Desk(house, site).furnish()


async def test_what_is_read_in_the_chat_is_read_there(desk: Desk) -> None:
    """By its number, as Discourse counts."""
    [[post]] = await desk.house.rows("SELECT id FROM post WHERE key=$1", str(desk.posts[2].id))
    await desk.house.app.store.write(mark_to, desk.zoe, post)
    await desk.sync(0)
    await desk.sync(SOON)
    assert desk.topic.read == {"zoe": desk.posts[2].number}


async def test_what_is_read_there_is_read_here_and_not_told_back(desk: Desk) -> None:
    """Within the hour."""
    desk.topic.read["zoe"] = desk.posts[1].number
    await desk.sync(HOUR)
    assert await desk.unread() == [str(post.id) for post in desk.posts[2:]]
    desk.site.asked.clear()
    await desk.sync(0)
    await desk.sync(SOON)
    assert [asked.path for asked in desk.site.asked] == []


async def test_what_is_marked_unread_there_is_unread_here(desk: Desk) -> None:
    """It had been told of more."""
    [[post]] = await desk.house.rows("SELECT id FROM post WHERE key=$1", str(desk.posts[3].id))
    await desk.house.app.store.write(mark_to, desk.zoe, post)
    await desk.sync(0)
    await desk.sync(SOON)
    assert await desk.unread() == []
    desk.topic.read["zoe"] = desk.posts[1].number
    await desk.sync(HOUR)
    assert await desk.unread() == [str(post.id) for post in desk.posts[2:]]


async def test_a_key_that_was_revoked_there_rests_the_account(desk: Desk) -> None:
    """Who took it back knows why; nothing else of the forum waits."""
    desk.site.user_keys.clear()
    await desk.sync(HOUR)
    [[person, text]] = await desk.house.rows("SELECT person, text FROM whisper")
    assert (person, "talk" in text) == ("Zoe", True)
    desk.site.asked.clear()
    await desk.sync(HOUR)
    assert desk.site.asked == []
