"""Pure: the answers of Isso → posts and threads."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple

import msgspec

from adapters.forums.isso.addresses import PAGE, link
from adapters.forums.isso.page import Page
from adapters.forums.isso.rows import LATEST, MOST, STUB, Frame, LooseTop, Row, Top, frame, number
from adapters.items import each
from bot.model import (
    EMPTY,
    Author,
    Body,
    BodyState,
    Damaged,
    Millis,
    Parent,
    ParentState,
    Post,
    PostKey,
    PostState,
    Thread,
    ThreadKey,
    When,
    at,
)

NOBODY = "Anonymous"
"""Who wrote a comment without a name, as Isso says it."""

NONE = PostKey("")

_TO_PAGE, _TO_NOBODY_KNOWN = Parent(ParentState.THREAD), Parent(ParentState.UNKNOWN)
_GONE = Author("")
_LIVE, _PRESENT = PostState.LIVE, BodyState.PRESENT

_sound = msgspec.json.Decoder(Frame)


class Short(NamedTuple):
    """A comment below which more stand than are here: so many are, and this is the sign of the last of them."""

    top: PostKey
    read: int
    last: str


@dataclass(frozen=True, slots=True)
class Branch:
    """What one answer tells of a page's comments, or of the answers to one of them."""

    posts: tuple[Post, ...] = ()
    damaged: tuple[Damaged, ...] = ()
    top: PostKey = NONE
    """The first comment of the list."""
    first: str = ""
    last: str = ""
    """The signs of the first and the last comment of the list itself, damaged or not."""
    count: int = 0
    """How many comments the list holds, damaged ones too."""
    rest: int = 0
    """How many of it are on further answers."""
    short: tuple[Short, ...] = ()


@dataclass(frozen=True, slots=True)
class Where:
    """Where a page's comments stand."""

    uri: str
    link: str
    now: Millis
    format: str = "markdown"
    """What the words are in: as their authors wrote them, or as Isso draws them (`html`)."""


def branch(raw: bytes, where: Where, top: PostKey = NONE) -> Branch:
    """The comments of one answer, below the comment `top` where one is given; raises `Unparsable`."""
    try:
        # Nearly always all of them are sound, and reading them at once costs a third.
        told = _sound.decode(raw)
        rows: Sequence[Row] = told.replies
        posts, below = _posts(told.replies, where, top)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _loose(raw, where, top)
    return Branch(
        tuple(posts),
        (),
        posts[0].key if posts else NONE,
        _signed(rows[0]) if rows else "",
        _signed(rows[-1]) if rows else "",
        len(rows),
        max(told.hidden_replies, 0),
        tuple(below),
    )


def _posts(rows: list[Top], where: Where, top: PostKey) -> tuple[list[Post], list[Short]]:
    posts: list[Post] = []
    short: list[Short] = []
    for row in rows:
        post = _post(row, where, _known(top))
        posts.append(post)
        if row.replies:
            parent = _known(post.key)
            posts += [_post(one, where, parent) for one in row.replies]
        if row.hidden_replies > 0:
            short.append(Short(post.key, len(row.replies), _signed(row.replies[-1]) if row.replies else ""))
    return posts, short


def _loose(raw: bytes, where: Where, top: PostKey) -> Branch:
    """The same where some comments make no sense: their neighbours stand."""
    told = frame(raw)
    posts: list[Post] = []
    short: list[Short] = []
    made, broken = each(told.replies, LooseTop, lambda row: (row, _post(row, where, _known(top))))
    damaged = [*broken]
    for row, post in made:
        below, broken = each(row.replies, Row, partial(_post, where=where, parent=_known(post.key)))
        posts += [post, *below]
        damaged += broken
        if row.hidden_replies > 0:
            short.append(Short(post.key, len(row.replies), _sign(row.replies[-1:])))
    return Branch(
        tuple(posts),
        tuple(damaged),
        made[0][1].key if made else NONE,
        _sign(told.replies[:1]),
        _sign(told.replies[-1:]),
        len(told.replies),
        max(told.hidden_replies, 0),
        tuple(short),
    )


