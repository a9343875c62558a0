"""Pure: what a NodeBB answers → threads, boards and posts."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from adapters.engines.addresses import rooted
from adapters.engines.bookmarks import sign
from adapters.forums.nodebb import addresses
from adapters.forums.nodebb.posts import Around, event, post, spoken
from adapters.forums.nodebb.rows import (
    CategoriesPage,
    CategoryRow,
    Crumb,
    Envelope,
    Event,
    ListPage,
    Named,
    Pid,
    PostRow,
    SoundPage,
    Tag,
    TopicHead,
    TopicPage,
    TopicRow,
    number,
    on,
)
from adapters.items import each, read
from bot.errors import Unparsable
from bot.model import Board, BoardKey, Damaged, Millis, Post, Thread, ThreadKey

T = TypeVar("T")
S = TypeVar("S")

THREAD = "a thread as NodeBB answers programs"
LIST = "a list of threads as NodeBB answers programs"
BOARDS = "the categories as NodeBB answers programs"
SAMPLE = 4096
_FEED = re.compile(rb"token=[0-9a-fA-F-]+")
"""What opens an account's own feeds stands in the pages that the account reads."""

DEEPEST = 10
"""Boards within each other that are looked for."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One page of a thread."""

    thread: Thread
    posts: tuple[Post, ...]
    """In the forum's order, what befell the thread among them."""
    ids: dict[str, int]
    """The ids of its posts, those too that cannot be read, and where they stand in the thread now."""
    damaged: tuple[Damaged, ...] = ()
    cid: str = ""
    main: str = ""
    count: int = 0
    """How many posts the forum counts in the thread, deleted ones too."""
    pages: int = 1
    deleted: bool = False
    sign: str = ""
    """Changes with what can be read here; counters are no part of it."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a list of threads."""

    board: Board | None
    threads: tuple[Thread, ...]
    damaged: tuple[Damaged, ...] = ()
    newest: Millis = 0
    oldest: Millis | None = None
    """The last activity of the thread that stands last; None where all are pinned, which stand as they please."""
    pages: int = 1
    sign: str = ""
    keys: tuple[str, ...] = ()
    """In the order of the page."""


