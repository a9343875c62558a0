"""The program on a Discourse: what stands there is mirrored, and what is answered in the chat stands there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.discourse.stand_in import StandIn
from tests.house import House, found, has, kept_secret, lacks, settled

FORUM = """
[forums.talk]
adapter = "discourse"
address = "{address}"
username = "threadline"
api_key_file = "{key}"
requests = 60000.0
"""


@pytest.fixture
async def here(site: StandIn, tmp_path: Path) -> AsyncIterator[House]:
    site.world.user("threadline")
    forum = FORUM.format(address=site.address, key=kept_secret(tmp_path, site.api_key("threadline")))
    house = House(tmp_path / "home", settled(tmp_path, forum), site.clock)
    async with house.running():
        yield house


async def test_a_board_is_mirrored_and_answered(here: House, site: StandIn) -> None:
    """A reply stands on the forum under the post that it answers, once, and is not said here again."""
    world = site.world
    ann, ben = world.user("ann"), world.user("ben")
    op = world.start(ann, "A kettle that sings", "Mine sings in F sharp.", 7)
    first = world.reply(ben, op.topic, "Mine whistles.")
    await here.mirror(f"{site.address}/c/talk/7")
    at = found(await here.until(has("Mine whistles.")), "Mine whistles.")
    await here.say("Mine does both.", at)
    await here.app.once()
    [posted] = [post for post in world.stream(world.topics[op.topic]) if "Mine does both." in post.raw]
    assert (posted.user.username, posted.reply_to) == ("threadline", first.number)
    world.reply(ann, op.topic, "How does it do that?", posted.number)
    world.edit(first, "Mine whistles and hums.")
    shown = await here.until(has("How does it do that?", "whistles and hums"))
    assert found(shown, "whistles and hums") == at, "an edit is one in place"
    assert lacks("Mine does both.")(shown), "what was said here is not said again"
    world.befall(world.topics[op.topic], ann, "closed.enabled")
    await here.until(has("closed the thread"))
