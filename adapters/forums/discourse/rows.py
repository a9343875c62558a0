"""What Discourse's answers hold, as far as it is read; whatever else stands there costs nothing."""

from __future__ import annotations

from datetime import datetime

import msgspec


class PostRow(msgspec.Struct):
    """A post, as all of its lists show it."""

    id: int
    post_number: int
    created_at: datetime
    username: str | None = ""
    user_id: int | None = None
    topic_id: int = 0
    topic_slug: str | None = ""
    avatar_template: str | None = ""
    cooked: str | None = ""
    raw: str | None = None
    post_type: int = 1
    action_code: str | None = ""
    action_code_who: str | None = ""
    updated_at: str | None = ""
    reply_to_post_number: int | None = None
    version: int | None = 1
    hidden: bool = False
    user_deleted: bool = False
    deleted_at: str | None = None
    admin: bool = False
    moderator: bool = False
    user_title: str | None = None
    topic_title: str | None = ""


class TagRow(msgspec.Struct):
    """A tag as newer versions tell it; older ones tell its name alone."""

    name: str


class TopicRow(msgspec.Struct):
    """A thread in a list."""

    id: int
    title: str
    slug: str | None = ""
    posts_count: int | None = None
    highest_post_number: int = 0
    bumped_at: str | None = ""
    last_posted_at: str | None = ""
    created_at: datetime | None = None
    pinned: bool | None = False
    pinned_globally: bool | None = False
    closed: bool = False
    archived: bool = False
    visible: bool = True
    category_id: int | None = None
    tags: list[str | TagRow] = []
    archetype: str = "regular"


class TopicList(msgspec.Struct):
    """The threads of a list, each to be read by itself."""

    topics: list[msgspec.Raw]
    more_topics_url: str | None = None


class ListPage(msgspec.Struct):
    """The answer of a list of threads."""

    topic_list: TopicList


class Stream(msgspec.Struct):
    """The posts that an answer shows, each to be read by itself, and the ids of all that the thread has."""

    posts: list[msgspec.Raw]
    stream: list[int] | None = None


class TopicPage(msgspec.Struct):
    """The answer of a thread."""

    id: int
    title: str
    post_stream: Stream
    slug: str | None = ""
    posts_count: int | None = None
    highest_post_number: int = 0
    closed: bool = False
    archived: bool = False
    category_id: int | None = None
    tags: list[str | TagRow] = []
    message_bus_last_id: int | None = None
    archetype: str = "regular"
    deleted_at: str | None = None
    last_read_post_number: int | None = None


class StreamPage(msgspec.Struct):
    """The answer of some posts of a thread."""

    post_stream: Stream


class CategoryRow(msgspec.Struct):
    """A category of the site."""

    id: int
    name: str
    slug: str = ""
    parent_category_id: int | None = None


class SitePage(msgspec.Struct):
    """What the site tells of itself, as far as it is read."""

    categories: list[msgspec.Raw]


class About(msgspec.Struct):
    """Which version a site runs."""

    version: str | None = ""


class AboutPage(msgspec.Struct):
    """What the site says about itself."""

    about: About


class Error(msgspec.Struct):
    """What stands in an answer that refuses."""

    errors: list[str] = []
    error_type: str = ""
    extras: dict[str, object] = {}
    message: str = ""


class PendingRow(msgspec.Struct):
    """A post of ours that waits for a moderator."""

    id: int
    created_at: datetime | None = None
    raw: str | None = None
    raw_text: str | None = None
    topic_id: int | None = None
    category_id: int | None = None
    title: str | None = None


class PendingPage(msgspec.Struct):
    """All posts of an account that wait for a moderator."""

    pending_posts: list[msgspec.Raw]


class Made(msgspec.Struct, omit_defaults=True):
    """The answer to a post that was written: the post itself, or word that it waits."""

    id: int | None = None
    topic_id: int | None = None
    topic_slug: str | None = ""
    post_number: int = 0
    action: str = ""
    pending_post: PendingRow | None = None


class UploadRow(msgspec.Struct):
    """The answer to a file; what is no image has no measures."""

    short_url: str
    width: int | None = None
    height: int | None = None


class Changed(msgspec.Struct):
    """The answer to a post that was changed."""

    post: PostRow


class ReviewableRow(msgspec.Struct):
    """What became of something that moderators were asked about."""

    id: int
    status: int
    post_id: int | None = None
    reject_reason: str | None = ""


class ReviewPage(msgspec.Struct):
    """The answer to a question about it."""

    reviewable: ReviewableRow


class CurrentUser(msgspec.Struct):
    """Who a key acts for, or whoever is asked for, and whether they may do more than others."""

    id: int
    username: str
    admin: bool = False
    moderator: bool = False


class SessionPage(msgspec.Struct):
    """The answer to the question who we are."""

    current_user: CurrentUser


class UserPage(msgspec.Struct):
    """The answer to the question who somebody is: who keeps their page to themselves tells no more than a name."""

    user: CurrentUser


def tags_of(row: TopicRow | TopicPage) -> tuple[str, ...]:
    """The names of a thread's tags."""
    return tuple(tag if isinstance(tag, str) else tag.name for tag in row.tags)
