"""What is kept of a person: all of it, to be given to them, or none of it any more."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.mirroring import Act
from bot.model import Commanded, Event, Millis
from bot.store.answering import LOOP
from bot.store.endings import conclude
from bot.store.granting import RESTS, forget_granted
from bot.store.in_names import forget_done
from bot.store.marks import begin
from bot.store.openers import forget_opened_by_nobody
from bot.store.persons import Identity, forget_marks, forget_own, identities
from bot.store.said import SOMEBODY, forget_words_of_nobody
from bot.store.sessions import shut
from bot.store.unit import Unit

SAYS = (
    "Everything that Threadline keeps of you. Times are milliseconds since 1970 (UTC); seq and n count what arrived "
    "in a forum and in a thread."
)

LOGIN = "JOIN identity i ON i.person=$1 AND i.chat={0}.chat AND i.user_id={0}.user_id"
THREAD = "JOIN thread t ON t.id={0}.thread JOIN forum f ON f.id=t.forum"
TITLE = "f.name AS forum, t.title AS thread, t.link AS link"

SECTIONS: dict[str, tuple[str, str]] = {
    "person": ("x.made_at", "person x WHERE x.id=$1"),
    "logins": (
        "i.chat, i.user_id, i.name, i.receipts, i.of_chat, i.of_user",
        "identity i WHERE i.person=$1 ORDER BY i.chat, i.user_id",
    ),
    "met": (
        "x.chat, x.user_id, c.name AS community, x.channel, x.thread_ref, x.seen_at",
        f"member x {LOGIN.format('x')} JOIN community c ON c.id=x.community ORDER BY x.chat, x.user_id, c.id",
    ),
    "wishes": ("x.stars, x.zone, x.quiet_from, x.quiet_to", "reader x WHERE x.person=$1"),
    "followed and muted": (
        f"x.level, {TITLE}, c.name AS community, x.told, x.due_at",
        f"follow x {THREAD.format('x')} JOIN community c ON c.id=x.community WHERE x.person=$1 ORDER BY t.id",
    ),
    "words waited for": (
        "x.words, c.name AS community",
        "alert x JOIN community c ON c.id=x.community WHERE x.person=$1 ORDER BY x.id",
    ),
    "words found": (
        f"x.words, {TITLE}, c.name AS community, x.due_at",
        f"""alert_hit x JOIN community c ON c.id=x.community JOIN post p ON p.id=x.post {THREAD.format("p")}
            WHERE x.person=$1 ORDER BY x.post""",
    ),
    "digests": (
        "x.minute, x.days, x.boards, x.next_at, c.name AS community",
        "digest x JOIN community c ON c.id=x.community WHERE x.person=$1 ORDER BY x.id",
    ),
    "boards read": (
        "f.name AS forum, b.name AS board, b.link AS link, x.seq",
        """board_mark x JOIN board b ON b.id=x.board JOIN forum f ON f.id=b.forum WHERE x.person=$1 ORDER BY b.id""",
    ),
    "threads read": (
        f"{TITLE}, x.seq, x.n, x.forced",
        f"thread_mark x {THREAD.format('x')} WHERE x.person=$1 ORDER BY t.id",
    ),
    "posts read": (f"{TITLE}, x.n", f"post_mark x {THREAD.format('x')} WHERE x.person=$1 ORDER BY t.id, x.n"),
    "read in chats": (
        "x.chat, x.user_id, p.label AS place, x.everywhere, x.message, x.read_at",
        f"receipt x {LOGIN.format('x')} JOIN place p ON p.id=x.place ORDER BY x.chat, x.user_id, x.place",
    ),
    "to be told to forums": (
        f"{TITLE}, x.due_at",
        f"untold x {THREAD.format('x')} WHERE x.person=$1 ORDER BY t.id",
    ),
    "known to forums": (
        f"{TITLE}, x.post, x.native AS account",
        f"told x {THREAD.format('x')} WHERE x.person=$1 ORDER BY t.id",
    ),
    "accounts on forums": (
        "f.name AS forum, x.native AS id, x.name AS name, x.sync, x.paused",
        "forum_account x JOIN forum f ON f.id=x.forum WHERE x.person=$1 ORDER BY f.name",
    ),
    "asked for accounts on": (
        "f.name AS forum, x.made_at",
        "invitation x JOIN forum f ON f.id=x.forum WHERE x.person=$1 ORDER BY f.name",
    ),
    "granted": (
        "x.chat, f.name AS forum, c.name AS community, x.person AS person, x.native AS id, x.name AS name, x.made_by, "
        "x.paused, x.made_at",
        f"""granted x {LOGIN.format("x")} JOIN forum f ON f.id=x.forum JOIN community c ON c.id=x.community
            ORDER BY x.id""",
    ),
    "granted to others": (
        "x.chat, f.name AS forum, c.name AS community, x.made_by AS name, x.made_at",
        """granted x JOIN identity i ON i.person=$1 AND i.chat=x.chat AND i.user_id=x.maker
             JOIN forum f ON f.id=x.forum JOIN community c ON c.id=x.community ORDER BY x.id""",
    ),
    "said": (
        f"i.chat, x.name AS name, p.label AS place, {TITLE}, x.text AS text, x.files, x.said_at, x.fate, "
        "x.reason, x.post_key AS post, x.account AS account",
        f"""reply x JOIN identity i ON i.person=$1 AND i.chat=x.identity_chat AND i.user_id=x.identity_user
              JOIN place p ON p.id=x.place {THREAD.format("x")} ORDER BY x.id""",
    ),
    "threads started": (
        "i.chat, x.name AS name, f.name AS forum, b.name AS board, x.title AS title, x.text AS text, x.tags, "
        "x.made_at, x.fate, x.reason, x.post_key AS post, x.link AS link, x.account AS account",
        """opener x JOIN identity i ON i.person=$1 AND i.chat=x.identity_chat AND i.user_id=x.identity_user
             JOIN board b ON b.id=x.board JOIN forum f ON f.id=b.forum ORDER BY x.id""",
    ),
    "private words": (
        "x.chat, x.made_at, CASE WHEN x.sealed=1 THEN 'sealed' ELSE x.text END AS text",
        "whisper x JOIN identity i ON i.person=$1 AND i.chat=x.chat AND i.user_id=x.person ORDER BY x.id",
    ),
    "signed in": ("x.chat, x.made_at, x.until", f"session x {LOGIN.format('x')} ORDER BY x.id"),
    "links": ("x.chat, x.opens, x.until", f"ticket x {LOGIN.format('x')} ORDER BY x.until"),
    "codes": ("x.chat, x.until", f"link_code x {LOGIN.format('x')} ORDER BY x.until"),
    "wrong codes": ("x.chat, x.times, x.since", f"mistyped x {LOGIN.format('x')} ORDER BY x.since"),
    "done in your name": (
        "x.chat, x.who AS name, x.what, x.new AS about, x.done_at",
        "audit x JOIN identity i ON i.person=$1 AND x.chat<>'' AND i.chat=x.chat AND i.user_id=x.user_id ORDER BY x.id",
    ),
    "mirrors made": (
        "i.chat, x.made_by AS name, x.made_at, x.state",
        "mirror x JOIN identity i ON i.person=$1 AND i.chat=x.maker_chat AND i.user_id=x.maker ORDER BY x.id",
    ),
}
"""What is given: the columns, and where they stand. `$1` is the person."""

FORGOTTEN = "its author asked to be forgotten"


def own_data(person: int) -> Unit[bytes]:
    """Everything that is kept of a person, as JSON."""
    found: dict[str, Any] = {"what": SAYS}
    for section, (columns, rest) in SECTIONS.items():
        names = [column.split(" AS ")[-1].rpartition(".")[2].strip() for column in columns.split(", ")]
        rows = yield f"SELECT {columns} FROM {rest}", (person,)
        found[section] = [dict(zip(names, row, strict=True)) for row in rows]
    waiting: list[Any] = []
    for login in (yield from identities(person)):
        waiting += [msgspec.to_builtins(event) for _, event in (yield from _waiting(login))]
    found["waiting"] = waiting
    return msgspec.json.format(msgspec.json.encode(found), indent=2)


def forget(person: int, now: Millis) -> Unit[list[Identity]]:
    """Let nothing be kept of a person any more, whoever they are in chats; the logins that they had.

    What they wrote on a forum stays there, and their messages in chats stay what they became; what is not on its way to
    the forum yet does not get there. The number stays, which says nothing, for it must never be another's.
    """
    yield from begin(person)
    logins = yield from identities(person)
    for login in logins:
        yield from _forget_said(login, now)
        yield from _forget_opened(login, now)
        yield from shut(login.chat, login.user)
        yield from forget_done(login.chat, login.user)
        yield from _forget_told(login, now)
        for table in ("member", "receipt"):
            yield f"DELETE FROM {table} WHERE chat=$1 AND user_id=$2", (login.chat, login.user)
        yield (
            """UPDATE whisper SET state=CASE WHEN state='pending' THEN 'dropped' ELSE state END, text='', offers='',
                 person='' WHERE chat=$1 AND person=$2""",
            (login.chat, login.user),
        )
        yield (
            """UPDATE mirror SET made_by=$3, maker_chat='', maker='', maker_channel=''
               WHERE maker_chat=$1 AND maker=$2""",
            (login.chat, login.user, SOMEBODY),
        )
        yield (
            "UPDATE granted SET made_by=$3, maker='' WHERE chat=$1 AND maker=$2",
            (login.chat, login.user, SOMEBODY),
        )
    yield from forget_marks(person)
    yield from forget_own(person)
    yield "DELETE FROM identity WHERE person=$1", (person,)
    yield "UPDATE person SET made_at=0 WHERE id=$1", (person,)
    return logins


def _forget_said(login: Identity, now: Millis) -> Unit[None]:
    """Let what somebody said be nobody's, and what is not on its way to the forum yet stay away from it."""
    who = (login.chat, login.user)
    for id, event in (yield from _waiting(login)):
        if not isinstance(event, Commanded):  # commands are carried out at once, for somebody new
            yield "UPDATE inbox SET state='done', body='' WHERE id=$1", (id,)
    rows = yield (
        """SELECT d.id FROM delivery d JOIN reply r ON d.subject='reply' AND d.subject_id=r.id
           WHERE r.identity_chat=$1 AND r.identity_user=$2 AND d.act<>$3 AND d.state IN ('pending', 'held')
           ORDER BY d.id DESC""",
        (*who, Act.DELETE),
    )
    for (delivery,) in rows:
        yield from conclude(delivery, "dropped", FORGOTTEN, now)
    yield "UPDATE reply SET identity_user='', account='' WHERE identity_chat=$1 AND identity_user=$2", who
    yield (
        """UPDATE reply SET fate='dropped', reason=$1
           WHERE identity_user='' AND fate='pending' AND merged IS NULL AND NOT EXISTS
             (SELECT 1 FROM delivery d WHERE d.subject='reply' AND d.subject_id=reply.id)""",
        (FORGOTTEN,),
    )
    yield from forget_words_of_nobody()


