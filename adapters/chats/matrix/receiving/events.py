"""Pure: what an event of a room is, in the house's nouns.

An event tells much of itself, but not everything: an edit does not say in which chat thread the edited message
stands, and a redaction not even what it took away. `about` names the message that has to be known for it, `told` is
given what is known of that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from adapters.chats.matrix.names import is_event
from adapters.chats.matrix.powers import Room, Seat, mapping
from adapters.chats.matrix.receiving.commands import command
from adapters.chats.matrix.receiving.files import SHOWN, attached, source
from bot.markup import clean_name
from bot.model import (
    ChannelRef,
    Commanded,
    Deleted,
    Edited,
    Event,
    MessageId,
    Millis,
    Moved,
    Reacted,
    Receipt,
    Said,
    ThreadRef,
    Where,
)

MESSAGES = ("m.room.message", "m.sticker")
"""What stands in a room."""

TOLD = (*MESSAGES, "m.room.encrypted", "m.reaction", "m.room.redaction")
"""What people do; what is encrypted turns out to be another of these. All else is state, or not for us."""

SPOKEN = ("m.text", "m.emote")
"""Messages that are words. A notice is a program's, and programs do not answer each other."""

LONGEST_NAME = 1_000
"""Characters of the name of a receipt, which is made of three ids."""

LONGEST_REACTION = 64
"""Characters of a reaction; a sign has few of them."""

LONGEST_STICKER = 200
"""Characters of what a sticker shows."""

_HTML = "org.matrix.custom.html"
_QUOTE, _QUOTED = re.compile(r"\s*<mx-reply\b", re.IGNORECASE), re.compile(r"</mx-reply>", re.IGNORECASE)
_AS_PICTURE = "\ufe0f"
"""What some clients put behind a sign, and others do not."""


class Relation(NamedTuple):
    """What a message is to others, by their ids; empty for nothing."""

    thread: str = ""
    """The root of the chat thread that it stands in."""
    replaces: str = ""
    answers: str = ""


class Known(NamedTuple):
    """What is known of a message: who wrote it, and the root of the chat thread that it stands in."""

    sender: str
    thread: str = ""


class Mark(NamedTuple):
    """A reaction that stands on a message."""

    message: str
    thread: str
    reaction: str


def relation(event: Mapping[str, Any]) -> Relation:
    """What a message says it is to others. A reply that is only there for clients without threads answers nothing."""
    relates = mapping(mapping(event.get("content")).get("m.relates_to"))
    target, kind = _id(relates.get("event_id")), relates.get("rel_type")
    answers = _id(mapping(relates.get("m.in_reply_to")).get("event_id"))
    if kind == "m.replace":
        return Relation(replaces=target)
    if kind == "m.thread" and target:
        return Relation(thread=target, answers="" if relates.get("is_falling_back") is True else answers)
    return Relation(answers=answers)


def redacted(event: Mapping[str, Any]) -> str:
    """What a redaction takes away; its place depends on the room's version."""
    return _id(mapping(event.get("content")).get("redacts")) or _id(event.get("redacts"))


def about(event: Mapping[str, Any]) -> str:
    """The message that has to be known to say where this one stands; empty where the event says so itself."""
    match event.get("type"):
        case "m.room.message" | "m.sticker":
            one = relation(event)
            # A client without threads answers what stands in one from outside; it is meant to be in there.
            return one.replaces or ("" if one.thread else one.answers)
        case "m.reaction":
            return _id(mapping(mapping(event.get("content")).get("m.relates_to")).get("event_id"))
        case _:
            return ""


def told(
    event: Mapping[str, Any],
    channel: ChannelRef,
    room: Room,
    seat: Seat,
    known: Known | Mark | None,
    prefix: str,
    now: Millis,
    bot: bool = False,
) -> Event | None:
    """What somebody did; None for what is not for us, or makes no sense.

    `known` is what `about` asks for; for a redaction, what it took away. None where nothing can be known. `bot`: who
    did it is a program, and gives no commands.
    """
    id, sender = _id(event.get("event_id")), event.get("sender")
    if not id or not isinstance(sender, str):
        return None
    when = _time(event.get("origin_server_ts"), now)
    person, content = room.person(sender, bot), mapping(event.get("content"))
    thread = known.thread if known is not None else ""
    where = Where(channel, ThreadRef(thread))
    match event.get("type"):
        case "m.reaction":
            mark = marked(event, thread)
            return Reacted(id, where, MessageId(mark.message), person, mark.reaction, True, when) if mark else None
        case "m.room.redaction" if gone := redacted(event):
            if isinstance(known, Mark):
                return Reacted(id, where, MessageId(known.message), person, known.reaction, False, when)
            return Deleted(id, where, MessageId(gone), when, person)
        case "m.room.message":
            one = relation(event)
        case "m.sticker":
            one, content = relation(event), _stuck(content)
        case _:
            return None
    if one.replaces:
        words = said(mapping(content.get("m.new_content")))
        if words is None or not isinstance(known, Known) or known.sender != sender:
            return None  # servers let anybody edit; clients show what the author wrote
        return Edited(id, where, MessageId(one.replaces), person, *words, when)
    words = said(content)
    if words is None:
        return None
    if one.thread:
        where = Where(channel, ThreadRef(one.thread))
    order = command(_plain(content), prefix) if not bot else None
    if order is not None:
        ruler = msgspec.structs.replace(person, admin=seat.room.admin(sender))
        group, spoken, typed = order
        return Commanded(id, where, ruler, group, spoken, when, seat.community, message=MessageId(id), typed=typed)
    files = attached(content, channel, id, sender)
    return Said(id, where, MessageId(id), person, *words, when, MessageId(one.answers), files=files)


