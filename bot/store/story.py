"""What became of a post, of a chat user's reply, of an item that could not be parsed: every stage, in words."""

from __future__ import annotations

from typing import Any

import msgspec

from bot import markup
from bot.mirroring import flood_of, wanted
from bot.model import Millis
from bot.rendering import label
from bot.store.choosing import fate
from bot.store.forums import VIEW, view
from bot.store.hidden import hiding
from bot.store.meaning import Found
from bot.store.merging import messages_of, unsaid
from bot.store.obstacles import obstacle
from bot.store.owing import covered, judging
from bot.store.report import PLACE
from bot.store.said import EXCERPT
from bot.store.unit import Rows, Unit
from bot.texts import say

OPEN = ("pending", "sending")


class Stage(msgspec.Struct, frozen=True):
    """One thing that happened to a post or reply, or is owed about it, in words."""

    at: Millis | None
    text: str


class Story(msgspec.Struct, frozen=True):
    """Everything that `why` knows of one thing."""

    kind: str
    id: int
    title: str
    number: str
    link: str
    stages: list[Stage]


def story(found: Found, community: int | None, now: Millis) -> Unit[Story]:
    """What became of a thing that a community may know."""
    match found.kind:
        case "post":
            return (yield from _post(found.id, community, now))
        case "reply":
            return (yield from _said(found.id, now))
        case "opener":
            return (yield from _asked(found.id, now))
        case "damaged":
            return (yield from _damaged(found.id))


# ---------------------------------------------------------------------------------------------------------------- posts


def _post(post: int, community: int | None, now: Millis) -> Unit[Story]:
    [[title, number, op, link, seen, changed, state, body, revision, n, key, thread, thread_title, forum]] = yield (
        """SELECT p.title, p.number, p.op, p.link, p.seen_at, p.changed_at, p.state, p.body_state, p.revision, p.n,
             p.key, p.thread, t.title, f.name
           FROM post p JOIN thread t ON t.id=p.thread JOIN forum f ON f.id=p.forum WHERE p.id=$1""",
        (post,),
    )
    stages: list[Stage] = []
    replies = yield (
        """SELECT r.id FROM reply r JOIN place p ON p.id=r.place JOIN post o ON o.id=$1 JOIN thread t ON t.id=r.thread
           WHERE t.forum=o.forum AND r.post_key=o.key AND ($2 IS NULL OR p.community=$2) ORDER BY r.id""",
        (post, community),
    )
    for (reply,) in replies:
        stages += yield from _reply(reply, now)
    asked = yield "SELECT id FROM opener WHERE post=$1 AND ($2 IS NULL OR community=$2) ORDER BY id", (post, community)
    for (opener,) in asked:
        stages += yield from _opener(opener, now)
    read = say("story.read", forum=forum, thread=thread_title)
    stages.append(Stage(seen, read if n > 0 else say("story.back_filled", read=read)))
    if state == "live" and body == "unknown":
        stages.append(Stage(None, say("story.listed")))
    damaged = yield (
        """SELECT x.id FROM damaged x JOIN source s ON s.id=x.source WHERE s.thread=$1 AND x.key=$2 ORDER BY x.id""",
        (thread, key),
    )
    for (id,) in damaged:
        stages += (yield from _damaged(id)).stages
    if revision > 1:
        stages.append(Stage(changed, say("story.changed", revision=revision)))
    if state != "live":
        stages.append(Stage(changed, say("story.state", state=state)))
    stages += yield from _hidden(post, community)
    stages += yield from _mirrors(post, thread, state, community)
    stages += yield from _deliveries("post", post, community, now)
    copies = yield (
        f"""SELECT c.id, {PLACE}, c.state, c.revision, c.reply FROM copy c JOIN place p ON p.id=c.place
           WHERE c.post=$1 AND c.taken=0 AND ($2 IS NULL OR p.community=$2) ORDER BY c.id""",
        (post, community),
    )
    for copy, place, shows, version, reply in copies:
        stands = say("story.stands", place=place, shows=shows, version=version)
        stages.append(Stage(None, stands if reply is None else say("story.own", stands=stands)))
        if reply is not None:
            stages += yield from _deliveries("note", copy, community, now)
    return Story("post", post, title or thread_title, label(bool(op), number), link, stages)


def _hidden(post: int, community: int | None) -> Unit[list[Stage]]:
    """Who hid a post, or all that its author writes, and when."""
    return [
        Stage(one.since, say("mirrors.hid", who=one.who) if one.post else say("mirrors.hid_author", who=one.who))
        for one in (yield from hiding(post, community))
    ]


