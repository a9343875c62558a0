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
    Invitation,
    Judged,
    Listing,
    Login,
    Millis,
    Opener,
    PostKey,
    Queued,
    ReadTo,
    Started,
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

        Called by the commands `mirror`, `preview`, `check` and `setup`. What guests cannot read is found with our login
        where there is one, and is not `public`. The forum's own address names its main board,
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
    the forum's own words. What is done with a person's own login raises `LoginRejected` where that one is refused.
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

    async def withdraw(self, thread: ThreadKey, post: PostKey, key: str, login: Login | None = None) -> None:
        """Delete a post of ours, or of that login; deleting what is gone is no error."""

    def named(self, link: str) -> PostKey:
        """The post that a person means by a link or a key; raises `Gone` where it names none of this forum."""

    async def written(self, thread: ThreadKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        """All posts of our account in a thread since a time, queued ones too: what read-back looks through.

        With a login, the posts of that one. A withdrawn post may be among them, without its words. The `post` of one
        that waits is its ticket.
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
class TakesFiles(Protocol):
    """A forum to which files can be given that posts then show. Called by the sender alone, before the post."""

    async def upload(self, name: str, kind: str, content: bytes, login: Login | None = None) -> str:
        """Give the forum a file, and get what shows it in the text of a draft: a line in `caps.format`.

        Its words are the file's name or hold it, and it is short. An upload by itself shows nothing to anybody, and
        repeating it does no harm, so that one whose answer is lost is repeated. `name` is one line without a path,
        `kind` a media type, `login` whose account the post will be of. Raises `Refused` in the forum's words, or
        `NotAllowed`, where it does not take this file: then the post links to it.
        """


@runtime_checkable
class StartsThreads(Protocol):
    """A forum on which threads can be started. Called by the sender alone; raises what `AcceptsPosts` raises."""

    async def start(self, opener: Opener, key: str) -> Started | Queued:
        """Start a thread once: inside `caps.key_window` an equal key returns the first answer.

        Raises `Gone` where the board is not there.
        """

    async def started(self, board: BoardKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        """The OPs of all threads that our account, or that login, started on a board since a time, queued ones too.

        Each tells its thread and title: what read-back looks through, worth what `caps.read_back` says.
        """


@runtime_checkable
class KeepsThreadsBack(Protocol):
    """A forum that may keep threads that we start for its moderators (`caps.moderation_queue`), and says so later."""

    async def judged_threads(self, board: BoardKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        """What became of threads that `start` answered with a ticket; `post` is the OP. Else as `KeepsBack.judged`.

        Called by the poller before it reads the board, and only while such threads wait. Raises `Gone` where the board
        is not there.
        """


@runtime_checkable
class ConnectsAccounts(Protocol):
    """A forum on which people can let us use their own account. Called at a person's word, in private."""

    async def invite(self) -> Invitation:
        """Begin: what the person is to do, and to answer."""

    async def connect(self, secret: str, answer: str) -> Login:
        """The account that a person's answer opens, after it was tried; `secret` is that of the invitation.

        Raises `Refused` where the answer is none, `LoginRejected` where the forum does not take it.
        """

    async def disconnect(self, login: Login) -> None:
        """Give the account back: the forum is told to forget the key, where it can; one that is dead is no error."""


@runtime_checkable
class Impersonates(Protocol):
    """A forum on which our own key may act for its users (`caps.impersonates`). Called at the word of an admin."""

    async def user(self, name: str) -> Login:
        """The user of that name, without a secret: with this login our own key acts for them.

        Raises `Gone` where nobody is called so, `Refused` where they may do more than an ordinary user, and
        `NotAllowed` where our key does not act for others. Whoever comes to be more, or somebody else, later is not
        acted for any more: what is done with their login raises `LoginRejected`.
        """


@runtime_checkable
class KeepsMarks(Protocol):
    """A forum that knows how far each of its users has read. Called with a person's own login alone."""

    async def read_to(self, login: Login, thread: ThreadKey, post: PostKey) -> None:
        """Tell the forum that they have read a thread up to and with a post; what it knows is never lowered.

        Does nothing where the forum could only be told more than that. Raises `Gone` where thread or post is not there.
        """

    async def marks(self, login: Login, threads: Sequence[ThreadKey]) -> tuple[ReadTo, ...]:
        """How far they have read those of some threads of which the forum tells it; moves nothing.

        One request for each thread at the most.
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
        """The boards that guests can read, in the forum's order, each with its address, and its path as far as told.

        Called by the commands `boards` and `mirror`, at the word of readers too: one request at the most, and what
        was read a short while ago may be told again. What our login alone sees is named to nobody. Raises what a
        reading raises.
        """


@runtime_checkable
class Pushes(Protocol):
    """A forum that can say early that something changed. Hints make sources due; they carry no truth."""

    def hints(self) -> AsyncIterator[Hint]:
        """Hints until closed; may lose some, may repeat some."""
