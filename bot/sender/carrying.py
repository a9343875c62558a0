"""Takes what people put on their messages to the forum, before the post that shows it."""

from __future__ import annotations

import msgspec

from bot import errors
from bot.clock import Clock
from bot.enclosing import Outcome, Shown, kind_of, mark, shown
from bot.jobs import Job, Part
from bot.model import Attached, Draft
from bot.ports import KeepsFiles, Log, TakesFiles
from bot.recovery import backoff
from bot.redaction import reason_of
from bot.sender.telling import place_name
from bot.sender.world import World
from bot.store import Store
from bot.store.reply_files import complete, decided, failed, outcomes
from bot.texts import say

TRIES = 7
"""How often a file is asked for, within about a minute, before the post links to it: words wait for no file longer."""

LINKED = Shown(Outcome.LINKED)

Replace = msgspec.structs.replace


class NotYet(Exception):
    """A file cannot be had now: the delivery is to be tried again after so many seconds. Nothing was posted."""

    def __init__(self, reason: str, after: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class Carrying:
    """Decides what becomes of each file, once, and commits the draft that shows all of them."""

    def __init__(self, store: Store, world: World, clock: Clock, log: Log) -> None:
        self._store = store
        self._world = world
        self._clock = clock
        self._log = log

    async def carried(self, job: Job, part: Part) -> Job:
        """The delivery with a draft that shows its files, committed as it is sent.

        Raises `NotYet`, and what the forum says of a login, of a pause, or does not say because it is away.
        """
        draft = msgspec.convert(part.payload, Draft)
        account = draft.login.id if draft.login is not None else ""
        known = await self._store.read(outcomes, job.subject_id, account)
        found = []
        for file in draft.files:
            one = known.get(mark(file))
            if one is None:
                one = await self._taken(job, draft, file)
                await self._store.write(decided, job.subject_id, mark(file), account, one)
            found.append(one)
        whole = shown(draft, found, self._world.forum_caps(job).format)
        made, moment = Replace(part, payload=msgspec.to_builtins(whole)), self._clock.moment()
        await self._store.write(complete, job.id, part.part, made.payload, moment)
        parts = tuple(made if one.part == part.part else one for one in job.parts)
        return Replace(job, parts=parts, claimed=moment)

    async def _taken(self, job: Job, draft: Draft, file: Attached) -> Shown:
        """What becomes of a file."""
        most, forum = self._world.largest, self._world.forums[job.forum].forum
        chat = self._world.chats.get(job.reply.chat) if job.reply is not None else None
        if chat is None or file.size > most or not isinstance(forum, TakesFiles):
            return LINKED
        if not isinstance(chat, KeepsFiles):
            return LINKED
        try:
            content = await chat.file(file, most)
        except errors.Gone:
            return Shown(Outcome.LOST)
        except (errors.Refused, errors.NotAllowed, errors.LoginRejected, errors.Unparsable) as error:
            return self._left(job, file, error)
        except Exception as error:
            return await self._again(job, draft, file, error)
        try:
            line = await self._world.upload(job, draft, file.name, kind_of(file, content), content)
        except (errors.Refused, errors.NotAllowed, errors.Gone, errors.Unparsable) as error:
            return self._left(job, file, error)
        except (errors.Unreachable, errors.RateLimited):
            raise  # the post would fare no better
        except errors.LoginRejected as error:
            if draft.login is None:
                raise
            return self._left(job, file, error)  # the post will say so, too
        except Exception as error:
            return await self._again(job, draft, file, error)
        return Shown(Outcome.TAKEN, line)

    async def _again(self, job: Job, draft: Draft, file: Attached, error: Exception) -> Shown:
        """Let it be tried once more after a while, but not for ever."""
        account = draft.login.id if draft.login is not None else ""
        tries = await self._store.write(failed, job.subject_id, mark(file), account)
        if tries >= TRIES:
            return self._left(job, file, error)
        wait = error.seconds if isinstance(error, errors.RateLimited) else 0.0
        raise NotYet(say("why.file_waits", file=file.name, why=reason_of(error)), max(wait, backoff(tries - 1)))

    def _left(self, job: Job, file: Attached, error: Exception) -> Shown:
        """It stays where it is."""
        self._log.warning("file linked", place=place_name(job), delivery=job.id, file=file.name, error=reason_of(error))
        return LINKED
