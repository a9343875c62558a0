"""What Flarum's answers hold (JSON:API), as far as it is read; whatever else stands there costs nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from adapters.forums.flarum import addresses

Id = int | str
"""Ids are texts by the standard; some extensions send numbers."""


class Ref(msgspec.Struct):
    """What a relationship names."""

    id: Id


class One(msgspec.Struct):
    """A relationship to one thing, or to none."""

    data: Ref | None = None


class Many(msgspec.Struct):
    """A relationship to several things."""

    data: list[Ref] = []


class Links(msgspec.Struct, frozen=True):
    """Where a list goes on."""

    next: str | None = None


class ListPage(msgspec.Struct):
    """A list, and what else is told with it."""

    data: list[msgspec.Raw]
    included: list[msgspec.Raw] = []
    links: Links = Links()


class ItemPage(msgspec.Struct):
    """One thing, and what else is told with it."""

    data: msgspec.Raw
    included: list[msgspec.Raw] = []


class PostAttributes(msgspec.Struct):
    """What is told of a post itself."""

    number: int
    createdAt: datetime
    contentType: str | None = "comment"
    contentHtml: str | None = None
    content: Any = None
    """The words as they were typed, for whoever may change them; of an event, what happened."""
    editedAt: str | None = None
    isHidden: bool | None = False
    isApproved: bool | None = True


class PostRelations(msgspec.Struct):
    """What a post belongs to."""

    user: One | None = None
    discussion: One | None = None


class PostRow(msgspec.Struct):
    """A post, as all answers show it."""

    id: Id
    attributes: PostAttributes
    relationships: PostRelations | None = None

    @property
    def user(self) -> str:
        """The id of who wrote it; empty where the account is no more."""
        told = self.relationships
        found = told.user if told is not None else None
        return str(found.data.id) if found is not None and found.data is not None else ""

    @property
    def discussion(self) -> str:
        """The id of the discussion that it stands in; empty where that is not told."""
        told = self.relationships
        found = told.discussion if told is not None else None
        return str(found.data.id) if found is not None and found.data is not None else ""

    @property
    def waits(self) -> bool:
        """Whether a moderator has it."""
        return self.attributes.isApproved is False


class PostPage(msgspec.Struct):
    """One post."""

    data: PostRow
    included: list[msgspec.Raw] = []


class Changed(msgspec.Struct):
    """What was changed."""

    data: Ref


class UserAttributes(msgspec.Struct, frozen=True):
    """What is told of an account; the last two of one's own alone."""

    username: str = ""
    displayName: str | None = None
    avatarUrl: str | None = None
    unreadNotificationCount: int | None = None
    preferences: Any = None


class UserRelations(msgspec.Struct):
    """The groups that an account is in."""

    groups: Many | None = None


class UserRow(msgspec.Struct):
    """An account."""

    id: Id
    attributes: UserAttributes = UserAttributes()
    relationships: UserRelations | None = None


class UserPage(msgspec.Struct):
    """One account."""

    data: UserRow


class GroupAttributes(msgspec.Struct, frozen=True):
    """What is told of a group."""

    nameSingular: str | None = ""


class GroupRow(msgspec.Struct):
    """A group of accounts."""

    id: Id
    attributes: GroupAttributes = GroupAttributes()


class TagAttributes(msgspec.Struct):
    """What is told of a tag; one without a position is secondary: it files nothing by itself."""

    name: str
    slug: str
    position: int | None = None
    isChild: bool | None = False


class TagRelations(msgspec.Struct):
    """The tag that a tag stands below."""

    parent: One | None = None


class TagRow(msgspec.Struct):
    """A tag."""

    id: Id
    attributes: TagAttributes
    relationships: TagRelations | None = None

    @property
    def parent(self) -> str:
        """The id of the tag that it stands below; empty where there is none."""
        return _of(self.relationships.parent if self.relationships else None)


class DiscussionAttributes(msgspec.Struct):
    """What is told of a discussion itself."""

    title: str
    slug: str | None = ""
    commentCount: int | None = None
    createdAt: datetime | None = None
    lastPostedAt: str | None = ""
    lastPostNumber: int | None = 0
    isLocked: bool | None = False
    isSticky: bool | None = False
    isHidden: bool | None = False
    isApproved: bool | None = True
    lastReadPostNumber: int | None = None


class DiscussionRelations(msgspec.Struct):
    """What belongs to a discussion."""

    posts: Many | None = None
    tags: Many | None = None
    user: One | None = None
    firstPost: One | None = None


class DiscussionRow(msgspec.Struct):
    """A discussion."""

    id: Id
    attributes: DiscussionAttributes
    relationships: DiscussionRelations | None = None

    @property
    def tags(self) -> tuple[str, ...]:
        """The ids of its tags."""
        return _ids(self.relationships.tags if self.relationships else None)

    @property
    def posts(self) -> tuple[int, ...]:
        """The ids of all posts that whoever asks may see, in their order."""
        told = self.relationships.posts if self.relationships else None
        if told is None:
            return ()
        try:
            return tuple([int(ref.id) for ref in told.data])
        except ValueError:
            return tuple([int(ref.id) for ref in told.data if addresses.is_id(str(ref.id))])

    @property
    def first(self) -> str:
        """The id of its first post, where that is told."""
        return _of(self.relationships.firstPost if self.relationships else None)

    @property
    def shown(self) -> bool:
        """Whether everybody who may read its board is shown it."""
        return not self.attributes.isHidden and self.attributes.isApproved is not False


class DiscussionPage(msgspec.Struct):
    """One discussion."""

    data: DiscussionRow
    included: list[msgspec.Raw] = []


class PostBeside(PostRow, tag_field="type", tag="posts"):
    """A post that is told with something else."""


class UserBeside(UserRow, tag_field="type", tag="users"):
    """An account that is."""


class GroupBeside(GroupRow, tag_field="type", tag="groups"):
    """A group that is."""


class TagBeside(msgspec.Struct, tag_field="type", tag="tags"):
    """A tag that is; nothing of it is read."""


class SoundPage(msgspec.Struct):
    """One discussion with which nothing is told that is broken, or of a kind that an extension brings."""

    data: DiscussionRow
    included: list[PostBeside | UserBeside | GroupBeside | TagBeside] = []


class ForumAttributes(msgspec.Struct):
    """What a site tells of itself; its version to administrators alone."""

    title: str = ""
    version: str | None = None
    canViewForum: bool | None = None


class ForumRow(msgspec.Struct):
    """The site."""

    type: str
    attributes: ForumAttributes


class ForumPage(msgspec.Struct):
    """What a site tells of itself."""

    data: ForumRow


class Token(msgspec.Struct):
    """What a name and a password open."""

    token: str
    userId: Id


class TokenAttributes(msgspec.Struct):
    """What is told of a token of an account; its value only where it was made for programs."""

    userId: Id | None = None
    token: str | None = None
    isSessionToken: bool | None = None


class TokenRow(msgspec.Struct):
    """A token of an account."""

    id: Id
    attributes: TokenAttributes


class ErrorRow(msgspec.Struct):
    """One reason for a refusal."""

    code: str | None = ""
    detail: str | None = ""


class ErrorPage(msgspec.Struct):
    """Why something is refused."""

    errors: list[ErrorRow]


def _of(found: One | None) -> str:
    return "" if found is None or found.data is None else str(found.data.id)


def _ids(found: Many | None) -> tuple[str, ...]:
    refs: Iterable[Ref] = found.data if found is not None else ()
    return tuple(str(ref.id) for ref in refs)
