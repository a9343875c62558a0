"""Ghosts: an account for each author of a forum, which speaks with the author's name and picture.

A ghost comes into being, gets its name and enters a room with the first message that needs it. Where it cannot speak,
the login's own account does, in words that name the author. Which of them spoke must not change while a message is in
doubt, for each has keys of its own: so it is kept where ghosts cannot speak, and what was sent before is looked for
when they can again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import TypeVar

import msgspec

from adapters.chats.matrix import names
from adapters.chats.matrix.checking import powers
from adapters.chats.matrix.client import path
from adapters.chats.matrix.encryption.seals import Seals
from adapters.chats.matrix.media.pictures import Pictures
from adapters.chats.matrix.render import Ghost
from adapters.chats.matrix.service.faces import EVERYWHERE, NO, Faces, Mute
from adapters.chats.matrix.session import Session
from adapters.chats.matrix.settings import Settings
from adapters.files import found, replaced
from bot.errors import Gone, LoginRejected, NotAllowed, OutcomeUnknown, Refused
from bot.model import Millis, Payload
from bot.ports import Context

T = TypeVar("T")

FILE = "ghosts.json"
"""The file, in the adapter's folder, that holds where ghosts cannot speak."""

MOST_CLOSED = 1_000
"""Rooms, and ghosts in rooms, of which it is remembered that they cannot speak there; the oldest is tried again."""

AGAIN: Millis = 600_000
"""Milliseconds after which it is tried again where ghosts could not speak."""


