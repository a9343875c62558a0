"""`/forum markread` and `markunread`: how far whoever says it has read; nobody else is told."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.commands.desk import Desk
from bot.commands.naming import Meant, meant
from bot.commands.reader import reader
from bot.commands.searching import PRESSED
from bot.commands.words import linked, numeral, said
from bot.errors import ThreadlineError
from bot.model import Answer, Caller, Command, Offer, Parameter
from bot.rendering import label
from bot.store.browsing import mark_seen
from bot.store.clearing import mark_shown
from bot.store.discussion import first_post, unread_posts
from bot.store.marks import mark_posts, mark_thread, mark_to, mark_unread
from bot.store.naming import post_named
from bot.store.readers import Reader
from bot.store.sight import ThreadSeen
from bot.store.unread import BoardSeen, boards_seen
from bot.texts import say

ALL = "all"
YES = "yes"

STEPS = 20
"""Units of one command: what a board that is seen in part takes; each marks hundreds of threads."""

NAMES = 8
"""Boards or threads that an answer names."""


class Shown(msgspec.Struct, frozen=True):
    """Up to where something was shown: a seq for all that is named, or for each of it, or for each forum."""

    each: tuple[int, ...] = ()
    forums: dict[int, int] = {}

    def of_board(self, board: BoardSeen) -> int | None:
        """The newest seq of a board's forum when it was shown; None where none of that forum was."""
        if self.forums:
            return self.forums.get(board.forum)
        return self.each[0] if self.each else board.shown

    def of_thread(self, place: int, thread: ThreadSeen) -> int | None:
        """The same of one of several threads."""
        if self.forums:
            return self.forums.get(thread.forum)
        return self.each[min(place, len(self.each) - 1)] if self.each else thread.shown


def shown_upto(words: str) -> Shown:
    """What `--shown` says; raises `ThreadlineError` where it says nothing that offers say."""
    each: list[int] = []
    forums: dict[int, int] = {}
    for word in filter(None, words.split(",")):
        forum, sign, seq = word.rpartition(":")
        number, of = numeral(seq), numeral(forum)
        if number is None or (sign and of is None):
            raise ThreadlineError(say("reading.shown"))
        if of is None:
            each.append(number)
        else:
            forums[of] = number
    if each and forums:
        raise ThreadlineError(say("reading.shown"))
    return Shown(tuple(each), forums)


async def still_unread(desk: Desk, who: Reader, thread: int) -> int:
    """How many posts of a thread are new to a reader, of those that their community shows."""
    return len(await desk.store.read(unread_posts, who.person, thread, None, who.sight.community))


def to_mark(name: str, words: str, shown: str) -> tuple[Offer, ...]:
    """What marks something read up to what was shown; nothing where no button could hold that."""
    offer = Offer(name, "forum", ("markread", words, "--shown", shown))
    return (offer,) if len(offer.line.encode()) <= PRESSED else ()


def to_mark_all(boards: Sequence[BoardSeen]) -> tuple[Offer, ...]:
    """What marks everything read that is seen."""
    shown = {board.forum: board.shown for board in boards}
    return to_mark(say("reading.mark_all"), ALL, ",".join(f"{forum}:{seq}" for forum, seq in shown.items()))


def to_mark_board(board: BoardSeen) -> tuple[Offer, ...]:
    """What marks a board read; threads that are in none are marked with everything, or one by one."""
    if board.id is None:
        return ()
    return to_mark(say("reading.mark_board", board=board.name[:40]), f"board:{board.id}", str(board.shown))