def _forget_told(login: Identity, now: Millis) -> Unit[None]:
    """Let what admins were told of somebody be about nobody: what they were granted, and that they seem a program."""
    abouts = [f"{RESTS}{grant}" for grant in (yield from forget_granted(login.chat, login.user))]
    rows = yield f"SELECT DISTINCT about FROM notice WHERE about LIKE '{LOOP}%'", ()
    abouts += [about for (about,) in rows if about.endswith(f":{login.chat}:{login.user}")]
    for about in abouts:
        owed = yield (
            """SELECT d.id FROM notice n JOIN delivery d ON d.subject='notice' AND d.subject_id=n.id
               WHERE n.about=$1 AND d.state='pending'""",
            (about,),
        )
        for (delivery,) in owed:
            yield from conclude(delivery, "dropped", FORGOTTEN, now)
        yield (
            """UPDATE notice SET about='forgotten:' || id, text='', over='', closed_at=COALESCE(closed_at, $2)
               WHERE about=$1""",
            (about, now),
        )


def _forget_opened(login: Identity, now: Millis) -> Unit[None]:
    """Let the threads that somebody asked for be nobody's, and those stay away that are not on their way yet."""
    who = (login.chat, login.user)
    rows = yield (
        """SELECT d.id FROM delivery d JOIN opener o ON d.subject='opener' AND d.subject_id=o.id
           WHERE o.identity_chat=$1 AND o.identity_user=$2 AND d.state IN ('pending', 'held')""",
        who,
    )
    for (delivery,) in rows:
        yield from conclude(delivery, "dropped", FORGOTTEN, now)
    yield (
        """UPDATE opener SET identity_user='', account='', channel='', thread_ref=''
           WHERE identity_chat=$1 AND identity_user=$2""",
        who,
    )
    yield from forget_opened_by_nobody()


def _waiting(login: Identity) -> Unit[list[tuple[int, Event]]]:
    """What a login did or asked for that waits for its turn."""
    rows = yield "SELECT id, body FROM inbox WHERE chat=$1 AND state='waiting' ORDER BY id", (login.chat,)
    events = [(id, msgspec.json.decode(body, type=Event)) for id, body in rows]
    return [(id, event) for id, event in events if (who := getattr(event, "person", None)) and who.id == login.user]
