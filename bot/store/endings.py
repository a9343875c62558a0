"""How a delivery ends that is not made, or is held: what stands of it, what waited for it, and who is told."""

from __future__ import annotations

from bot.mirroring import Act, Owed
from bot.model import Millis
from bot.offers import of_delivery
from bot.store import openers
from bot.store.beneath import owe_note, owe_notes_of
from bot.store.forums import forget_text
from bot.store.merging import share
from bot.store.notices import open_notice, tell_concerned
from bot.store.outbox import into_channel, owe
from bot.store.resting import rested
from bot.store.said import forget_said, tell_author
from bot.store.settling import add_messages
from bot.store.turns import unclaimed
from bot.store.unit import Unit, one
from bot.texts import say


def conclude(delivery: int, state: str, reason: str, now: Millis) -> Unit[None]:
    """End a delivery as refused or dropped, or hold it until an admin decides; the reason is what `why` says."""
    settled = None if state == "held" else now
    rows = yield (
        """UPDATE delivery SET state=$2, reason=$3, settled_at=$4 WHERE id=$1
           AND state IN ('pending', 'sending', 'held')
           RETURNING subject, subject_id, act, queue, opens""",
        (delivery, state, reason[:500] or state, settled),
    )
    if not rows:
        return
    subject, subject_id, act, queue, opens = rows[0]
    yield from rested(queue)
    if state != "held":
        if subject == "post":
            yield from _remains(delivery, act, state)
        yield "DELETE FROM part WHERE delivery=$1", (delivery,)
        if opens is not None:
            yield from into_channel(opens)
    if subject == "reply" and act == Act.EDIT:
        yield from owe_notes_of(subject_id, now)
    if subject == "opener":
        yield from openers.ends(subject_id, delivery, state, reason, now)
    if subject == "reply":
        yield from _reply_ends(subject_id, delivery, act, state, reason, now)
    if state != "held":
        if subject == "post":
            yield from forget_text(subject_id)
        elif subject == "reply":
            yield from forget_said(subject_id)


def hold_and_tell(delivery: int, reason: str, now: Millis, text: str, queue: int) -> Unit[None]:
    """Hold a delivery and tell the admins whom it concerns, in one commit: nothing is held that nobody hears of."""
    yield from conclude(delivery, "held", reason, now)
    if not (yield "SELECT 1 FROM delivery WHERE id=$1 AND state='held'", (delivery,)):
        return  # it was known again on the forum meanwhile
    about = f"delivery:{delivery}"
    rows = yield (
        """SELECT p.community FROM delivery d JOIN reply r ON d.subject='reply' AND r.id=d.subject_id
             JOIN place p ON p.id=r.place WHERE d.id=$1
           UNION SELECT o.community FROM delivery d JOIN opener o ON d.subject='opener' AND o.id=d.subject_id
             WHERE d.id=$1""",
        (delivery,),
    )
    if rows:  # others may answer the same thread, or start one on the same board
        yield from open_notice(int(one(rows)), about, text, now, offers=of_delivery(delivery))
    else:
        yield from tell_concerned(about, text, now, queue=queue, offers=of_delivery(delivery))


# ------------------------------------------------------------------------------------------------ what stands of a post


def _remains(delivery: int, act: str, state: str) -> Unit[None]:
    """Record what stands of a post that is given up half way: it is changed and deleted with its post.

    What may stand besides is left alone: nothing more is made of it, for that could stand beside it.
    """
    parts = yield "SELECT kind, target, remote FROM part WHERE delivery=$1 ORDER BY part", (delivery,)
    # Of what an admin gives up nobody knows; what is refused is certainly not there, but for what was done before it.
    sends = [remote or "" for kind, _, remote in parts if kind == "send" and (remote is not None or state == "dropped")]
    if act == "create" and sends:
        rows = yield (
            """INSERT INTO copy (channel, place, post, generation, revision, state)
               SELECT channel, queue, subject_id, generation, rendered, CASE WHEN $2=1 THEN shows ELSE 'removed' END
               FROM delivery WHERE id=$1 ON CONFLICT DO NOTHING RETURNING id, place""",
            (delivery, int(any(sends))),
        )
    else:
        rows = yield (
            """SELECT c.id, d.queue FROM copy c JOIN delivery d ON c.channel=d.channel AND c.post=d.subject_id
               WHERE d.id=$1 ORDER BY c.generation DESC LIMIT 1""",
            (delivery,),
        )
    if not rows:
        return
    [[copy, place]] = rows
    for kind, target, remote in parts:
        if kind == "delete" and remote is not None:
            yield "DELETE FROM copy_message WHERE copy=$1 AND message=$2", (copy, target)
    if any(sends):
        yield from add_messages(copy, place, sends)