async def do_mark_read(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Note that the caller has read a post and what arrived before it, a thread, a board, or everything they see."""
    who = await reader(desk, caller)
    shown = shown_upto(values.get("shown", ""))
    found = [await meant(desk, caller, who, words) for words in _each(values.get("what", ""))]
    first = found[0]
    if first.post is not None and first.thread is not None:
        return await _up_to(desk, who, first.thread, first.post, values.get("only") == YES)
    if "only" in values:
        raise ThreadlineError(say("reading.only"))
    if first.everything or first.boards:
        return await _boards(desk, who, first, shown)
    return await _threads(desk, who, [one.thread for one in found if one.thread is not None], shown)


def _each(words: str) -> list[str]:
    """What is named: offers name several threads between commas."""
    kind, _, ids = words.strip().partition(":")
    return [f"thread:{id}" for id in ids.split(",")] if kind == "thread" else [words]


async def _up_to(desk: Desk, who: Reader, thread: ThreadSeen, post: int, only: bool) -> Answer:
    """Mark a post, and what arrived before it or not."""
    title, called = linked(thread.title, thread.link), await _called(desk, post)
    if only:
        await desk.store.write(mark_posts, who.person, [post])
        return Answer(say("reading.read_only", post=called, title=title), {"post": post})
    new = await desk.store.write(mark_to, who.person, post)
    told = (
        say("reading.read_to", post=called, title=title) if new else say("reading.was_read", post=called, title=title)
    )
    left = await still_unread(desk, who, thread.id)
    return Answer(" ".join(filter(None, (told, _left(left)))), {"post": post, "unread": left})


async def _threads(desk: Desk, who: Reader, threads: Sequence[ThreadSeen], shown: Shown) -> Answer:
    left = 0
    for place, thread in enumerate(threads):
        seq = shown.of_thread(place, thread)
        if seq is not None:
            await desk.store.write(mark_thread, who.person, thread.id, seq)
        left += await still_unread(desk, who, thread.id)
    told = say("reading.marked", names=_names([linked(thread.title, thread.link) for thread in threads]))
    data: dict[str, object] = {"threads": [thread.id for thread in threads], "unread": left}
    return Answer(" ".join(filter(None, (told, _left(left)))), data)


async def _boards(desk: Desk, who: Reader, found: Meant, shown: Shown) -> Answer:
    """Mark boards, in as many units as it takes, or as many as one command may take."""
    boards = list(found.boards)
    if found.everything:
        boards = await desk.store.read(boards_seen, who.sight)
        if shown.each and len({board.forum for board in boards}) > 1:
            raise ThreadlineError(say("reading.shown_all"))
    upto = {board.forum: seq for board in boards if (seq := shown.of_board(board)) is not None}
    done = not upto
    for _ in range(STEPS):
        if done:
            break
        if found.everything:
            done = await desk.store.write(mark_shown, who.person, who.sight, upto)
        else:
            done = all([await desk.store.write(mark_seen, who.person, who.sight, b, upto[b.forum]) for b in boards])
    data: dict[str, object] = {"boards": [board.id for board in boards], "done": done}
    told = (
        say("reading.all_marked")
        if found.everything
        else say("reading.marked", names=_names([linked(board.name, board.link) for board in boards]))
    )
    return Answer(told if done else f"{told} {say('reading.not_done')}", data)


async def do_mark_unread(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Let a thread be unread again to the caller, from a post on or from its beginning."""
    who = await reader(desk, caller)
    found = await meant(desk, caller, who, values.get("what", ""))
    if found.thread is None:
        raise ThreadlineError(say("reading.thread_or_post", sign=caller.sign))
    thread, post = found.thread, found.post
    title = linked(thread.title, thread.link)
    begin = post if post is not None else await desk.store.read(first_post, thread.id)
    if begin is not None:
        await desk.store.write(mark_unread, who.person, begin)
    left = await still_unread(desk, who, thread.id)
    data: dict[str, object] = {"thread": thread.id, "post": post, "unread": left}
    if not left:
        return Answer(say("reading.never_new", title=title), data)
    if post is None:
        return Answer(say("reading.unread_again", left, title=title), data)
    return Answer(say("reading.unread_from", left, title=title, post=await _called(desk, post)), data)


async def _called(desk: Desk, post: int) -> str:
    """What a post is called: its number, else who wrote it."""
    named = await desk.store.read(post_named, post)
    return label(named.op, named.number) or say("reading.post_of", author=said(named.author, 40))


def _left(unread: int) -> str:
    return say("reading.newer", unread) if unread else ""


def _names(names: Sequence[str]) -> str:
    more = [say("reading.and_more", count=len(names) - NAMES)] if len(names) > NAMES else []
    return ", ".join([*names[:NAMES], *more])


COMMANDS = [
    (
        Command(
            "forum",
            "markread",
            "help.forum_markread",
            (
                Parameter("what", "help.forum_markread_what", required=False, rest=True, suggested=True),
                Parameter("shown", "help.forum_markread_shown", required=False, option=True),
                Parameter("only", "help.forum_markread_only", required=False, option=True, choices=(YES,)),
            ),
        ),
        do_mark_read,
    ),
    (
        Command(
            "forum",
            "markunread",
            "help.forum_markunread",
            (Parameter("what", "help.forum_markunread_what", required=False, rest=True, suggested=True),),
        ),
        do_mark_unread,
    ),
]
