"""Pure: answers of Discourse → what stands in them. One broken item costs nothing but itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from adapters.engines import answers
from adapters.forums.discourse import addresses
from adapters.forums.discourse.posts import WHISPER, Around, post
from adapters.forums.discourse.rows import (
    CategoryRow,
    ListPage,
    PostRow,
    SitePage,
    StreamPage,
    TopicPage,
    TopicRow,
    tags_of,
)
from adapters.items import each
from bot.model import Board, BoardKey, Damaged, Millis, Post, Thread, ThreadKey

T = TypeVar("T")

LOOKED_FOR = "the JSON that Discourse answers"
"""What every page is known by, in words."""

_START = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some posts of a thread."""

    posts: tuple[Post, ...]
    damaged: tuple[Damaged, ...]
    numbers: tuple[tuple[int, int], ...]
    """The id and number of each post that stands there, whether it is shown or not."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A thread: what is told of it, and its first posts."""

    thread: Thread
    """Without its board and token."""
    slug: str
    category: int | None
    highest: int
    stream: tuple[int, ...]
    """The ids of all its posts in their order."""
    bus: int | None
    """The newest message about it on the message bus; None where there is no bus."""
    chunk: Chunk
    private: bool = False
    """A personal message, or what the staff deleted: never shown."""


@dataclass(frozen=True, slots=True)
class Topics:
    """A list of threads, newest activity first."""

    threads: tuple[Thread, ...]
    damaged: tuple[Damaged, ...]
    newest: str
    """The newest activity that is told, and the oldest of those threads that no pin holds up."""
    oldest: str
    more: bool
    digest: str
    """Changes with whatever the list says of its threads."""


@dataclass(frozen=True, slots=True)
class Categories:
    """The categories of a site, in its order."""

    boards: tuple[Board, ...]
    slugs: Mapping[int, str] = field(default_factory=dict)
    """The way to each, as it stands in addresses."""

    def board(self, category: int | None) -> Board | None:
        """One of them; without a name where it is not among them."""
        if category is None:
            return None
        key = BoardKey(f"c/{category}")
        return next((board for board in self.boards if board.key == key), Board(key, ""))


def topic(page: bytes, root: str, ids: Mapping[int, int] | None = None, seen: Millis | None = None) -> Topic:
    """The page of a thread, `/t/ID.json`; `ids` are those of posts that are known by number."""
    row = decoded(page, TopicPage, "a thread with its post_stream")
    slug = row.slug or ""
    stream = row.post_stream.stream or []
    head = Thread(
        key=ThreadKey(str(row.id)),
        title=row.title,
        link=addresses.thread_link(root, str(row.id), slug),
        replies=None if row.posts_count is None else max(0, row.posts_count - 1),
        closed=row.closed or row.archived,
        tags=tags_of(row),
    )
    first = chunk(row.post_stream.posts, Around(root, row.id, row.title, slug, ids or {}, seen))
    private = row.archetype == "private_message" or row.deleted_at is not None
    return Topic(
        head, slug, row.category_id, row.highest_post_number, tuple(stream), row.message_bus_last_id, first, private
    )


def posts(page: bytes, around: Around) -> Chunk:
    """Posts of a thread, `/t/ID/posts.json`."""
    row = decoded(page, StreamPage, "posts in a post_stream")
    return chunk(row.post_stream.posts, around)


def chunk(items: Sequence[msgspec.Raw], around: Around) -> Chunk:
    """Posts of a thread out of a list; what is none of that thread's is damaged."""
    rows, damaged = each(items, PostRow, _of(around.thread))
    numbers = tuple((row.id, row.post_number) for row in rows)
    ids = {**around.ids, **{number: id for id, number in numbers}}
    around = replace(around, ids=ids)
    shown: list[Post] = []
    for row in rows:
        if row.post_type == WHISPER:
            continue  # what the staff say among themselves
        try:
            shown.append(post(row, around))
        except (ValueError, OverflowError) as error:
            damaged.append(Damaged(str(error)[:500], repr(row)[:4096].encode("utf-8", "replace"), str(row.id)))
    return Chunk(tuple(shown), tuple(damaged), numbers)


