"""Feeds all the way: over HTTP, through the poller and the store, into a chat."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.forums.feed import adapter
from adapters.forums.feed.settings import Settings
from bot.commands.mirrors import order
from bot.errors import StoreStopped
from bot.lanes import OpenForum
from bot.model import HOUR, Caller, ChatName, ForumName, TargetKind
from bot.testing.clock import NOON
from bot.testing.context import context
from tests.crash.bench import Bench
from tests.unit.feed.test_forum import Site
from tests.unit.feed.written import answer, atom, entry, rss


def at(minutes: int) -> int:
    """A moment so many minutes after the program began."""
    return NOON + minutes * 60_000


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    await site.server.start_server()
    yield site
    await site.server.close()


@pytest.fixture
async def bench(tmp_path: Path, site: Site) -> AsyncIterator[Bench]:
    one = Bench(tmp_path)
    given = context(tmp_path, "feed", now=one.clock.now)
    forum = adapter.open(ForumName("feed"), Settings(address=site.address("/")), given)
    one.opened = OpenForum("fake", forum, "feed")
    await one.start()
    yield one
    await one.crash()
    await given.net.close()


async def mirror(bench: Bench, address: str) -> TargetKind:
    who = Caller(ChatName("fake"), 1, "the operator", operator=True)
    target = await bench.opened.forum.locate(address)
    made = await order(bench, bench.opened, "feed", "{}", target, "fake:lounge", who)
    assert made.ok, made.text
    await pass_hours(bench)
    return target.kind


async def pass_hours(bench: Bench, hours: int = 2) -> None:
    bench.fake_clock.advance(hours * HOUR)
    while await bench.poller.poll_one(bench.opened):
        pass
    await bench.sender.drain()


def shown(bench: Bench) -> list[str]:
    """The words in the chat, each as often as they stand there."""
    said = " ".join(message.text for message in bench.room.ours()).replace("\n", " ").split()
    return sorted(word for word in said if word.startswith("word"))


async def test_what_is_new_in_a_feed_stands_in_the_chat_once(bench, site):
    """Of what stood there before, its newest entry alone."""
    feed = [entry(f"id-{n}", f"word{n}", title=f"T{n}", at=at(-100 * n)) for n in range(5)]
    site.put("/feed", rss(*feed))
    assert await mirror(bench, site.address()) is TargetKind.BOARD
    assert shown(bench) == ["word0"]
    fresh = [entry(f"new-{n}", f"wordnew{n}", title=f"N{n}", at=at(10 + n)) for n in (1, 0)]
    site.put("/feed", rss(*fresh, *feed))
    await pass_hours(bench)
    await bench.start()
    await pass_hours(bench)
    assert shown(bench) == ["word0", "wordnew0", "wordnew1"]


async def test_2_what_was_fetched_and_not_stored_is_fetched_again_without_a_validator(bench, site, monkeypatch):
    site.put("/feed", rss(entry("a", "word0", at=at(-9))), ETag='"1"')
    await mirror(bench, site.address())
    site.put("/feed", rss(entry("b", "word1", at=at(1)), entry("a", "word0", at=at(-9))), ETag='"2"')

    async def full(*args: object, **more: object) -> None:
        raise StoreStopped("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(bench.store, "write", full)
        bench.fake_clock.advance(2 * HOUR)
        with pytest.raises(StoreStopped):
            await bench.poller.poll_one(bench.opened)
    await pass_hours(bench)
    assert shown(bench) == ["word0", "word1"]
    assert site.asked[-1].headers.get("If-None-Match") in (None, '"1"'), "never that of what was not stored"


async def test_3_a_feed_that_is_renumbered_posts_nothing(bench, site):
    def numbered(prefix: str) -> bytes:
        return rss(*(entry(f"{prefix}-{n}", f"word{n}", title=f"T{n}", at=at(-100 * n)) for n in range(8)))

    site.put("/feed", numbered("old"))
    await mirror(bench, site.address())
    before = shown(bench)
    site.put("/feed", numbered("new"))
    await pass_hours(bench)
    assert shown(bench) == before


async def test_5_what_slides_back_into_a_feed_is_stored_and_not_posted(bench, site):
    feed = [entry(f"id-{n}", f"word{n}", title=f"T{n}", at=at(-100 * n)) for n in range(6)]
    site.put("/feed", rss(*feed[:3]))
    await mirror(bench, site.address())
    site.put("/feed", rss(*feed[1:5]))
    await pass_hours(bench)
    assert shown(bench) == ["word0"]
    assert await bench.ask("SELECT count(*) FROM post") == [(5,)]


async def test_6_what_comes_into_an_empty_feed_is_posted(bench, site):
    site.put("/feed", rss())
    await mirror(bench, site.address())
    site.put("/feed", rss(entry("a", "word0", at=at(9))))
    await pass_hours(bench)
    assert shown(bench) == ["word0"]


async def test_11_what_was_written_while_the_program_was_down_arrives(bench, site):
    site.put("/feed", rss(entry("a", "word0", at=at(-9))))
    await mirror(bench, site.address())
    await bench.crash()
    site.put("/feed", rss(entry("b", "word1", at=at(9)), entry("a", "word0", at=at(-9))))
    await bench.start()
    await pass_hours(bench, 24)
    assert shown(bench) == ["word0", "word1"]


async def test_comments_are_shown_under_the_entry_that_they_are_on(bench, site):
    comments = site.address("/t/1/feed")
    page = site.address("/t/1")

    def board(count: int) -> bytes:
        more = f"<wfw:commentRss>{comments}</wfw:commentRss><slash:comments>{count}</slash:comments>"
        return rss(entry("a", "word0", title="The entry", at=at(-9), link=page, more=more))

    def comment(number: int) -> str:
        link = f"{page}#comment-{number}"
        return answer(link, f"word{number}", page, link=link, updated=f"2026-03-01T13:0{number}:00Z")

    site.put("/feed", board(1))
    site.put("/t/1/feed", atom(comment(1), link=page))
    await mirror(bench, site.address())
    assert shown(bench) == ["word0", "word1"], "the newest thread is shown whole"
    site.put("/feed", board(2))
    site.put("/t/1/feed", atom(comment(2), comment(1), link=page))
    await pass_hours(bench)
    assert shown(bench) == ["word0", "word1", "word2"]
    thread = bench.thread_of("word0")
    assert {message.text.split("word")[1][0] for message in bench.room.ours(thread)} == {"1", "2"}
