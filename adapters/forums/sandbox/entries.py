"""What the sandbox writes into its journal: one kind of entry per act, in words that are kept for ever.

A field may be added with a default; a kind or a field may never change its meaning, for old journals hold it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from bot.model import BoardKey, Millis, PostKey, ThreadKey


class Kept(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="act"):
    """Base of all entries."""


class BoardAdded(Kept, frozen=True, tag="board"):
    """A board exists; `path` names the way to it, itself last."""

    board: BoardKey
    path: tuple[str, ...]


class ThreadStarted(Kept, frozen=True, tag="thread"):
    """A thread with its OP; `queued` keeps both from sight until a moderator approves."""

    board: BoardKey
    thread: ThreadKey
    post: PostKey
    author: str
    title: str
    text: str
    at: Millis
    key: str = ""
    queued: bool = False


class Replied(Kept, frozen=True, tag="reply"):
    """A reply; `parent` is empty where the thread as such is answered."""

    thread: ThreadKey
    post: PostKey
    author: str
    title: str
    text: str
    at: Millis
    parent: PostKey = PostKey("")
    key: str = ""
    queued: bool = False


class PostEdited(Kept, frozen=True, tag="edit"):
    """Title and text of a post are these now."""

    post: PostKey
    title: str
    text: str
    at: Millis


class PostDeleted(Kept, frozen=True, tag="delete"):
    """A post's words are gone; a waiting post is taken back."""

    post: PostKey


class PostApproved(Kept, frozen=True, tag="approve"):
    """A waiting post is shown from now on."""

    post: PostKey


class PostRejected(Kept, frozen=True, tag="reject"):
    """A waiting post will never be shown; `why` is what the moderator said about it."""

    post: PostKey
    why: str = ""


class ThreadClosed(Kept, frozen=True, tag="close"):
    """A thread takes no more replies, or takes them again."""

    thread: ThreadKey
    closed: bool


class ModerationSwitched(Kept, frozen=True, tag="moderation"):
    """New posts wait for a moderator from now on, or do so no longer."""

    on: bool


Act = (
    BoardAdded
    | ThreadStarted
    | Replied
    | PostEdited
    | PostDeleted
    | PostApproved
    | PostRejected
    | ThreadClosed
    | ModerationSwitched
)


class Opened(Kept, frozen=True, tag="opened"):
    """The forum begins: all of its first acts in one entry, so that it is never seen half furnished.

    `id` differs for every forum that ever began: a cursor of an earlier one is never taken for one of this.
    """

    id: str
    acts: tuple[Act, ...]


Entry = Opened | Act


def packed(entry: Entry) -> dict[str, Any]:
    """The entry as the journal keeps it."""
    return msgspec.to_builtins(entry)  # type: ignore[no-any-return]


def unpacked(raw: dict[str, Any]) -> Entry:
    """The entry that was `packed`; raises `msgspec.ValidationError` for anything else."""
    return msgspec.convert(raw, Entry)  # type: ignore[no-any-return]