def _mirrors(post: int, thread: int, state: str, community: int | None) -> Unit[list[Stage]]:
    """The mirrors that cover a post, and why it is owed nothing where that is so."""
    rows = yield (
        """SELECT m.id, m.state, p.chat, p.label FROM mirror m JOIN place p ON p.id=m.place
           WHERE (m.thread=$1 OR m.board IN (SELECT board FROM listing WHERE thread=$1)) AND ($2 IS NULL
           OR m.community=$2)
           ORDER BY m.id""",
        (thread, community),
    )
    stages = [
        Stage(None, say("story.covers", mirror=id, into=f"{chat}:{name}", state=how)) for id, how, chat, name in rows
    ]
    if not rows:
        return [Stage(None, say("story.uncovered"))]
    owed = yield (
        """SELECT d.channel FROM delivery d JOIN place p ON p.id=d.queue WHERE d.subject='post' AND d.subject_id=$1
             AND ($2 IS NULL OR p.community=$2)
           UNION SELECT c.channel FROM copy c JOIN place p ON p.id=c.place WHERE c.post=$1
             AND c.taken=0 AND ($2 IS NULL OR p.community=$2)""",
        (post, community),
    )
    channels = {channel for (channel,) in owed}
    [row] = yield f"SELECT {VIEW} FROM post WHERE id=$1", (post,)
    told = view(tuple(row))
    active = {id for id, how, _, _ in rows if how != "removed"}
    here = yield from covered(thread)
    here = msgspec.structs.replace(here, mirrors=[mirror for mirror in here.mirrors if mirror.id in active])
    judged = yield from judging(here, [post])
    for mirror in here.mirrors:
        if mirror.channel in channels:
            continue
        if why := judged.why(mirror, post):
            stages.append(Stage(None, say("story.left_out", mirror=mirror.id, why=why)))
        elif (flood := flood_of(told, mirror)) is not None:
            stages.append(Stage(None, (yield from fate(flood))))
    if channels or len(stages) > len(rows):
        return stages
    if not active:
        why = say("story.inactive")
    elif state != "live":
        why = say("story.before_shown", state=state)
    elif wanted(told, here.mirrors):
        why = say("story.after_read")
    else:
        why = say("story.older")
    return [*stages, Stage(None, say("story.nothing_owed", why=why))]


# -------------------------------------------------------------------------------------------------------------- replies


def _said(reply: int, now: Millis) -> Unit[Story]:
    [[name, text, format, thread, forum]] = yield (
        """SELECT r.name, r.text, r.format, t.title, f.name FROM reply r JOIN thread t ON t.id=r.thread
             JOIN forum f ON f.id=t.forum WHERE r.id=$1""",
        (reply,),
    )
    words = markup.excerpt(markup.read(text, format), EXCERPT)
    title = f"{name}: “{words}”" if words else say("story.wordless", name=name)
    stages = yield from _reply(reply, now)
    return Story("reply", reply, say("story.to", title=title, forum=forum, thread=thread), "", "", stages)


def _reply(reply: int, now: Millis) -> Unit[list[Stage]]:
    """What became of a chat user's message: said, owed to the forum, judged, and where it ended."""
    rows: Rows = yield (
        f"""SELECT r.name, {PLACE}, r.said_at, r.revision, r.gone, r.fate, r.reason, r.ticket, r.post_key, f.name,
             a.number, a.op, r.parent_reply, (SELECT d.settled_at FROM delivery d WHERE d.subject='reply'
               AND d.subject_id=r.id AND d.act='create' AND d.state='sent')
           FROM reply r JOIN place p ON p.id=r.place JOIN thread t ON t.id=r.thread JOIN forum f ON f.id=t.forum
             LEFT JOIN post a ON a.id=r.parent_post AND a.event=0 WHERE r.id=$1""",
        (reply,),
    )
    [[name, place, said, revision, gone, fate, reason, ticket, key, forum, number, op, parent_reply, taken]] = rows
    if parent_reply is not None:
        text = say("story.said_to_message", name=name, place=place)
    elif op is not None:
        text = say("story.said_to", name=name, place=place, post=label(bool(op), number) or say("story.a_post"))
    else:
        text = say("story.said", name=name, place=place)
    stages = [Stage(said, text)]
    messages = yield from messages_of(reply)
    if messages > 1:
        stages.append(Stage(None, say("story.merged", messages=messages)))
    revision -= messages - 1  # each that joined made another version
    if gone and (yield from unsaid(reply)):
        stages.append(Stage(None, say("story.unsaid")))
    elif revision > 1:
        stages.append(Stage(None, say("story.said_anew", revision=revision)))
    stages += yield from _deliveries("reply", reply, None, now)
    if ticket:
        text = say("story.waited", forum=forum, ticket=ticket)
        if fate == "queued":
            text = say("story.waits", forum=forum, ticket=ticket)
        stages.append(Stage(taken, text))
    stages.append(Stage(None, say("story.fate", fate=f"{fate}: {reason}" if reason else fate)))
    if key:
        became = yield (
            """SELECT o.number, o.op, o.link FROM post o JOIN forum f ON f.id=o.forum WHERE f.name=$1 AND o.key=$2""",
            (forum, key),
        )
        which = say("story.unread")
        for number, op, link in became:
            which = (label(bool(op), number) or say("story.post", key=key)) + (f" <{link}>" if link else "")
        stages.append(Stage(None, say("story.is", forum=forum, which=which)))
    elif fate == "posted":
        stages.append(Stage(None, say("story.unknown", forum=forum)))
    return stages


