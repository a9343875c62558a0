"""The feed of django-machina: one entry for each topic, under one name for ever, with the text of its newest reply."""

from __future__ import annotations

import pytest

from bot.errors import Unparsable
from bot.model import BoardKey, Bookmark, Listing, TargetKind
from bot.ports import Forum
from tests.house import House, has
from tests.servers.machina import Machina


def shown(listing: Listing | None) -> list[tuple[str, str, str]]:
    """Key, title and text of the posts that a list shows."""
    assert listing is not None
    return [(post.key, page.thread.title, post.body.text) for page in listing.pages for post in page.posts]


async def test_a_reply_changes_its_topic_s_entry_and_makes_no_second_one(machina: Machina, forum: Forum) -> None:
    """Its name and date stay, so that the text alone tells; the topic is not posted twice."""
    topic = await machina.start("ann", "Seeds & more", "Who has some?")
    target = await forum.locate(machina.feed)
    assert target.kind is TargetKind.BOARD
    assert [line for line in target.lacks if line.startswith("no replies")] == [
        "no replies: the newest of each thread stands in place of the thread's own text"
    ]
    before = await forum.listing(BoardKey(target.key), Bookmark())
    [(key, title, text)] = shown(before)
    assert title == "Garden • Seeds & more"
    assert "Who has some?" in text
    assert "Posted by" not in text
    assert before is not None
    await machina.reply("bo", topic, "I have.")
    after = await forum.listing(BoardKey(target.key), before.bookmark)
    [(again, _, text)] = shown(after)
    assert again == key
    assert "I have." in text


async def test_a_list_that_did_not_change_is_not_read_again(machina: Machina, forum: Forum) -> None:
    """It sends no validator that could be believed."""
    await machina.start("ann", "Seeds", "Who has some?")
    before = await forum.listing(BoardKey(machina.feed), Bookmark())
    assert before is not None
    again = await forum.listing(BoardKey(machina.feed), before.bookmark)
    assert again is None or again.pages == ()


async def test_the_page_of_a_board_leads_to_its_feed_and_that_of_a_topic_says_that_there_is_none(
    machina: Machina, forum: Forum
) -> None:
    """Its pages name no feed; people give their addresses all the same."""
    topic = await machina.start("ann", "Seeds", "Who has some?")
    target = await forum.locate(machina.address + machina.board)
    assert target.key == f"{machina.address}/forum/feeds/forum/garden-1/topics/"
    with pytest.raises(Unparsable, match="none of a single thread"):
        await forum.locate(machina.address + topic)


async def test_its_topics_reach_the_chat_once_and_change_in_place(machina: Machina, here: House) -> None:
    """The whole way: found, mirrored, read on."""
    topic = await machina.start("ann", "Seeds", "Who has some?")
    assert "Who has some?" in await here.preview(machina.feed)
    assert "is mirrored into web:news now" in await here.mirror(machina.feed)
    await machina.reply("bo", topic, "I have.")
    await machina.start("bo", "Tools", "A spade, anyone?")
    seen = await here.until(has("A spade, anyone?", "I have."))
    for words in ("I have.", "A spade, anyone?"):
        assert sum(words in one for one in seen.values()) == 1, seen
    assert not has("Who has some?")(seen)
