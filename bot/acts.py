"""Pure: a delivery and what is known → what is done about it."""

from __future__ import annotations

import base64
import enum
import hashlib
from collections.abc import Mapping, Sequence

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
from bot.texts import say

HELD_PARENT = 10 * 60_000
"""Milliseconds that a reply waits for a parent that is held, before it answers the nearest ancestor that stands."""

JUDGED_LATER = 6 * 3600_000
"""Milliseconds until a change of what a moderator has is looked at again; the moderator's word comes before."""


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


class Perform(msgspec.Struct, frozen=True):
    """Do it: `shows` is what stands there afterwards (shown, tombstone, removed)."""

    shows: str


class Drop(msgspec.Struct, frozen=True):
    """It ends without an act, in `state` (dropped, refused, held); the reason is what `why` says."""

    reason: str
    state: str = "dropped"


class Wait(msgspec.Struct, frozen=True):
    """Not yet; others of the queue may pass. The reason is what `status` says."""

    until: Millis
    reason: str


class Elsewhere(msgspec.Struct, frozen=True):
    """It ends here without an act, and is owed where its channel goes on."""


class Beneath(msgspec.Struct, frozen=True):
    """It ends without an act, because a person wrote the message; what became of its post is said beneath it."""

    copy: int


def _for_parent(since: Millis) -> Wait:
    return Wait(since + HELD_PARENT, say("why.for_parent"))


def _for_moderator(now: Millis) -> Wait:
    return Wait(now + JUDGED_LATER, say("why.for_moderator"))


Step = Perform | Drop | Wait | Elsewhere | Beneath


def step(job: Job, now: Millis, changes_others: bool, queued_changes: bool = False) -> Step:
    """Decide what becomes of a pending delivery when its turn comes.

    `changes_others` and `queued_changes` are what the chat and the forum can do.
    """
    if job.moved:
        return Elsewhere()
    match job.subject:
        case Subject.POST:
            return _post_step(job, now, changes_others)
        case Subject.REPLY:
            return _reply_step(job, now, queued_changes)
        case Subject.OPENER:
            return _opener_step(job)
        case Subject.NOTE:
            return _note_step(job, changes_others)
        case Subject.NOTICE:
            return Perform("shown")


def _opener_step(job: Job) -> Step:
    if job.opener is None:
        return Drop(say("why.message_forgotten"))
    return Drop(say("why.on_forum")) if job.opener.post else Perform("shown")


def _note_step(job: Job, changes_others: bool) -> Step:
    note, post = job.note, job.post
    if note is None or post is None:
        return Drop(say("why.message_forgotten"))
    live = post.state is PostState.LIVE
    if note.over or (changes_others and not (live and note.several)) or (live and note.same):
        return Perform("removed") if note.stands else Drop(say("why.same_words"))
    return Perform("shown" if live else "tombstone")


def _post_step(job: Job, now: Millis, changes_others: bool) -> Step:
    post, copy = job.post, job.copy
    if post is None:
        return Drop(say("why.post_forgotten"))
    if copy is not None and copy.state == "removed":
        return Drop(say("why.removed_by_person"))
    live = post.state is PostState.LIVE
    match job.act:
        case Act.CREATE:
            again = comes_back(job)
            if copy is not None and not again:
                return Drop(say("why.stands"))
            if not live and (again or not (post.op and post.live_replies)):
                return Drop(say("why.deleted_before"))
            if job.answered.waiting is not None and now - job.answered.waiting < HELD_PARENT:
                return _for_parent(job.answered.waiting)
            if now < job.answered.due:
                return Wait(job.answered.due, say("why.for_later_parent"))
            return Perform("shown" if live else "tombstone")
        case Act.OPEN:
            if copy is None:
                return Drop(say("why.no_opening_post"))
            if not any(copy.messages):
                return Drop(say("why.removed_by_person"))
            return Perform(copy.state)
        case Act.EDIT | Act.DELETE:
            if copy is None:
                return Drop(say("why.never_shown"))
            if copy.revision >= job.revision and not job.takes:
                return Drop(say("why.later_version"))
            # Of several messages none says what the post does: they become its tombstone together, or stay.
            changeable = changes_others and (job.takes or not live or len(copy.messages) == 1)
            if copy.reply is not None and not changeable:
                return Drop(say("why.own_message")) if job.takes else Beneath(copy.id)
            if job.takes:
                return Perform("removed")
            return Perform("shown" if live else "tombstone")


