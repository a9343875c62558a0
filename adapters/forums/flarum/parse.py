"""Pure: answers of Flarum (JSON:API) → what stands in them. One broken item costs nothing but itself."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec

from adapters.engines import answers, bookmarks
from adapters.forums.flarum import addresses
from adapters.forums.flarum.posts import Around, People, key_of, post
from adapters.forums.flarum.rows import (
    DiscussionPage,
    DiscussionRow,
    GroupRow,
    ListPage,
    PostPage,
    PostRow,
    SoundPage,
    TagRow,
    UserRow,
)
from adapters.items import each
from bot.errors import Unparsable
from bot.model import Board, BoardKey, Damaged, Millis, Post, Thread, ThreadKey

T = TypeVar("T")

LOOKED_FOR = "the JSON that Flarum answers"
"""What every page is known by, in words."""


_BEGINS = [b"{", b"type", b":"]
"""Before the first quotes of an item, between them, and behind."""


class _Typed(msgspec.Struct):
    type: str = ""


class _Counted(msgspec.Struct, frozen=True):
    number: int = 0


class _Numbered(msgspec.Struct):
    attributes: _Counted = _Counted()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some posts of a thread."""

    posts: tuple[Post, ...]
    damaged: tuple[Damaged, ...]
    numbers: tuple[tuple[int, int], ...]
    """The id and number of each of them."""
    rows: tuple[PostRow, ...] = ()
    """Those of other threads too, as the forum told them."""
    count: int = 0
    """How many items there were, broken ones too."""
    first: int = 0
    """The number of the first one; 0 where it tells none."""
    more: bool = False
    """Whether the forum says that the list goes on."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A thread: what is told of it, and some of its posts."""

    thread: Thread
    slug: str
    stream: tuple[int, ...]
    """The ids of all posts that whoever asks may see, in their order."""
    shown: bool
    """Whether it is shown to everybody who may read its board."""
    chunk: Chunk
    read: int | None = None
    """The number up to which whoever asks has read it; None where nothing is told."""


