"""Pure: what somebody wants to do, and the forum as it is → the entry that does it, or why not.

None instead of an entry means that it is so already. `Gone` says that the thing is not there, `Refused` that
the act is not allowed, both in words for the one who asked.
"""

from __future__ import annotations

import unicodedata

from adapters.forums.sandbox import entries
from adapters.forums.sandbox.state import BoardRow, PostRow, State, Status, ThreadRow
from bot.errors import Gone, Refused
from bot.markup import clean_name
from bot.model import BoardKey, Millis, PostKey, ThreadKey

MAX_TEXT = 64 * 1024
"""Bytes of one text in UTF-8."""
MAX_TITLE = 200
"""Characters of a title."""
MAX_NAME = 60
"""Characters of an author's name."""
MAX_POSTS = 2000
"""Posts in one thread: a thread is drawn on one page."""


def board(state: State, key: str) -> BoardRow:
    """The board; raises `Gone`."""
    row = state.boards.get(BoardKey(key))
    if row is None:
        raise Gone(f'The sandbox has no board "{key}".')
    return row


def thread(state: State, key: str) -> ThreadRow:
    """The thread, where readers see it; raises `Gone`."""
    row = state.threads.get(ThreadKey(key))
    if row is None or not row.shown:
        raise Gone(f'The sandbox has no thread "{key}".')
    return row


def post(state: State, key: str) -> PostRow:
    """The post, tombstones and waiting posts too; raises `Gone`."""
    row = state.posts.get(PostKey(key))
    if row is None:
        raise Gone(f'The sandbox has no post "{key}".')
    return row


def start(
    state: State, to: str, author: str, title: str, text: str, *, key: str, at: Millis, queued: bool
) -> entries.ThreadStarted | None:
    """Start a thread; None where `key` started one already."""
    if key and key in state.sent:
        return None
    title, text = _words(title, text)
    if not title:
        raise Refused("A thread needs a title. Write one and try again.")
    return entries.ThreadStarted(
        board=board(state, to).key,
        thread=ThreadKey(f"t{len(state.threads) + 1}"),
        post=_next(state),
        author=name(author),
        title=title,
        text=text,
        at=at,
        key=key,
        queued=queued,
    )


def reply(
    state: State,
    to: str,
    parent: str,
    author: str,
    title: str,
    text: str,
    *,
    key: str,
    at: Millis,
    queued: bool,
) -> entries.Replied | None:
    """Answer a post, or the thread where `parent` is empty; None where `key` did it already."""
    if key and key in state.sent:
        return None
    place = thread(state, to)
    if place.closed:
        raise Refused(f'The thread "{place.title}" is closed: it takes no more replies.')
    if len(place.posts) >= MAX_POSTS:
        raise Refused(f'The thread "{place.title}" is full ({MAX_POSTS} posts). Start a new one.')
    if parent:
        above = state.posts.get(PostKey(parent))
        if above is None or above.thread != place.key or not above.shown:
            raise Gone(f'The post "{parent}", which this answers, is not in the thread "{place.title}".')
    title, text = _words(title, text)
    return entries.Replied(
        thread=place.key,
        post=_next(state),
        parent=PostKey(parent),
        author=name(author),
        title=title,
        text=text,
        at=at,
        key=key,
        queued=queued,
    )


def edit(state: State, key: str, title: str, text: str, *, at: Millis) -> entries.PostEdited | None:
    """Replace title and text; None where they are so already."""
    row = post(state, key)
    if row.status is Status.DELETED:
        raise Gone("The post is deleted; there is nothing left to edit.")
    if row.status is Status.REJECTED:
        raise Refused("A moderator rejected the post; it can no longer be edited.")
    title, text = _words(title, text)
    if row.op and not title:
        raise Refused("A thread needs a title. Write one and try again.")
    if (row.title, row.text) == (title, text):
        return None
    return entries.PostEdited(post=row.key, title=title, text=text, at=at)


def delete(state: State, key: str) -> entries.PostDeleted | None:
    """Delete a post, or take back one that waits; None where it is gone already."""
    row = post(state, key)
    return None if row.status in (Status.DELETED, Status.REJECTED) else entries.PostDeleted(post=row.key)


def approve(state: State, key: str) -> entries.PostApproved | None:
    """Show a post that waits; None where it is shown already."""
    row = post(state, key)
    if row.status is Status.QUEUED:
        return entries.PostApproved(post=row.key)
    if row.shown:
        return None
    raise Refused("The post does not wait any more: it was rejected or taken back.")


def reject(state: State, key: str, why: str) -> entries.PostRejected | None:
    """Never show a post that waits, and say why (or ""); None where it was rejected already."""
    row = post(state, key)
    if row.status is Status.QUEUED:
        return entries.PostRejected(post=row.key, why=" ".join(_storable(why).split())[:MAX_TITLE])
    if row.status is Status.REJECTED:
        return None
    raise Refused("The post does not wait any more: it was approved or taken back.")


def close(state: State, key: str, closed: bool) -> entries.ThreadClosed | None:
    """Let a thread take no more replies, or take them again."""
    row = thread(state, key)
    return None if row.closed == closed else entries.ThreadClosed(thread=row.key, closed=closed)


def moderation(state: State, on: bool) -> entries.ModerationSwitched | None:
    """Let new posts wait for a moderator, or no longer."""
    return None if state.moderation == on else entries.ModerationSwitched(on=on)


def name(author: str) -> str:
    """The author's name as it is shown; raises `Refused` where nothing of it can be seen."""
    cleaned = clean_name(author, MAX_NAME)
    if not cleaned:
        raise Refused("A post needs an author. Write a name and try again.")
    return cleaned


def _words(title: str, text: str) -> tuple[str, str]:
    """Title on one line, text with plain line ends; raises `Refused` if both are empty or one is too long."""
    title, text = " ".join(_storable(title).split()), _storable(text).rstrip().lstrip("\n")
    if not title and not text:
        raise Refused("There is nothing to post. Write a title, a text, or both.")
    if len(title) > MAX_TITLE:
        raise Refused(f"The title has {len(title)} characters; {MAX_TITLE} are allowed. Shorten it.")
    size = len(text.encode())
    if size > MAX_TEXT:
        raise Refused(f"The text has {size} bytes; {MAX_TEXT} are allowed. Split it into several posts.")
    return title, text


def _storable(words: str) -> str:
    """Without what no page can show: control characters, half surrogate pairs; with one kind of line end."""
    whole = words.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in whole if sign in "\n\t" or unicodedata.category(sign) != "Cc")


def _next(state: State) -> PostKey:
    return PostKey(f"p{len(state.posts) + 1}")
