"""What the core asks of adapters and what it gives them: who calls each method, what it may not do, what it raises.

An adapter raises nothing but `bot.errors.AdapterError`; what else leaves it is a fault in the adapter and is reported
as one. No method may block the event loop for more than 10 ms: parsing goes through `Context.work`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar, runtime_checkable

import msgspec
from aiohttp import web

from bot.model import (
    Accepted,
    Batch,
    BoardKey,
    Bookmark,
    Card,
    ChannelRef,
    ChatCapabilities,
    ChatName,
    Draft,
    ForumCapabilities,
    ForumName,
    Found,
    Hint,
    Judged,
    Listing,
    MessageId,
    Millis,
    Payload,
    PostKey,
    Queued,
    Reaction,
    Target,
    ThreadKey,
    ThreadPage,
    ThreadRef,
    UserId,
    Where,
    Written,
)
from bot.net import Net
from bot.secret import Secret as Secret  # the type of settings that must never be shown

P = ParamSpec("P")
T = TypeVar("T")


class Log(Protocol):
    """A structured log; every line is one event with values. Secrets are redacted behind it."""

    def debug(self, event: str, **values: Any) -> Any:
        """For developers."""

    def info(self, event: str, **values: Any) -> Any:
        """What happened, for the operator."""

    def warning(self, event: str, **values: Any) -> Any:
        """What the operator may have to act on."""

    def error(self, event: str, **values: Any) -> Any:
        """What broke."""


class Pages(Protocol):
    """Writes HTML pages from templates; autoescape is on, the house's frame, style and scripts are there."""

    def html(self, request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
        """The page `template` (a file in the adapter's `templates/`, which may extend "page.html")."""

    def url(self, path: str) -> str:
        """The address of `path` below this adapter's mount point."""

    def fragment(self, template: str, **values: Any) -> str:
        """A piece of a page, for live updates."""


class Context:
    """What an adapter is given when it is opened: nothing else of the program is within its reach."""

    def __init__(
        self,
        *,
        name: str,
        net: Net,
        now: Callable[[], Millis],
        work: Callable[..., Awaitable[Any]],
        log: Log,
        folder: Path,
        pages: Pages | None = None,
        site: Callable[[], str] = lambda: "",
    ) -> None:
        self.name = name
        self.net = net
        """The guarded HTTP client; adapters open no connection of their own but through their network's library."""
        self.now = now
        """The time in milliseconds, UTC."""
        self._work = work
        self.log = log
        self.folder = folder
        """A directory of this adapter's own, mode 0700, made on first use by the adapter."""
        self.pages = pages
        """Given when the web server runs; None in a command that serves nothing."""
        self.site = site
        """The address of our own web pages, without a slash at the end; asked when it is needed."""

    async def work(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a pure function off the event loop."""
        return await self._work(function, *args, **kwargs)  # type: ignore[no-any-return]


# --------------------------------------------------------------------------------------------------------------- forums


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
class Pushes(Protocol):
    """A forum that can say early that something changed. Hints make sources due; they carry no truth."""

    def hints(self) -> AsyncIterator[Hint]:
        """Hints until closed; may lose some, may repeat some."""


# ---------------------------------------------------------------------------------------------------------------- chats


class Chat(Protocol):
    """One chat login, opened. `send` and its kin are called by the sender, one call at a time per place."""

    caps: ChatCapabilities

    async def channel(self, name: str, make: bool) -> ChannelRef:
        """The channel that a person calls `name`; made when it is missing and `make` is true, else `Gone`.

        Making a channel twice finds the first one.
        """

    def render(self, card: Card) -> tuple[Payload, ...]:
        """The messages that show a card, at least one; pure, the same bytes for the same card."""

    async def send(self, where: Where, payload: Payload, key: str) -> MessageId:
        """Show one message; inside `caps.key_window` an equal key shows nothing twice and returns the first id.

        Raises `Gone` or `NotAllowed` where the place is not there. A message to be answered that is gone stops nothing.
        """

    async def open_thread(self, where: Where, message: MessageId, title: str, key: str) -> ThreadRef:
        """Open the chat thread that hangs on a message; opening it twice, under whatever key, finds the first."""

    async def edit(self, where: Where, message: MessageId, payload: Payload) -> None:
        """Replace a message in place; `Gone` where it is not there any more."""

    async def delete(self, where: Where, message: MessageId) -> None:
        """Remove a message; removing what is gone is no error."""

    async def react(self, where: Where, message: MessageId, reaction: Reaction | None) -> None:
        """Make `reaction` the one reaction of the bot on a message; None takes it away. Repeating changes nothing."""

    def named(self, link: str) -> MessageId:
        """The message that a person means by a link or an id; raises `Gone` where it names none of this chat."""

    async def read_back(self, where: Where, after: MessageId) -> tuple[Found, ...]:
        """Every message of ours in a place after the given one (all, where it is empty), oldest first.

        Works also when the given one was removed since.
        """

    def events(self, cursor: str) -> AsyncIterator[Batch]:
        """What people did after `cursor`, oldest first, for ever; our own acts are never among it.

        Called by the listener, which stores each batch's effects and cursor in one transaction before it asks for the
        next. An event has the same id whenever it is heard. An empty cursor is the first start: what was said before
        it need not be told.
        """

    async def tell(self, where: Where, person: UserId, text: str, key: str) -> None:
        """Say something where only that person can see it, beside the place named; an equal key says it once.

        `text` is Markdown. Called for answers to commands and for reasons of refusals.
        """

    async def close(self) -> None:
        """Let go of everything; called once, at shutdown."""


@runtime_checkable
class NamesChannels(Protocol):
    """A chat that can say what a channel is called, however it was asked for."""

    def channel_name(self, channel: ChannelRef) -> str:
        """What people call a channel, without a sign before it; `Chat.channel` finds it again by this name.

        Called by the command `mirror`, for a channel that `Chat.channel` just gave.
        """


# ------------------------------------------------------------------------------------------------- what both may offer


@runtime_checkable
class Probes(Protocol):
    """A forum or chat that can be asked whether it answers, for less than a reading or a message."""

    async def probe(self) -> str:
        """Make one cheap call, with the login where there is one, and say in a few words who or what answered.

        Called by `check` and `setup`. Changes nothing on the other side, and marks nothing read. Raises what a reading
        raises; `LoginRejected` for a token that is not accepted.
        """


# ------------------------------------------------------------------------------------------- what entry points register


class Match(msgspec.Struct, frozen=True):
    """Why an adapter takes an address or a saved page for its own."""

    certainty: float
    """0 to 1; the highest wins."""
    forum: ForumName
    """The name under which this forum is kept when it is not configured."""
    why: str
    settings: dict[str, object] = msgspec.field(default_factory=dict)
    """Settings that the address implies (a host), for a forum that is not configured."""


class ForumAdapter(Protocol):
    """What an entry point of the group `threadline.forums` names: how to recognise and open forums of one engine."""

    @property
    def name(self) -> str:
        """What it is called in the settings."""

    @property
    def settings(self) -> type[msgspec.Struct]:
        """What it can be told in the settings, as a struct with defaults.

        A field `address` says where the forum stands: addresses that begin with it are the configured forum's.
        """

    @property
    def looked_for(self) -> str:
        """What a saved page of this engine is known by, for whoever gave another; empty where none are read."""

    def recognise(self, address: str, page: bytes | None = None) -> Match | None:
        """Whether an address (or a saved page, with its address where it is known) is of this engine; pure, no I/O."""

    def open(self, name: ForumName, settings: Any, context: Context) -> Forum:
        """A forum ready to be used; connects to nothing yet."""

    def saved(self, page: bytes, address: str, settings: Any) -> ThreadPage:
        """The thread on a saved page; pure.

        `address` is the page's own, empty where it is unknown. Raises `Unparsable` saying what was looked for, also
        where `address` is none of a thread here: it would be left out without a word.
        """


class ChatAdapter(Protocol):
    """What an entry point of the group `threadline.chats` names: how to open logins of one network."""

    @property
    def name(self) -> str:
        """What it is called in the settings."""

    @property
    def settings(self) -> type[msgspec.Struct]:
        """What it can be told in the settings, as a struct with defaults."""

    def open(self, name: ChatName, settings: Any, context: Context) -> Chat:
        """A chat ready to be used; connects to nothing yet."""

    def render(self, card: Card) -> tuple[Payload, ...]:
        """What `Chat.render` would give, without a login: for previews."""

    def sketch(self, payload: Payload) -> str:
        """A payload as a person would see it, in plain text for a terminal."""


LOOPBACK = web.AppKey("threadline.loopback", bool)
"""True where the web server can be reached from this computer alone; `request.config_dict.get(LOOPBACK, False)`."""


class Pane(msgspec.Struct, frozen=True):
    """A part of the start page: something of an adapter's that people look at beside the others."""

    title: str
    path: str
    order: int = 0


@runtime_checkable
class Serves(Protocol):
    """A forum or chat that has web pages of its own; mounted by the web server below `/<prefix>`."""

    prefix: str

    def routes(self) -> Sequence[web.RouteDef]:
        """Routes below the mount point, paths without the prefix; POSTs are checked for origin before they arrive."""

    def pane(self) -> Pane | None:
        """What the start page shows of it."""