def taken_away(copy: int, message: str) -> Unit[bool]:
    """Note that a message of a copy is not in the chat any more and must not come back; whether any is left.

    Its place among the others stays, empty: a longer version would bring it back else.
    """
    yield "UPDATE copy_message SET message='' WHERE copy=$1 AND message=$2", (copy, message)
    rows = yield "SELECT 1 FROM copy_message WHERE copy=$1 AND message<>'' LIMIT 1", (copy,)
    if not rows:
        yield "UPDATE copy SET state='removed' WHERE id=$1", (copy,)
    return bool(rows)


def missing(queue: int, message: str) -> Unit[None]:
    """Note that a message of ours is not in its place any more and must not come back."""
    rows = yield "SELECT copy FROM copy_message WHERE place=$1 AND message=$2 AND message<>''", (queue, message)
    for (copy,) in rows:
        yield from taken_away(copy, message)


def say_beneath(delivery: int, copy: int, now: Millis) -> Unit[None]:
    """End a change that cannot be made, because a person wrote the message, and owe what is said beneath it."""
    yield from conclude(delivery, "dropped", say("why.own_message"), now)
    yield from owe_note(copy, now)


def drop_gone(delivery: int, copy: int, message: str, now: int) -> Unit[None]:
    """Change what is left of a copy of which a message is gone from the chat; with the last one, the change ends."""
    if (yield from taken_away(copy, message)):
        yield from unclaimed(delivery)
    else:
        yield from conclude(delivery, "dropped", say("why.message_gone"), now)


def show_again(delivery: int, now: Millis) -> Unit[None]:
    """Show a post anew that the forum shows again, where its tombstone cannot be changed back; once, however often."""
    yield from conclude(delivery, "dropped", say("why.shown_anew"), now)
    [[post, thread, channel, queue, revision]] = yield (
        """SELECT p.id, p.thread, d.channel, d.queue, d.revision FROM delivery d JOIN post p ON p.id=d.subject_id
           WHERE d.id=$1""",
        (delivery,),
    )
    coming = yield (
        """SELECT 1 FROM delivery WHERE subject='post' AND subject_id=$1 AND act='create' AND channel=$2
             AND state IN ('pending', 'sending', 'held')""",
        (post, channel),
    )
    if not coming:
        yield from owe(thread, [Owed(post, Act.CREATE, revision, channel, queue=queue)], now)


# --------------------------------------------------------------------------------------------- the fate of a reply


def _told(act: str, state: str, said: str, reason: str) -> str:
    """What becomes of a message, or of its change, in words to who said it."""
    match act, state:
        case "create", "refused":
            return say("fates.not_taken", said=said, why=reason)
        case "edit", "refused":
            return say("fates.not_changed", said=said, why=reason)
        case "delete", "refused":
            return say("fates.not_deleted", said=said, why=reason)
        case "create", _:
            return say("fates.perhaps_taken", said=said, why=reason)
        case "edit", _:
            return say("fates.perhaps_changed", said=said, why=reason)
        case _:
            return say("fates.perhaps_deleted", said=said, why=reason)


def _reply_ends(reply: int, delivery: int, act: str, state: str, reason: str, now: Millis) -> Unit[None]:
    """Let a chat user know what became of a message, or of the change of one that is on the forum already."""
    if act == "create":
        # One that was recognised on the forum meanwhile is posted, whatever becomes of this delivery.
        rows = yield (
            "UPDATE reply SET fate=$2, reason=$3 WHERE id=$1 AND post_key='' RETURNING id",
            (reply, state, reason[:500]),
        )
        if not rows:
            return
    elif state == "dropped":
        yield "UPDATE reply SET fate='posted', reason='' WHERE id=$1 AND post_key<>'' AND fate='held'", (reply,)
    else:
        # What is not known there by its key yet is recognised by its fate.
        yield "UPDATE reply SET fate=$2, reason=$3 WHERE id=$1 AND post_key<>''", (reply, state, reason[:500])
    yield from share(reply)
    if state in ("refused", "held"):
        key = f"act-{delivery}-{state}"
        yield from tell_author(reply, lambda said: _told(act, state, said, reason[:500]), key, now)