def _of(thread: int) -> Callable[[PostRow], PostRow]:
    def checked(row: PostRow) -> PostRow:
        if row.topic_id not in (0, thread):
            raise ValueError(f"a post of thread {row.topic_id} stands in thread {thread}")
        return row

    return checked


def listing(page: bytes, root: str, boards: Categories, events: Mapping[ThreadKey, int] | None = None) -> Topics:
    """A list of threads: `/latest.json`, `/c/…/ID.json`, `/tag/….json`.

    `events` says of threads how much of what is counted in them is no reply.
    """
    row = decoded(page, ListPage, "threads in a topic_list")
    rows, damaged = each(row.topic_list.topics, TopicRow, lambda one: one)
    rows = [one for one in rows if one.archetype != "private_message"]
    rows.sort(key=_activity, reverse=True)
    free = [_activity(one) for one in rows if not (one.pinned or one.pinned_globally)]
    threads = tuple(_listed(one, root, boards, events or {}) for one in rows)
    told = "\n".join(f"{thread.key} {thread.token}" for thread in threads)
    return Topics(
        threads,
        tuple(damaged),
        max(map(_activity, rows), default=""),
        min(free, default=""),
        bool(row.topic_list.more_topics_url),
        hashlib.sha256(told.encode()).hexdigest()[:32],
    )


def created(page: bytes) -> list[TopicRow]:
    """The rows of a list of threads that one account started."""
    row = decoded(page, ListPage, "threads in a topic_list")
    rows, _ = each(row.topic_list.topics, TopicRow, lambda one: one)
    return sorted(rows, key=lambda one: one.created_at or _START, reverse=True)


def categories(page: bytes, root: str) -> Categories:
    """The categories of a site, `/site.json`; each under its parents."""
    row = decoded(page, SitePage, "the categories of a site")
    rows, _ = each(row.categories, CategoryRow, lambda one: one)
    by_id = {one.id: one for one in rows}
    boards, slugs = [], {}
    for one in rows:
        line = [one]
        while (above := by_id.get(line[0].parent_category_id or 0)) is not None and len(line) < 5:
            if above in line:
                break
            line.insert(0, above)
        slugs[one.id] = "/".join(part.slug or f"{part.id}-category" for part in line)
        path = tuple(part.name for part in line)
        boards.append(Board(BoardKey(f"c/{one.id}"), one.name, path, f"{root}/c/{slugs[one.id]}/{one.id}"))
    return Categories(tuple(boards), slugs)


def decoded(page: bytes, kind: type[T], what: str) -> T:
    """A page as what it should be; Unparsable where it is none of that."""
    return answers.decoded(page, kind, what, LOOKED_FOR)


def _activity(row: TopicRow) -> str:
    return row.bumped_at or row.last_posted_at or ""


def _listed(row: TopicRow, root: str, boards: Categories, events: Mapping[ThreadKey, int]) -> Thread:
    tags, key = tags_of(row), ThreadKey(str(row.id))
    others = 1 + events.get(key, 0)
    told = (
        row.highest_post_number,
        row.posts_count,
        row.bumped_at,
        row.last_posted_at,
        row.closed,
        row.archived,
        row.visible,
        row.category_id,
        row.title,
        tags,
    )
    return Thread(
        key=key,
        title=row.title,
        link=addresses.thread_link(root, str(row.id), row.slug or ""),
        board=boards.board(row.category_id),
        replies=None if row.posts_count is None else max(0, row.posts_count - others),
        closed=row.closed or row.archived,
        token=hashlib.sha256(repr(told).encode("utf-8", "replace")).hexdigest()[:16],
        tags=tags,
    )
