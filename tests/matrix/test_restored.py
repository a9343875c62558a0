"""What the forum deletes and shows again, on a real homeserver, where a redaction takes words away for good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.forums.sandbox.state import Status
from bot.model import PostKey
from tests.matrix.conftest import People
from tests.matrix.test_two_ways import House


@pytest.fixture
async def house(people: People, tmp_path: Path) -> House:
    bot, ann = await people("bot"), await people("ann")
    room = await ann.room()
    await bot.join(room)
    return House(tmp_path, bot, ann, room)


async def readable(house: House) -> list[dict[str, Any]]:
    """The messages of the room that still say something."""
    return [event for event in await house.ann.events(house.room) if event["content"].get("body")]


async def restore(house: House, post: PostKey, text: str) -> None:
    """A moderator of the forum takes a deletion back; people at this forum cannot."""
    state = await house.board.state()
    row = state.posts[post]
    row.status, row.text, row.version = Status.LIVE, text, row.version + 1
    state.threads[row.thread].changes += 1


async def test_a_post_that_the_forum_shows_again_answers_its_redacted_message(house):
    """It stands once, in the same thread, and goes again with its post."""
    async with house.running():
        thread = await house.board.start_thread("b1", "Zoe", "Talk", "The opening words")
        opening = (await house.board.state()).threads[thread].posts[0]
        post = await house.board.post(thread, opening, "Max", "", "some words")
        root = await house.mirror(thread)
        await house.until("SELECT 1 WHERE (SELECT count(*) FROM copy)=2")
        [first] = [e for e in await readable(house) if "some words" in e["content"]["body"]]
        await house.board.delete(post)
        await house.until("SELECT 1 FROM copy WHERE state='tombstone'")
        assert len(await readable(house)) == 1
        await restore(house, post, "some words again")
        await house.until("SELECT 1 FROM copy WHERE generation=1 AND state='shown'")
        [_, again] = await readable(house)
        assert "some words again" in again["content"]["body"]
        relates = again["content"]["m.relates_to"]
        assert (relates["event_id"], relates["is_falling_back"]) == (root, False)
        assert relates["m.in_reply_to"] == {"event_id": first["event_id"]}
        await house.board.delete(post)
        await house.until("SELECT 1 FROM copy WHERE generation=1 AND state='tombstone'")
        assert len(await readable(house)) == 1