def moved(channel: ChannelRef, rooms: Mapping[str, Room], now: Millis) -> Moved | None:
    """That a room goes on as another one; None where not both say so, or we are not in both.

    By itself neither can have what the other one has.
    """
    heir = rooms[channel].successor if channel in rooms else None
    if heir is None or heir.room not in rooms or rooms[heir.room].predecessor != channel:
        return None
    id, sender = _id(heir.event.get("event_id")), heir.event.get("sender")
    if not id or not isinstance(sender, str):
        return None
    when = _time(heir.event.get("origin_server_ts"), now)
    return Moved(id, Where(channel), rooms[channel].person(sender), ChannelRef(heir.room), when)


def receipts(event: Mapping[str, Any], channel: ChannelRef, room: Room, now: Millis) -> Iterator[Receipt]:
    """How far people have read, as one event of a room tells it of all of them."""
    for message, kinds in mapping(event.get("content")).items():
        for user, receipt in mapping(mapping(kinds).get("m.read")).items():
            thread = mapping(receipt).get("thread_id")
            inside = _id(thread)
            if not _id(message) or not (inside or thread in (None, "main")):
                continue
            yield Receipt(
                f"{message} {user} {thread or 'all'}"[:LONGEST_NAME],
                Where(channel, ThreadRef(inside)),
                MessageId(message),
                room.person(user),
                _time(mapping(receipt).get("ts"), now),
                everywhere=thread is None,
            )


def marked(event: Mapping[str, Any], thread: str = "") -> Mark | None:
    """The reaction that an event puts on a message in a chat thread; None where it is none."""
    relates = mapping(mapping(event.get("content")).get("m.relates_to"))
    message, key = _id(relates.get("event_id")), relates.get("key")
    if relates.get("rel_type") != "m.annotation" or not message or not isinstance(key, str):
        return None
    reaction = key.strip().rstrip(_AS_PICTURE)
    return Mark(message, thread, reaction) if 0 < len(reaction) <= LONGEST_REACTION else None


def said(content: Mapping[str, Any]) -> tuple[str, str] | None:
    """The words of a message and their format, no words for a file alone; None where no person said anything."""
    kind, plain = content.get("msgtype"), _plain(content)
    if kind in SHOWN:
        name = content.get("filename")
        if not isinstance(name, str) or name == content.get("body"):
            return ("", "plain") if source(content) is not None else None
    elif kind not in SPOKEN:
        return None
    html = content.get("formatted_body")
    if content.get("format") == _HTML and isinstance(html, str):
        html = _unquoted(html)
        if html.strip():
            return html, "matrix"
    return (plain, "plain") if plain.strip() else None


def _stuck(sticker: Mapping[str, Any]) -> Mapping[str, Any]:
    """A sticker as a message that says what it shows."""
    body = sticker.get("body")
    shown = clean_name(body, LONGEST_STICKER) if isinstance(body, str) else ""
    return {**sticker, "msgtype": "m.text", "body": f"(sticker: {shown})" if shown else "", "format": ""}


def _plain(content: Mapping[str, Any]) -> str:
    """The plain text, without the quote that some clients put before a reply."""
    body = content.get("body")
    if not isinstance(body, str):
        return ""
    lines = body.split("\n")
    if "m.in_reply_to" in mapping(content.get("m.relates_to")) and lines[0].startswith(("> <", "> * <")):
        own = next((n for n, line in enumerate(lines) if not line.startswith(">")), len(lines))
        return "\n".join(lines[own:]).strip("\n")
    return body


def _unquoted(html: str) -> str:
    """The text without the quote of what it answers, which stands before it."""
    quote = _QUOTE.match(html)
    end = _QUOTED.search(html, quote.end()) if quote else None
    return html[end.end() :] if end else html


def _time(value: object, now: Millis) -> Millis:
    """A time as servers tell it; now, where it is none."""
    return Millis(value) if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else now


def _id(value: object) -> str:
    return value if isinstance(value, str) and is_event(value) else ""
