"""Pure: the JSON of a NodeBB, as far as it is read.

Ids are numbers or strings, whichever the forum stores; so are figures that came through some databases. An item of a
list stays raw until it is read by itself, so that one that is broken costs nothing but itself.
"""

from __future__ import annotations

import msgspec

Id = int | str
Figure = int | float | str | None
Flag = bool | int | str | None


class Row(msgspec.Struct, frozen=True, rename="camel"):
    """Base of what the forum sends; what is not named here is passed over."""


class Group(Row, frozen=True):
    """A group that somebody shows beside their name."""

    name: str | None = None
    user_title: str | None = None


class User(Row, frozen=True):
    """Somebody, as they stand beside a post or an event."""

    uid: Id | None = None
    username: str | None = None
    displayname: str | None = None
    userslug: str | None = None
    picture: str | None = None
    selected_groups: list[Group] | None = None


class Self(User, frozen=True):
    """Whoever asks, and what they may do more than others: these tell it of the one who asks, whomever they ask for."""

    is_admin: bool = False
    is_global_moderator: bool = False
    is_moderator: bool = False


class Named(Row, frozen=True):
    """A category as far as others name it."""

    cid: Id | None = None
    name: str | None = None
    slug: str | None = None


class Event(Row, frozen=True):
    """What befell a thread."""

    id: Id
    type: str
    timestamp: Figure = None
    user: User | None = None
    from_category: Named | None = None


class PostRow(Row, frozen=True):
    """A post of a thread's page."""

    pid: Id
    timestamp: Figure = None
    tid: Id | None = None
    uid: Id | None = None
    to_pid: Id | None = None
    edited: Figure = None
    deleted: Flag = None
    content: str | None = None
    index: int | None = None
    user: User | None = None
    events: list[msgspec.Raw] | None = None


class Pid(Row, frozen=True):
    """The id of a post that cannot be read otherwise."""

    pid: Id


class Tag(Row, frozen=True):
    """A tag."""

    value: str = ""


class Crumb(Row, frozen=True):
    """A step of the way to a page; the first one is the forum itself."""

    text: str = ""
    url: str = ""
    cid: Id | None = None


class Pages(Row, frozen=True):
    """How many pages there are."""

    page_count: int = 1


class Teaser(Row, frozen=True):
    """The newest post of a thread, as lists show it."""

    pid: Id | None = None
    timestamp: Figure = None
    content: str | None = None


class TopicRow(Row, frozen=True):
    """A thread in a list."""

    tid: Id
    title: str | None = None
    title_raw: str | None = None
    slug: str | None = None
    cid: Id | None = None
    uid: Id | None = None
    main_pid: Id | None = None
    timestamp: Figure = None
    lastposttime: Figure = None
    postcount: Figure = None
    locked: Flag = None
    pinned: Flag = None
    deleted: Flag = None
    scheduled: Flag = None
    tags: list[Tag] | None = None
    category: Named | None = None
    teaser: Teaser | None = None
    unread: Flag = None
    ignored: Flag = None


class TopicHead(Row, frozen=True):
    """What a page of a thread tells besides its posts."""

    tid: Id
    main_pid: Id | None = None
    title: str | None = None
    title_raw: str | None = None
    slug: str | None = None
    cid: Id | None = None
    lastposttime: Figure = None
    postcount: Figure = None
    locked: Flag = None
    deleted: Flag = None
    tags: list[Tag] | None = None
    category: Named | None = None
    breadcrumbs: list[Crumb] | None = None
    pagination: Pages | None = None


class TopicPage(TopicHead, frozen=True, kw_only=True):
    """A page of a thread."""

    posts: list[msgspec.Raw]


class SoundPage(TopicHead, frozen=True, kw_only=True):
    """A page of a thread in which every post is sound."""

    posts: list[PostRow]


class ListPage(Row, frozen=True):
    """A page of the threads of a board, or of all."""

    topics: list[msgspec.Raw]
    cid: Id | None = None
    name: str | None = None
    slug: str | None = None
    breadcrumbs: list[Crumb] | None = None
    pagination: Pages | None = None


class CategoryRow(Row, frozen=True):
    """A category in the list of all."""

    cid: Id
    name: str | None = None
    slug: str | None = None
    link: str | None = None
    disabled: Flag = None
    is_section: Flag = None
    children: list[msgspec.Raw] | None = None


class CategoriesPage(Row, frozen=True):
    """The categories, those under others inside them."""

    categories: list[msgspec.Raw]


class Status(Row, frozen=True):
    """How a request went, in a word and in words."""

    code: str = ""
    message: str = ""


class Refusal(Row, frozen=True):
    """What the forum says of a request that it does not carry out."""

    status: Status


class Envelope(Row, frozen=True):
    """An answer of the API for programs."""

    status: Status
    response: msgspec.Raw = msgspec.Raw(b"{}")


class Single(Row, frozen=True):
    """One post, with its words as they were typed."""

    pid: Id
    tid: Id
    uid: Id | None = None
    timestamp: Figure = None
    deleted: Flag = None
    content: str | None = None


class Head(Row, frozen=True):
    """One thread, without its posts."""

    tid: Id
    cid: Id | None = None
    main_pid: Id | None = None
    lastposttime: Figure = None
    deleted: Flag = None


class UploadRow(Row, frozen=True):
    """A file that was given, whatever it is."""

    url: str


class Uploaded(Row, frozen=True):
    """What became of files that were given."""

    images: tuple[UploadRow, ...]


class Made(Row, frozen=True):
    """What became of a post or thread that was sent."""

    pid: Id | None = None
    tid: Id | None = None
    main_pid: Id | None = None
    slug: str | None = None
    queued: bool = False
    id: Id | None = None


class Summary(Row, frozen=True):
    """One of somebody's posts in the list of them."""

    pid: Id
    tid: Id
    timestamp: Figure = None


class UserPosts(Row, frozen=True):
    """A page of somebody's posts, the newest first."""

    posts: list[msgspec.Raw]


class QueuedData(Row, frozen=True):
    """What was sent that waits."""

    tid: Id | None = None
    cid: Id | None = None
    title: str | None = None
    content: str | None = None
    raw_content: str | None = None
    timestamp: Figure = None


class QueuedRow(Row, frozen=True):
    """A post that waits for a moderator."""

    id: str
    type: str = ""
    user: User | None = None
    data: QueuedData = QueuedData()


class QueuePage(Row, frozen=True):
    """What waits, as far as the account may see it."""

    posts: list[msgspec.Raw]
    pagination: Pages | None = None


class Config(Row, frozen=True):
    """What the forum tells every browser."""

    relative_path: str | None = msgspec.field(name="relative_path", default=None)
    theme: str | None = msgspec.field(name="theme:id", default=None)
    activitypub: msgspec.Raw = msgspec.Raw(b"null")
    cache_buster: str | None = msgspec.field(name="cache-buster", default=None)


LARGEST = 2**53
"""Figures from there on are none: NodeBB's own language counts no further."""


def number(told: Figure) -> int:
    """A figure however it was stored; 0 where it is none."""
    try:
        found = int(float(told)) if told is not None else 0
    except (ValueError, OverflowError):
        return 0
    return found if abs(found) < LARGEST else 0


def on(told: Flag) -> bool:
    """A flag however it was stored."""
    return told not in (None, False, 0, "", "0", "false")
