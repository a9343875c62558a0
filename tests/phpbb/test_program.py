"""The whole program on a board: a thread is mirrored, somebody answers in the chat, and the answer stands there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.model import Millis
from bot.testing.clock import FakeClock
from tests.house import House, found, has, kept_secret, lacks, settled
from tests.phpbb.board import BEGAN, Board

FORUM = """
[forums.board]
adapter = "phpbb"
address = "{address}"
username = "bridge"
password_file = "{password}"
"""


@pytest.fixture
async def here(board: Board, tmp_path: Path) -> AsyncIterator[House]:
    """The program on a board whose time goes by with its own."""

    def passes(ms: Millis) -> None:
        board.now += ms // 1000

    forum = FORUM.format(address=board.site.address, password=kept_secret(tmp_path, "over-the-river"))
    house = House(tmp_path / "home", settled(tmp_path, forum), FakeClock(BEGAN * 1000), passes)
    async with house.running():
        yield house


async def test_what_a_moderator_let_through_is_recognised(here: House, board: Board) -> None:
    """The board named no post when it was kept back; its words tell which one it became, and nobody sees it twice."""
    board.start("Plain talk", "The opening words")
    board.moderated = True
    await here.mirror(f"{board.site.address}/viewtopic.php?t=1")
    shown = await here.until(has("The opening words"))
    await here.say("Please let me in")
    await here.app.once()
    [ours] = [row for row in board.posts.values() if row.author == "bridge"]
    assert ours.waits
    ours.waits = False
    board.post(1, "cleo", "After that")
    shown = await here.until(has("After that"))
    assert lacks("let me in")(shown)


async def test_an_answer_in_the_chat_stands_on_the_board(here: House, board: Board) -> None:
    """Mirror, answer, edit, delete: each side sees what the other does, and nobody sees it twice."""
    board.start("Plain talk", "The opening words")
    post = board.post(1, "ben", "First answer")
    await here.mirror(f"{board.site.address}/viewtopic.php?t=1")
    shown = await here.until(has("First answer"))
    await here.say("I think so **too**", found(shown, "First answer"))
    await here.app.once()
    [ours] = [row for row in board.posts.values() if row.author == "bridge"]
    assert ours.raw.startswith(f"[quote=ben post_id={post.id} user_id=52]First answer[/quote]\nZoe via web:")
    assert "I think so [b]too[/b]" in ours.raw
    board.post(1, "cleo", "Me three")
    shown = await here.until(has("Me three"))
    assert lacks("I think so")(shown), "an echo is not shown beside what it echoes"
    board.posts[2].deleted = True
    await here.until(lacks("First answer"))