def _reply_step(job: Job, now: Millis, queued_changes: bool) -> Step:
    reply = job.reply
    if reply is None:
        return Drop(say("why.message_forgotten"))
    reachable = bool(reply.post) or queued_changes
    match job.act:
        case Act.CREATE:
            if reply.post:
                return Drop(say("why.on_forum"))
            if reply.gone:
                return Drop(say("why.unsaid_before"))
            if reply.waiting is not None and now - reply.waiting < HELD_PARENT:
                return _for_parent(reply.waiting)
            return Perform("shown")
        case Act.EDIT:
            if not reply.post and not reply.ticket:
                return Drop(say("why.never_reached"))
            if reply.gone or reply.sent_revision >= job.revision:
                return Drop(say("why.later_version"))
            return Perform("shown") if reachable else _for_moderator(now)
        case _:
            if not reply.post and not reply.ticket:
                return Drop(say("why.never_reached"))
            return Perform("removed") if reachable else _for_moderator(now)


def most(job: Job) -> int | None:
    """As how many messages a delivery may be shown; None for as many as it takes.

    A copy grows only while nothing stands behind it: what is added later would stand among what others said.
    """
    copy = job.copy
    return None if copy is None or copy.last or job.act is Act.CREATE else max(1, len(copy.messages))


def comes_back(job: Job) -> bool:
    """Whether a delivery shows a post anew that was deleted, and whose tombstone cannot be changed back."""
    copy = job.copy
    if copy is None or job.act is not Act.CREATE:
        return False
    return copy.state == "tombstone" and copy.generation < job.generation


def answering(job: Job) -> Answered:
    """What a post answers in its place; one that comes back answers what is left of it, and its parent in words."""
    if job.copy is None or not comes_back(job):
        return job.answered
    left = next(filter(None, job.copy.messages), MessageId(""))
    return msgspec.structs.replace(job.answered, message=left, exact=False)


def parts(job: Job, shows: str, payloads: Sequence[Payload], installation: str) -> tuple[Part, ...]:
    """The acts on the wire for one delivery: what is sent, what is replaced, what is removed, what is opened."""

    def made(kind: str, payload: Payload, target: str = "") -> Part:
        number = len(out)
        return Part(number, kind, payload, key(job, number, installation), target)

    out: list[Part] = []
    if job.forum:
        reply = job.reply
        target = (reply.post or reply.ticket) if reply is not None and job.act is not Act.CREATE else ""
        kind = {Act.CREATE: "send", Act.EDIT: "edit"}.get(job.act, "delete")
        out.append(made(kind, payloads[0], target))
        return tuple(out)
    if job.note is not None:
        if shows == "removed":
            return (made("delete", {}, job.note.stands),)
        return (made("edit" if job.note.stands else "send", payloads[0], job.note.stands),)
    standing = job.copy.messages if job.copy is not None else job.notice_messages
    if shows == "tombstone" or job.act is Act.OPEN:
        standing = tuple(filter(None, standing))  # it goes to whatever is left
    if job.act is Act.CREATE:
        for payload in payloads:
            out.append(made("send", payload))
    elif job.act is not Act.OPEN:
        wanted = () if shows == "removed" else payloads
        for message, payload in zip(standing, wanted, strict=False):
            if message:
                out.append(made("edit", payload, message))
        for message in filter(None, standing[len(wanted) :]):
            out.append(made("delete", {}, message))
        for payload in wanted[len(standing) :]:
            out.append(made("send", payload))
    if job.opens is not None:
        title = job.post.thread_title if job.post is not None else ""
        out.append(made("open", {"title": title}, standing[0] if job.act is Act.OPEN else ""))
    return tuple(out)


def key(job: Job, part: int, installation: str) -> str:
    """The idempotency key of one act on the wire: 24 characters, which every network's limit allows."""
    raw = f"{installation}/{job.queue}/{job.subject}:{job.subject_id}/{job.act}/{job.revision}/{job.generation}/{part}"
    # 15 bytes are 24 characters of base 32.
    return base64.b32encode(hashlib.sha256(raw.encode()).digest()[:15]).decode().lower()