def drawn(posts: tuple[Post, ...]) -> bool:
    """Whether the words of comments are as Isso draws them: it puts each into a paragraph."""
    words = [post.body.text for post in posts if post.body.state is _PRESENT]
    return bool(words) and all(one.startswith("<p>") or one.endswith("</p>") for one in words)


def opener(page: Page, where: Where, posts: tuple[Post, ...]) -> Post:
    """The page itself, below which the comments stand."""
    before = min((post.created.earliest for post in posts), default=where.now)
    return Post(
        PAGE,
        Author(page.author),
        _published(page.published, before),
        EMPTY,
        link=where.link,
        title=page.title or where.uri,
        parent=Parent(ParentState.NONE),
        op=True,
    )


def live(posts: tuple[Post, ...]) -> int:
    """How many comments among posts can be read."""
    return sum(1 for post in posts if post.state is PostState.LIVE and not post.op)


def threads(rows: tuple[Row, ...], base: str, site: str) -> tuple[Thread, ...]:
    """The pages that comments stand on, that with the newest one first; the token of each is made of its comments."""
    signs: dict[str, list[str]] = {}
    for row in rows:
        signs.setdefault(row.uri, []).append(f"{row.id} {row.created} {row.author} {row.modified} {row.text}")
    return tuple(
        Thread(ThreadKey(uri), "", link(base, site, uri), token=_token("\x00".join(parts)))
        for uri, parts in signs.items()
    )


def _post(row: Row, where: Where, parent: Parent) -> Post:
    """A comment as a post; raises `ValueError` where it makes no sense.

    One that is below another has its key in its own, by which it is asked for again.
    """
    id, created, top = row.id, row.created, row.parent
    if type(id) is not int or not 0 < id < MOST:
        id = number(id)
    if not 0 < created < LATEST:
        raise ValueError(f"created: {created} is no moment")
    position = int(created * 1_000_000)
    if top is None:
        key, parent = f"{id}:{position}", _TO_PAGE
    else:
        if type(top) is not int or not 0 < top < MOST:
            top = number(top)
        key = f"{id}:{position}:{top}"
    # The server's clock may be ahead of ours, and nobody wrote in the future.
    moment = min(position // 1000, where.now)
    if row.mode == STUB:
        author, words, state = _GONE, EMPTY, PostState.DELETED
    else:
        name, text = row.author, row.text
        author = Author(row.name if name and "&" in name else name or NOBODY, "", row.gravatar_image or "")
        words = Body(_PRESENT, text, where.format) if text and not text.isspace() else EMPTY
        state = _LIVE
    return Post(
        PostKey(key),
        author,
        When(moment, moment),
        words,
        f"{where.link}#isso-{id}",
        position=position,
        parent=parent,
        state=state,
    )


def _known(top: PostKey) -> Parent:
    return Parent(ParentState.KNOWN, top) if top else _TO_NOBODY_KNOWN


class _Signed(msgspec.Struct):
    id: object = ""
    created: object = ""


def _signed(row: Row) -> str:
    return f"{row.id} {row.created}"


def _sign(raw: list[msgspec.Raw]) -> str:
    """What a comment is told apart by, also where it is damaged; empty where there is none."""
    for item in raw:
        try:
            one = msgspec.json.decode(item, type=_Signed)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return "damaged"
        created = float(one.created) if isinstance(one.created, int) else one.created
        return f"{one.id} {created}"
    return ""


def when(row: Row, now: Millis) -> When:
    """When a comment was written; the server's clock may be ahead of ours, and nobody wrote in the future."""
    return at(min(int(row.created * 1000), now))


def _token(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]


def _published(text: str, before: Millis) -> When:
    try:
        moment = datetime.fromisoformat(text)
        stamp = int(moment.timestamp() * 1000) if moment.tzinfo else -1
    except (ValueError, OverflowError, OSError):
        stamp = -1
    return at(stamp) if 0 < stamp <= before else When(0, before)
