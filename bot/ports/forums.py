"""The ports of a forum: what every one does, and what some can besides."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol, runtime_checkable

from bot.model import (
    Accepted,
    Board,
    BoardKey,
    Bookmark,
    Draft,
    ForumCapabilities,
    Hint,
    Judged,
    Listing,
    Millis,
    PostKey,
    Queued,
    Target,
    ThreadKey,
    ThreadPage,
    Written,
)


class Forum(Protocol):
    """One forum, opened. Called by the poller, one call at a time per forum."""

    caps: ForumCapabilities

    async def locate(self, address: str) -> Target:
        """Say what an address of this forum names.

        Called by the commands `mirror`, `preview`, `check` and `setup`. The forum's own address names its main board,
        or is a `SITE` where it has none. Raises NotFound-like `Gone` where nothing is there and `Unparsable` (with what
        was looked for) where the page is neither board nor thread.
        """

    async def listing(self, board: BoardKey, since: Bookmark) -> Listing | None:
        """Read the threads of a board, newest activity first; None when nothing changed since `since`.

        Called by the poller. Must not mark anything read on a person's behalf.
        """

    async def thread(self, thread: ThreadKey, since: Bookmark) -> ThreadPage | None:
        """Read posts of a thread in the forum's order; None when nothing changed since `since`.

        Called by the poller; called again at once with the returned bookmark while `more` is true. An empty bookmark
        asks for everything. A single post that cannot be parsed goes into `damaged` and stops nothing.
        """

    async def close(self) -> None:
        """Let go of everything; called once, at shutdown."""


@runtime_checkable
class AcceptsPosts(Protocol):
    """A forum that takes posts. Called by the sender alone, one call at a time per forum thread.

    A failure after the first byte of a write is `OutcomeUnknown`, before it `Unreachable`; a refusal is `Refused` with
    the forum's own words.
    """

    async def submit(self, draft: Draft, key: str) -> Accepted | Queued:
        """Post once: inside `caps.key_window` an equal key returns the first answer.

        Raises `Gone` where the thread or the parent is not there. A forum that shows markers again (`Post.marker`,
        `Written.marker`) shows this key, and none on posts of people.
        """

    async def revise(self, post: PostKey, draft: Draft, key: str) -> None:
        """Replace title and text of a post of ours; repeating it changes nothing. Raises `Gone` where it is gone.

        With `caps.queued_changes` the ticket of a post that waits or waited names it too, here and in `withdraw`.
        """

    async def withdraw(self, thread: ThreadKey, post: PostKey, key: str) -> None:
        """Delete a post of ours; deleting what is gone is no error."""

    def named(self, link: str) -> PostKey:
        """The post that a person means by a link or a key; raises `Gone` where it names none of this forum."""

    async def written(self, thread: ThreadKey, since: Millis) -> tuple[Written, ...]:
        """All posts of our accounts in a thread since a time, queued ones too: what read-back looks through.

        A withdrawn post may be among them, without its words. The `post` of one that waits is its ticket.
        """


@runtime_checkable
class KeepsBack(Protocol):
    """A forum that may keep our posts for its moderators (`caps.moderation_queue`)."""

    async def judged(self, thread: ThreadKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        """What became of posts that `submit` answered with a ticket; a ticket without an answer waits still.

        Called by the poller before it reads the thread, and only while such posts wait in it. Raises `Gone` where the
        thread is not there.
        """


@runtime_checkable
class NamesThreads(Protocol):
    """A forum whose addresses tell by their form alone which thread they are of."""

    def thread_named(self, link: str) -> ThreadKey:
        """The thread that a person means by a link, also by one to a post of it; asks nobody.

        Called by the command `why`, also while the forum does not answer; whether the thread is there is not asked.
        Raises `Gone` where the link names no thread of this forum.
        """


@runtime_checkable
class ListsBoards(Protocol):
    """A forum that can say which boards it has."""

    async def boards(self) -> tuple[Board, ...]:
        """The boards in the forum's order, each with its address, and its path as far as the forum files it.

        Called by the commands `boards` and `mirror`, at the word of readers too: one request at the most, and what
        was read a short while ago may be told again. Raises what a reading raises.
        """


@runtime_checkable
class Pushes(Protocol):
    """A forum that can say early that something changed. Hints make sources due; they carry no truth."""

    def hints(self) -> AsyncIterator[Hint]:
        """Hints until closed; may lose some, may repeat some."""
