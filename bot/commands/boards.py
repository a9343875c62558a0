"""`/forum boards`, `threadline boards`: which boards a forum has, and which of them some words mean."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.commands.desk import Desk
from bot.commands.words import count
from bot.errors import NotFound
from bot.lanes import OpenForum
from bot.model import Answer, Board, Caller, Command, Parameter
from bot.ports import ListsBoards
from bot.store.forums import mirrored_forums

SHOWN = 100
"""Boards that are shown at once."""

SOME = 8
"""Groups or boards that are named where no board has the words."""


async def show_boards(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """The boards of a forum, or those of them that have all the words; each with its way and its address."""
    opened = await _opened(desk, caller, values["forum"])
    there = await listed(opened)
    words = values.get("words", "")
    found = having(there, words)
    if not found:
        raise NotFound(none_has(opened.name, there, words))
    lines = [f"{way(board)}: {board.link or board.key}" for board in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"… and {len(found) - SHOWN} more: say words that their names have.")
    return Answer("\n".join(lines), {"boards": [msgspec.to_builtins(board) for board in found]})


async def _opened(desk: Desk, caller: Caller, named: str) -> OpenForum:
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
    what = f"; mirrored are {', '.join(here)}" if here else ", for nothing is mirrored yet"
    raise NotFound(f"{named[:200]} is no forum that is mirrored here{what}")


async def listed(opened: OpenForum) -> tuple[Board, ...]:
    """The boards of a forum; raises `NotFound` where it cannot list them, and what a reading raises."""
    if not isinstance(opened.forum, ListsBoards):
        raise NotFound(f"{opened.name} does not list its boards; give the address of one of them")
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
        return f"{forum} lists no boards; give the address of one of them"
    groups = list(dict.fromkeys(" » ".join(board.path[:-1]) for board in boards if len(board.path) > 1))
    some = groups or [way(board) for board in boards]
    more = ", …" if len(some) > SOME else ""
    return f"no board of {forum} has “{words}”; there {_are(len(boards))} in all: {', '.join(some[:SOME])}{more}"


def _are(number: int) -> str:
    return f"{'is' if number == 1 else 'are'} {count(number, 'board')}"


COMMANDS = [
    (
        Command(
            "forum",
            "boards",
            "which boards a forum has",
            (
                Parameter("forum", "its address, or its name here", suggested=True),
                Parameter("words", "all of which the board's name or way has", required=False, rest=True),
            ),
        ),
        show_boards,
    ),
]