def decoded(body: bytes, kind: type[T], looked_for: str) -> T:
    """An answer as what it should be; Unparsable where it is something else."""
    try:
        return read(body, kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        kept = _FEED.sub(b"token=", body[:SAMPLE])
        raise Unparsable(f"this is not {looked_for}: {str(error)[:300]}", looked_for, kept) from None


def response(body: bytes, kind: type[T], looked_for: str) -> T:
    """What an answer of the API for programs holds."""
    return decoded(bytes(decoded(body, Envelope, looked_for).response), kind, looked_for)


def items(found: Iterable[msgspec.Raw], kind: type[S]) -> list[S]:
    """Those of a list that are what they should be."""
    return each(found, kind, lambda one: one)[0]


def topic(body: bytes, root: str, seen: Millis | None = None) -> Topic:
    """A page of a thread; `seen` says when it was read."""
    page, rows, damaged, ids = _page(body)
    tid, title = str(page.tid), _title(page.title_raw, page.title)
    main = str(page.main_pid or "")
    around = Around(root, tid, title, main, seen)
    made, broken = _made(rows, lambda row: post(row, around))
    told = _events(rows, around)
    posts = sorted([*made, *told], key=lambda one: one.position)
    cid = str(page.cid if page.cid is not None else "")
    tags = _tags(page.tags)
    count = number(page.postcount)
    thread = Thread(
        ThreadKey(tid),
        title,
        addresses.thread_link(root, tid, page.slug or ""),
        _board(root, cid, page.category, page.breadcrumbs),
        max(count - 1, 0) if page.postcount is not None else None,
        on(page.locked),
        tags=tags,
    )
    shown = msgspec.json.encode([(one.key, one.version, one.state, one.body.state) for one in posts])
    return Topic(
        thread,
        tuple(posts),
        ids,
        (*damaged, *broken),
        cid,
        main,
        count,
        max(1, page.pagination.page_count if page.pagination is not None else 1),
        on(page.deleted),
        sign(title, thread.closed, cid, tags, count, on(page.deleted), shown),
    )


def home(body: bytes) -> str:
    """The root of the forum that a thread's page is of; empty where it does not tell."""
    crumbs = decoded(body, TopicPage, THREAD).breadcrumbs or ()
    return next((rooted(one.url) for one in crumbs if one.cid is None), "")


def listing(body: bytes, root: str) -> Found:
    """A page of a list of threads."""
    page = decoded(body, ListPage, LIST)
    rows, damaged = each(page.topics, TopicRow, lambda row: row)
    shown = [row for row in rows if not on(row.scheduled)]
    moving = [number(row.lastposttime) for row in shown if not on(row.pinned)]
    ordered = sorted(shown, key=lambda row: -number(row.lastposttime))
    homes: dict[str, Board | None] = {}
    threads = tuple(_thread(row, root, homes) for row in ordered)
    own = str(page.cid) if page.cid is not None else ""
    board = None
    if own:
        board = _board(root, own, Named(cid=own, name=page.name, slug=page.slug), page.breadcrumbs)
    return Found(
        board,
        threads,
        tuple(damaged),
        max((number(row.lastposttime) for row in shown), default=0),
        min(moving, default=None),
        max(1, page.pagination.page_count if page.pagination is not None else 1),
        sign(page.name, [(one.key, one.token, one.title) for one in threads]),
        tuple(str(row.tid) for row in rows),
    )


def boards(body: bytes, root: str) -> tuple[Board, ...]:
    """The categories in the forum's order, those under others behind them; one that is a mere link is none."""
    return tuple(_under(decoded(body, CategoriesPage, BOARDS).categories, root, (), 0))


def _under(rows: Sequence[msgspec.Raw], root: str, path: tuple[str, ...], depth: int) -> list[Board]:
    found: list[Board] = []
    for row in items(rows, CategoryRow):
        name = spoken(row.name)
        if not name or row.link or on(row.disabled):
            continue
        way = (*path, name)
        id = str(row.cid)
        if not on(row.is_section) and addresses.is_id(id):
            link = addresses.board_link(root, f"c/{id}", row.slug or "")
            found.append(Board(BoardKey(f"c/{id}"), name, way, link))
        if row.children and depth < DEEPEST:
            found += _under(row.children, root, way, depth + 1)
    return found


def _thread(row: TopicRow, root: str, homes: dict[str, Board | None]) -> Thread:
    """A thread of a list; `homes` are the boards that the list named so far."""
    tid, title, tags = str(row.tid), _title(row.title_raw, row.title), _tags(row.tags)
    cid = str(row.cid if row.cid is not None else "")
    if cid not in homes:
        homes[cid] = _board(root, cid, row.category, None)
    count = number(row.postcount)
    last = row.teaser
    newest = (str(last.pid), number(last.timestamp), last.content) if last is not None else None
    flags = on(row.locked), on(row.pinned), on(row.deleted)
    return Thread(
        ThreadKey(tid),
        title,
        addresses.thread_link(root, tid, row.slug or ""),
        homes[cid],
        max(count - 1, 0) if row.postcount is not None else None,
        on(row.locked),
        sign(number(row.lastposttime), count, title, flags, cid, tags, newest),
        tags,
    )


def _board(root: str, cid: str, named: Named | None, crumbs: Sequence[Crumb] | None) -> Board | None:
    if not addresses.is_id(cid):
        return None
    name = spoken(named.name) if named is not None else ""
    way = tuple(spoken(one.text) for one in crumbs or () if one.cid is not None and one.text)
    if way and way[-1] != name:
        way = (*way, name) if name else ()
    slug = (named.slug or "") if named is not None else ""
    return Board(BoardKey(f"c/{cid}"), name, way, addresses.board_link(root, f"c/{cid}", slug))


def _page(body: bytes) -> tuple[TopicHead, list[PostRow], list[Damaged], dict[str, int]]:
    """A page of a thread with its posts, those that are none, and where each stands."""
    try:
        # Nearly always all posts are sound, and reading them at once costs a third.
        sound = msgspec.json.decode(body, type=SoundPage)
    except (msgspec.DecodeError, ValueError, RecursionError):
        page = decoded(body, TopicPage, THREAD)
        return page, *_rows(page.posts)
    return sound, sound.posts, [], {str(row.pid): _index(row) for row in sound.posts}


def _rows(found: Sequence[msgspec.Raw]) -> tuple[list[PostRow], list[Damaged], dict[str, int]]:
    """The posts of a page, those that are none, and where each stands."""
    rows: list[PostRow] = []
    damaged: list[Damaged] = []
    ids: dict[str, int] = {}
    for raw in found:
        made, broken = each((raw,), PostRow, lambda row: row)
        for row in made:
            rows.append(row)
            ids[str(row.pid)] = _index(row)
        for one in broken:
            named = [str(row.pid) for row in items((raw,), Pid)]
            ids.update((id, -1) for id in named)
            damaged.append(Damaged(one.why, one.sample, named[0][:200] if named else one.key))
    return rows, damaged, ids


def _index(row: PostRow) -> int:
    return row.index if row.index is not None else -1


def _made(rows: Sequence[PostRow], make: Callable[[PostRow], Post]) -> tuple[list[Post], list[Damaged]]:
    made, damaged = [], []
    for row in rows:
        if not addresses.is_id(str(row.pid)):
            damaged.append(Damaged("a post whose id nobody can use", str(row.pid)[:500].encode("utf-8", "replace")))
            continue
        made.append(make(row))
    return made, damaged


def _events(rows: Sequence[PostRow], around: Around) -> list[Post]:
    """What befell the thread between these posts, each once; one that cannot be read is no post of anybody."""
    told: dict[str, Post] = {}
    for row in rows:
        for one in items(row.events or (), Event):
            made = event(one, around)
            if made is not None:
                told[made.key] = made
    return list(told.values())


def _title(raw: str | None, escaped: str | None) -> str:
    return (raw if raw is not None else html.unescape(escaped or "")).strip()


def _tags(tags: Sequence[Tag] | None) -> tuple[str, ...]:
    return tuple(html.unescape(tag.value) for tag in tags or () if tag.value)
