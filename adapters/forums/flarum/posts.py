"""Pure: posts of Flarum → posts.

The text is what the forum shows (`contentHtml`): what was typed it tells to those alone who may change it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape

from adapters.engines import bookmarks
from adapters.forums.flarum import addresses, events, mentions
from adapters.forums.flarum.rows import PostRow, UserRow
from bot.model import (
    UNKNOWN,
    Author,
    Body,
    Millis,
    Parent,
    ParentState,
    Post,
    PostKey,
    PostState,
    When,
)
from bot.model import body as text_of

FORMAT = "html"

COMMENT = "comment"
"""The kind of post that people write; every other kind tells what befell the discussion."""

NOBODY = "deleted user"
"""Who wrote what an account wrote that is no more."""

UNCHANGED = "0"
"""The version of a post that nobody edited."""

FRESH = 5_000
"""Milliseconds within which a text may change once more under the same edit time: Flarum tells whole seconds."""


ANSWERS_NOBODY = Parent(ParentState.NONE)
ANSWERS_THREAD = Parent(ParentState.THREAD)


@dataclass(frozen=True, slots=True)
class Around:
    """What of a thread is needed to read its posts."""

    root: str
    thread: str
    title: str = ""
    slug: str = ""
    seen: Millis | None = None
    """When the page was read: nothing was written later."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """The names of tags by their ids."""
    link: str = field(init=False, default="")
    """Where people read the thread."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "link", addresses.thread_link(self.root, self.slug or self.thread))


class People:
    """The accounts that stand in an answer beside its posts, as authors."""

    def __init__(self, users: Iterable[UserRow] = (), groups: Mapping[str, str] | None = None) -> None:
        self._authors = {str(one.id): _author(one, groups or {}) for one in users}

    def author(self, user: str) -> Author:
        """Who wrote a post: by the name that the forum shows."""
        return self._authors.get(user) or Author(NOBODY, user)


def post(row: PostRow, around: Around, people: People) -> Post:
    """A post as the core knows it; raises `ValueError` for one that makes no sense."""
    told, id = row.attributes, key_of(row)
    number = told.number
    if not 0 < number < 2**31:
        raise ValueError(f"number: {number} is no number of a post")
    event = told.contentType is not None and told.contentType != COMMENT
    op = number == 1 and not event
    state = state_of(row)
    then = moment(told.createdAt, around.seen)
    parent, body = ANSWERS_THREAD, UNKNOWN
    if op:
        parent = ANSWERS_NOBODY
    if event:
        body = _event(row, around) if state is PostState.LIVE else UNKNOWN
    else:
        html = told.contentHtml
        answered = mentions.first(html, around.thread) if html and not op and mentions.CLASS in html else None
        if answered is not None and answered.post != id:
            parent = Parent(ParentState.KNOWN, PostKey(answered.post))
            html = mentions.without_head(html or "", answered.post)
        if state is PostState.LIVE and html is not None:  # a text that could not be rendered is there all the same
            body = text_of(html, FORMAT)
    return Post(
        key=id,
        author=people.author(row.user),
        created=When(then, then),
        body=body,
        link=f"{around.link}/{number}",
        title=around.title if op else "",
        number=None if op or event else number,
        position=number,
        parent=parent,
        op=op,
        state=state,
        version=version(row, around) if told.editedAt or number == 1 else UNCHANGED,
        event=event,
    )


def key_of(row: PostRow) -> PostKey:
    """A post's key; raises `ValueError` where its id is none."""
    id = str(row.id)
    if not addresses.is_id(id):
        raise ValueError(f"id: {id[:40]!r} is no number of a post")
    return PostKey(id)


def _author(row: UserRow, groups: Mapping[str, str]) -> Author:
    within = (row.relationships.groups if row.relationships else None) or None
    badges = (groups.get(str(one.id), "") for one in (within.data if within else ()))
    badge = next((name for name in badges if name), "")
    told = row.attributes
    return Author(told.displayName or told.username or NOBODY, str(row.id), told.avatarUrl or "", badge)


def state_of(row: PostRow) -> PostState:
    """Whether people see a post: guests are not told of what was hidden or waits, our own account may be."""
    told = row.attributes
    if told.isApproved is False:
        return PostState.QUEUED
    return PostState.HIDDEN if told.isHidden else PostState.LIVE


def moment(written: datetime, seen: Millis | None) -> Millis:
    """When a post was written, in milliseconds; what comes from the future, now."""
    then = int((written if written.tzinfo else written.replace(tzinfo=UTC)).timestamp() * 1000)
    return then if seen is None else min(then, seen)


def version(row: PostRow, around: Around) -> str:
    """Changes when words or title do: by the edit time, and by the words while that is too young to be told apart."""
    told = row.attributes
    parts = [told.editedAt or UNCHANGED]
    if told.editedAt and _is_fresh(told.editedAt, around.seen):
        parts.append(bookmarks.sign(mentions.plain(told.contentHtml or "")))
    if told.number == 1:
        parts.append(bookmarks.sign(around.title))
    return " ".join(parts)


def _is_fresh(edited: str, seen: Millis | None) -> bool:
    try:
        then = moment(datetime.fromisoformat(edited), None)
    except (ValueError, OverflowError):
        return True
    return seen is None or seen - then < FRESH


def _event(row: PostRow, around: Around) -> Body:
    said = events.words(row.attributes.contentType or "", row.attributes.content, around.tags)
    return text_of(f"<p>{escape(said)}</p>", FORMAT)
