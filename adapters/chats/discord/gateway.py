"""A shard's line to Discord's gateway: discord.py holds it, and what is told there is heard as it came.

discord.py logs in, beats, resumes and logs in again. It reads every event for itself too, and where it cannot, it ends;
it also asks an address for ever that Discord gave it and that leads nowhere. So its end is told to whoever listens, as
is a silence, and a new line is made. An event is taken before discord.py reads it: none is lost by its mistakes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, NamedTuple

import aiohttp
import discord
import msgspec

from adapters.chats.discord.order import Order, Taking
from adapters.chats.discord.shards import Outgrown
from bot.errors import AdapterError, LoginRejected, Unparsable, Unreachable
from bot.ports import Log

PATIENCE = 120.0
"""Seconds without a session after which a new one is begun from the start."""

FAREWELL = 2.0
"""Seconds that a line has for saying goodbye."""

AT_ONCE = 100
"""Events that are handed over together at most."""

TOO_MANY_GUILDS = 4011
"""The code that says that there have to be more shards."""

AGAIN = 4000
"""The code with which a line is closed to be resumed."""

_FATAL = {
    4004: "the token is not accepted: make a new one on the page “Bot” of the developer portal and set it",
    4010: "the number of the shard is not accepted; tell who wrote this",
    4012: "this version of the gateway is not served any more; update Threadline",
    4013: "the intents are not known there; update Threadline",
    4014: "an intent is not allowed: switch on “Message Content Intent” on the page “Bot” of the developer portal, or "
    "set message_content = false",
}


# It warns whoever makes a client that there is no voice, and tells each of its new tries with a trace.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
logging.getLogger("discord").setLevel(logging.CRITICAL)


class Told(NamedTuple):
    """An event of the gateway: its kind, its data as JSON, and what tells it from an equal one."""

    kind: str
    data: bytes
    mark: str
    met: Any = None
    """What was made of it the moment it came."""


class Broken(Exception):
    """The line has to be made anew; says why. Nothing is wrong with login or network as far as is known."""


class _Frame(msgspec.Struct, frozen=True):
    op: int
    d: msgspec.Raw
    t: str | None = None
    s: int | None = None


class _Named(msgspec.Struct, frozen=True):
    session_id: str = ""


class Client(discord.Client):
    """discord.py's client of one shard, which remembers as little as it can.

    `take` is given all that comes, before it is read; `turn` waits until it may log in again.
    """

    def __init__(
        self,
        shard: int,
        shards: int,
        content: bool,
        take: Callable[[str], None],
        parted: Callable[[], int | None],
        turn: Callable[[], Awaitable[None]],
    ) -> None:
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.guild_reactions = intents.dm_messages = True
        intents.message_content = content
        super().__init__(
            shard_id=shard,
            shard_count=shards,
            intents=intents,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=0.0,  # a guild that comes is not held back until others did
            enable_debug_events=True,
        )
        self._take = take
        self._parted = parted
        self._turn = turn

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Nobody listens but to what comes as it comes, and to the line's end."""
        if event == "socket_raw_receive":
            self._take(args[0])
        elif event in ("ready", "guild_available", "guild_join"):
            self._forget()
        elif event == "disconnect" and (number := self._parted()) is not None:
            self.ws.sequence = number  # from which it resumes

    def _forget(self) -> None:
        """Keep no guild: a thousand of them are large, and discord.py reads what comes without.

        Its `clear` would forget our account too, and no command could be read then.
        """
        for guild in list(self.guilds):
            self._connection._remove_guild(guild)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        if not initial:
            await self._turn()


