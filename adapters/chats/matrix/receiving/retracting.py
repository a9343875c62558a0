"""Takes away what is left of a message of ours that somebody took away: its changes, which say it anew.

A moderator redacts the message that they see. What it was changed to stands in events of its own, and old servers and
clients show those. So we take them away, as we do when we delete a message ourselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

import msgspec

from adapters.chats.matrix.client import Object, path
from adapters.chats.matrix.encryption.crypto import ENCRYPTED
from adapters.chats.matrix.posting import MESSAGE, PAGE, Posting
from adapters.chats.matrix.relations import EDIT, is_redacted, relates
from adapters.chats.matrix.session import Session
from adapters.files import found, replaced
from bot.errors import AdapterError, Gone, LoginRejected, OutcomeUnknown, RateLimited, Unreachable
from bot.model import Batch, Deleted, Event
from bot.ports import Context

FILE = "retractions.json"
MOST = 1_000
"""Messages that may wait; the oldest goes for a further one."""

PAGES = 200
"""Pages of our own messages that are looked through for changes of one: what is changed later than that is left."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds between two tries while the homeserver does not answer."""


class Retractions:
    """The messages that were taken away and not looked at yet; written down before the cursor moves past them."""

    def __init__(self, session: Session, posting: Posting, context: Context) -> None:
        self._session = session
        self._posting = posting
        self._file = context.folder / FILE
        self._work = context.work
        self._log = context.log
        self._waiting: dict[str, str] = found(self._file, dict[str, str]) or {}
        """By message, the room that it was in."""
        self._working: asyncio.Task[None] | None = None

    async def beside(self, batches: AsyncGenerator[Batch, None]) -> AsyncGenerator[Batch, None]:
        """The same batches, each when what it says to be gone is written down; it is seen to in the background."""
        async with aclosing(batches):
            self._begin()
            async for batch in batches:
                if self._note(batch.events):
                    await self._keep()
                    self._begin()
                yield batch

    async def close(self) -> None:
        """Go on with what is left at the next start."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)

    def _note(self, events: Iterable[Event]) -> bool:
        gone = [event for event in events if isinstance(event, Deleted)]
        self._waiting.update((event.message, event.where.channel) for event in gone)
        while len(self._waiting) > MOST:
            message = next(iter(self._waiting))
            self._log.warning("changes left", room=self._waiting.pop(message), message=message, why="too many wait")
        return bool(gone)

    def _begin(self) -> None:
        if self._waiting and (self._working is None or self._working.done()):
            self._working = asyncio.create_task(self._run())

    async def _run(self) -> None:
        pause = FIRST_PAUSE
        while self._waiting:
            message, room = next(iter(self._waiting.items()))
            try:
                await self._retract(room, message)
                pause = FIRST_PAUSE
            except RateLimited as error:
                await asyncio.sleep(error.seconds)
                continue
            except (Unreachable, OutcomeUnknown):
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            except LoginRejected:
                return  # whoever hears of it logs in anew
            except AdapterError as error:
                self._log.warning("changes left", room=room, message=message, why=str(error)[:300])
            self._waiting.pop(message, None)
            await self._keep()

    async def _retract(self, room: str, message: str) -> None:
        """Take away all changes of a message of ours that is gone; of anything else, nothing."""
        await self._session.begin()
        try:
            event = await self._session.call("GET", path("rooms", room, "event", message))
            if not self._posting.wrote(event) or not is_redacted(event):
                return
            said = await self._session.call("GET", path("rooms", room, "context", message), query={"limit": "0"})
        except Gone:
            return
        # The homeserver lists no changes of what is gone; so all is looked through that came from there since.
        wanted = {"types": [MESSAGE, ENCRYPTED], "senders": [event["sender"]]}
        query = {"dir": "f", "limit": PAGE, "filter": msgspec.json.encode(wanted).decode()}
        for _ in range(PAGES):
            if not isinstance(start := said.get("end"), str) or start == query.get("from"):
                return
            query["from"] = start
            said = await self._session.call("GET", path("rooms", room, "messages"), query=query)
            for change in _changes(said, message):
                await self._posting.take_away(room, change, "")
        self._log.warning("changes left", room=room, message=message, why="too much was said since")

    async def _keep(self) -> None:
        try:
            await self._work(replaced, self._file, msgspec.json.encode(self._waiting))
        except OSError as error:
            self._log.warning("what was taken away is not written down", why=str(error.strerror))


def _changes(said: Object, message: str) -> list[Object]:
    """What of a page changes a message."""
    events = (event for event in said.get("chunk", ()) if isinstance(event, dict))
    related = ((event, relates(event)) for event in events)
    return [event for event, to in related if to.get("rel_type") == EDIT and to.get("event_id") == message]
