"""Pure: what rooms, events and people are called: ids, aliases, and the links that people copy."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from urllib.parse import unquote

from bot.errors import Gone, Refused
from bot.model import MessageId

LONGEST = 255
"""Bytes that an id or an alias may have."""

_NAME = r"[^\s\x00:/?#%]"
_SERVER = r"[A-Za-z0-9.\-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?"
ROOM = re.compile(rf"!{_NAME}+(?::(?:{_SERVER}))?")
"""The id of a room; since version 12 it names no server."""
ALIAS = re.compile(rf"#(?P<name>{_NAME}+):(?P<server>{_SERVER})")
EVENT = re.compile(rf"\$[A-Za-z0-9_\-+/]{{43}}|\${_NAME}+:(?:{_SERVER})")
"""The id of an event; those of the first rooms name a server."""
PERSON = re.compile(rf"@[^\s\x00:/?#%]*:(?P<server>{_SERVER})")
PERSONS = re.compile(r"@[^\s\x00:/?#%]*:[A-Za-z0-9.\-*]+(?::[0-9]{1,5})?")
"""What stands for several people, or for one: an id in which `*` stands for any signs."""

MOST_STARS = 4
"""Stars in one of these: with each, it takes longer to see whom it fits."""

LONGEST_WORDS = 60
"""Characters of a ghost's name that people can read."""

GHOSTS = re.compile(r"[a-z0-9._=/+-]{1,32}")
"""What the names of ghosts may begin with: signs that the name of an account may hold."""

_UNFIT_FOR_GHOSTS = re.compile(r"[^a-z0-9]+")
_UNFIT = re.compile(r"[\s\x00-\x1f:/?#%@!]+")
_TO = "https://matrix.to/#/"
_URI = {"roomid": "!", "r": "#", "u": "@", "e": "$", "event": "$"}
"""What stands before a name in a link of the form "matrix:", and the sign that it stands for."""


def room_of(channel: str) -> str:
    """The id of a room, where it is one; else `Gone`."""
    return _fit(channel, ROOM, "room")


def event_of(message: str) -> str:
    """The id of an event, where it is one; else `Gone`."""
    return _fit(message, EVENT, "message")


def person_of(person: str) -> str:
    """The id of a person, where it is one; else `Gone`."""
    return _fit(person, PERSON, "person")


def is_event(message: str) -> bool:
    """Whether this can be the id of an event."""
    return len(message.encode("utf-8", "replace")) <= LONGEST and EVENT.fullmatch(message) is not None


def fits(patterns: Sequence[str], person: str) -> bool:
    """Whether any pattern is the id of a person; `*` in it stands for any signs."""
    return any(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), person, re.DOTALL) for pattern in patterns)


def server_of(name: str) -> str:
    """The server that an alias or the id of a person or room names; empty where it names none."""
    return name.partition(":")[2]


def ghost_of(author: str, prefix: str, server: str) -> str:
    """The id of the ghost of an author, who is named by what never changes of them; two of them never share one."""
    words = _UNFIT_FOR_GHOSTS.sub("-", author.lower())[:LONGEST_WORDS].strip("-")
    mark = hashlib.sha256(author.encode("utf-8", "replace")).hexdigest()[:12]
    return f"@{prefix}{words}{'-' if words else ''}{mark}:{server}"


def sought(name: str, server: str) -> tuple[str, ...]:
    """What a person may mean by the name of a channel, likeliest first: the id of a room, or aliases.

    A name without a server is one of `server`. Raises `Refused` where no room can be called so.
    """
    name = name.strip()
    for part in _linked(name):
        if part[0] in "!#":
            name = part
            break
    if ROOM.fullmatch(name) and _fits(name):
        return (name,)
    alias = name if name.startswith("#") else f"#{name}"
    if ALIAS.fullmatch(alias) and _fits(alias):
        return (alias,)
    plain = _UNFIT.sub("-", name.removeprefix("#")).strip("-")
    aliases = tuple(dict.fromkeys(f"#{one}:{server}" for one in (plain, plain.lower())))
    if not plain or not all(ALIAS.fullmatch(one) and _fits(one) for one in aliases):
        raise Refused(f"No room can be called “{name[:80]}”; use letters, digits and hyphens.")
    return aliases


def localpart(name: str) -> str:
    """The name in an alias or in the id of a person, without sign and server."""
    return name[1:].partition(":")[0] if name[:1] in ("#", "@") else name.partition(":")[0]


def spoken(alias: str, server: str) -> str:
    """What people call the room of an alias: its name alone where it is one of `server`."""
    return localpart(alias) if server_of(alias) == server else alias.removeprefix("#")


def event_named(link: str) -> MessageId:
    """The event that a person means by an id or a link; raises `Gone` where it names none."""
    for part in (link.strip(), *reversed(_linked(link.strip()))):
        if is_event(part):
            return MessageId(part)
    raise Gone(f"“{link[:80]}” names no message here; copy the message's link in your Matrix client.")


def _linked(link: str) -> list[str]:
    """The ids and aliases in a link of the forms https://matrix.to/#/… and matrix:…, in order."""
    path = link.partition("?")[0]
    if link.startswith(_TO):
        path = link.removeprefix(_TO).partition("?")[0]
        return [part for part in map(unquote, path.split("/")) if part]
    if link.startswith("matrix:"):
        steps = path.removeprefix("matrix:").split("/")
        pairs = zip(steps[::2], steps[1::2], strict=False)
        return [_URI[kind] + unquote(name) for kind, name in pairs if kind in _URI and name]
    return []


def _fit(name: str, form: re.Pattern[str], what: str) -> str:
    if form.fullmatch(name) and _fits(name):
        return name
    raise Gone(f"“{name[:80]}” is no {what} of a Matrix homeserver.".encode("utf-8", "replace").decode())


def _fits(name: str) -> bool:
    try:
        return len(name.encode()) <= LONGEST
    except UnicodeEncodeError:
        return False
