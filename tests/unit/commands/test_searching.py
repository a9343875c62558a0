"""Readers search what is mirrored for their community, page by page."""

from __future__ import annotations

from typing import Any

import pytest

from bot.commands import carry_out
from bot.commands.searching import SHOWN
from bot.indexer import Indexer
from bot.model import Answer, Caller, ChatName, UserId
from bot.model.offers import offered
from bot.schedule import Schedule
from bot.testing.log import RecordingLog


@pytest.fixture
async def rae(mirrored) -> Caller:
    """Somebody who may read and no more, of the community that the thread is mirrored for."""
    [[community]] = await mirrored.rows("SELECT community FROM mirror")
    await index(mirrored)
    return Caller(ChatName("web"), community, "Rae", id=UserId("rae"))


async def index(here) -> None:
    await Indexer(here.app.store, Schedule(), RecordingLog()).catch_up()


async def asked(here, caller: Caller, *words: str) -> Answer:
    return await carry_out(here.app, caller, "forum", ["search", *words])


def posts(answer: Answer) -> list[int]:
    """The posts that an answer tells of."""
    found: Any = answer.data["posts"]
    return [post["post"] for post in found]


async def replied(here, *texts: str) -> None:
    for text in texts:
        await here.board.post(here.thread, "", "Bea", "", text)
    await here.settle()
    await index(here)


async def test_an_answer_says_what_was_found_and_where_and_whose(mirrored, rae):
    answer = await asked(mirrored, rae, "opening")
    assert answer.ok
    first, second = answer.text.splitlines()
    assert first.startswith("[Talk")
    assert "Ann" in first
    assert first.endswith("ago")
    assert second == "The **opening** words"


async def test_a_phrase_between_quotes_stands_together_in_every_chat(mirrored, rae):
    """One chat hands words over without their quotes, another one with them."""
    assert "**" in (await asked(mirrored, rae, "opening words")).text
    assert "holds" in (await asked(mirrored, rae, "words opening")).text
    assert "**" in (await asked(mirrored, rae, '"opening', 'words"')).text
    assert "**" in (await asked(mirrored, rae, "words", "opening")).text


async def test_more_is_offered_as_long_as_there_is_more(mirrored, rae):
    await replied(mirrored, *(f"a cat number {n}" for n in range(SHOWN + 3)))
    first = await asked(mirrored, rae, "cat", "a cat")
    assert len(posts(first)) == SHOWN
    [more] = first.offers
    group, words = offered(more.line)
    second = await carry_out(mirrored.app, rae, group, words)
    assert (len(posts(second)), second.offers) == (3, ())
    seen = {*posts(first), *posts(second)}
    assert len(seen) == SHOWN + 3


async def test_words_that_no_button_can_hold_are_typed_again(mirrored, rae):
    long = "c" + "a" * 90 + "t"
    await replied(mirrored, *(f"{long} {n}" for n in range(SHOWN + 1)))
    answer = await asked(mirrored, rae, long)
    assert answer.offers == ()
    assert f"--before {answer.data['before']}" in answer.text


async def test_what_was_not_found_and_how_to_search_is_said(mirrored, rae):
    answer = await asked(mirrored, rae, "unicorn", "*")
    assert answer.ok
    assert "unicorn" in answer.text
    wrong = await asked(mirrored, rae, "!!")
    assert not wrong.ok
    assert "author:name" in wrong.text
    assert not (await asked(mirrored, rae, "--before", "x", "cat")).ok


async def test_an_answer_says_that_the_index_is_still_behind(mirrored, rae):
    """What cannot be found yet is not what is not there (law 11)."""
    await mirrored.board.post(mirrored.thread, "", "Bea", "", "unicorn")
    await mirrored.settle()
    assert "1 post is not in the index yet" in (await asked(mirrored, rae, "unicorn")).text
    await index(mirrored)
    assert "unicorn" in (await asked(mirrored, rae, "unicorn")).text


async def test_another_community_finds_nothing(mirrored, rae):
    """Law 12."""
    stranger = await mirrored.community("other")
    caller = Caller(ChatName("web"), stranger.community, "Sam", id=UserId("sam"))
    assert posts(await asked(mirrored, caller, "opening")) == []


async def test_nobody_in_particular_has_nothing_to_search(mirrored):
    answer = await carry_out(mirrored.app, Caller(ChatName(""), 0, "x", operator=True), "forum", ["search", "a"])
    assert not answer.ok
