"""The gateway as bots meet it: HELLO, IDENTIFY, RESUME, heartbeats, close codes, and orders to go away."""

from __future__ import annotations

import asyncio
import json
import secrets
import zlib
from collections import deque
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from tests.discord import wire
from tests.discord.sessions import CONTENT, GUILDS, KNOWN, PRIVILEGED, Audience, Session
from tests.discord.world import World

PATH, AGAIN = "/gateway/", "/again/"
"""Where one connects first, and where to resume."""

HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = 1, 2, 3, 4, 6, 7, 8, 9, 10, 11
ERROR, UNKNOWN_OP, UNDECODABLE, NOT_LOGGED_IN, BAD_TOKEN, TWICE, BAD_NUMBER, TOO_FAST = (
    4000,
    4001,
    4002,
    4003,
    4004,
    4005,
    4007,
    4008,
)
BAD_SHARD, SHARD, BAD_VERSION, BAD_INTENTS, NOT_ALLOWED = 4010, 4011, 4012, 4013, 4014

RECOMMENDED, LOGINS = 1000, 1000
"""Guilds of a shard, so many as Discord recommends, and logins in a day."""

LONGEST, MOST, WITHIN = 4096, 120, 60.0
"""Bytes of what a client may send, and how much of it in how many seconds."""


class Line:
    """One connection; what is written to it goes out in order."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, *, compressed: bool) -> None:
        self.socket = socket
        self._request = request
        self.session: Session | None = None
        self.heard: deque[float] = deque()
        self.ended: int | None = None
        """The code with which it was ended from here."""
        self._packer = zlib.compressobj() if compressed else None
        self._queue: asyncio.Queue[str | int | None] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())

    def write(self, raw: str) -> None:
        """Send a text."""
        self._queue.put_nowait(raw)

    def say(self, op: int, data: Any = None) -> None:
        """Send something that is no event."""
        self.write(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def close(self, code: int) -> None:
        """End it, after what was written before."""
        self.ended = self.ended or code
        self._queue.put_nowait(code)

    def cut(self) -> None:
        """It breaks."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def gone(self) -> None:
        """Nothing is written any more."""
        self._writer.cancel()
        await asyncio.wait([self._writer])

    async def _write(self) -> None:
        while (what := await self._queue.get()) is not None:
            with suppress(ConnectionError, RuntimeError):
                if isinstance(what, int):
                    await self.socket.close(code=what)
                elif self._packer is not None:
                    data = self._packer.compress(what.encode()) + self._packer.flush(zlib.Z_SYNC_FLUSH)
                    await self.socket.send_bytes(data)
                else:
                    await self.socket.send_str(what)


