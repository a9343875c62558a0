"""What stands beneath a person's message: what the forum made of the post that it became.

A bot cannot change what people wrote. So one message of ours answers theirs, and is kept as the forum has it; it leaves
when both say the same again.
"""

from __future__ import annotations

from bot.jobs import NoteRow, Subject
from bot.mirroring import Act, Owed
from bot.model import BodyState, MessageId, Millis, Post, PostState
from bot.rendering import words_digest
from bot.store.outbox import owe, owe_one
from bot.store.unit import Unit, Value

RENDERED = "html"
"""The format of posts of which the forum shows what it made of our words, and not the words as they were given."""


def owe_note(copy: int, now: Millis) -> Unit[None]:
    """Owe that somebody looks what is to stand beneath a person's message: it is decided when its turn comes."""
    rows = yield "UPDATE copy SET notes=notes+1 WHERE id=$1 AND reply IS NOT NULL RETURNING place, notes", (copy,)
    for place, times in rows:
        yield from owe_one(place, Subject.NOTE, copy, Act.EDIT, times, now)


def owe_notes_of(reply: int, now: Millis) -> Unit[None]:
    """Owe it for what somebody said and changed in vain: what their forum made of it meanwhile was not looked at."""
    for (copy,) in (yield "SELECT id FROM copy WHERE reply=$1", (reply,)):
        yield from owe_note(copy, now)


def words_given(reply: int, words: str, now: Millis) -> Unit[None]:
    """Note the digest of the words that a forum has of somebody since now; what we know of the post is older.

    A message that we changed says our words, whatever its author gave the forum: it is changed with its post from then.
    """
    copies = yield (
        """UPDATE copy SET words=CASE WHEN words='' THEN words ELSE $2 END, drawn='',
             behind=(SELECT o.revision FROM post o WHERE o.id=copy.post)
           WHERE reply=$1 RETURNING id, notes""",
        (reply, words),
    )
    for copy, notes in copies:
        if notes:
            yield from owe_note(copy, now)


def unnoted(copies: str, about: list[tuple[Value, ...]], now: Millis) -> Unit[None]:
    """Say nothing any more beneath some messages; what stands there leaves.

    `copies` is a condition of SQL about the copies that they are, `about` holds its values, once for each.
    """
    rows = yield f"UPDATE copy SET quiet=1 WHERE reply IS NOT NULL AND {copies} RETURNING id, notes", about
    for copy, notes in rows:
        if notes:  # one may be on its way
            yield from owe_note(copy, now)


def noted_again(post: int, community: int, now: Millis) -> Unit[None]:
    """Tell beneath messages of a community again what the forum makes of a post that it hid for a while."""
    rows = yield (
        """UPDATE copy SET quiet=0 WHERE post=$1 AND reply IS NOT NULL AND quiet=1
             AND channel IN (SELECT id FROM place WHERE community=$2) RETURNING id""",
        (post, community),
    )
    for (copy,) in rows:
        yield from owe_note(copy, now)


def note_row(copy: int) -> Unit[NoteRow | None]:
    """What stands beneath a person's message now, and what decides what is to stand there."""
    rows = yield (
        """SELECT c.state, c.note, c.quiet, c.words, c.drawn, COALESCE((SELECT m.message
               FROM copy_message m WHERE m.copy=c.id AND m.message<>'' ORDER BY m.part LIMIT 1), r.message),
             o.body_state, o.body, o.body_format, CASE WHEN o.revision<=c.behind THEN 1 ELSE 0 END,
             (SELECT count(*) FROM copy_message m WHERE m.copy=c.id)
           FROM copy c JOIN reply r ON r.id=c.reply JOIN post o ON o.id=c.post WHERE c.id=$1""",
        (copy,),
    )
    for state, note, quiet, given, drawn, message, seen, text, format, older, messages in rows:
        same = older or seen == BodyState.UNKNOWN or words_digest(text, format) in (given, drawn)
        over = state == "removed" or bool(quiet)
        return NoteRow(copy, MessageId(message), MessageId(note), bool(same), over, messages > 1)
    return None


def drawn(id: int, post: Post) -> Unit[None]:
    """Remember how the forum drew the words that it was given last: what it makes of them is no edit.

    Of a forum that shows words as they were given any difference is one.
    """
    if post.body.format == RENDERED and post.body.state is BodyState.PRESENT:
        yield (
            "UPDATE copy SET drawn=$2 WHERE post=$1 AND reply IS NOT NULL AND drawn='' AND words<>''",
            (id, words_digest(post.body.text, post.body.format)),
        )


def adopted(reply: int, now: Millis) -> Unit[None]:
    """Look at the post that somebody's message just became: it may have been changed before we read it."""
    rows = yield (
        """SELECT c.id, c.words, c.channel, c.place, o.id, o.thread, o.revision, o.state, o.body_state, o.body,
             o.body_format
           FROM copy c JOIN post o ON o.id=c.post
           WHERE c.reply=$1 AND c.state='shown' AND c.notes=0 AND c.drawn=''""",
        (reply,),
    )
    for copy, given, channel, place, post, thread, revision, state, seen, text, format in rows:
        live = state == PostState.LIVE
        if live and seen != BodyState.PRESENT:
            continue
        words = words_digest(text, format)
        if live and format == RENDERED:
            yield "UPDATE copy SET drawn=$2 WHERE id=$1", (copy, words)
        elif not live or words != given:
            yield "UPDATE copy SET revision=revision-1 WHERE id=$1", (copy,)  # the message is of before that
            act = Act.EDIT if live else Act.DELETE
            yield from owe(thread, [Owed(post, act, revision, channel, queue=place)], now)


def settle_note(note: NoteRow, message: str) -> Unit[None]:
    """Note which message stands beneath a person's; empty: none does."""
    yield "UPDATE copy SET note=$2 WHERE id=$1", (note.copy, message)


def note_taken(place: int, message: str) -> Unit[bool]:
    """Note that somebody took away what stood beneath a message; nothing is said there again. Whether it was that."""
    rows = yield "UPDATE copy SET note='', quiet=1 WHERE place=$1 AND note=$2 RETURNING id", (place, message)
    return bool(rows)


def noted(place: int, message: str) -> Unit[tuple[int, int] | None]:
    """The thread and the post of what stands beneath a message in a place; None where the message is no such thing."""
    rows = yield (
        "SELECT o.thread, o.id FROM copy c JOIN post o ON o.id=c.post WHERE c.place=$1 AND c.note=$2 LIMIT 1",
        (place, message),
    )
    return (int(rows[0][0]), int(rows[0][1])) if rows else None
