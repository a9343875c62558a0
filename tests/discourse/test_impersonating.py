"""An administrators' key for all users acts for whom it may, as long as they are that user and no moderator."""

from __future__ import annotations

from typing import Any, cast

import pytest

from adapters.forums.discourse import adapter
from adapters.forums.discourse.forum import Discourse
from adapters.forums.discourse.settings import Settings
from bot.errors import LoginRejected, NotAllowed, Refused, SettingsError, Unreachable
from bot.model import Accepted, BoardKey, Draft, ForumName, Login, Opener, Started, ThreadKey
from bot.ports import Context, Secret
from tests.discourse.description import Description, description
from tests.discourse.stand_in import StandIn

__all__ = ["description"]


@pytest.fixture
def forum(site: StandIn, ours: Context) -> Discourse:
    """The adapter with a key for all users, and leave to let others act with it."""
    return opened_with(site, ours, site.api_key())


def opened_with(site: StandIn, ours: Context, key: str, leave: str = "admins") -> Discourse:
    site.world.user("bot")
    more: dict[str, Any] = {"impersonate": leave} if leave else {}
    settings = Settings(address=site.address, api_key=Secret(key), username="bot", requests=60_000.0, **more)
    made = adapter.open(ForumName("talk"), settings, ours)
    assert isinstance(made, Discourse)
    return made


@pytest.fixture
def thread(site: StandIn) -> ThreadKey:
    return ThreadKey(str(site.world.start(site.world.user("ann"), "Plain talk", "The opening words", 7).topic))


def told_as(site: StandIn) -> set[str]:
    """For whom our key asked or wrote since the last time this was looked at."""
    found = {one.headers["Api-Username"] for one in site.asked if "Api-Key" in one.headers}
    site.asked.clear()
    return found


async def test_a_user_is_found_however_the_name_is_typed(site: StandIn, forum: Discourse) -> None:
    """What is kept of them is their id, and the name as they write it."""
    dora = site.world.user("Dora")
    assert await forum.user(" @dora ") == Login(str(dora.id), "Dora", "")


async def test_everything_about_their_posts_is_done_for_them(
    site: StandIn, forum: Discourse, thread: ThreadKey
) -> None:
    """Discourse then judges by their rights, limits and bans, and not by ours."""
    site.world.user("dora")
    login = await forum.user("dora")
    told_as(site)
    answer = cast(Accepted, await forum.submit(Draft(thread, "Mine", "", login=login), "k-1"))
    assert site.world.posts[int(answer.post)].user.username == "dora"
    await forum.revise(answer.post, Draft(thread, "Still mine", "", login=login), "k-2")
    assert [one.text for one in await forum.written(thread, 0, login)] == ["Still mine"]
    await forum.withdraw(thread, answer.post, "k-3", login)
    made = cast(Started, await forum.start(Opener(BoardKey("c/7"), "A new thread", "Words", "", login=login), "k-4"))
    assert [one.thread for one in await forum.started(BoardKey("c/7"), 0, login)] == [made.thread]
    assert told_as(site) == {"dora"}


async def test_two_people_with_the_same_words_have_two_posts(
    site: StandIn, forum: Discourse, thread: ThreadKey
) -> None:
    """The forum answers an equal post of one user with the first one, and not that of another."""
    for name in ("dora", "zoe"):
        site.world.user(name)
    made = []
    for name, key in (("dora", "k-1"), ("zoe", "k-2"), ("dora", "k-1")):
        made.append(await forum.submit(Draft(thread, "Yes", "", login=await forum.user(name)), key))
    assert made[0] == made[2] != made[1]


async def test_a_key_for_one_user_acts_for_nobody_else(site: StandIn, ours: Context) -> None:
    """The refusal says which key it takes; the forum says the same of a key that is wrong."""
    forum = opened_with(site, ours, site.api_key("bot"))
    site.world.user("dora")
    with pytest.raises(NotAllowed, match="All Users"):
        await forum.user("dora")
    with pytest.raises(NotAllowed, match="leave `impersonate` out"):
        await forum.probe()


async def test_a_look_says_for_whom_a_good_key_acts(forum: Discourse) -> None:
    assert "as @bot" in await forum.probe()


async def test_a_key_for_all_users_is_not_tried_for_others_without_leave(site: StandIn, ours: Context) -> None:
    """What a key could do is no leave to do it."""
    forum = opened_with(site, ours, site.api_key(), leave="")
    site.world.user("dora")
    with pytest.raises(NotAllowed):
        await forum.user("dora")
    await forum.probe()
    assert told_as(site) == {"bot"}


async def test_neither_staff_nor_the_system_is_acted_for(site: StandIn, forum: Discourse) -> None:
    site.world.user("boss", admin=True)
    site.world.user("mod", moderator=True)
    for name in ("boss", "mod", "system"):
        with pytest.raises(Refused, match="staff"):
            await forum.user(name)


async def test_who_was_suspended_is_acted_for_no_more(site: StandIn, forum: Discourse, thread: ThreadKey) -> None:
    """The forum's bans hold in the chat too, and our own account goes on."""
    dora = site.world.user("dora")
    login = await forum.user("dora")
    dora.suspended = True
    with pytest.raises(LoginRejected):
        await forum.submit(Draft(thread, "Hello?", "", login=login), "k-1")
    await forum.submit(Draft(thread, "Hello", "zoe"), "k-2")
    assert [post.raw for post in site.world.posts.values()][-1] == "Hello"


async def test_a_key_that_opens_nothing_any_more_is_nobodys_fault(
    site: StandIn, forum: Discourse, thread: ThreadKey
) -> None:
    """What was granted holds again once the operators set another one: it waits, and is refused nobody."""
    site.world.user("dora")
    login = await forum.user("dora")
    keys = dict(site.api_keys)
    site.api_keys.clear()
    with pytest.raises(Unreachable, match="tried again"):
        await forum.submit(Draft(thread, "Hello?", "", login=login), "k-1")
    site.api_keys.update(keys)
    assert isinstance(await forum.submit(Draft(thread, "Hello?", "", login=login), "k-1"), Accepted)


def test_leave_takes_a_key_of_the_administrators(site: StandIn, ours: Context) -> None:
    with pytest.raises(SettingsError, match="api_key"):
        adapter.open(ForumName("talk"), Settings(address=site.address, impersonate="admins"), ours)
    with pytest.raises(SettingsError, match='"operators" or "admins"'):
        opened_with(site, ours, site.api_key(), leave="everybody")


async def test_what_is_read_of_a_user_is_described(site: StandIn, forum: Discourse, description: Description) -> None:
    """And the stand-in answers what is described, as far as it answers."""
    site.world.user("dora")
    await forum.user("dora")
    [one] = [one for one in site.asked if one.path == "/u/dora.json"]
    path = description.path("GET", one.path)
    assert path == "/u/{username}.json"
    wrong = description.against_answer("GET", path, 200, one.answer)
    assert [why for why in wrong if "is a required property" not in why] == []
    assert not any(
        f"'{field}' is a required" in why for why in wrong for field in ("id", "username", "admin", "moderator")
    )
