"""`/forum boards`, `threadline boards`: which boards a forum has, and which of them some words mean."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.commands.desk import Desk
from bot.commands.reader import reader
from bot.commands.unread import called, counted, unread_lists
from bot.commands.words import linked, said
from bot.errors import NotFound
from bot.lanes import OpenForum
from bot.model import Answer, Board, Caller, Command, Parameter
from bot.ports import ListsBoards
from bot.store.forums import mirrored_forums
from bot.texts import say

SHOWN = 100
"""Boards that are shown at once."""

SEEN = 25
"""Boards that a reader sees, of one answer."""

SOME = 8
"""Groups or boards that are named where no board has the words."""


async def show_boards(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """The boards of a forum, or those of them that have all the words; each with its way and its address.

    Without a forum, those that the caller sees, with what is new to them.
    """
    if "forum" not in values:
        return await _seen(desk, caller)
    opened = await opened_here(desk, caller, values["forum"])
    there = await listed(opened)
    words = values.get("words", "")
    found = having(there, words)
    if not found:
        raise NotFound(none_has(opened.name, there, words))
    lines = [f"{way(board)}: {board.link or board.key}" for board in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(say("boards.more", more=len(found) - SHOWN))
    return Answer("\n".join(lines), {"boards": [msgspec.to_builtins(board) for board in found]})


async def _seen(desk: Desk, caller: Caller) -> Answer:
    who = await reader(desk, caller)
    lists = await desk.store.read(unread_lists, who.person, who.sight)
    if not lists:
        return Answer(say("reading.no_boards"), {"boards": []})
    lines = []
    for news in lists[:SEEN]:
        name = " » ".join(said(step, 40) for step in news.board.path[:-1])
        board = " » ".join(filter(None, (name, linked(called(news.board), news.board.link))))
        lines.append(say("boards.seen", board=board, counts=counted(news) if news.threads else say("boards.no_news")))
    if len(lists) > SEEN:
        lines.append(say("boards.seen_more", len(lists) - SEEN))
    return Answer("\n".join(lines), {"boards": [msgspec.to_builtins(news.board) for news in lists]})


async def opened_here(desk: Desk, caller: Caller, named: str) -> OpenForum:
    """The forum that a name or an address means.

    A reader asks of what is mirrored for his community and of nothing else: every other forum would be opened, and
    asked, at anybody's word, and its name would tell what other communities follow.
    """
    here = await desk.store.read(mirrored_forums, None if caller.operator else caller.community)
    if named in here:
        return await desk.forum(named)
    if caller.operator:
        try:
            return await desk.forum(named)  # one that the settings name, and nobody mirrors yet
        except NotFound:
            return (await desk.sought(named)).opened
    if caller.admin:
        return (await desk.sought(named)).opened
    if desk.forum_at(named) in here:
        return await desk.forum_for(named)
    if here:
        raise NotFound(say("boards.not_here", forum=named[:200], here=", ".join(here)))
    raise NotFound(say("boards.none_yet", forum=named[:200]))


async def listed(opened: OpenForum) -> tuple[Board, ...]:
    """The boards of a forum; raises `NotFound` where it cannot list them, and what a reading raises."""
    if not isinstance(opened.forum, ListsBoards):
        raise NotFound(say("boards.unlisted", forum=opened.name))
    async with opened.gate.poll():
        return await opened.forum.boards()


def way(board: Board) -> str:
    """A board by the way that leads to it."""
    return " » ".join(board.path or (board.name,))


def having(boards: Sequence[Board], words: str) -> tuple[Board, ...]:
    """The boards in whose name, or on whose way, every one of the words occurs."""
    wanted = words.casefold().split()
    return tuple(
        board for board in boards if all(word in " ".join((*board.path, board.name)).casefold() for word in wanted)
    )


def none_has(forum: str, boards: Sequence[Board], words: str) -> str:
    """What there is instead of boards that have the words."""
    if not boards:
        return say("boards.empty", forum=forum)
    groups = list(dict.fromkeys(" » ".join(board.path[:-1]) for board in boards if len(board.path) > 1))
    some = groups or [way(board) for board in boards]
    names = ", ".join([*some[:SOME], *(["…"] if len(some) > SOME else [])])
    return say("boards.none_has", len(boards), forum=forum, words=words, names=names)


COMMANDS = [
    (
        Command(
            "forum",
            "boards",
            "help.forum_boards",
            (
                Parameter("forum", "help.forum_boards_forum", required=False, suggested=True),
                Parameter("words", "help.forum_boards_words", required=False, rest=True),
            ),
        ),
        show_boards,
    ),
]
