"""Asks forums what became of what a moderator of theirs has: replies of a thread, threads of a board."""

from __future__ import annotations

from collections.abc import Callable

from bot import errors
from bot.model import BoardKey, Millis, ThreadKey
from bot.ports import Forum, KeepsBack, KeepsThreadsBack, Log
from bot.redaction import reason_of
from bot.store import Store
from bot.store.notices import close_notice, tell_concerned
from bot.store.sources import SourceRow
from bot.store.waiting import judge, judge_openers, waiting, waiting_openers
from bot.texts import say


class Judging:
    """Asks before a source is read: what was let through is known by its key then."""

    def __init__(self, store: Store, log: Log, changed: Callable[[], None]) -> None:
        self._store = store
        self._log = log
        self._changed = changed
        self._asked: dict[int, Millis] = {}
        """When the moderators of each source were last asked: one of many pages asks once."""

    async def replies(self, forum: Forum, source: SourceRow, now: Millis) -> tuple[tuple[str, ...], int]:
        """Ask what became of replies that a moderator has; those that wait still, and how many do not any more."""
        if not forum.caps.moderation_queue or not isinstance(forum, KeepsBack) or source.thread is None:
            return (), 0
        tickets = await self._store.read(waiting, source.thread)
        asked = self._asked.get(source.id, 0)
        if not tickets or 0 <= now - asked < least(forum):
            return tickets, 0
        self._asked[source.id] = now
        try:
            answers = await forum.judged(ThreadKey(source.key), tickets)
            decided = await self._store.write(judge, source.thread, answers, now)
        except errors.Gone:
            return tickets, 0  # the reading asks for the thread itself, and believes it at the second time
        except (errors.StoreStopped, errors.Unreachable, errors.RateLimited):
            raise
        except Exception as error:
            await self._unjudged(source, error, now)
            return tickets, 0
        await self._judged(source, now)
        if not decided:
            return tickets, 0
        self._log.info("judged", forum=source.forum_name, thread=source.key, replies=decided)
        self._changed()
        return await self._store.read(waiting, source.thread), decided

    async def threads(self, forum: Forum, source: SourceRow, now: Millis) -> None:
        """Ask what became of threads that were started on a board and that a moderator has."""
        if not forum.caps.moderation_queue or not isinstance(forum, KeepsThreadsBack) or source.board is None:
            return
        tickets = await self._store.read(waiting_openers, source.board)
        asked = self._asked.get(source.id, 0)
        if not tickets or 0 <= now - asked < least(forum):
            return
        self._asked[source.id] = now
        try:
            answers = await forum.judged_threads(BoardKey(source.key), tickets)
            decided = await self._store.write(judge_openers, source.board, answers, now)
        except errors.Gone:
            return  # the reading asks for the board itself
        except (errors.StoreStopped, errors.Unreachable, errors.RateLimited):
            raise
        except Exception as error:
            await self._unjudged(source, error, now)
            return
        await self._judged(source, now)
        if decided:
            self._log.info("threads judged", forum=source.forum_name, board=source.key, threads=decided)
            self._changed()

    async def _unjudged(self, source: SourceRow, error: Exception, now: Millis) -> None:
        # It is read all the same: people who wait must not hold up what others read.
        self._log.error("not judged", forum=source.forum_name, source=source.key, exc_info=error)
        text = say("notices.unjudged", source=_name(source), why=reason_of(error))
        thread, board = source.thread or 0, source.board or 0
        await self._store.write(tell_concerned, _about(source), text, now, thread=thread, board=board)

    async def _judged(self, source: SourceRow, now: Millis) -> None:
        text = say("notices.unjudged_over", source=_name(source))
        await self._store.write(close_notice, _about(source), text, now)


def _about(source: SourceRow) -> str:
    return f"judged:{source.id}"


def _name(source: SourceRow) -> str:
    return f"{source.forum_name}: {source.kind} {source.key}"


def least(forum: Forum) -> Millis:
    """Milliseconds between two readings of the same thing at least."""
    return int(forum.caps.min_interval * 1000)