class Ghosts:
    """The authors' accounts of one login; of a login that is no application service, there are none.

    `left` holds the rooms that the login is known to have left: where it may not speak, no ghost does.
    """

    def __init__(
        self,
        session: Session,
        seals: Seals,
        pictures: Pictures,
        settings: Settings,
        context: Context,
        left: Collection[str],
    ) -> None:
        self._session = session
        self._seals = seals
        self._prefix = settings.ghosts
        self._server = names.server_of(settings.user) if session.registration is not None else None
        self._left = left
        self._now = context.now
        self._work = context.work
        self._log = context.log
        self._file = context.folder / FILE
        self._faces = Faces(session, pictures, context.log)
        self._inside: set[str] = set()
        """Rooms that the login was found to be in."""
        kept = found(self._file, dict[str, str]) if self._server is not None else None
        self._closed: dict[str, str] = kept or {}
        """Why it is the login that speaks: in a room, or in a room for one ghost."""
        self._tried: dict[str, Millis] = {}

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an operator is told of them: of places where it was tried in this run."""
        closed = {place: why for place, why in self._closed.items() if place in self._tried}
        rooms = [
            f"in {'all rooms' if place == EVERYWHERE else place} the bot speaks for the authors: {why}"
            for place, why in closed.items()
            if _all(place)
        ]
        some = len(closed) - len(rooms)
        return (*rooms, *([f"{some} ghosts cannot speak in rooms; the bot speaks for them there"] if some else []))

    def of(self, payload: Payload) -> str:
        """The ghost of the author of a payload; empty where there is none."""
        told = payload.get("ghost")
        if told is None or self._server is None:
            return ""
        return names.ghost_of(msgspec.convert(told, Ghost).author, self._prefix, self._server)

    async def speak(self, room: str, payload: Payload, say: Callable[[str], Awaitable[T]]) -> T:
        """Let somebody say a payload in a room: its author's ghost, or nobody (empty), which is the login itself."""
        user = self.of(payload)
        if not user:
            return await say("")
        if await self._seals.on(room):
            if room not in self._closed:
                await self._sealed(room, user)
            return await say("")
        ghost = msgspec.convert(payload["ghost"], Ghost)
        await self._be_inside(room)
        place = next((place for place in (EVERYWHERE, room, f"{room} {user}") if place in self._closed), "")
        if place and not await self._opened(place, room, user):
            return await say("")
        try:
            return await self._alive(room, user, lambda: self._speaking(room, user, ghost, lambda: say(user)))
        except Mute as mute:
            await self._close(mute)
            try:
                return await say("")
            except NotAllowed:
                await self._open(mute.place)  # nobody of ours may speak there, and nobody did
                raise

    async def act(self, room: str, user: str, do: Callable[[str], Awaitable[T]]) -> T:
        """Let an account of ours do something in a room, such as change what it said; a ghost enters it if need be.

        Raises `Refused` where it cannot: that concerns nobody else in this room.
        """
        if user == self._session.user:
            return await do("")
        try:
            return await self._alive(room, user, lambda: self._acting(room, user, lambda: do(user)))
        except Mute as mute:
            raise Refused(f"{user}, who wrote this for an author, can do nothing in the room: {mute.why}.") from None

    # ------------------------------------------------------------------------------------------------- what they may

    async def _speaking(self, room: str, user: str, ghost: Ghost, say: Callable[[], Awaitable[T]]) -> T:
        face = await self._faces.of(user, ghost)
        if room not in face.rooms:
            with suppress(Mute):  # it is asked first all the same: perhaps it said this before it was shown out
                await self._enter(room, user)
                face.rooms.add(room)
        return await self._acting(room, user, say)

    async def _acting(self, room: str, user: str, do: Callable[[], Awaitable[T]]) -> T:
        """Do something as a ghost; it enters when the homeserver says no."""
        try:
            return await do()
        except NotAllowed:
            await self._enter(room, user)
        try:
            return await do()
        except NotAllowed as error:
            raise Mute(room, "whoever enters may not write there; lower the level that writing needs") from error

    async def _alive(self, room: str, user: str, do: Callable[[], Awaitable[T]]) -> T:
        """Do something as a ghost, whose account an admin may have ended; the login's own is another matter."""
        try:
            return await do()
        except LoginRejected as error:
            await self._session.call("GET", path("account", "whoami"))
            raise Mute(f"{room} {user}", "the homeserver rejects its account", silent=False) from error

    async def _enter(self, room: str, user: str) -> None:
        """Be in a room as a ghost, invited if need be."""
        ghost = self._session.speaking(user)
        enter = path("rooms", room, "join")
        try:
            await self._session.call("POST", enter, {}, query=ghost, write=False)
            return
        except NO:
            pass  # it is not for everybody
        try:
            await self._session.call("POST", path("rooms", room, "invite"), {"user_id": user}, write=False)
            await self._session.call("POST", enter, {}, query=ghost, write=False)
        except NO as error:
            if await self._membership(room, user) == "ban":
                raise Mute(f"{room} {user}", "it is banned there") from error
            raise Mute(room, "they cannot come in; let the bot invite people there, or everybody enter") from error

    async def _be_inside(self, room: str) -> None:
        """Raise `NotAllowed` where the login is not in a room: whoever shows it out means its ghosts too."""
        if room in self._inside and room not in self._left:
            return
        if await self._membership(room, self._session.user) != "join":
            raise NotAllowed(f"{self._session.user} is not in {room}; let it in.")
        self._inside.add(room)

    async def _membership(self, room: str, user: str) -> str:
        try:
            said = await self._session.call("GET", path("rooms", room, "state", "m.room.member", user))
        except Gone:
            return ""
        return str(said.get("membership", ""))

    # --------------------------------------------------------------------------------------------- where they may not

    async def _sealed(self, room: str, user: str) -> None:
        """Note that a room is encrypted; what a ghost may have said before it was is in doubt: `OutcomeUnknown`."""
        never = not await self._membership(room, user)
        await self._close(Mute(room, "it is encrypted, and ghosts do not encrypt", never))

    async def _close(self, mute: Mute) -> None:
        """Note that the login speaks in the place of ghosts, before it does; `OutcomeUnknown` where they may have."""
        self._log.warning("a ghost cannot speak", place=mute.place, why=mute.why, error=str(mute.__cause__ or ""))
        self._closed[mute.place] = mute.why
        self._tried[mute.place] = self._now()
        while len(self._closed) > MOST_CLOSED:
            oldest = next(iter(self._closed))
            del self._closed[oldest]
            self._tried.pop(oldest, None)
        await self._keep()
        await self._session.distrust()
        if not mute.silent:
            raise OutcomeUnknown(f"A ghost cannot speak any more: {mute.why}. Look what it said before.")

    async def _opened(self, place: str, room: str, user: str) -> bool:
        """Whether a ghost can speak again where it could not; then it is in doubt who spoke: `OutcomeUnknown`."""
        now = self._now()
        if 0 <= now - self._tried.get(place, -AGAIN) < AGAIN:
            return False
        self._tried[place] = now
        try:
            if user not in self._faces:
                await self._faces.found(user)
            await self._enter(room, user)
            levels = await self._session.call("GET", path("rooms", room, "state", "m.room.power_levels", ""))
        except Mute:
            return False
        except Gone:
            levels = None
        own, needed = powers(levels, user)
        if own < needed:
            return False
        await self._session.distrust()
        await self._open(place)
        self._log.info("ghosts speak again", place=place)
        raise OutcomeUnknown(
            f"The authors' ghosts can speak again in {room}, where the bot spoke before. "
            "Look before repeating what may have been sent."
        )

    async def _open(self, place: str) -> None:
        self._closed.pop(place, None)
        await self._keep()

    async def _keep(self) -> None:
        await self._work(replaced, self._file, msgspec.json.encode(self._closed))


def _all(place: str) -> bool:
    """Whether no ghost can speak in a place."""
    return " " not in place
