"""A board is asked first, and a thread only when its count of replies says that something happened in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from adapters.forums.democratic_underground import adapter
from adapters.forums.democratic_underground.settings import Settings
from bot.commands.mirrors import order
from bot.model import Caller, ChatName, ForumName, Target, TargetKind
from bot.store import run
from bot.testing.context import context
from bot.testing.server import LoopbackSite
from tests.crash.bench import Bench

FIRST, SECOND = "10331234567", "10331234999"
OPERATOR = Caller(ChatName(""), 0, "the operator", operator=True)


class Watched:
    """The program between a board, whose page a test changes, and a chat."""

    def __init__(self, bench: Bench, data: Path) -> None:
        self.bench = bench
        self.page = (data / "board.html").read_text(encoding="utf-8")
        self.text = (data / "thread.txt").read_text(encoding="utf-8")
        self.replies = {FIRST: 4, SECOND: 12}
        self.asked: list[str] = []
        self.site = LoopbackSite([web.get("/{path:.*}", self._answer)])

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        kind = "text/html" if request.path == "/" else "text/plain"
        count = self.replies.get(request.path.strip("/"), 0)
        text = self.text.replace("4 replies", f"{count} replies")
        return web.Response(text=self.page if request.path == "/" else text, content_type=kind)

    def change(self, old: str, new: str) -> None:
        """Draw the board's page otherwise."""
        assert old in self.page
        self.page = self.page.replace(old, new)

    async def read_board(self) -> None:
        """Read the board, and nothing else whatever is due."""
        await self.bench.store.write(run, "UPDATE source SET next_at=-1 WHERE board IS NOT NULL")
        self.asked.clear()
        assert await self.bench.poller.poll_one(self.bench.opened)
        assert self.asked == ["/?com=forum&id=1033"]

    async def due(self) -> list[str]:
        """The threads that are due at this moment; the pace at which quiet ones are read again is left out."""
        now = self.bench.clock.now()
        rows = await self.bench.ask(
            f"SELECT t.key FROM source s JOIN thread t ON t.id=s.thread WHERE s.next_at<={now} ORDER BY t.key"
        )
        return [key for (key,) in rows]

    async def read_threads(self) -> None:
        """Read the threads that are due."""
        while await self.due():
            await self.bench.poller.poll_one(self.bench.opened)


@pytest.fixture
async def watched(tmp_path: Path, data: Path) -> AsyncIterator[Watched]:
    bench = Bench(tmp_path)
    await bench.start()
    made = Watched(bench, data)
    await made.site.start()
    around = context(tmp_path, "du")
    bench.opened.forum = adapter.open(ForumName("du"), Settings(address=made.site.address), around)
    target = Target(TargetKind.BOARD, "1033", "Elmsbury")
    assert (await order(bench, bench.opened, adapter.name, "{}", target, "fake:lounge", OPERATOR)).ok
    await made.read_board()
    assert await made.due() == [FIRST]
    await made.read_threads()
    yield made
    await around.net.close()
    await made.site.close()
    await bench.crash()


async def test_a_list_with_the_same_counts_makes_no_thread_due(watched):
    """Views, dates and titles change all the time; thirty threads would be asked for at every poll."""
    for old, new in [("1,497", "2,000"), ("2 hrs ago", "Saturday"), (">Friday<", ">Dec 13<"), ("Bus times", "Buses")]:
        watched.change(old, new)
        await watched.read_board()
        assert await watched.due() == []


@pytest.mark.parametrize("count", [13, 11])
async def test_a_count_that_rose_or_fell_makes_that_one_thread_due(watched, count):
    """One reply came, or one was deleted: one page is asked for."""
    watched.change("<td>12</td>", f"<td>{count}</td>")
    await watched.read_board()
    assert await watched.due() == [SECOND]
    watched.asked.clear()
    await watched.read_threads()
    assert watched.asked == [f"/{SECOND}"]
    watched.change("<td>4</td>", "<td>5</td>")
    await watched.read_board()
    assert await watched.due() == [FIRST]


async def test_a_page_that_counts_otherwise_than_its_list_is_not_asked_for_again_and_again(watched):
    """The list was answered by the reading, whatever the page says."""
    watched.replies[SECOND] = 11
    for first, second in [(5, 13), (6, 13), (7, 13)]:
        watched.change(f"<td>{first - 1}</td>", f"<td>{first}</td>")
        watched.change("<td>12</td>" if first == 5 else "<td>13</td>", f"<td>{second}</td>")
        await watched.read_board()
        assert await watched.due() == ([FIRST, SECOND] if first == 5 else [FIRST])
        await watched.read_threads()


async def test_what_a_list_says_is_stronger_than_a_validator(watched, monkeypatch):
    """A page that is called unchanged although a reply came would hide it for good."""
    sent: list[str] = []
    real = watched.bench.opened.forum._client.page

    async def page(address, since, what):
        sent.append(since.etag)
        return await real(address, since, what)

    monkeypatch.setattr(watched.bench.opened.forum._client, "page", page)
    await watched.bench.store.write(run, "UPDATE source SET etag='x', last_modified='y'")
    watched.change("<td>4</td>", "<td>5</td>")
    await watched.bench.store.write(run, "UPDATE source SET next_at=-1 WHERE board IS NOT NULL")
    await watched.read_threads()
    await watched.bench.poller.poll_one(watched.bench.opened)
    await watched.read_threads()
    assert sent == ["x", ""]


async def test_a_list_that_comes_as_text_makes_nothing_due_and_loses_nothing(watched):
    """The next page with names still tells which thread it was."""
    page = watched.page
    watched.page = "Elmsbury\nRelated: About this forum\n4\nFriday\nFriday\n0\n1\n13\nFriday\nFriday\n0\n1\n"
    await watched.read_board()
    assert await watched.due() == []
    watched.page = page.replace("<td>12</td>", "<td>13</td>")
    await watched.read_board()
    assert await watched.due() == [SECOND]


async def test_a_thread_that_the_board_shows_as_deleted_is_asked_for_once(watched):
    """Whether it is gone, its own page says."""
    watched.change('bg-lite"><td class="title"><a href="http', 'bg-lite deleted-new"><td class="title"><a href="http')
    await watched.read_board()
    assert await watched.due() == [SECOND]
    await watched.read_threads()
    await watched.read_board()
    assert await watched.due() == []
