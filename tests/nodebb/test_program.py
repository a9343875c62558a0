"""The whole program on a NodeBB: a thread is mirrored, somebody answers in the chat, and the answer stands there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.testing.clock import FakeClock
from bot.testing.faults import Line
from tests.house import House, found, has, kept_secret, lacks, settled
from tests.nodebb.stand_in import StandIn
from tests.nodebb.told import Told

FORUM = """
[forums.talk]
adapter = "nodebb"
address = "{address}"
token_file = "{token}"
spacing = 0.0
"""


@pytest.fixture
async def here(site: StandIn, clock: FakeClock, tmp_path: Path) -> AsyncIterator[House]:
    forum = FORUM.format(address=site.address, token=kept_secret(tmp_path, site.token("bridge")))
    house = House(tmp_path / "home", settled(tmp_path, forum), clock)
    async with house.running():
        yield house


async def test_an_answer_in_the_chat_stands_on_the_forum(here: House, site: StandIn) -> None:
    """Mirror, answer, edit, delete: each side sees what the other does, and nobody sees it twice."""
    told = Told(site, 0)
    post = site.world.reply(told.ben, told.thread, "First answer")
    await here.mirror(f"{site.address}/topic/{told.topic.slug}")
    shown = await here.until(has("First answer"))
    await here.say("I think so **too**", found(shown, "First answer"))
    await here.app.once()
    [ours] = [one for one in site.world.posts.values() if one.user.name == "bridge"]
    assert ours.to == post.pid
    assert ours.text.endswith("I think so **too**")
    site.world.reply(told.ann, told.thread, "Me three", ours.pid)
    shown = await here.until(has("Me three"))
    assert lacks("I think so")(shown), "an echo is not shown beside what it echoes"
    site.world.edit(post, "Said better")
    shown = await here.until(has("Said better"))
    site.world.delete(post)
    await here.until(lacks("Said better"))


async def test_a_new_thread_of_a_board_comes_to_the_channel(here: House, site: StandIn) -> None:
    """The board is found by the link that a browser shows."""
    Told(site, 1)
    await here.mirror(f"{site.address}/category/5/talk")
    site.world.start(site.world.user("cleo"), "Something new", "Hear, hear", 5)
    await here.until(has("Hear, hear"))


async def test_an_answer_whose_fate_was_lost_stands_there_once(here: House, site: StandIn) -> None:
    """The forum took it and the line broke: it is found in the account's own list, and not said again."""
    told = Told(site, 1)
    await here.mirror(f"{site.address}/topic/{told.topic.slug}")
    shown = await here.until(has("Reply 0"))
    await site.site.line(Line.DEAF)
    await here.say("Said once")
    await here.app.once()
    await site.site.line(Line.WHOLE)
    site.world.reply(told.ann, told.thread, "Heard you")
    shown = await here.until(has("Heard you"))
    ours = [one.text for one in site.world.posts.values() if one.user.name == "bridge"]
    assert len(ours) == 1
    assert lacks("Said once")(shown)