def _asked(opener: int, now: Millis) -> Unit[Story]:
    [[title, link, forum, board]] = yield (
        """SELECT o.title, o.link, f.name, b.name FROM opener o JOIN board b ON b.id=o.board
             JOIN forum f ON f.id=b.forum WHERE o.id=$1""",
        (opener,),
    )
    stages = yield from _opener(opener, now)
    return Story("opener", opener, say("openers.to", title=title, forum=forum, board=board), "", link, stages)


def _opener(opener: int, now: Millis) -> Unit[list[Stage]]:
    """How a thread was started from the chat: asked for, owed to the forum, judged."""
    [[name, chat, asked, ticket, forum, fate, reason]] = yield (
        """SELECT o.name, o.identity_chat, o.made_at, o.ticket, f.name, o.fate, o.reason FROM opener o
             JOIN board b ON b.id=o.board JOIN forum f ON f.id=b.forum WHERE o.id=$1""",
        (opener,),
    )
    stages = [Stage(asked, say("openers.asked", name=name, chat=chat))]
    stages += yield from _deliveries("opener", opener, None, now)
    if ticket:
        waits = say("story.waits", forum=forum, ticket=ticket) if fate == "queued" else ""
        stages.append(Stage(None, waits or say("story.waited", forum=forum, ticket=ticket)))
    stages.append(Stage(None, say("story.fate", fate=f"{fate}: {reason}" if reason else fate)))
    return stages


# ----------------------------------------------------------------------------------------------------------- deliveries


def _deliveries(subject: str, id: int, community: int | None, now: Millis) -> Unit[list[Stage]]:
    """What is or was owed about a post or reply; what is owed to a forum has no place in a chat."""
    rows = yield (
        f"""SELECT d.id, d.act, d.state, d.reason, COALESCE(d.settled_at, d.claimed_at, d.made_at),
             COALESCE({PLACE}, f.name), d.attempts
           FROM delivery d JOIN queue q ON q.id=d.queue LEFT JOIN place p ON p.id=d.queue
             LEFT JOIN forum f ON f.id=q.forum
           WHERE d.subject=$1 AND d.subject_id=$2 AND ($3 IS NULL OR p.community=$3) ORDER BY d.id""",
        (subject, id, community),
    )
    stages: list[Stage] = []
    for delivery, act, state, reason, at, place, attempts in rows:
        what = say("story.beneath") if subject == "note" else act
        text = say("story.delivery", number=delivery, act=what, place=place, state=state)
        if reason:
            text += f" ({reason})"
        if state in OPEN:
            waits = yield from obstacle(delivery, now)
            text += f"; {waits}" if waits else ""
        if state == "held":
            text += f"; {say('story.decides', number=delivery)}"
        if attempts:
            text += f"; {say('story.tries', attempts)}"
        stages.append(Stage(at, text))
    return stages


# -------------------------------------------------------------------------------------------------------------- damages


def _damaged(id: int) -> Unit[Story]:
    rows: Rows = yield (
        """SELECT x.key, x.why, length(x.sample), x.seen_at, f.name, COALESCE(t.title, b.name) FROM damaged x
             JOIN source s ON s.id=x.source JOIN forum f ON f.id=s.forum
             LEFT JOIN thread t ON t.id=s.thread LEFT JOIN board b ON b.id=s.board WHERE x.id=$1""",
        (id,),
    )
    values: tuple[Any, ...] = tuple(rows[0])
    key, why, size, seen, forum, where = values
    text = say("story.damaged", why=why, bytes=size, number=id)
    return Story("damaged", id, f"{key} ({forum}, “{where}”)", "", "", [Stage(seen, text)])
