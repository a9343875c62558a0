"""The whole program on a Flarum: a discussion is mirrored, and what is answered in the chat stands there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.model import Millis
from bot.testing.clock import FakeClock
from tests.flarum.stand_in import StandIn
from tests.flarum.world import BEGAN
from tests.house import House, found, has, kept_secret, lacks, settled

FORUM = """
[forums.talk]
adapter = "flarum"
address = "{address}"
token_file = "{token}"
user_id = "{user}"
requests = 600000.0
"""


def house(folder: Path, site: StandIn, forum: str = "") -> House:
    """The program on a forum whose time goes by with its own."""

    def passes(ms: Millis) -> None:
        site.world.now += ms // 1000

    return House(folder / "home", settled(folder, forum), FakeClock(BEGAN * 1000), passes)


@pytest.fixture
async def here(site: StandIn, tmp_path: Path) -> AsyncIterator[House]:
    token, user = kept_secret(tmp_path, "a-key-of-the-site"), site.world.user("bridge").id
    async with house(tmp_path, site, FORUM.format(address=site.address, token=token, user=user)).running() as running:
        yield running


async def test_an_answer_in_the_chat_stands_on_the_forum(here: House, site: StandIn) -> None:
    """Mirror, answer, delete: each side sees what the other does, and nobody sees it twice."""
    world = site.world
    op = world.start(world.user("ann"), "Plain talk", "The opening words", 1, 2)
    post = world.reply(world.user("ben"), op.discussion, "First answer")
    await here.mirror(f"{site.address}/d/{op.discussion}-plain-talk")
    shown = await here.until(has("First answer"))
    await here.say("I think so **too**", found(shown, "First answer"))
    await here.app.once()
    [ours] = [row for row in world.posts.values() if world.users[row.user].username == "bridge"]
    assert str(ours.content).startswith(f'@"ben"#p{post.id} ')
    assert "I think so **too**" in str(ours.content)
    world.reply(world.user("cleo"), op.discussion, "Me three")
    shown = await here.until(has("Me three"))
    assert lacks("I think so")(shown), "an echo is not shown beside what it echoes"
    world.delete(post.id)
    await here.until(lacks("First answer"))


async def test_a_tag_is_mirrored_with_what_befalls_its_discussions(here: House, site: StandIn) -> None:
    """A new discussion appears, its answers below it; that it is renamed is told, and is no reply."""
    world = site.world
    world.start(world.user("ann"), "Old talk", "Long ago", 1, 2)
    await here.mirror(f"{site.address}/t/talk")
    op = world.start(world.user("ben"), "Plain talk", "The opening words", 1, 2)
    world.reply(world.user("cleo"), op.discussion, "First answer")
    await here.until(has("The opening words", "First answer"))
    world.rename(op.discussion, "Plainer talk", world.user("ben"))
    await here.until(has("Plainer talk"))


async def test_what_a_moderator_let_through_is_recognised(here: House, site: StandIn) -> None:
    """It waited under the number that it keeps; nobody sees it twice."""
    world = site.world
    op = world.start(world.user("ann"), "Plain talk", "The opening words", 1, 2)
    world.approval = world.moderated = True
    await here.mirror(f"{site.address}/d/{op.discussion}")
    shown = await here.until(has("The opening words"))
    await here.say("Please let me in")
    await here.app.once()
    [ours] = [row for row in world.posts.values() if world.users[row.user].username == "bridge"]
    assert not ours.approved
    ours.approved, ours.content, world.moderated = True, "In other words", False
    world.reply(world.user("cleo"), op.discussion, "After that")
    shown = await here.until(has("After that"))
    assert lacks("let me in")(shown)
    assert lacks("In other words")(shown) or len([t for t in shown.values() if "In other words" in t]) == 1


async def test_a_forum_that_nobody_configured_is_recognised_by_its_page(site: StandIn, tmp_path: Path) -> None:
    """A pasted link is enough: the page says which engine made it, and where the site stands."""
    world = site.world
    world.start(world.user("ann"), "Plain talk", "The opening words", 1, 2)
    async with house(tmp_path, site).running() as here:
        assert "Talk" in await here.mirror(f"{site.address}/t/talk")
        await here.until(has("The opening words"))