class Gateway:
    """Where bots listen; every rule it has can be set before they come."""

    def __init__(self, world: World, token: str) -> None:
        self.audience = Audience(world)
        self.address = ""
        self.token = token
        self.privileged = PRIVILEGED
        """The intents that the application was given of those that are not for everybody."""
        self.heartbeat = 41_250
        """Milliseconds."""
        self.answers_heartbeats = True
        self.compresses = False
        """Whether it packs what it says for those that ask for it, as Discord does."""
        self.resumes_for = 180.0
        """Seconds after which a session that lost its line is forgotten."""
        self.guilds_per_shard = 2500
        self.recommends: int | None = None
        """How many shards it recommends; by itself one for each thousand guilds."""
        self.concurrency = 1
        """How many shards may log in at a time: those of different numbers modulo this."""
        self.apart = 0.0
        """Seconds between two logins at a time; Discord's are 5, and a test that wants them says so."""
        self.hasty = 0
        """How many logins came sooner; they are told that their session is over."""
        self.away: set[int] = set()
        """Shards of which nothing is heard: whoever logs in there waits in vain."""
        self.logins_left = 1000
        self.resume_answers = 0
        """The status that the address for resuming answers with, if it is dead."""
        self.refused_resumes = 0
        """How often that was asked in vain."""
        self.logins: list[dict[str, Any]] = []
        """What each IDENTIFY said."""
        self.resumed = 0
        self.closed: list[int | None] = []
        """The codes with which lines were closed, by either side."""
        self._world = world
        self._lines: list[Line] = []
        self._last: dict[int, float] = {}
        """When a shard logged in last, by those that may not at the same time."""

    @property
    def advised(self) -> dict[str, Any]:
        """How many shards it recommends, and how many logins it takes."""
        guilds = sum(self._world.bot.id in one.members for one in self._world.guilds.values())
        shards = self.recommends or max(1, -(-guilds // RECOMMENDED))
        limit = {"total": LOGINS, "remaining": max(0, self.logins_left), "reset_after": 86_400_000}
        limit |= {"max_concurrency": self.concurrency}
        return {"url": self.address + PATH, "shards": shards, "session_start_limit": limit}

    @property
    def sessions(self) -> list[Session]:
        """All logins that are not over, oldest first."""
        return list(self.audience.sessions.values())

    @property
    def listeners(self) -> int:
        """How many sessions have a line."""
        return sum(session.write is not None for session in self.sessions)

    def routes(self) -> list[web.RouteDef]:
        """Where it is had."""
        return [web.get(PATH, self._connect), web.get(AGAIN, self._connect)]

    # --------------------------------------------------------------------------------------------- what goes wrong

    def reconnect(self) -> None:
        """Ask everybody to connect anew and resume (op 7)."""
        for line in self._lines:
            line.say(RECONNECT)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Tell everybody that the session is over (op 9), unless it is `resumable`."""
        for line in list(self._lines):
            if line.session and not resumable:
                self._forget(line.session)
            line.say(INVALID, resumable)

    def close(self, code: int = ERROR) -> None:
        """Close all lines with this code."""
        for line in self._lines:
            line.close(code)

    def cut(self, shard: int | None = None) -> None:
        """The lines break, or those of one shard."""
        for line in self._lines:
            if shard is None or (line.session is not None and line.session.shard[0] == shard):
                line.cut()

    def forget(self) -> None:
        """Break the lines and forget the sessions, as after a failure of Discord's."""
        self.audience.sessions.clear()
        self.cut()

    def say_nonsense(self, name: str = "MESSAGE_CREATE", data: object = None, shard: int | None = None) -> None:
        """Tell everybody, or one shard, an event whose payload nobody can read; its number counts."""
        for session in self.sessions:
            if shard in (None, session.shard[0]):
                session.tell(name, json.dumps({} if data is None else data))

    # ------------------------------------------------------------------------------------------------------- talking

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        if request.path == AGAIN and self.resume_answers:
            self.refused_resumes += 1
            return web.Response(status=self.resume_answers)
        # Like Discord it does not wait long for an answer to its own goodbye.
        socket = web.WebSocketResponse(max_msg_size=0, timeout=0.1)
        await socket.prepare(request)
        line = Line(request, socket, compressed=self.compresses and request.query.get("compress") == "zlib-stream")
        self._lines.append(line)
        try:
            if request.query.get("v") not in ("9", "10"):
                line.close(BAD_VERSION)
            line.say(HELLO, {"heartbeat_interval": self.heartbeat, "_trace": []})
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._hear(line, message.data)
        finally:
            self._lines.remove(line)
            await line.gone()
            self._gone(line)
        return socket

    def _gone(self, line: Line) -> None:
        code = line.ended or line.socket.close_code
        self.closed.append(code)
        if (session := line.session) is None:
            return
        if session.write == line.write:
            session.write, session.left = None, self._world.clock.now()
            if line.ended is None and code in (1000, 1001):
                # Who says goodbye has no session any more.
                self._forget(session)

    def _forget(self, session: Session) -> None:
        self.audience.sessions.pop(session.id, None)

    def _hear(self, line: Line, text: str) -> None:
        now = self._world.clock.now()
        line.heard.append(now)
        while now - line.heard[0] > WITHIN:
            line.heard.popleft()
        if len(line.heard) > MOST:
            return line.close(TOO_FAST)
        try:
            said = json.loads(text)
            op, data = said["op"], said.get("d")
        except (ValueError, KeyError, TypeError):
            return line.close(UNDECODABLE)
        if len(text.encode()) > LONGEST:
            return line.close(UNDECODABLE)
        if op == HEARTBEAT:
            if self.answers_heartbeats:
                line.say(ACK)
        elif op == IDENTIFY:
            self._identify(line, data)
        elif op == RESUME:
            self._resume(line, data)
        elif op not in (PRESENCE, VOICE, MEMBERS):
            line.close(UNKNOWN_OP)
        elif line.session is None:
            line.close(NOT_LOGGED_IN)
        elif op == MEMBERS:
            self._members(line.session, data)
        return None

    def _identify(self, line: Line, data: dict[str, Any]) -> None:
        world, shard = self._world, tuple(data.get("shard") or (0, 1))
        if shard[0] in self.away:
            return None
        self.logins.append(data)
        self.logins_left -= 1
        guilds = [one for one in world.guilds.values() if world.bot.id in one.members]
        mine = [one for one in guilds if (int(one.id) >> 22) % max(shard[1], 1) == shard[0]]
        for wrong, code in (
            (line.session is not None, TWICE),
            # Whoever logs in more than a thousand times a day gets a new token, and this one is worth nothing.
            (data.get("token") != self.token or self.logins_left < 0, BAD_TOKEN),
            (not 0 <= shard[0] < shard[1], BAD_SHARD),
            (len(mine) > self.guilds_per_shard, SHARD),
            (bool(data["intents"] & ~KNOWN), BAD_INTENTS),
            (bool(data["intents"] & PRIVILEGED & ~self.privileged), NOT_ALLOWED),
        ):
            if wrong:
                return line.close(code)
        together, now = shard[0] % self.concurrency, world.clock.now()
        if now - self._last.get(together, 0.0) < self.apart:
            self.hasty += 1
            return line.say(INVALID, False)
        self._last[together] = now
        session = Session(secrets.token_hex(16), data["intents"], (shard[0], shard[1]), now)
        session.write, line.session = line.write, session
        self.audience.sessions[session.id] = session
        ready = {
            "v": 10,
            "user": wire.user(world.bot),
            "guilds": [{"id": one.id, "unavailable": True} for one in mine],
            "session_id": session.id,
            "resume_gateway_url": self.address + AGAIN,
            "application": {"id": world.bot.id, "flags": application_flags(self.privileged)},
            **({"shard": list(shard)} if "shard" in data else {}),
        }
        session.tell("READY", json.dumps(ready))
        if session.intents & GUILDS:
            for one in mine:
                if one.hidden:
                    session.tell("GUILD_DELETE", json.dumps({"id": one.id, "unavailable": True}))
                else:
                    session.tell("GUILD_CREATE", json.dumps(wire.whole_guild(world, one)))
        return None

    def _resume(self, line: Line, data: dict[str, Any]) -> None:
        if data.get("token") != self.token:
            return line.close(BAD_TOKEN)
        session = self.audience.sessions.get(data["session_id"])
        if session is not None and session.shard[0] in self.away:
            return None
        late = session is not None and session.left is not None
        if session is None or (late and self._world.clock.now() - (session.left or 0) > self.resumes_for):
            return line.say(INVALID, False)
        missed = session.since(data.get("seq") or 0)
        if missed is None:
            return line.close(BAD_NUMBER)
        self.resumed += 1
        session.write, session.left, line.session = line.write, None, session
        for raw in missed:
            line.write(raw)
        session.tell("RESUMED", json.dumps({"_trace": []}))
        return None

    def _members(self, session: Session, data: dict[str, Any]) -> None:
        guild = self._world.guilds[str(data["guild_id"])]
        wanted = {str(one) for one in data.get("user_ids") or ()}
        found = [one for one in guild.members.values() if not wanted or one.user.id in wanted]
        told = {"guild_id": guild.id, "members": [wire.member(guild, one) for one in found], "chunk_index": 0}
        told |= {"chunk_count": 1, "not_found": [], **({"nonce": data["nonce"]} if "nonce" in data else {})}
        session.tell("GUILD_MEMBERS_CHUNK", json.dumps(told))


def application_flags(privileged: int) -> int:
    """What the application says of the intents that it was given."""
    return 1 << 19 if privileged & CONTENT else 0
