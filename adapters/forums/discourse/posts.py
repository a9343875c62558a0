"""Pure: posts of Discourse → posts.

The text is what Discourse makes of it (`cooked`), not what was typed (`raw`): it alone holds what a link shows
(oneboxes), where uploads lie, who is quoted and what a poll asks. Whether a text is another one the typed words tell,
for what is made of them also changes when a picture is fetched or a page that is linked to changes its title.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from functools import lru_cache
from html import escape
from urllib.parse import urljoin

from adapters.forums.discourse import addresses, events
from adapters.forums.discourse.rows import PostRow
from bot.model import (
    EMPTY,
    UNKNOWN,
    Author,
    Body,
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

SMALL_ACTION = 3
WHISPER = 4

NOBODY = "deleted user"
"""Who wrote what an account wrote that is no more."""

AVATAR = "96"
"""Pixels; a size that Discourse keeps ready."""


@dataclass(frozen=True, slots=True)
class Around:
    """What of a thread is needed to read its posts."""

    root: str
    thread: int
    title: str = ""
    slug: str = ""
    ids: Mapping[int, int] = field(default_factory=dict)
    """The id of the post that has a number; those of the page that is read are added to it."""
    seen: Millis | None = None
    """When the page was read: nothing was written later."""


def post(row: PostRow, around: Around) -> Post:
    """A post as the core knows it."""
    op = row.post_number == 1
    event = row.post_type == SMALL_ACTION
    state = state_of(row)
    return Post(
        key=PostKey(str(row.id)),
        author=author(row, around.root),
        created=at(moment(row, around.seen)),
        body=_event(row) if event and state is PostState.LIVE else _body(row, state),
        link=addresses.thread_link(around.root, str(around.thread), around.slug, row.post_number),
        title=around.title if op else "",
        number=None if op or event else row.post_number,
        position=row.post_number,
        parent=_parent(row, around.ids),
        op=op,
        state=state,
        version=version(row, around.title if op else ""),
        event=event,
    )


def author(row: PostRow, root: str) -> Author:
    """Who wrote a post."""
    name = row.username or NOBODY
    badge = "admin" if row.admin else "moderator" if row.moderator else (row.user_title or "")
    return Author(
        name,
        "" if row.user_id is None else str(row.user_id),
        _avatar(row.avatar_template or "", root),
        badge,
    )


@lru_cache(maxsize=4096)
def _avatar(template: str, root: str) -> str:
    """Where somebody's picture is; the same few people write most of what is read."""
    try:
        return urljoin(f"{root}/", template.replace("{size}", AVATAR)) if root and template else ""
    except ValueError:
        return ""


def state_of(row: PostRow) -> PostState:
    """Whether people see a post: what its author or the staff deleted is gone, what was flagged is hidden."""
    if row.user_deleted or row.deleted_at is not None:
        return PostState.DELETED
    return PostState.HIDDEN if row.hidden else PostState.LIVE


def moment(row: PostRow, seen: Millis | None) -> Millis:
    """When a post was written, in milliseconds; what comes from the future, now."""
    written = row.created_at if row.created_at.tzinfo else row.created_at.replace(tzinfo=UTC)
    then = int(written.timestamp() * 1000)
    return then if seen is None else min(then, seen)


def version(row: PostRow, title: str) -> str:
    """Changes when words or title do: Discourse counts no versions in an author's first minutes."""
    if row.raw is None:
        told = f"{row.version or 0}.{row.updated_at or ''}"
        return f"{told}.{_mark(title)}" if title else told
    return _mark(f"{title}\0{row.raw}")


def _mark(words: str) -> str:
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:24]


def _body(row: PostRow, state: PostState) -> Body:
    if state is PostState.DELETED:
        return EMPTY
    if state is PostState.HIDDEN or row.cooked is None:
        return UNKNOWN  # what stands in its place says that it is hidden
    return body(row.cooked, FORMAT)


def _event(row: PostRow) -> Body:
    told = f"<p>{escape(events.words(row.action_code or '', row.action_code_who or ''))}</p>"
    return body(told + (row.cooked or ""), FORMAT)


def _parent(row: PostRow, ids: Mapping[int, int]) -> Parent:
    if row.post_number == 1:
        return Parent(ParentState.NONE)
    answered = row.reply_to_post_number
    if answered is None or row.post_type == SMALL_ACTION:
        return Parent(ParentState.THREAD)
    found = ids.get(answered)
    if found is None or found == row.id:
        return Parent(ParentState.UNKNOWN)
    return Parent(ParentState.KNOWN, PostKey(str(found)))
