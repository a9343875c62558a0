"""Pure: a delivery with all that deciding about it needs: what it is about, what stands, what goes on the wire."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec

from bot.clock import Moment
from bot.mirroring import Act
from bot.model import (
    Attached,
    Author,
    BoardKey,
    Body,
    ChatName,
    Login,
    MessageId,
    Millis,
    Offer,
    Parent,
    Payload,
    PostKey,
    PostState,
    ThreadKey,
    When,
    Where,
)


class Subject(enum.StrEnum):
    """What a delivery is about."""

    POST = "post"
    REPLY = "reply"
    NOTICE = "notice"
    OPENER = "opener"  # a thread that a person starts from the chat
    NOTE = "note"  # what stands beneath a person's message, of the copy that this message is


class PostRow(msgspec.Struct, frozen=True):
    """A post as it is stored now, with what its card shows of thread and board."""

    id: int
    thread: int
    thread_title: str
    path: tuple[str, ...]
    author: Author
    title: str
    body: Body
    link: str
    number: int | None
    op: bool
    created: When
    state: PostState
    revision: int
    parent: Parent
    live_replies: int
    forum: str = ""
    tags: tuple[str, ...] = ()
    """What the forum files its thread under."""
    event: bool = False
    """It tells what befell the thread."""


class Answered(msgspec.Struct, frozen=True):
    """The post that a post answers, as its channel shows it.

    `message` is the copy of the nearest ancestor that stands in the same place; `exact` says that this is the parent
    itself. `number`, `author` and `parent` (its id) are the parent's. `waiting` is when a held parent was claimed,
    `due` when a delayed one is shown at the earliest.
    """

    message: MessageId = MessageId("")
    exact: bool = True
    shown: bool = True
    number: str = ""
    author: str = ""
    parent: int | None = None
    guess: bool = False
    waiting: Millis | None = None
    due: Millis = 0


class CopyRow(msgspec.Struct, frozen=True):
    """What stands of a post in a channel; `reply` is set where a person wrote the message.

    Of `messages`, those that a person took away are empty: they do not come back. `last` says that nothing is known to
    stand behind them in their place.
    """

    id: int
    revision: int
    state: str
    reply: int | None
    where: Where
    messages: tuple[MessageId, ...]
    last: bool = False
    generation: int = 0


class Quoted(msgspec.Struct, frozen=True):
    """A post that is answered, in its own words; what is deleted is never said again."""

    author: str
    body: Body
    link: str = ""


class ReplyRow(msgspec.Struct, frozen=True):
    """A chat message on its way to the forum, or there."""

    id: int
    name: str
    text: str
    format: str
    revision: int
    sent_revision: int
    gone: bool
    post: PostKey
    thread: ThreadKey
    parent: PostKey
    parent_title: str
    chat: ChatName
    """Where it was said."""
    waiting: Millis | None = None
    lent: Login | None = None
    """The author's own account there, without what opens it, where they let us use it; with that it was posted."""
    lent_refused: str = ""
    """Why the forum does not take that any more, in words for them; empty: it does."""
    own: bool = False
    """It is not posted yet, and may be with its author's own account alone."""
    ticket: str = ""
    """What the forum calls it while a moderator has it; empty where none has, or did not let it through."""
    files: tuple[Attached, ...] = ()
    """What was put on it."""
    more: tuple[tuple[str, str], ...] = ()
    """What its author said right after it as part of the same post: text and format of each message that stands."""
    calls: Mapping[str, Login] = {}
    """The accounts there of those whom it mentions, without what opens them, by who they are in the chat."""
    quoted: Quoted | None = None
    """What it answers; None where that is the OP, or has no words."""


class OpenerRow(msgspec.Struct, frozen=True):
    """A thread that a person starts from the chat, on its way to the forum or there."""

    id: int
    name: str
    board: BoardKey
    board_name: str
    title: str
    text: str
    format: str
    tags: tuple[str, ...]
    chat: ChatName
    """Where it was asked for."""
    post: PostKey = PostKey("")
    """Its OP, once the forum shows it."""
    lent: Login | None = None
    """The author's own account there, without what opens it, where they let us use it."""
    lent_refused: str = ""
    """Why the forum does not take that any more, in words for them; empty: it does."""
    own: bool = False
    """It is started with an account of its author's, or not at all."""
    calls: Mapping[str, Login] = {}
    """The accounts on its forum of those whom it mentions, by who they are in the chat."""


class NoteRow(msgspec.Struct, frozen=True):
    """What stands beneath a person's message about the post that it became, and what is to."""

    copy: int
    about: MessageId
    """The person's message."""
    stands: MessageId
    """What stands beneath it; empty: nothing."""
    same: bool
    """The post says what the message does."""
    over: bool
    """The message is gone, or nothing is to be said of it."""
    several: bool = False
    """It is the first that stands of several, which are one post."""


class Part(msgspec.Struct, frozen=True):
    """One act on the wire: kind send, edit, delete or open; `remote` is its result once it is done."""

    part: int
    kind: str
    payload: Payload
    key: str
    target: str = ""
    remote: str | None = None

    @property
    def marker(self) -> str:
        """What read-back recognises; the key itself, which travels with every message."""
        return self.key


class Job(msgspec.Struct, frozen=True):
    """The delivery at the head of a queue, with all that is needed to decide what to do."""

    id: int
    ord: int
    queue: int
    subject: Subject
    subject_id: int
    act: Act
    revision: int
    generation: int
    attempts: int
    sending: bool
    chat: str
    forum: str
    where: Where | None
    claimed: Moment | None = None
    last_known: str = ""
    opens: int | None = None
    post: PostRow | None = None
    copy: CopyRow | None = None
    answered: Answered = Answered()
    reply: ReplyRow | None = None
    opener: OpenerRow | None = None
    note: NoteRow | None = None
    notice: str = ""
    offers: tuple[Offer, ...] = ()
    """What the notice offers."""
    notice_messages: tuple[MessageId, ...] = ()
    parts: tuple[Part, ...] = ()
    shows: str = ""
    rendered: int = 0
    longest: int = 0
    """Characters of plain text that the mirror shows of a post; 0: all."""
    answerable: bool = False
    """Whether the mirror takes answers to it back to the forum."""
    moved: bool = False
    """Its channel goes on as another one: nothing can be said in it any more."""
    takes: bool = False
    """It takes away what stands there, whatever the forum says of the post."""
