"""The words of chat users: needed on their way to the forum, and to remind their author of them, and no longer."""

from __future__ import annotations

from collections.abc import Callable

from bot import markup
from bot.model import Millis
from bot.store.unit import Unit
from bot.store.whispers import whisper_plain

EXCERPT = 60
"""Characters of a message by which people are reminded of it."""

OPEN = "state IN ('pending', 'sending', 'held')"


def tell_author(reply: int, told: Callable[[str], str], key: str, now: Millis, *, private: bool = False) -> Unit[None]:
    """Tell the author of a reply something about it, beside it where the chat can; `told` makes the words.

    What is `private` is told to them alone, and so is what concerns a message that they took away: nothing of it may
    come up in the chat again. Then `told` is given ` “its first words”` to remind them, else nothing.
    """
    [[chat, channel, thread, person, text, format, message, gone]] = yield (
        """SELECT p.chat, p.channel, COALESCE(p.thread_ref, ''), r.identity_user, r.text, r.format, r.message, r.gone
           FROM reply r JOIN place p ON p.id=r.place WHERE r.id=$1""",
        (reply,),
    )
    if not (private or gone):
        yield from whisper_plain(chat, channel, thread, person, told(""), key, now, message)
        return
    said = markup.excerpt(markup.read(text, format), EXCERPT)
    yield from whisper_plain(chat, channel, thread, person, told(f" “{said}”" if said else ""), key, now)


def forget_draft(reply: int) -> Unit[None]:
    """Let the words leave by which a reply would be recognised on the forum."""
    yield (
        """UPDATE part SET payload='' WHERE part=0 AND delivery IN
             (SELECT id FROM delivery WHERE subject='reply' AND subject_id=$1 AND act='create')""",
        (reply,),
    )


def forget_said(reply: int) -> Unit[None]:
    """Let the words of a reply leave that was deleted in the chat, once nothing can be sent or recognised by them."""
    yield (
        f"""UPDATE reply SET text='', title='' WHERE id=$1 AND gone=1 AND fate<>'queued' AND NOT EXISTS
             (SELECT 1 FROM delivery WHERE subject='reply' AND subject_id=$1 AND act<>'delete' AND {OPEN})""",
        (reply,),
    )


def forget_older_said(before: Millis) -> Unit[int]:
    """Let the words of replies leave that were said before a time and have their place or never get one; how many."""
    rows = yield (
        f"""UPDATE reply SET text='', title='' WHERE said_at<$1 AND text<>'' AND (fate IN ('refused', 'dropped')
             OR EXISTS (SELECT 1 FROM copy WHERE copy.reply=reply.id)) AND NOT EXISTS
             (SELECT 1 FROM delivery WHERE subject='reply' AND subject_id=reply.id AND {OPEN}) RETURNING id""",
        (before,),
    )
    return len(rows)
