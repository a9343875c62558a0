"""Pure: a delivery and what is known → what is done about it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

import msgspec

from bot.jobs import Answered, Job, Part, Subject
from bot.mirroring import Act
from bot.model import (
    MessageId,
    Millis,
    Payload,
    PostState,
)
from bot.texts import say

HELD_PARENT = 10 * 60_000
"""Milliseconds that a reply waits for a parent that is held, before it answers the nearest ancestor that stands."""

JUDGED_LATER = 6 * 3600_000
"""Milliseconds until a change of what a moderator has is looked at again; the moderator's word comes before."""


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
