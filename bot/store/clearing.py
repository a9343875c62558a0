"""Much marked at once: boards, everything, and what was read thread by thread put together into one mark."""

from __future__ import annotations

from collections.abc import Mapping

from bot.reading.marks import collapsed
from bot.store.discussion import oldest_unread
from bot.store.marks import begin, mark_board, mark_thread
from bot.store.sight import EVERYTHING, Sight
from bot.store.unit import Unit
from bot.store.unread import BoardSeen, Reach, boards_seen, unread_threads

AT_ONCE = 500
"""Threads that one unit marks, or looks through: what others wait for comes between two of them."""


def mark_shown(person: int, sight: Sight, shown: Mapping[int, int], board: int | None = None) -> Unit[bool]:
    """Note that a person has read what a community sees of its boards, or of one, as it was when that was shown.

    `shown` holds the newest seq that each forum had then (`BoardSeen.shown`); what it does not name stays as it is. Of
    a board of which the community sees a part only that is marked: the rest may be new to the person elsewhere. Returns
    whether that is all; else the next unit goes on.
    """
    yield from begin(person)
    done = True
    for seen in (yield from boards_seen(sight)):
        seq = shown.get(seen.forum)
        if seq is None or (board is not None and seen.id != board):
            continue
        if seen.id is not None and seen.reach is Reach.WHOLE:
            yield from mark_board(person, seen.id, seq)
        else:
            done &= yield from _mark_threads(person, seen, sight, seq)
    return done


def collapse(person: int, board: int) -> Unit[None]:
    """Let one mark of a board stand for those of its threads, as far as nothing that lives becomes read by it.

    For a person who reads thread by thread, once a list was shown to its end: lists and marks stay short. Where much is
    unread, nothing is put together.
    """
    yield from begin(person)
    rows = yield "SELECT b.forum, f.next_seq-1 FROM board b JOIN forum f ON f.id=b.forum WHERE b.id=$1", (board,)
    [[forum, top]] = rows
    news = yield from unread_threads(person, BoardSeen(board, forum, shown=top), EVERYTHING, limit=AT_ONCE)
    if news.more:
        return
    oldest: list[int] = []
    for thread in news.threads:
        seq = yield from oldest_unread(person, thread.id)
        if seq is not None:
            oldest.append(seq)
    yield from mark_board(person, board, collapsed(top, oldest))


def _mark_threads(person: int, board: BoardSeen, sight: Sight, seq: int) -> Unit[bool]:
    """Mark threads of a board one by one; whether those were all."""
    marked = 0
    before: int | None = None
    while marked < AT_ONCE:
        news = yield from unread_threads(person, board, sight, before, AT_ONCE - marked)
        for thread in news.threads:
            marked += yield from mark_thread(person, thread.id, seq)
            before = thread.live_seq
        if not news.more:
            return True
    return False
