"""A board as a preview shows it: its newest thread, from wherever its posts can be had."""

from __future__ import annotations

from typing import Any, cast

import pytest

from bot import previews
from bot.commands.desk import Desk
from bot.errors import NotFound
from bot.lanes import OpenForum, Sought
from bot.model import (
    UNKNOWN,
    Author,
    Board,
    BoardKey,
    ForumCapabilities,
    Listing,
    Post,
    PostKey,
    Target,
    TargetKind,
    Thread,
    ThreadKey,
    ThreadPage,
    at,
)


def post(key: str, op: bool = False) -> Post:
    return Post(PostKey(key), Author("Ann"), at(0), UNKNOWN, op=op)


def thread(key: str) -> Thread:
    return Thread(ThreadKey(key), f"Thread {key}")


class Site:
    """A forum with one list, and with what its threads hold that can be read."""

    caps = ForumCapabilities()

    def __init__(self, threads: tuple[Thread, ...], pages: tuple[ThreadPage, ...], **read: tuple[Post, ...]) -> None:
        self._listing = Listing(Board(BoardKey("b"), "Board"), threads, pages=pages)
        self._read = read

    async def locate(self, address: str) -> Target:
        return Target(TargetKind.BOARD, "b", "Board")

    async def listing(self, board: BoardKey, since: Any) -> Listing:
        return self._listing

    async def thread(self, key: ThreadKey, since: Any) -> ThreadPage:
        return ThreadPage(thread(key), self._read[key])

    async def sought(self, address: str) -> Sought:
        return Sought(OpenForum("site", cast("Any", self), "site", "{}"), address)

    async def shown(self) -> list[str]:
        """The keys of the posts that a preview shows."""
        return [one.key for one in (await previews.live(cast("Desk", self), "https://site.example/")).posts]


async def test_a_thread_that_stands_in_the_list_alone_is_shown_from_there() -> None:
    """Most feeds are all that there is of their entries."""
    assert await Site((), (ThreadPage(thread("new"), (post("a", op=True),)),)).shown() == ["a"]


async def test_what_the_list_shows_stands_before_what_is_read_besides() -> None:
    """A blog's entry stands in one feed, its comments in another."""
    page = ThreadPage(thread("new"), (post("a", op=True), post("b")))
    assert await Site((thread("new"),), (page,), new=(post("b"), post("c"))).shown() == ["a", "b", "c"]


async def test_a_thread_that_the_list_only_names_is_read() -> None:
    """As on a forum's page."""
    assert await Site((thread("new"), thread("old")), (), new=(post("a", op=True),)).shown() == ["a"]


async def test_an_empty_board_has_nothing_to_show() -> None:
    """Whoever asked is told so."""
    with pytest.raises(NotFound, match="no threads"):
        await Site((), ()).shown()