@dataclass(frozen=True, slots=True)
class Topics:
    """A list of threads, newest activity first."""

    threads: tuple[Thread, ...]
    damaged: tuple[Damaged, ...]
    newest: str
    """The newest activity that is told, and the oldest."""
    oldest: str
    more: bool
    digest: str
    """Changes with whatever the list says of its threads."""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a site, in its order."""

    boards: tuple[Board, ...] = ()
    slugs: Mapping[str, str] = field(default_factory=dict)
    """The slugs of tags by their ids."""
    names: Mapping[str, str] = field(default_factory=dict)
    above: Mapping[str, str] = field(default_factory=dict)
    """The id of the tag that a tag stands below."""
    primary: frozenset[str] = frozenset()
    """Those that file a discussion; the others are remarks."""

    def filed(self, ids: tuple[str, ...]) -> tuple[Board | None, tuple[str, ...]]:
        """Where a discussion with these tags stands, which is the lowest of them; and what it carries besides."""
        if not ids:
            return None, ()
        primary = [id for id in ids if id in self.primary]
        home = next((id for id in primary if id in self.above), next(iter(primary), ""))
        board = next((one for one in self.boards if one.key == f"t/{home}"), None) if home else None
        way = board.path if board is not None else ()
        return board, tuple(name for id in ids if (name := self.names.get(id, "")) and name not in way)


def topic(page: bytes, root: str, tags: Tags, seen: Millis | None = None) -> Topic:
    """The answer to `/api/discussions/ID`."""
    row, rows, damaged, people = _discussion(page)
    told = row.attributes
    id, slug, carried = str(row.id), told.slug or str(row.id), row.tags
    if not addresses.is_id(id):
        raise Unparsable("the answer is not a discussion: its id is no number", f"{LOOKED_FOR}: a discussion", page)
    head = _thread(row, root, tags.filed(carried), carried)
    chunk = _chunk(rows, damaged, Around(root, id, told.title, slug, seen, tags.names), people)
    stream = row.posts
    there = set(stream)
    if chunk.damaged or not {one for one, _ in chunk.numbers} <= there:
        chunk = _among(chunk, there)
    return Topic(head, slug, stream, row.shown, chunk, told.lastReadPostNumber)


def _among(chunk: Chunk, there: set[int]) -> Chunk:
    """Without what is included besides: it was written elsewhere, and mentions a post of this thread."""
    return Chunk(
        tuple(one for one in chunk.posts if int(one.key) in there),
        tuple(one for one in chunk.damaged if not addresses.is_id(one.key) or int(one.key) in there),
        tuple(pair for pair in chunk.numbers if pair[0] in there),
        chunk.rows,
    )


def _discussion(page: bytes) -> tuple[DiscussionRow, list[PostRow], list[Damaged], People]:
    """A discussion, the posts that are told with it, those that are none, and their authors."""
    try:
        # Where all is sound and of the engine's own kinds, reading it at once costs half.
        sound = msgspec.json.decode(page, type=SoundPage)
    except (msgspec.DecodeError, ValueError, RecursionError):
        found = decoded(page, DiscussionPage, "a discussion")
        kinds = _by_kind(found.included)
        rows, damaged = each(kinds.get(b"posts", ()), PostRow, lambda one: one)
        return found.data, rows, damaged, _people(kinds)
    posts: list[PostRow] = []
    users: list[UserRow] = []
    groups: list[GroupRow] = []
    for one in sound.included:
        if isinstance(one, PostRow):
            posts.append(one)
        elif isinstance(one, UserRow):
            users.append(one)
        elif isinstance(one, GroupRow):
            groups.append(one)
    return sound.data, posts, [], _authors(users, groups)


def posts(page: bytes, around: Around) -> Chunk:
    """The answer to `/api/posts`."""
    found = decoded(page, ListPage, "a list of posts")
    rows, damaged = each(found.data, PostRow, lambda one: one)
    chunk = _chunk(rows, damaged, around, _people(_by_kind(found.included)))
    first = 0 if not found.data else rows[0].attributes.number if not damaged else _number(found.data[0])
    return replace(chunk, count=len(found.data), first=first, more=found.links.next is not None)


def _chunk(rows: Sequence[PostRow], broken: Sequence[Damaged], around: Around, people: People) -> Chunk:
    made, kept, damaged = [], [], [*broken]
    for row in rows:
        home = row.discussion
        try:
            if not home or home == around.thread:
                made.append(post(row, around, people))
            else:
                key_of(row)  # what stands in another thread is only looked at: it may have been moved there
        except (ValueError, OverflowError) as error:
            damaged.append(Damaged(str(error)[:500], repr(row)[:4096].encode("utf-8", "replace"), str(row.id)[:200]))
            continue
        kept.append(row)
    numbers = tuple([(int(one.key), one.position) for one in made])
    return Chunk(tuple(made), tuple(damaged), numbers, tuple(kept))


def _number(raw: msgspec.Raw) -> int:
    """The number of a post that may be broken; 0 where it tells none."""
    try:
        return msgspec.json.decode(raw, type=_Numbered).attributes.number
    except (msgspec.DecodeError, ValueError, RecursionError):
        return 0


def one(page: bytes) -> tuple[PostRow, str]:
    """The answer to `/api/posts/ID`, and what its author is called."""
    found = decoded(page, PostPage, "a post")
    return found.data, _people(_by_kind(found.included)).author(found.data.user).name


def listing(page: bytes, root: str, tags: Tags) -> Topics:
    """The answer to `/api/discussions`; what is hidden from others or waits for a moderator is left out."""
    found = decoded(page, ListPage, "a list of discussions")
    rows, damaged = each(found.data, DiscussionRow, _sound)
    rows = sorted((row for row in rows if row.shown), key=_activity, reverse=True)
    carried = [row.tags for row in rows]
    filed = {ids: tags.filed(ids) for ids in set(carried)}
    threads = tuple([_thread(row, root, filed[ids], ids) for row, ids in zip(rows, carried, strict=True)])
    told = "\n".join(f"{thread.key} {thread.token}" for thread in threads)
    return Topics(
        threads,
        tuple(damaged),
        max(map(_activity, rows), default=""),
        min(map(_activity, rows), default=""),
        found.links.next is not None,
        bookmarks.sign(told),
        len(found.data),
    )


def rows(page: bytes) -> list[DiscussionRow]:
    """The rows of a list of discussions, as the forum told them."""
    return each(decoded(page, ListPage, "a list of discussions").data, DiscussionRow, _sound)[0]


def tags(page: bytes, root: str) -> Tags:
    """The answer to `/api/tags`; each tag under its parent."""
    found = decoded(page, ListPage, "a list of tags")
    made, _ = each(found.data, TagRow, _numbered)
    by_id = {str(one.id): one for one in made}

    def order(one: TagRow) -> tuple[bool, int, bool, int]:
        above = by_id.get(one.parent, one)
        place = above.attributes.position
        return place is None, place or 0, above is not one, one.attributes.position or 0

    boards = []
    for one in sorted(made, key=order):
        above = by_id.get(one.parent)
        path = (one.attributes.name,) if above is None else (above.attributes.name, one.attributes.name)
        link = addresses.tag_link(root, one.attributes.slug)
        boards.append(Board(BoardKey(f"t/{one.id}"), one.attributes.name, path, link))
    return Tags(
        tuple(boards),
        {id: one.attributes.slug for id, one in by_id.items()},
        {id: one.attributes.name for id, one in by_id.items()},
        {id: one.parent for id, one in by_id.items() if one.parent},
        frozenset(id for id, one in by_id.items() if one.attributes.position is not None or one.parent),
    )


def decoded(page: bytes, kind: type[T], what: str) -> T:
    """A page as what it should be; Unparsable where it is none of that."""
    return answers.decoded(page, kind, what, LOOKED_FOR)


def _thread(
    row: DiscussionRow, root: str, filed: tuple[Board | None, tuple[str, ...]], carried: tuple[str, ...]
) -> Thread:
    told, id = row.attributes, str(row.id)
    title = zlib.crc32(told.title.encode("utf-8", "replace"))
    flags = f"{'locked' if told.isLocked else ''} {'sticky' if told.isSticky else ''}"
    return Thread(
        key=ThreadKey(id),
        title=told.title,
        link=addresses.thread_link(root, told.slug or id),
        board=filed[0],
        replies=None if told.commentCount is None else max(0, told.commentCount - 1),
        closed=bool(told.isLocked),
        token=f"{told.commentCount} {told.lastPostNumber} {told.lastPostedAt} {title:x} {flags} {carried}",
        tags=filed[1],
    )


def _activity(row: DiscussionRow) -> str:
    return row.attributes.lastPostedAt or ""


def _sound(row: DiscussionRow) -> DiscussionRow:
    if not addresses.is_id(str(row.id)):
        raise ValueError(f"id: {str(row.id)[:40]!r} is no number of a discussion")
    return row


def _numbered(row: TagRow) -> TagRow:
    if not addresses.is_id(str(row.id)) or not row.attributes.slug:
        raise ValueError(f"id: {str(row.id)[:40]!r} is no number of a tag")
    return row


def _by_kind(items: Iterable[msgspec.Raw]) -> dict[bytes, list[msgspec.Raw]]:
    """What is included, by its kind."""
    kinds: dict[bytes, list[msgspec.Raw]] = {}
    for raw in items:
        start = bytes(memoryview(raw)[:40]).split(b'"', 4)
        kind = start[3] if len(start) > 4 and start[:3] == _BEGINS else _kind(raw)
        kinds.setdefault(kind, []).append(raw)
    return kinds


def _kind(raw: msgspec.Raw) -> bytes:
    """What an item says that it is, wherever it says so."""
    try:
        return msgspec.json.decode(raw, type=_Typed).type.encode("utf-8", "replace")
    except (msgspec.DecodeError, ValueError, RecursionError):
        return b""


def _people(kinds: Mapping[bytes, Sequence[msgspec.Raw]]) -> People:
    users, _ = each(kinds.get(b"users", ()), UserRow, lambda one: one)
    groups, _ = each(kinds.get(b"groups", ()), GroupRow, lambda one: one)
    return _authors(users, groups)


def _authors(users: Iterable[UserRow], groups: Iterable[GroupRow]) -> People:
    return People(users, {str(one.id): one.attributes.nameSingular or "" for one in groups})
