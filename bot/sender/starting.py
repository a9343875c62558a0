"""Threads that are started on a forum: what is put on the wire, the act, and what read-back finds of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple, cast

import msgspec

from bot import errors
from bot.drafting import opener
from bot.jobs import OpenerRow, Part
from bot.lanes import OpenForum
from bot.model import Login, Millis, Opener, Payload, Queued, Started, ThreadKey, Written
from bot.ports import StartsThreads
from bot.recovery import same_title
from bot.rendering import words_digest
from bot.texts import say


class Landed(NamedTuple):
    """What came of an act: the other side's id for it, or its ticket while a moderator has it."""

    remote: str
    ticket: str = ""
    started: Started | None = None
    """The thread that was started, where one was."""


def payload(opened: OpenForum, row: OpenerRow) -> Payload:
    """What starts a thread, as it is kept; raises `Refused` where that cannot be done at all."""
    _starts(opened)
    if row.lent is not None and row.lent_refused:
        raise errors.Refused(row.lent_refused)
    return cast(Payload, msgspec.to_builtins(opener(row, opened.forum.caps)))


async def start(opened: OpenForum, part: Part, login: Login | None) -> Landed:
    """Start a thread."""
    asked = msgspec.structs.replace(msgspec.convert(part.payload, Opener), login=login)
    answer = await _starts(opened).start(asked, part.key)
    if isinstance(answer, Queued):
        return Landed("", answer.ticket)
    return Landed(answer.post, started=answer)


async def look_for_start(
    opened: OpenForum, part: Part, login: Login | None, claimed: Mapping[str, int], since: Millis
) -> list[Landed]:
    """Every thread that our account, or that login, started since a time and that may be this one; unclaimed."""
    asked, forum = msgspec.convert(part.payload, Opener), _starts(opened)
    caps = opened.forum.caps
    words = words_digest(asked.text, caps.format)
    shared = login is not None or caps.write_identity == "shared"

    def ours(one: Written) -> bool:
        if one.marker:
            return one.marker == part.marker
        same = words_digest(one.text, caps.format) == words and same_title(one.title, asked.title)
        return same and (shared or one.author == asked.author)

    finds: dict[str, Written] = {}
    for _ in range(2):
        async with opened.gate.write():
            found = await forum.started(asked.board, since, login)
        finds |= {one.post: one for one in found if one.post not in claimed and ours(one)}
        await asyncio.sleep(0)
    return [
        Landed("", one.post) if one.queued else Landed(one.post, started=Started(ThreadKey(one.thread), one.post))
        for one in finds.values()
    ]


def _starts(opened: OpenForum) -> StartsThreads:
    if not isinstance(opened.forum, StartsThreads):
        raise errors.Refused(say("openers.unstartable", forum=opened.name))
    return cast(StartsThreads, opened.forum)
