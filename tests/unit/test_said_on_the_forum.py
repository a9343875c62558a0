"""What a chat message is on its forum: its title, what it answers, and that it is the same post whatever gets lost."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest

from bot.errors import OutcomeUnknown
from bot.model import ForumCapabilities
from bot.testing.clock import FakeClock
from bot.testing.faults import Fault
from bot.testing.forum_world import PostRow
from bot.testing.forums import EVERYTHING, FakeForum
from tests.unit.test_waiting import House

MARKDOWN = msgspec.structs.replace(EVERYTHING, format="markdown")
KEYLESS = msgspec.structs.replace(MARKDOWN, key_window=None)
FLAT = msgspec.structs.replace(MARKDOWN, parents="none", titled_replies=False)

Make = Callable[[ForumCapabilities], Awaitable[House]]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Furnishes a house whose forum has these capabilities, and no moderators."""
    async with AsyncExitStack() as stack:

        async def made(caps: ForumCapabilities) -> House:
            clock = FakeClock()
            house = House(tmp_path, FakeForum(caps, clock.now, markers=False), clock)
            stack.push_async_callback(house.close)
            await house.furnish()
            house.forum.moderated = False
            return house

        yield made


def ours(house: House) -> list[PostRow]:
    """The posts of ours that stand on the forum."""
    return [row for row in house.forum.posts.values() if row.ours]


async def test_a_heading_is_the_title_and_an_edit_of_it_changes_the_title(make: Make) -> None:
    """The message is the post, so its heading is the title for as long as both stand."""
    house = await make(MARKDOWN)
    zoe, message = await house.said("# Salt\nmore of it")
    assert [(row.title, row.text) for row in ours(house)] == [("Salt", "more of it")]
    zoe.edit(message, "# Pepper\nless of it")
    await house.settle()
    assert [(row.title, row.text) for row in ours(house)] == [("Pepper", "less of it")]
    zoe.edit(message, "none of it")
    await house.settle()
    assert [(row.title, row.text) for row in ours(house)] == [("Re: Talk", "none of it")]


async def test_a_title_alone_is_posted_and_shown_once(make: Make) -> None:
    """Law 6: there is no text by which an echo could be known, so its title tells it."""
    house = await make(MARKDOWN)
    _, message = await house.said("# Salt it!")
    assert [(row.title, row.text) for row in ours(house)] == [("Salt it!", "")]
    assert house.message(message).reaction == "✅"
    assert house.texts() == ["# Salt it!"]


@pytest.mark.parametrize("text", ["# Salt it!", "# Salt\nit!", "hi @bob"])
async def test_an_answer_that_was_lost_is_found_by_title_and_words(make: Make, text: str) -> None:
    """Nothing else marks the post: to post it again would show it twice, to mirror it would echo it."""
    house = await make(KEYLESS)
    house.forum.faults.append(Fault(OutcomeUnknown("the answer was lost"), "submit", after=True))
    _, message = await house.said(text)
    await house.later(120_000)
    await house.later(120_000)
    assert len(ours(house)) == 1
    assert house.message(message).reaction == "✅"
    assert house.texts() == [text]


async def test_a_title_of_another_is_not_taken_for_the_one_that_was_lost(make: Make) -> None:
    house = await make(KEYLESS)
    await house.said("# Salt it!")
    house.forum.faults.append(OutcomeUnknown("nothing arrived"))
    await house.said("# Fry it!")
    await house.later(120_000)
    await house.later(120_000)
    assert [row.title for row in ours(house)] == ["Salt it!", "Fry it!"]


async def test_where_a_forum_shows_no_parents_an_answer_quotes_what_it_answers(make: Make) -> None:
    """Else nobody there could tell; and the message in the chat stays the post's copy."""
    house = await make(FLAT)
    house.forum.post(house.thread, "", "Bob", "Boil the water first.")
    await house.settle()
    [asked] = [one for one in house.chat.shown(house.place) if "Boil" in one.text]
    message = house.chat.person("Zoe").say(house.place, "why?", asked.message)
    await house.settle()
    [row] = ours(house)
    assert row.text.endswith("> Boil the water first.\n\nwhy?")
    assert "Bob" in row.text
    assert house.message(message).reaction == "✅"
    assert house.texts().count("why?") == 1


async def test_what_says_nothing_is_refused_and_its_author_told_why(make: Make) -> None:
    house = await make(MARKDOWN)
    zoe, message = await house.said("Salt")
    assert ours(house)
    zoe.edit(message, "> ")
    await house.settle()
    assert house.message(message).reaction == "❌"
    assert [row.text for row in ours(house)] == ["Salt"]
    assert any("no words" in one.text for one in house.chat.whispers)
