"""Who types a command is shown what they may mean, and nothing that is not theirs to know."""

from __future__ import annotations

import pytest

from bot.commands import CATALOGUE
from bot.commands.suggesting import SUGGESTS
from bot.model import ChannelRef, ChatName, ChatPerson, Typing, UserId, Where

WEB = ChatName("web")


async def suggested(here, parameter: str, typed: str = "", community: str = "web", admin: bool = True, group="mirror"):
    person = ChatPerson(UserId("bo"), "Bo", admin)
    typing = Typing(community, Where(ChannelRef("workshop")), person, group, parameter, typed)
    return await here.app.callers.suggest(WEB, typing)


@pytest.fixture
async def ours(mirrored) -> str:
    """The community that has the one mirror, as the chat calls it."""
    [[native]] = await mirrored.rows("SELECT c.native FROM mirror m JOIN community c ON c.id=m.community")
    return str(native)


def test_of_everything_that_says_so_something_is_suggested():
    """An empty list would look as if there were nothing."""
    said = {p.name for command, _ in CATALOGUE.values() for p in command.parameters if p.suggested}
    assert said == set(SUGGESTS)


async def test_mirrors_are_suggested_by_their_numbers(mirrored, ours):
    """With what people know them by; numbers alone say nothing."""
    [one] = await suggested(mirrored, "mirror", community=ours)
    assert one.value == "1"
    assert "Talk (sandbox) → workshop" in one.label
    assert await suggested(mirrored, "mirror", "TALK sand", ours) == (one,)
    assert await suggested(mirrored, "mirror", "other", ours) == ()


async def test_forums_are_suggested_to_readers(mirrored, ours):
    """By the names that they have here."""
    [one] = await suggested(mirrored, "forum", community=ours, admin=False, group="forum")
    assert (one.value, one.label) == ("sandbox", "sandbox")


async def test_readers_are_suggested_boards_and_threads_by_their_titles(mirrored, ours):
    """As many of them as anybody knows by heart have an address."""
    [one] = await suggested(mirrored, "what", "tal", ours, admin=False, group="forum")
    assert (one.value, one.label) == ("thread:1", "Talk (sandbox)")
    await mirrored.did("add", "sandbox:b1", "--into", "web:workshop")
    found = await suggested(mirrored, "what", "", ours, admin=False, group="forum")
    assert [one.value.partition(":")[0] for one in found] == ["board", "thread"]


async def test_nothing_of_an_admins_is_suggested_to_others(mirrored, ours):
    """A suggestion shows what is mirrored, as `list` would."""
    assert await suggested(mirrored, "mirror", community=ours, admin=False) == ()


async def test_nothing_of_another_community_is_suggested(mirrored, ours):
    """Communities are walls; one of which nothing is known stays unknown."""
    await mirrored.community("elsewhere")
    before = await mirrored.rows("SELECT * FROM community")
    for parameter in set(SUGGESTS) - {"zone"}:  # time zones are nobody's
        assert await suggested(mirrored, parameter, community="elsewhere") == ()
        assert await suggested(mirrored, parameter, community="nowhere") == ()
    assert await mirrored.rows("SELECT * FROM community") == before


async def test_of_what_nobody_knows_nothing_is_suggested(mirrored, ours):
    """Addresses and words are the typist's own."""
    assert await suggested(mirrored, "address", community=ours) == ()
