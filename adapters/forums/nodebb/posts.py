"""Pure: posts of NodeBB, and what befell their thread, → posts.

`index` says where a post stands now and changes for all that follow when one is purged: it is nobody's number. The
order is that of the times, which is NodeBB's own, with the post that opened the thread at its head.
"""

from __future__ import annotations

import html
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from urllib.parse import urljoin

import msgspec

from adapters.engines.bookmarks import sign
from adapters.forums.nodebb import addresses, events
from adapters.forums.nodebb.rows import Event, PostRow, User, number, on
from bot.model import (
    EMPTY,
    UNKNOWN,
    Author,
    Body,
    BodyState,
    Millis,
    Parent,
    ParentState,
    Post,
    PostKey,
    PostState,
    at,
    body,
)

FORMAT = "html"

DELETED = "[[topic:post-is-deleted]]"
"""What stands in the place of a deleted post's words."""

NOBODY = {"[[global:guest]]": "Guest", "[[global:former-user]]": "former user", "[[global:system-user]]": "System"}
"""Whom the forum names in its own language of templates."""

LONGEST_AGO = 0

_BUSTED = re.compile(r"""(/assets/[^"'?\s<>]{1,300})\?v=[0-9A-Za-z]{1,20}(?=["'\s])""")
"""The address of a smiley or the like, which is another one after each update of the forum."""


@dataclass(frozen=True, slots=True)
class Around:
    """What of a thread is needed to read its posts."""

    root: str
    thread: str
    title: str = ""
    main: str = ""
    """The id of the post that opened it."""
    seen: Millis | None = None
    """When the page was read: nothing was written later."""


def post(row: PostRow, around: Around) -> Post:
    """A post as the core knows it."""
    id = str(row.pid)
    op = id == around.main
    state = PostState.DELETED if on(row.deleted) else PostState.LIVE
    written = number(row.timestamp)
    return Post(
        key=PostKey(id),
        author=author(row.user, row.uid, around.root),
        created=at(moment(written, around.seen)),
        body=_body(row, state),
        link=addresses.post_link(around.root, around.thread, id),
        title=around.title if op else "",
        position=LONGEST_AGO if op else written,
        parent=Parent(ParentState.NONE) if op else _parent(row),
        op=op,
        state=state,
        version=version(row, around.title if op else ""),
    )


def event(row: Event, around: Around) -> Post | None:
    """What befell the thread, as a post; None where it is of another kind."""
    place = row.from_category
    said = events.words(row.type, spoken(place.name) if place is not None else "")
    if not said:
        return None
    when = number(row.timestamp)
    return Post(
        key=PostKey(f"e/{row.id}"),
        author=author(row.user, None, around.root, unknown="System"),
        created=at(moment(when, around.seen)),
        body=Body(BodyState.PRESENT, said, "plain"),
        link=addresses.thread_link(around.root, around.thread),
        position=when,
        version="1",
        event=True,
    )


def author(user: User | None, uid: int | str | None, root: str, unknown: str = "former user") -> Author:
    """Who wrote a post."""
    if user is None:
        return Author(unknown, "" if uid is None else str(uid))
    told = user.displayname or user.username or unknown
    name = NOBODY.get(told) or spoken(told)
    picture = user.picture or ""
    groups = user.selected_groups or []
    badge = spoken(groups[0].user_title or groups[0].name) if groups else ""
    id = user.uid if uid is None else uid
    return Author(name, "" if id is None else str(id), urljoin(f"{root}/", picture) if picture else "", badge)


def spoken(name: str | None) -> str:
    """A name as people read it: "[[category:uncategorized]]" is what the forum's own templates make words of."""
    told = html.unescape(name or "").strip()
    if told.startswith("[[") and told.endswith("]]"):
        return told[2:-2].partition(",")[0].rpartition(":")[2].replace("-", " ").replace(".", " ").capitalize()
    return told


def moment(written: Millis, seen: Millis | None) -> Millis:
    """When it was written; what comes from the future, now."""
    return written if seen is None else min(written, seen)


def version(row: PostRow, title: str) -> str:
    """Changes when words or title were changed by somebody, and not when the forum draws the same words anew."""
    edited = str(number(row.edited))
    return f"{edited}.{sign(title)}" if title else edited


def _body(row: PostRow, state: PostState) -> Body:
    if state is PostState.DELETED:
        return EMPTY  # to its author and the staff the words are shown still
    if row.content is None:
        return UNKNOWN
    return body(_BUSTED.sub(r"\1", row.content) if "?v=" in row.content else row.content, FORMAT)


def _parent(row: PostRow) -> Parent:
    """What a post answers, as it says: the forum takes any id for it (see `housed`)."""
    answered = "" if row.to_pid is None else str(row.to_pid)
    if answered in ("", "0"):
        return Parent(ParentState.THREAD)
    if answered == str(row.pid) or not addresses.is_id(answered):
        return Parent(ParentState.UNKNOWN)
    return Parent(ParentState.KNOWN, PostKey(answered))


def housed(posts: Iterable[Post], ids: Container[str]) -> list[Post]:
    """Posts of a thread all of whose ids are known: what answers anything else answers nobody knows what.

    It was purged, stands in another thread, or never was.
    """
    return [
        msgspec.structs.replace(post, parent=Parent(ParentState.UNKNOWN))
        if post.parent.state is ParentState.KNOWN and post.parent.key not in ids
        else post
        for post in posts
    ]
