"""What people say, change and take back in a chat: what of it is owed to a forum."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from bot.enclosing import kept
from bot.jobs import Subject
from bot.mirroring import Act
from bot.model import Deleted, Edited, Millis, Said, Where
from bot.replying import LEFT, Verdict
from bot.store.answering import turn_away
from bot.store.beneath import note_taken, noted, unnoted
from bot.store.early import half_sent
from bot.store.endings import taken_away
from bot.store.following import take_part
from bot.store.merging import gathering, join, let_go, unsaid
from bot.store.outbox import owe_one
from bot.store.places import forum_queue, place_at
from bot.store.signals import answered
from bot.store.unit import Unit, one
from bot.store.way_back import goes_back, rules_at, ruling
from bot.store.whispers import whisper_plain
from bot.texts import say


class Meaning(NamedTuple):
    """What a chat message answers."""

    place: int
    thread: int
    parent_post: int | None
    parent_reply: int | None

    @property
    def parents(self) -> tuple[int | None, int | None]:
        """The post and the reply that it answers."""
        return self.parent_post, self.parent_reply


def said(chat: str, event: Said, now: Millis) -> Unit[None]:
    """Take in a message: what answers something of a forum is owed to that forum, where its mirror takes answers."""
    meaning = yield from _meaning(chat, event.where, event.reply_to)
    if meaning is not None:
        yield from answered(chat, event, meaning.place, meaning.parent_post, meaning.parent_reply, now)
    place = meaning.place if meaning is not None else (yield from place_at(chat, event.where))
    rules = (yield from rules_at(meaning.place, meaning.thread)) if meaning is not None else None
    window = rules.answering.merge * 1000 if rules is not None else 0
    run = (yield from gathering(place, event.message, now)) if place is not None else None
    part = run is not None and meaning is not None and run.takes(chat, event, meaning.thread, meaning.parents, window)
    said_of = LEFT
    if meaning is not None:
        said_of = yield from ruling(chat, rules, meaning.thread, event, part)
    if run is not None and not part and (said_of.verdict is Verdict.TAKEN or not run.by(chat, event.person)):
        yield from let_go(run.delivery)
    if meaning is None or said_of.verdict is Verdict.LEFT:
        if event.meant:
            yield from _tell_in_vain(chat, event, meaning is None, now)
        return
    reply = yield from _note(chat, event, meaning)
    if reply is None:
        return
    if said_of.verdict is not Verdict.TAKEN:
        yield from turn_away(reply, said_of, now, event.meant)
        return
    if run is not None and part:
        yield from join(run, reply, window, now)
    else:
        queue = yield from forum_queue(meaning.thread)
        due = now + window if window else 0
        yield from owe_one(queue, Subject.REPLY, reply, Act.CREATE, 1, now, due)
    yield from take_part(chat, event, meaning.place, meaning.thread, now)


def _tell_in_vain(chat: str, said: Said, nothing: bool, now: Millis) -> Unit[None]:
    """Tell who meant the forum why it hears nothing: what they answer shows `nothing` of it, or its mirror ended."""
    text, where = say("fates.no_post") if nothing else say("fates.no_mirror"), said.where
    who = (chat, where.channel, where.thread, said.person.id)
    yield from whisper_plain(*who, text, f"vain-{chat}-{said.id}", now, said.message)


def _note(chat: str, said: Said, meaning: Meaning) -> Unit[int | None]:
    """Keep a message that goes to the forum; None where it is owed already."""
    rows = yield (
        """INSERT INTO reply (place, message, thread, parent_post, parent_reply, identity_chat, identity_user, name,
             text, format, fate, said_at, files, bare)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pending', $11, $12, $13)
           ON CONFLICT (place, message) DO UPDATE SET thread=excluded.thread, parent_post=excluded.parent_post,
             parent_reply=excluded.parent_reply WHERE reply.fate='pending' AND reply.merged IS NULL AND NOT EXISTS
               (SELECT 1 FROM delivery d WHERE d.subject='reply' AND d.subject_id=reply.id) RETURNING id""",
        (
            meaning.place,
            said.message,
            meaning.thread,
            meaning.parent_post,
            meaning.parent_reply,
            chat,
            said.person.id,
            said.person.name,
            said.text,
            said.format,
            said.at,
            msgspec.json.encode(kept(said.files)).decode(),
            int(said.person.anybody),
        ),
    )
    return int(one(rows)) if rows else None


def announce(chat: str, said: Said) -> Unit[None]:
    """Show on a message that waits that it does, where it is known that it goes to the forum."""
    place = yield from place_at(chat, said.where)
    if place is None:
        return
    [[thread]] = yield "SELECT thread FROM place WHERE id=$1", (place,)
    if thread is not None and (yield from goes_back(place, thread, said)):
        yield from _note(chat, said, Meaning(place, thread, None, None))


def not_owed(chat: str, said: Said) -> Unit[None]:
    """Take back what was announced and has come to nothing: its mirror may be gone."""
    place = yield from place_at(chat, said.where)
    yield (
        """UPDATE reply SET fate='dropped', reason=$3
           WHERE place=$1 AND message=$2 AND fate='pending' AND merged IS NULL AND NOT EXISTS
             (SELECT 1 FROM delivery d WHERE d.subject='reply' AND d.subject_id=reply.id)""",
        (place, said.message, say("fates.no_longer")),
    )


def _meaning(chat: str, where: Where, reply_to: str) -> Unit[Meaning | None]:
    """The forum thread and post that a message in a place answers; None where it answers nothing of a forum."""
    place = yield from place_at(chat, where)
    if place is None:
        return None
    if reply_to:
        rows = yield (
            """SELECT o.thread, o.id FROM copy_message m JOIN copy c ON c.id=m.copy JOIN post o ON o.id=c.post
               WHERE m.place=$1 AND m.message=$2 AND c.reply IS NULL ORDER BY c.id DESC LIMIT 1""",
            (place, reply_to),
        )
        if not rows:
            # The opener of this chat thread stands in the channel, and can be answered from inside.
            rows = yield (
                """SELECT o.thread, o.id FROM place p JOIN copy_message m ON m.place=p.parent AND m.message=$2
                     JOIN copy c ON c.id=m.copy JOIN post o ON o.id=c.post WHERE p.id=$1 LIMIT 1""",
                (place, reply_to),
            )
        if not rows:
            rows = yield from half_sent(place, reply_to)
        if rows:
            return Meaning(place, rows[0][0], rows[0][1], None)
        beneath = yield from noted(place, reply_to)
        if beneath is not None:
            return Meaning(place, *beneath, None)
        rows = yield "SELECT thread, COALESCE(merged, id) FROM reply WHERE place=$1 AND message=$2", (place, reply_to)
        if rows:
            return Meaning(place, rows[0][0], None, rows[0][1])
    [[thread]] = yield "SELECT thread FROM place WHERE id=$1", (place,)
    return Meaning(place, thread, None, None) if thread is not None else None


def _place_of(chat: str, where: Where, message: str) -> Unit[int | None]:
    """The place in which a message stands that changed; any of its channel, where the chat does not know better."""
    place = yield from place_at(chat, where)
    if where.thread:
        return place
    rows = yield (
        """SELECT p.id FROM place p WHERE p.chat=$1 AND p.channel=$2
             AND (EXISTS (SELECT 1 FROM reply r WHERE r.place=p.id AND r.message=$3)
               OR EXISTS (SELECT 1 FROM copy_message m WHERE m.place=p.id AND m.message=$3)
               OR EXISTS (SELECT 1 FROM copy c WHERE c.place=p.id AND c.note=$3 AND c.note<>'')) LIMIT 1""",
        (chat, where.channel, message),
    )
    return int(one(rows)) if rows else place


class _Kept(NamedTuple):
    """A message that is kept as a reply."""

    id: int
    first: int
    """The reply as part of whose post it is posted: itself, but where it was merged."""
    place: int
    revision: int
    """Of that post."""
    thread: int
    user: str
    """Who said it; empty: they asked to be forgotten."""


def _reply_at(chat: str, where: Where, message: str) -> Unit[_Kept | None]:
    place = yield from _place_of(chat, where, message)
    if place is None:
        return None
    rows = yield (
        """SELECT r.id, f.id, r.place, f.revision, f.thread, r.identity_user
           FROM reply r JOIN reply f ON f.id=COALESCE(r.merged, r.id) WHERE r.place=$1 AND r.message=$2 AND r.gone=0""",
        (place, message),
    )
    return _Kept(*rows[0]) if rows else None


def _changed(kept: _Kept, act: Act, now: Millis) -> Unit[None]:
    """Owe that the post of a message becomes another version, or goes."""
    yield "UPDATE reply SET revision=$2 WHERE id=$1", (kept.first, kept.revision + 1)
    queue = yield from forum_queue(kept.thread)
    yield from owe_one(queue, Subject.REPLY, kept.first, act, kept.revision + 1, now)


def edited(chat: str, event: Edited, now: Millis) -> Unit[None]:
    """Take in that a message says something else now: its post is changed, but for one that is nobody's any more."""
    found = yield from _reply_at(chat, event.where, event.message)
    if found is not None and not found.user:
        who = (chat, event.where.channel, event.where.thread, event.person.id)
        yield from whisper_plain(*who, say("fates.nobodys"), f"nobodys-{chat}-{event.id}", now, event.message)
    elif found is not None:
        yield "UPDATE reply SET text=$2, format=$3 WHERE id=$1", (found.id, event.text, event.format)
        yield from _changed(found, Act.EDIT, now)


def deleted(chat: str, event: Deleted, now: Millis) -> Unit[None]:
    """Take in that a message is gone: a person's takes its post along, one of ours is not shown again.

    Of a post that is made of several the others stay.
    """
    found = yield from _reply_at(chat, event.where, event.message)
    if found is not None:
        yield "UPDATE reply SET gone=1 WHERE id=$1", (found.id,)
        if (yield from unsaid(found.first)):
            yield "UPDATE copy SET state='removed' WHERE reply=$1", (found.first,)
            yield from unnoted("reply=$1", [(found.first,)], now)
            yield from _changed(found, Act.DELETE, now)
            return
        rows = yield "SELECT id FROM copy WHERE reply=$1", (found.first,)
        for (copy,) in rows:
            yield from taken_away(copy, event.message)
        yield from _changed(found, Act.EDIT, now)
        return
    place = yield from _place_of(chat, event.where, event.message)
    if place is None or (yield from note_taken(place, event.message)):
        return
    rows = yield "SELECT copy FROM copy_message WHERE place=$1 AND message=$2", (place, event.message)
    for (copy,) in rows:
        yield from taken_away(copy, event.message)
