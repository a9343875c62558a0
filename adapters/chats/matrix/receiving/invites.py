"""Which rooms we enter: those that people of allowed servers invite us to, and those that our rooms became."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from adapters.chats.matrix.client import path
from adapters.chats.matrix.names import server_of
from adapters.chats.matrix.powers import mapping
from adapters.chats.matrix.session import Session
from bot.errors import AdapterError, OutcomeUnknown, RateLimited, Unreachable
from bot.ports import Log

EVERYBODY = "*"
"""In the place of a server: all of them."""

MOST = 100
"""Invitations that are remembered; who sends more is not answered sooner."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds between two tries to enter a room while the server does not answer."""

PATIENCE = 90.0
"""Seconds for entering a room: one of another server has to be fetched from there."""


class Invitation(NamedTuple):
    """Somebody wants us in a room."""

    room: str
    inviter: str

    @property
    def server(self) -> str:
        """The server of whoever invites."""
        return server_of(self.inviter).lower()


def invitation(room: str, invited: Mapping[str, Any], us: str) -> Invitation | None:
    """The invitation that a sync tells of; None where it does not say who invites."""
    state = mapping(invited.get("invite_state")).get("events")
    for event in state if isinstance(state, list) else ():
        one = mapping(event)
        if one.get("type") == "m.room.member" and one.get("state_key") == us:
            sender = one.get("sender")
            if mapping(one.get("content")).get("membership") == "invite" and isinstance(sender, str):
                return Invitation(room, sender)
    return None


class Invitations:
    """Enters rooms in the background, one after the other, so that nothing that is said waits for it.

    What is not accepted is left unanswered: the homeserver tells of it again at the next start, when its server may be
    allowed.
    """

    def __init__(self, session: Session, allowed: Iterable[str], log: Log) -> None:
        self._session = session
        self._allowed = frozenset(server.lower() for server in allowed)
        self._log = log
        self._refused: dict[str, Invitation] = {}
        self._entering: dict[str, asyncio.Task[None]] = {}
        self._one = asyncio.Lock()

    @property
    def refused(self) -> tuple[Invitation, ...]:
        """Invitations that were not accepted because of their server, the newest last."""
        return tuple(self._refused.values())

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an operator is told of them."""
        return tuple(
            f"{one.inviter} invites us to {one.room}, not accepted: `allow_servers` does not name {one.server}"
            for one in self.refused
        )

    @property
    def entering(self) -> set[str]:
        """Rooms that are being entered, or wait for it."""
        return set(self._entering)

    def take(self, invited: Mapping[str, Any], us: str) -> None:
        """Answer the invitations of a sync."""
        for room, told in invited.items():
            one = invitation(room, mapping(told), us)
            if one is None:
                continue
            if self._allowed & {EVERYBODY, one.server} or one.server == server_of(us).lower():
                self._refused.pop(room, None)
                self.enter(room, one.server)
            elif room not in self._refused and len(self._refused) < MOST:
                self._refused[room] = one
                self._log.warning("invitation not accepted", room=room, inviter=one.inviter)

    def withdrawn(self, rooms: Iterable[str]) -> None:
        """Forget invitations that nobody could accept any more."""
        for room in rooms:
            self._refused.pop(room, None)

    def enter(self, room: str, server: str) -> None:
        """Enter a room that `server` knows; one that is being entered is not entered twice."""
        if room not in self._entering and len(self._entering) < MOST:
            task = asyncio.create_task(self._enter(room, server))
            self._entering[room] = task
            task.add_done_callback(lambda _: self._entering.pop(room, None))

    async def _enter(self, room: str, server: str) -> None:
        query = {"server_name": server, "via": server} if server else None
        pause = FIRST_PAUSE
        while True:
            try:
                async with self._one:
                    await self._session.call("POST", path("join", room), {}, query=query, total=PATIENCE)
            except RateLimited as error:
                await asyncio.sleep(error.seconds)
            except (Unreachable, OutcomeUnknown):
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            except AdapterError as error:
                self._log.warning("room not entered", room=room, error=str(error))
                return
            else:
                self._log.info("room entered", room=room)
                return

    async def close(self) -> None:
        """Enter nothing any more."""
        entering = list(self._entering.values())
        for task in entering:
            task.cancel()
        await asyncio.gather(*entering, return_exceptions=True)
