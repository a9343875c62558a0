"""Pure: what guilds, channels, messages and people are called: their ids, and the links that people copy.

A channel, a chat thread and a message are named by their ids, which are unique on all of Discord. A message that stands
in a forum post while its place is the forum itself (a further part of a long opening post) is named "post/message".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.errors import Gone, Refused
from bot.markup import clean_name
from bot.model import MessageId, Millis

EPOCH = 1_420_070_400_000
"""The first millisecond of 2015, from which ids count."""

LONGEST_NAME = 100
"""Characters of the name of a channel or thread."""

ID = re.compile(r"[0-9]{1,20}")
_MESSAGE = re.compile(r"(?:(?P<post>[0-9]{1,20})/)?(?P<message>[0-9]{1,20})")
_MENTION = re.compile(r"<#([0-9]{1,20})>")
_LINK = re.compile(
    r"https?://(?:(?:www|ptb|canary)\.)?discord(?:app)?\.com/channels/"
    r"(?P<guild>[0-9]{1,20}|@me)/(?P<channel>[0-9]{1,20})(?:/(?P<message>[0-9]{1,20}))?/?(?:[?#].*)?"
)
_UNFIT = re.compile(r"[\s\x00-\x1f!-,./:-@\[-^`{-~]+")


class At(NamedTuple):
    """A message, and the post of a forum that it stands in where its place does not say so."""

    message: str
    post: str = ""


class Sought(NamedTuple):
    """What a person may mean by the name of a channel: an id, or a name in a guild, named or not."""

    id: str = ""
    name: str = ""
    guild: str = ""
    """The id or the name of the guild; empty for any."""


def channel_of(channel: str) -> str:
    """The id of a channel or thread, where it is one; else `Gone`."""
    return _fit(channel, "channel")


def person_of(person: str) -> str:
    """The id of a person, where it is one; else `Gone`."""
    return _fit(person, "person")


def message_of(message: str) -> At:
    """Which message is named, where one is; else `Gone`."""
    found = _MESSAGE.fullmatch(message)
    if found is None:
        raise Gone(f"“{_shown(message)}” is no message of Discord.")
    return At(found["message"], found["post"] or "")


def in_post(post: str, message: str) -> MessageId:
    """The name of a message in a post of a forum, for whom its place is the forum."""
    return MessageId(message if post == message else f"{post}/{message}")


def message_named(link: str) -> MessageId:
    """The message that a person means by an id or a link; raises `Gone` where it names none."""
    link = link.strip()
    if _MESSAGE.fullmatch(link):
        return MessageId(link)
    found = _LINK.fullmatch(link)
    if found is None or not found["message"]:
        raise Gone(f"“{_shown(link)}” names no message; use “Copy Message Link” in Discord.")
    return MessageId(found["message"])


def sought(name: str) -> Sought:
    """What a person means by an id, a link, a mention, `#name` or `guild/name`; raises `Refused` for none of them."""
    name = name.strip()
    for form in (ID, _MENTION):
        if found := form.fullmatch(name):
            return Sought(found[found.re.groups])
    if link := _LINK.fullmatch(name):
        return Sought(link["channel"])
    guild, parted, channel = name.rpartition("/")
    plain = slug(channel if parted else name)
    if not plain or "\x00" in name:
        raise Refused(f"No channel can be called “{_shown(name)}”; use letters, digits and hyphens.")
    return Sought(name=plain, guild=guild.strip())


def within(guild: str, name: str) -> str:
    """How people of a guild name a channel, as `sought` takes it; raises `Refused` where they name another guild."""
    meant = sought(name)
    if meant.guild not in ("", guild):
        raise Refused(
            "A command means the server that it is given in: name the channel alone, as #name or by its link."
        )
    return name if meant.id else f"{guild}/{meant.name}"


def slug(name: str) -> str:
    """The name of a channel as Discord writes it: small letters, hyphens between words; may come out empty."""
    plain = _UNFIT.sub("-", clean_name(name, 4 * LONGEST_NAME).casefold())
    return re.sub("-{2,}", "-", plain).strip("-")[:LONGEST_NAME].rstrip("-")


def title_of(title: str) -> str:
    """A title fit to name a thread: one line, 1 to 100 characters."""
    line = clean_name(title, 4 * LONGEST_NAME) or "Thread"
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1].rstrip() + "…"


def link_to(guild: str, channel: str, message: str = "") -> str:
    """The address at which Discord's clients show a channel or a message."""
    return "/".join(filter(None, ("https://discord.com/channels", guild or "@me", channel, message)))


def made_at(id: str) -> Millis:
    """When something was made, by its id."""
    return (int(id) >> 22) + EPOCH


def _fit(id: str, what: str) -> str:
    if ID.fullmatch(id):
        return id
    raise Gone(f"“{_shown(id)}” is no {what} of Discord.")


def _shown(words: str) -> str:
    return words[:80].encode("utf-8", "replace").decode()
