"""Pure: an answer and what is remembered → the nouns that the core is given: a listing, or a page of a thread.

Keys. A thread that is read by itself has the address of its feed for a key; one that stands in a board's feed alone
has `entry:` and the entry's name, one that comments are on `page:` and the page's. A post's key is the name under
which its entry was first seen; the first post of a thread that is read by itself is named with it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec

from adapters.forums.feed import noise, shape
from adapters.forums.feed.board import BoardMaker
from adapters.forums.feed.engines import PARENTS, THREADS_ALONE
from adapters.forums.feed.identity import Reading, recognise
from adapters.forums.feed.items import Feed
from adapters.forums.feed.memory import Memory, cursor, remembered
from adapters.forums.feed.parse import parse
from adapters.forums.feed.posts import Answers, opening, reply
from adapters.forums.feed.shape import Shape
from bot.model import (
    Board,
    BoardKey,
    Bookmark,
    Listing,
    Millis,
    PostKey,
    Tempo,
    Thread,
    ThreadKey,
    ThreadPage,
)

BESIDE = "replies stand beside their threads, each as a thread of its own; give a thread's own address for one of them"

P = TypeVar("P", Listing, ThreadPage)


class Read(msgspec.Struct, Generic[P], frozen=True):
    """What a reading came to, besides the nouns: the hubs that the feed names, and whether anything in it is new."""

    page: P
    links: tuple[tuple[str, str], ...] = ()
    news: bool = False


class Told(msgspec.Struct, frozen=True):
    """What a feed is, for whoever is about to mirror it."""

    title: str
    thread: bool
    link: str
    """The page that it stands for; its own address may be for its reader alone."""
    lacks: tuple[str, ...]


class Source(msgspec.Struct, frozen=True):
    """What is known of an answer besides its bytes."""

    key: str
    """The feed's key: its address when it was found, from which addresses and ids in it are seen."""
    type: str = ""
    wait: float = 0.0
    """Seconds that the answer's headers ask readers to wait."""
    partial: bool = False
    moved: str = ""
    """Where the feed moved for good."""


def told(raw: bytes, source: Source) -> Told:
    """What a feed is, and what it lacks. Raises Unparsable where the bytes are no feed."""
    feed = parse(raw, source.type, source.key)
    kind = shape.shape_of(feed, source.key)
    lacks = []
    if kind is Shape.ENTRIES and not any(item.comments for item in feed.items):
        lacks.append(THREADS_ALONE)
        if any(noise.answers(item.title, item.tags) for item in feed.items):
            lacks.append(BESIDE)
    elif kind is not Shape.ENTRIES and not any(item.refs for item in feed.items):
        lacks.append(PARENTS)
    thread = kind is Shape.THREAD
    title = shape.thread_title(feed, source.key) if thread else feed.title
    return Told(title or source.key, thread, feed.link, tuple(lacks))


def listing(raw: bytes, source: Source, before: str, now: Millis) -> Read[Listing]:
    """The board that a feed is, with what is new or changed in it; without validators in its bookmark.

    `before` is the last reading's cursor. Raises Unparsable where the bytes are no feed.
    """
    feed, memory = parse(raw, source.type, source.key), _remembered(before, source)
    comments = memory.comments
    if comments is None and feed.items:
        # A board was asked for, so that the posts of one thread are comments on its page.
        comments = shape.shape_of(feed, source.key) is not Shape.ENTRIES
    memory = msgspec.structs.replace(memory, comments=comments)
    reading = recognise(feed.items, memory, source.key, now, shared=not comments, partial=source.partial)
    title = feed.title or source.key
    board = Board(BoardKey(source.key), title, (title,), source.key)
    made = BoardMaker(feed, board, reading)
    pages = tuple(made.pages_of_comments() if comments else made.pages_of_entries())
    page = Listing(
        board=board,
        threads=tuple(made.threads()),
        bookmark=Bookmark(cursor(msgspec.structs.replace(reading.memory, known=made.known()))),
        damaged=feed.damaged,
        pages=pages,
        tempo=_tempo(feed, reading, source, now),
        gap=_gap(reading, source, memory),
    )
    return Read(page, feed.links, _news(reading))


def thread_page(raw: bytes, source: Source, before: str, now: Millis) -> Read[ThreadPage]:
    """The thread that a feed is, with what is new or changed in it; without validators in its bookmark.

    What slid back into the feed is remembered and not shown. `before` is the last reading's cursor. Raises Unparsable
    where the bytes are no feed.
    """
    feed, memory = parse(raw, source.type, source.key), _remembered(before, source)
    reading = recognise(feed.items, memory, source.key, now, partial=source.partial)
    title = shape.thread_title(feed, source.key)
    places = dict(zip(map(id, feed.items), shape.places(feed.items), strict=True))
    op = memory.op
    if not op:
        likely = None if memory.begun else shape.likely_op(feed, source.key)
        op = next(
            (
                seen.known.own
                for seen in reversed(reading.seen)
                if seen.item is likely or shape.opens(seen.item, feed, places[id(seen.item)])
            ),
            "",
        )
    answers = Answers(reading)
    thread = Thread(ThreadKey(source.key), title, shape.thread_link(feed, source.key))
    posts = [
        reply(seen, thread.title, answers) if seen.known.own != op else opening(seen, PostKey(op), feed)
        for seen in reversed(reading.seen)
        if (seen.new or seen.changed) and not seen.resurfaced
    ]
    posts.sort(key=lambda post: not post.op)
    page = ThreadPage(
        thread=thread,
        posts=tuple(posts),
        bookmark=Bookmark(cursor(msgspec.structs.replace(reading.memory, op=op))),
        damaged=feed.damaged,
        tempo=_tempo(feed, reading, source, now),
        gap=_gap(reading, source, memory),
    )
    return Read(page, feed.links, _news(reading))


def _remembered(before: str, source: Source) -> Memory:
    memory = remembered(before)
    return msgspec.structs.replace(memory, address=source.moved) if source.moved else memory


def _news(reading: Reading) -> bool:
    return any(seen.new and not seen.resurfaced for seen in reading.seen)


def whole(raw: bytes, source: Source, now: Millis) -> ThreadPage:
    """Everything that a feed shows as one page, as for a saved one: a thread's posts, or a board's entries."""
    feed = parse(raw, source.type, source.key)
    source = msgspec.structs.replace(source, key=source.key or feed.own)
    if shape.shape_of(feed, source.key) is Shape.THREAD:
        return thread_page(raw, source, "", now).page
    reading = recognise(feed.items, Memory(), source.key, now)
    answers = Answers(reading)
    thread = Thread(ThreadKey(source.key), feed.title or source.key, feed.link)
    posts = tuple(reply(seen, thread.title, answers) for seen in reversed(reading.seen))
    return ThreadPage(thread, posts, damaged=feed.damaged)


def _tempo(feed: Feed, reading: Reading, source: Source, now: Millis) -> Tempo:
    stated = [seen.known.at for seen in reading.seen if seen.dated.stated]
    window = max(now - min(stated), 0) if stated else None
    return Tempo(window, max(feed.ttl, source.wait))


def _gap(reading: Reading, source: Source, before: Memory) -> str:
    if reading.overlaps or source.partial:
        return ""
    last = datetime.fromtimestamp(before.read / 1000, UTC)
    return (
        f"nothing that stood in the feed on {last:%d %b %Y at %H:%M} UTC stands in it any more: "
        "what was posted between then and its oldest entry may be missing"
    )
