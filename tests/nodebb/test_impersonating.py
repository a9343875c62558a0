"""A master token acts for whom it may, as long as they moderate nothing, and whatever they are called by then."""

from __future__ import annotations

from typing import cast

import pytest

from adapters.forums.nodebb.forum import NodeBB
from bot.errors import Gone, LoginRejected, NotAllowed, Refused, SettingsError, Unreachable
from bot.model import Accepted, BoardKey, Draft, Login, Opener, Started
from bot.ports import Secret
from tests.nodebb.conftest import Opened
from tests.nodebb.stand_in import StandIn
from tests.nodebb.told import Told


@pytest.fixture
def forum(site: StandIn, opened: Opened) -> NodeBB:
    """The adapter with a master token, and leave to let others act with it."""
    bot = site.world.user("threadline")
    return opened(token=Secret(site.token("")), uid=bot.uid, impersonate="admins")


def told_as(site: StandIn) -> set[str]:
    """Who asked or wrote since the last time this was looked at, guests left out."""
    found = {one.user for one in site.asked if one.user}
    site.asked.clear()
    return found


async def test_everything_about_their_posts_is_done_for_them(site: StandIn, forum: NodeBB) -> None:
    """NodeBB then judges by their rights, limits and bans, and not by ours."""
    told = Told(site, 1)
    dora = site.world.user("Dora Smith")
    login = await forum.user(" @Dora Smith ")
    assert login == Login(str(dora.uid), "Dora Smith", "")
    told_as(site)
    answer = cast(Accepted, await forum.submit(Draft(told.thread, "Mine", "", login=login), "k-1"))
    assert site.world.posts[answer.post].user is dora
    await forum.revise(answer.post, Draft(told.thread, "Still mine", "", login=login), "k-2")
    assert [one.text for one in await forum.written(told.thread, 0, login)] == ["Still mine"]
    await forum.withdraw(told.thread, answer.post, "k-3", login)
    made = cast(Started, await forum.start(Opener(BoardKey("c/5"), "A new thread", "Words", "", login=login), "k-4"))
    assert [one.thread for one in await forum.started(BoardKey("c/5"), 0, login)] == [made.thread]
    assert told_as(site) == {"Dora Smith"}


async def test_whoever_changed_their_name_is_still_who_they_are(site: StandIn, forum: NodeBB) -> None:
    """What they wrote is looked for where it stands now: else it would be said twice."""
    told = Told(site, 1)
    dora = site.world.user("dora")
    login = await forum.user("dora")
    await forum.submit(Draft(told.thread, "Before", "", login=login), "k-1")
    dora.name = "dorothea"
    assert [(one.author, one.text) for one in await forum.written(told.thread, 0, login)] == [("dorothea", "Before")]


async def test_a_token_of_one_user_acts_for_nobody_else(site: StandIn, opened: Opened) -> None:
    """It takes no notice of for whom it is to act: what is said would stand under the bot's name."""
    bot = site.world.user("threadline")
    site.world.user("dora")
    forum = opened("threadline", uid=bot.uid, impersonate="admins")
    with pytest.raises(NotAllowed, match="master token"):
        await forum.user("dora")
    with pytest.raises(NotAllowed, match="leave `impersonate` out"):
        await forum.probe()


async def test_a_look_says_for_whom_a_master_token_acts(forum: NodeBB) -> None:
    assert "as threadline" in await forum.probe()


async def test_who_moderates_is_not_acted_for(site: StandIn, forum: NodeBB) -> None:
    """Also whoever begins to later."""
    told = Told(site, 1)
    site.world.user("mod", staff=True)
    with pytest.raises(Refused, match="staff"):
        await forum.user("mod")
    dora = site.world.user("dora")
    login = await forum.user("dora")
    dora.staff = True
    with pytest.raises(LoginRejected):
        await forum.submit(Draft(told.thread, "Hello?", "", login=login), "k-1")


async def test_a_token_that_opens_nothing_any_more_is_nobodys_fault(site: StandIn, forum: NodeBB) -> None:
    """What was granted holds again once the operators set another one: it waits, and is refused nobody."""
    told = Told(site, 1)
    site.world.user("dora")
    login = await forum.user("dora")
    tokens = dict(site.tokens)
    site.tokens.clear()
    with pytest.raises(Unreachable, match="tried again"):
        await forum.submit(Draft(told.thread, "Hello?", "", login=login), "k-1")
    site.tokens.update(tokens)
    assert isinstance(await forum.submit(Draft(told.thread, "Hello?", "", login=login), "k-1"), Accepted)


async def test_a_token_that_became_one_of_a_single_user_posts_nothing_under_its_name(
    site: StandIn, forum: NodeBB
) -> None:
    """It takes no notice of for whom it is to act."""
    told = Told(site, 1)
    site.world.user("dora")
    login = await forum.user("dora")
    for token in site.tokens:
        site.tokens[token] = "threadline"
    with pytest.raises(LoginRejected, match="no master token"):
        await forum.submit(Draft(told.thread, "Hello?", "", login=login), "k-1")


async def test_names_that_lead_elsewhere_are_nobodys(site: StandIn, forum: NodeBB) -> None:
    """A name is one step of an address."""
    for odd in ("..", ".", "", "nobody/..", "x" * 5_000):
        with pytest.raises(Gone):
            await forum.user(odd)


async def test_without_leave_a_master_token_acts_for_its_account_alone(site: StandIn, opened: Opened) -> None:
    """What a token could do is no leave to do it."""
    bot = site.world.user("threadline")
    dora = site.world.user("dora")
    forum = opened(token=Secret(site.token("")), uid=bot.uid)
    with pytest.raises(NotAllowed):
        await forum.user("dora")
    with pytest.raises(LoginRejected):
        await forum.submit(Draft(Told(site, 1).thread, "Hello?", "", login=Login(str(dora.uid), "dora", "")), "k-1")


def test_leave_takes_a_master_token(opened: Opened) -> None:
    with pytest.raises(SettingsError, match="master token"):
        opened("threadline", impersonate="admins")
    with pytest.raises(SettingsError, match='"operators" or "admins"'):
        opened("threadline", uid=1, impersonate="everybody")
