"""A forum whose one list shows its newest entries, as a feed does, and whose server can be made to lie."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from bot.commands.mirrors import order
from bot.model import (
    Author,
    Board,
    BoardKey,
    Bookmark,
    Caller,
    ChatName,
    Listing,
    Millis,
    Parent,
    ParentState,
    Post,
    PostKey,
    Target,
    TargetKind,
    Tempo,
    Thread,
    ThreadKey,
    ThreadPage,
    at,
    body,
)
from tests.crash.bench import Bench

BOARD = Board(BoardKey("paper"), "The paper")


class Entry(msgspec.Struct):
    """One entry: it is a thread with its OP."""

    key: str
    text: str
    written: Millis
    resurfaced: bool = False


class Paper:
    """What the server holds; `window` entries are shown. `asked` are the bookmarks it was asked with."""

    def __init__(self, now: Callable[[], Millis], window: int = 10) -> None:
        self.now = now
        self.window = window
        self.entries: list[Entry] = []
        self.asked: list[Bookmark] = []
        self.stuck = False
        """Whether the validators stay as they are whatever changes."""
        self.wait = 0.0
        self.gap = ""
        self.slides = True
        self._tag = ""

    def write(self, key: str, text: str = "", age: Millis = 0, **cells: Any) -> None:
        """Put an entry on top."""
        self.entries.insert(0, Entry(key, text or f"text of {key}", self.now() - age, **cells))

    async def listing(self, board: BoardKey, since: Bookmark) -> Listing | None:
        """Answer as a feed's server and its adapter together do."""
        self.asked.append(since)
        shown = self.entries[: self.window]
        digest = hashlib.sha256(repr(shown).encode()).hexdigest()
        tag = self._tag if self.stuck and self._tag else f'"{digest[:8]}"'
        self._tag = tag
        if since.etag == tag or since.digest == digest:
            return None
        oldest = min((entry.written for entry in shown), default=self.now())
        window = self.now() - oldest if self.slides and shown else None
        return Listing(
            BOARD,
            (),
            Bookmark(etag=tag, digest=digest),
            pages=tuple(map(_leaf, shown)),
            tempo=Tempo(window, self.wait),
            gap=self.gap,
        )


def _leaf(entry: Entry) -> ThreadPage:
    post = Post(
        PostKey(entry.key),
        Author("Ada"),
        at(entry.written),
        body(entry.text, "plain"),
        title=f"Title of {entry.key}",
        parent=Parent(ParentState.NONE),
        op=True,
    )
    return ThreadPage(Thread(ThreadKey(entry.key), post.title), (post,), resurfaced=entry.resurfaced)


def print_in(bench: Bench, paper: Paper) -> None:
    """Let the forum of a bench have this paper for its list."""
    bench.board.listing = paper.listing  # type: ignore[method-assign]


async def mirror_paper(bench: Bench, channel: str = "lounge") -> None:
    """Mirror the paper into a channel."""
    who = Caller(ChatName("fake"), 1, "the operator", operator=True)
    target = Target(TargetKind.BOARD, BOARD.key, BOARD.name)
    made = await order(bench, bench.opened, "fake", "{}", target, f"fake:{channel}", who)
    assert made.ok, made.text


async def read(bench: Bench) -> None:
    """Read everything that is due."""
    while await bench.poller.poll_one(bench.opened):
        pass


async def later(bench: Bench, ms: Millis) -> None:
    """Let time pass, read what is due then, and send what is owed."""
    bench.fake_clock.advance(ms)
    await read(bench)
    await bench.sender.drain()


async def until_due(bench: Bench) -> Millis:
    """Let time pass until the list is due, and read it; how long that took."""
    [(moment,)] = await bench.ask("SELECT next_at FROM source WHERE kind='board'")
    wait: Millis = max(moment - bench.clock.now(), 0)
    await later(bench, wait)
    return wait
