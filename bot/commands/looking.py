"""A first look at what somebody wants to mirror: its newest posts, how much comes there, how soon it would be here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from bot.commands.desk import Desk
from bot.commands.finding import located
from bot.lanes import OpenForum
from bot.mirroring import Layout
from bot.model import DAY, HOUR, BoardKey, Bookmark, Listing, Millis, Post, Target, TargetKind, ThreadKey, ThreadPage
from bot.pace import AT_FIRST, LONGEST, Rate, Terms, beat, calm
from bot.ports import Forum, Pushes
from bot.store.proposals import rate_known
from bot.store.readings import load

BUSY = 20
"""Threads a day from which on one card for each is proposed, and not a chat thread."""

SHORTEST = HOUR
"""Milliseconds over which a rate is reckoned at least: two posts of one minute are no thousand a day."""


class Seen(NamedTuple):
    """What was seen of a board or thread."""

    target: Target
    pages: tuple[ThreadPage, ...]
    """The newest of its threads that were read, with the posts that were seen."""
    posts: int
    """About how many of the newest thread there are."""
    threads: int
    """How many threads its list names."""
    daily: float | None
    """Posts a day; None where nothing tells."""
    busy: bool
    """More threads are written in than have room beside each other."""
    flat: bool
    """What comes there is one post each, as in a feed."""
    pause: Millis
    """From one reading to the next."""
    pushes: bool
    """It says early that something is new."""

    @property
    def layout(self) -> Layout:
        """How its posts stand best."""
        if self.target.kind is not TargetKind.BOARD:
            return Layout.THREADS
        if self.busy:
            return Layout.CARDS
        return Layout.STREAM if self.flat else Layout.THREADS

    @property
    def newest(self) -> list[tuple[ThreadPage, Post]]:
        """The posts that were seen, the newest last."""
        seen = [(page, post) for page in self.pages for post in page.posts if not post.event]
        return sorted(seen, key=lambda one: (one[1].created.latest, one[1].position))


async def look(desk: Desk, opened: OpenForum, address: str, check: Callable[[Target], None]) -> Seen:
    """Read what an address names, once; `check` raises where it must not be shown. Raises what a forum raises."""
    forum = opened.forum
    async with opened.gate.poll():
        target = await located(forum, address)
        check(target)
        listing: Listing | None = None
        if target.kind is TargetKind.BOARD:
            listing = await forum.listing(BoardKey(target.key), Bookmark())
            pages = listing.pages if listing is not None else ()
            newest = listing.threads[:1] if listing is not None and not pages else ()
            read = [await forum.thread(thread.key, Bookmark()) for thread in newest]
        else:
            pages, read = (), [await forum.thread(ThreadKey(target.key), Bookmark())]
    pages = (*pages, *(page for page in read if page is not None))
    now = desk.clock.now()
    known = await desk.store.read(rate_known, opened.name, target.kind, target.key)
    daily = known.peak if known is not None else _daily(listing, pages, now)
    weight, boards = await desk.store.read(load, opened.name)
    return Seen(
        target,
        pages,
        _count(pages[0]) if pages else 0,
        _named(listing),
        daily,
        _threads_a_day(listing, now) > BUSY,
        bool(listing and listing.pages and all(len(page.posts) <= 1 for page in listing.pages)),
        _pause(forum, target, pages, daily, (weight, boards), now),
        isinstance(forum, Pushes),
    )


def _count(page: ThreadPage) -> int:
    replies = page.thread.replies
    return max(len(page.posts), 0 if replies is None else replies + 1)


def _named(listing: Listing | None) -> int:
    if listing is None:
        return 0
    return len({thread.key for thread in listing.threads} | {page.thread.key for page in listing.pages})


def _daily(listing: Listing | None, pages: Iterable[ThreadPage], now: Millis) -> float | None:
    """Posts a day: as far as a list reaches back, else as the dates of a thread's posts say."""
    if listing is not None and listing.tempo.window:
        return _named(listing) * DAY / max(listing.tempo.window, SHORTEST)
    if listing is not None and not listing.pages:
        return None  # its newest thread says nothing about the others
    dates = [post.created.latest for page in pages for post in page.posts]
    return len(dates) * DAY / max(now - min(dates), SHORTEST) if len(dates) > 1 else None


def _threads_a_day(listing: Listing | None, now: Millis) -> float:
    if listing is None:
        return 0.0
    if listing.tempo.window:
        return _named(listing) * DAY / max(listing.tempo.window, SHORTEST)
    dates = [post.created.latest for page in listing.pages for post in page.posts]
    return len(listing.pages) * DAY / max(now - min(dates), SHORTEST) if dates else 0.0


def _pause(
    forum: Forum,
    target: Target,
    pages: Iterable[ThreadPage],
    daily: float | None,
    others: tuple[float, int],
    now: Millis,
) -> Millis:
    """From one reading to the next, as it will be for a mirror in one channel."""
    rate = Rate(slow=AT_FIRST if daily is None else daily)
    weight, boards = others
    caps = forum.caps
    terms = Terms(
        int(caps.min_interval * 1000),
        int(caps.max_interval * 1000),
        load=weight + rate.peak**0.5,
        boards=boards + 1,
    )
    if target.kind is TargetKind.BOARD:
        return int(beat(rate, 1, terms))
    last = max((post.created.latest for page in pages for post in page.posts), default=now)
    pause = calm(now, min(last, now), terms)
    return LONGEST if pause is None else pause
