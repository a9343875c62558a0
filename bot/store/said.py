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

OVER = f"""(fate IN ('refused', 'dropped') OR (paged=1 AND post_key<>'') OR EXISTS
  (SELECT 1 FROM copy WHERE copy.reply=COALESCE(reply.merged, reply.id))) AND NOT EXISTS
  (SELECT 1 FROM delivery WHERE subject='reply' AND subject_id=COALESCE(reply.merged, reply.id) AND {OPEN})"""
"""The condition under which nothing is sent or recognised by a reply's words any more."""

SOMEBODY = "somebody"
"""What a reply's author is called who asked to be forgotten."""


def tell_author(reply: int, told: Callable[[str], str], key: str, now: Millis, *, private: bool = False) -> Unit[None]:
    """Tell the author of a reply something about it, beside it where the chat can; `told` makes the words.

    What is `private` is told to them alone, and so is what concerns a message that they took away: nothing of it may
    come up in the chat again. Then `told` is given ` “its first words”` to remind them, else nothing. Who wrote on a
    page is told so too, beside the place where that login was met last; the page says it as well. Of several messages
    that became one post it is the first that stands of which they are told.
    """
    [[chat, channel, thread, person, text, format, message, gone, paged]] = yield (
        """SELECT p.chat, p.channel, COALESCE(p.thread_ref, ''), r.identity_user, r.text, r.format, r.message, r.gone,
             r.paged FROM reply r JOIN place p ON p.id=r.place WHERE r.id=COALESCE(
             (SELECT MIN(s.id) FROM reply s WHERE s.gone=0 AND (s.id=$1 OR s.merged=$1)), $1)""",
        (reply,),
    )
    if not person:
        return  # they asked to be forgotten
    if paged:
        met = yield (
            """SELECT m.chat, m.channel, m.thread_ref FROM reply r JOIN place p ON p.id=r.place JOIN member m
                 ON m.chat=r.identity_chat AND m.user_id=r.identity_user AND m.community=p.community WHERE r.id=$1""",
            (reply,),
        )
        if not met:
            return
        [[chat, channel, thread]] = met
    if not (private or gone or paged):
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
        f"""UPDATE reply SET text='', files='[]'
            WHERE (id=$1 OR merged=$1) AND gone=1 AND fate<>'queued' AND NOT EXISTS
             (SELECT 1 FROM delivery WHERE subject='reply' AND subject_id=$1 AND act<>'delete' AND {OPEN})""",
        (reply,),
    )


def forget_words_of_nobody() -> Unit[None]:
    """Let words and names leave of replies whose author is forgotten, once nothing is sent or recognised by them."""
    yield (
        f"""UPDATE reply SET text='', files='[]', account='', name='{SOMEBODY}'
            WHERE identity_user='' AND name<>'{SOMEBODY}' AND {OVER}""",
        (),
    )


def forget_older_said(before: Millis) -> Unit[int]:
    """Let the words of replies leave that were said before a time and have their place or never get one; how many."""
    rows = yield (
        f"""UPDATE reply SET text='', files='[]' WHERE said_at<$1 AND (text<>'' OR files<>'[]') AND {OVER}
            RETURNING id""",
        (before,),
    )
    return len(rows)
