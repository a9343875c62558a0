"""The program on a Discourse: what stands there is mirrored, and what is answered in the chat stands there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import OPERATOR
from bot.commands import carry_out
from bot.model import Caller, ChannelRef, ChatName, UserId, Where
from tests.discourse.stand_in import StandIn
from tests.house import House, found, has, kept_secret, lacks, settled

FORUM = """
[forums.talk]
adapter = "discourse"
address = "{address}"
username = "threadline"
api_key_file = "{key}"
impersonate = "admins"
requests = 60000.0
"""


@pytest.fixture
def house(site: StandIn, tmp_path: Path) -> House:
    site.world.user("threadline")
    forum = FORUM.format(address=site.address, key=kept_secret(tmp_path, site.api_key()))
    return House(tmp_path / "home", settled(tmp_path, forum), site.clock)


@pytest.fixture
async def here(house: House) -> AsyncIterator[House]:
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


async def granted(here: House, site: StandIn) -> str:
    """An admin grants Zoe, who said something before, the name of a user; the message that she answers."""
    world = site.world
    world.start(world.user("ann"), "A kettle that sings", "Mine sings in F sharp.", 7)
    world.user("zoe-of-talk")
    await here.mirror(f"{site.address}/c/talk/7")
    at = found(await here.until(has("F sharp")), "F sharp")
    await here.say("By the bridge.", at, id="matrix:@zoe")
    await here.app.once()
    [[community]] = await here.rows("SELECT community FROM mirror")
    news = Where(ChannelRef("news"))
    admin = Caller(ChatName("web"), community, "Ada", admin=True, where=news, id=UserId("matrix:@ada"))
    answer = await carry_out(here.app, admin, "mirror", ["grant", "talk", "zoe-of-talk", "Zoe"])
    assert answer.ok, answer.text
    return at


def said(site: StandIn) -> list[tuple[str, str]]:
    """Who answered what on the forum; of the bridge the last words."""
    return [(one.user.username, one.raw.splitlines()[-1]) for one in site.world.posts.values() if one.number > 1]


async def test_who_was_granted_a_users_name_answers_under_it(here: House, site: StandIn) -> None:
    """The words stand there as that user's, and bear no word of ours; they are not said here again."""
    at = await granted(here, site)
    await here.say("By myself.", at, id="matrix:@zoe")
    await here.app.once()
    assert said(site) == [("threadline", "By the bridge."), ("zoe-of-talk", "By myself.")]
    assert list(site.world.posts.values())[-1].raw == "By myself."
    [topic] = site.world.topics
    site.world.reply(site.world.user("ann"), topic, "So you are here, too.")
    assert lacks("By myself.")(await here.until(has("here, too")))


async def test_settings_that_leave_it_to_nobody_any_more_are_heard_at_the_start(
    house: House, site: StandIn, tmp_path: Path
) -> None:
    """Replies go on by the bridge, and the admins see why."""
    async with house.running():
        at = await granted(house, site)
    file = tmp_path / "threadline.toml"
    file.write_text(file.read_text("utf-8").replace('impersonate = "admins"', ""), "utf-8")
    async with house.running():
        await house.say("By the bridge again.", at, id="matrix:@zoe")
        await house.app.once()
        told = await carry_out(house.app, OPERATOR, "mirror", ["status"])
    assert said(site) == [("threadline", "By the bridge."), ("threadline", "By the bridge again.")]
    assert "do not allow any more what was granted" in told.text
