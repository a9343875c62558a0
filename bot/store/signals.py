"""Signals that become marks: what people put on messages, what they answer, and what they wrote themselves.

Each has its effect in the commit in which it is heard, and only where its post is seen (law 12).
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.model import ChatPerson, Millis, Reacted, Said, Where
from bot.reading.signals import Sign, sign_of
from bot.store.discussion import have_read
from bot.store.following import follow, level, mute, unfollow
from bot.store.marks import mark_to
from bot.store.persons import ensure_person
from bot.store.places import heir
from bot.store.readers import meet
from bot.store.sight import Sight, thread_of
from bot.store.unit import Unit, Value

LEVELS = {Sign.FOLLOW: "follow", Sign.MUTE: "mute"}
"""What a sign makes of a thread to a person."""


def reacted(chat: str, event: Reacted, now: Millis) -> Unit[None]:
    """Let a reaction on a copy have its effect: read to here, follow, or mute; taken away, the last two end."""
    sign = sign_of(event.reaction)
    if sign is None or sign is Sign.PREVIEW or event.person.bot or (sign is Sign.READ_TO and not event.on):
        return
    rows = yield (
        """SELECT c.post, COALESCE(p.parent, p.id), p.community FROM copy_message m JOIN place p ON p.id=m.place
             JOIN copy c ON c.id=m.copy WHERE m.message=$3 AND p.chat=$1 AND p.channel=$2 LIMIT 1""",
        (chat, event.where.channel, event.message),
    )
    for post, channel, community in rows:
        met = yield from _met(chat, event.person, post, channel, community, event.where, now)
        if met is None:
            return
        person, thread = met
        match sign:
            case Sign.READ_TO:
                yield from mark_to(person, post)
            case Sign.FOLLOW if event.on:
                yield from follow(person, thread, community)
            case Sign.MUTE if event.on:
                yield from mute(person, thread, community)
            case _ if (yield from level(person, thread)) == LEVELS[sign]:  # what was said otherwise since stays
                yield from unfollow(person, thread)


def answered(chat: str, said: Said, place: int, post: int | None, reply: int | None, now: Millis) -> Unit[None]:
    """Let who answers a post, or the reply of another person that became one, have read up to it."""
    if reply is not None:
        rows = yield "SELECT post FROM copy WHERE reply=$1 LIMIT 1", (reply,)
        post = int(rows[0][0]) if rows else None
    if post is None:
        return
    [[channel, community]] = yield "SELECT COALESCE(parent, id), community FROM place WHERE id=$1", (place,)
    met = yield from _met(chat, said.person, post, channel, community, said.where, now)
    if met is not None:
        yield from mark_to(met[0], post)


def wrote(reply: int) -> Unit[None]:
    """Let the post that a chat message became be read by who wrote it: nobody is told of their own words."""
    rows = yield (
        """SELECT r.identity_chat, r.identity_user, r.name, r.said_at, o.id FROM reply r JOIN thread t ON t.id=r.thread
             JOIN post o ON o.forum=t.forum AND o.key=r.post_key
           WHERE r.id=$1 AND r.post_key<>'' AND r.identity_user<>''""",
        (reply,),
    )
    for chat, user, name, said_at, post in rows:
        person = yield from ensure_person(chat, user, name, said_at)
        yield from have_read(person, [post])


def wrote_there(forum: int, authors: Mapping[int, str]) -> Unit[None]:
    """Let new posts be read by those who wrote them with an account of theirs; authors are a forum's own ids."""
    whose: list[tuple[Value, ...]] = [(forum, author, post) for post, author in authors.items() if author]
    if whose:
        rows = yield "SELECT a.person, $3 FROM forum_account a WHERE a.forum=$1 AND a.native=$2", whose
        for person, post in rows:
            yield from have_read(person, [post])


def _met(
    chat: str, who: ChatPerson, post: int, channel: int, community: int, where: Where, now: Millis
) -> Unit[tuple[int, int] | None]:
    """Who gave a signal about a post, and its thread; None where it is not seen in that channel."""
    thread = yield from thread_of(post, Sight(community, (yield from heir(channel))))
    if thread is None:
        return None
    return (yield from meet(chat, who.id, who.name, community, where, now, who.anybody)).person, thread.id
