"""A forum and a chat that are no more than HTTP calls: what is measured is the engine between them.

Both sides of the comparison go through these calls, over one plain aiohttp session for each process: neither has the
guarded client of `bot.net` under it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import aiohttp
import msgspec

from bot import errors, markup
from bot.model import (
    NO_MESSAGE,
    Batch,
    BoardKey,
    Bookmark,
    Card,
    ChannelRef,
    ChannelWish,
    ChatCapabilities,
    ChatName,
    ForumCapabilities,
    ForumName,
    Found,
    Hint,
    Listing,
    MessageId,
    Offer,
    Payload,
    Reaction,
    Target,
    TargetKind,
    ThreadKey,
    ThreadPage,
    ThreadRef,
    UserId,
    Where,
)
from bot.ports import Chat, Context, Forum, Match
from tests.bench import board

AT_ONCE = 16
"""Places that are written to at the same time, on both sides of the comparison."""

LONG = 24 * 3600.0
"""Seconds between two readings without a sign: longer than any measurement."""


class Settings(msgspec.Struct, frozen=True):
    """Where the stand-in is."""

    address: str = ""


class Line:
    """One HTTP session with the stand-in; made at the first call, for aiohttp wants a running loop."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._session: aiohttp.ClientSession | None = None

    async def get(self, path: str) -> bytes:
        """Read."""
        async with self._opened().get(self._address + path) as response:
            response.raise_for_status()
            return await response.read()

    async def post(self, path: str, what: object) -> str:
        """Write."""
        async with self._opened().post(self._address + path, data=msgspec.json.encode(what)) as response:
            response.raise_for_status()
            return (await response.read()).decode()

    async def close(self) -> None:
        """Let go of the session."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self._session


class BenchForum:
    """Reads the stand-in's board; `begin` is its push that the board has changed."""

    caps = ForumCapabilities(
        parents="exact", edits="version", deletes="absence", numbered=True, format="html", min_interval=LONG
    )

    def __init__(self, line: Line) -> None:
        self._line = line
        self.begin = asyncio.Event()

    async def locate(self, address: str) -> Target:
        return Target(TargetKind.BOARD, board.BOARD.key, board.BOARD.name)

    async def listing(self, key: BoardKey, since: Bookmark) -> Listing | None:
        return board.read_listing(await self._line.get("/board"))

    async def thread(self, key: ThreadKey, since: Bookmark) -> ThreadPage | None:
        return board.read_thread(await self._line.get(f"/thread/{key}"))

    async def hints(self) -> AsyncIterator[Hint]:
        await self.begin.wait()
        yield Hint(TargetKind.BOARD, board.BOARD.key)
        await asyncio.Event().wait()

    async def close(self) -> None:
        await self._line.close()


class BenchChat:
    """Writes to the stand-in's chat; `all_sent` is set when it has answered for `expected` messages."""

    caps = ChatCapabilities(key_window=float("inf"), at_once=AT_ONCE)

    def __init__(self, line: Line) -> None:
        self._line = line
        self._sent = 0
        self.expected = 0
        self.all_sent = asyncio.Event()

    async def channel(self, name: str, make: ChannelWish | None) -> ChannelRef:
        return ChannelRef(name)

    def render(self, card: Card, most: int | None = None) -> tuple[Payload, ...]:
        return (
            {
                "author": card.author,
                "title": card.title,
                "text": markup.write(card.body, "markdown") if card.body is not None else "",
                "note": card.note,
                "number": card.number.removeprefix("#").replace("OP", ""),
                "link": card.link,
                "reply_to": card.reply_to,
            },
        )

    async def send(self, where: Where, payload: Payload, key: str) -> MessageId:
        message = {"channel": where.channel, "thread": where.thread, "key": key, "payload": payload}
        id = await self._line.post("/messages", message)
        self._sent += 1
        if self._sent == self.expected:
            self.all_sent.set()
        return MessageId(id)

    async def open_thread(self, where: Where, message: MessageId, title: str, key: str) -> ThreadRef:
        return ThreadRef(await self._line.post("/threads", {"message": message, "title": title}))

    async def edit(self, where: Where, message: MessageId, payload: Payload) -> None:
        raise errors.Refused("nothing is edited in a measurement")

    async def delete(self, where: Where, message: MessageId) -> None:
        raise errors.Refused("nothing is deleted in a measurement")

    async def react(self, where: Where, message: MessageId, reaction: Reaction | None) -> None:
        raise errors.Refused("nobody says anything in a measurement")

    def named(self, link: str) -> MessageId:
        return MessageId(link)

    async def read_back(self, where: Where, after: MessageId) -> tuple[Found, ...]:
        return ()

    async def events(self, cursor: str) -> AsyncIterator[Batch]:
        await asyncio.Event().wait()
        yield Batch((), cursor)

    async def tell(
        self,
        where: Where,
        person: UserId,
        text: str,
        key: str,
        about: MessageId = NO_MESSAGE,
        offers: Sequence[Offer] = (),
    ) -> None:
        raise errors.Refused("nobody asks anything in a measurement")

    async def close(self) -> None:
        await self._line.close()


class ForumDoor:
    """Opens the forum; registered by an entry point made for the run."""

    name = "bench"
    settings = Settings
    looked_for = ""

    def recognise(self, address: str, page: bytes | None = None) -> Match | None:
        return Match(1.0, ForumName("bench"), "the measured board") if address == "bench:board" else None

    def open(self, name: ForumName, settings: Settings, context: Context) -> Forum:
        return BenchForum(Line(settings.address))

    def saved(self, page: bytes, address: str, settings: Settings) -> ThreadPage:
        return board.read_thread(page)


class ChatDoor:
    """Opens the chat; registered by an entry point made for the run."""

    name = "bench"
    settings = Settings

    def open(self, name: ChatName, settings: Settings, context: Context) -> Chat:
        return BenchChat(Line(settings.address))

    def render(self, card: Card, most: int | None = None) -> tuple[Payload, ...]:
        return ()

    def sketch(self, payload: Payload) -> str:
        return ""


forum = ForumDoor()
chat = ChatDoor()