class Line:
    """One line of a shard of so many, from its login to its end.

    `meet` is called with kind and data of an event the moment it comes, for what cannot wait; what it gives is handed
    over with the event. `turn` waits until the shard may log in once more: the first time whoever makes the line does.
    """

    def __init__(
        self,
        shard: int,
        shards: int,
        token: str,
        content: bool,
        meet: Callable[[str, bytes], Any],
        turn: Callable[[], Awaitable[None]],
        log: Log,
    ) -> None:
        self._shard = shard
        self._token = token
        self._meet = meet
        self._log = log
        self._order = Order()
        self._session = ""
        self._told: asyncio.Queue[Told | Exception] = asyncio.Queue()
        self._client = Client(shard, shards, content, self._take, self._parted, turn)
        self._resumes_from: int | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._running: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Log in; what becomes of it is told by `next`."""
        self._watch()
        self._running = asyncio.create_task(self._client.start(self._token))
        self._running.add_done_callback(self._over)

    async def next(self) -> list[Told]:
        """What was told since the last time, at least one thing.

        Raises `Broken` where the line ended and may be made anew at once, `Outgrown` where there have to be more of
        them, `AdapterError` where neither would help.
        """
        told = [await self._told.get()]
        while len(told) < AT_ONCE and not isinstance(told[-1], Exception) and not self._told.empty():
            told.append(self._told.get_nowait())
        if isinstance(last := told[-1], Exception):
            if len(told) == 1:
                raise last
            self._told.put_nowait(told.pop())
        return [one for one in told if isinstance(one, Told)]

    async def close(self) -> None:
        """End it; Discord forgets the session."""
        self._still()
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await self._client.close()
        for task in filter(None, (self._running, self._closing)):
            task.cancel()
            await asyncio.wait({task})

    # ------------------------------------------------------------------------------------------------- what comes

    def _take(self, text: str) -> None:
        try:
            frame = msgspec.json.decode(text, type=_Frame)
        except (msgspec.DecodeError, ValueError, RecursionError):
            self._log.error("discord said nonsense", shard=self._shard, sample=str(text)[:200])
            return
        if frame.t in ("READY", "RESUMED"):
            self._still()
        lost = self._order.lost
        match self._order.take(frame.op, frame.t, frame.s):
            case Taking.TAKE if frame.t:
                if lost := self._order.lost - lost:
                    self._log.warning(
                        "discord could not tell events again", shard=self._shard, events=lost, before=frame.s
                    )
                data = bytes(frame.d)
                if frame.t == "READY":
                    self._session = _session(data)
                met = self._meet(frame.t, data)
                self._told.put_nowait(Told(frame.t, data, f"{self._session} {frame.s}", met))
            case Taking.ASK:
                self._log.warning("discord left events out", shard=self._shard, after=self._order.last, next=frame.s)
                self._resumes_from = self._order.last
                if self._connected():
                    self._closing = asyncio.create_task(self._client.ws.close(code=AGAIN))

    def _parted(self) -> int | None:
        """The line is gone for now; from which event on it has to be told again, where that is not behind the last."""
        if self._alarm is None:
            self._watch()
        number, self._resumes_from = self._resumes_from, None
        return number

    # ----------------------------------------------------------------------------------------------- how it ends

    def _watch(self) -> None:
        self._still()
        self._alarm = asyncio.get_running_loop().call_later(PATIENCE, self._silent)

    def _still(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _silent(self) -> None:
        self._told.put_nowait(Broken(f"no session came about in {PATIENCE:g} s"))

    def _over(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            # Without a first line discord.py stumbles over itself instead of saying why there is none.
            error = task.exception()
            stumbled = isinstance(error, AttributeError) and not self._connected()
            self._told.put_nowait(ending(OSError() if stumbled else error))

    def _connected(self) -> bool:
        line: discord.gateway.DiscordWebSocket | None = self._client.ws
        return line is not None


def ending(error: BaseException | None) -> AdapterError | Broken | Outgrown:
    """What the end of discord.py means for whoever listens."""
    match error:
        case None:
            return Broken("the line was closed")
        case discord.LoginFailure():
            return LoginRejected(f"Discord does not let the bot in: {_FATAL[4004]}.")
        case discord.PrivilegedIntentsRequired():
            return LoginRejected(f"Discord does not let the bot in: {_FATAL[4014]}.")
        case discord.ConnectionClosed() if error.code == TOO_MANY_GUILDS:
            return Outgrown("there are more servers than so many shards may have")
        case discord.ConnectionClosed() if error.code in _FATAL:
            return LoginRejected(f"Discord closed the line ({error.code}): {_FATAL[error.code]}.")
        case discord.DiscordException() | aiohttp.ClientError() | OSError() | TimeoutError():
            return Unreachable(f"Discord's gateway cannot be reached ({type(error).__name__}). It is tried again.")
        case _:
            return Broken(f"discord.py could not read an event ({type(error).__name__})")


def unread(why: object) -> Unparsable:
    """That a line ended before it had a session: the next one would too."""
    return Unparsable(
        f"Discord's gateway is not understood ({why}). It is tried again; if that lasts, update Threadline.",
        "a session",
    )


def _session(data: bytes) -> str:
    try:
        return msgspec.json.decode(data, type=_Named).session_id
    except msgspec.DecodeError:
        return ""
