"""Pure: what people write on Discord, in words and marks that are read without knowing Discord (`markup`, "discord").

Who is mentioned becomes a link to them with their name, which says both who it is and what they are called; what only
Discord can draw (channels, roles, its own emoji, times) becomes what it is called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from adapters.chats.discord.guilds import listed, mapping
from bot.markup import clean_name
from bot.model import MONTHS, Millis, calendar

LONGEST_NAME = 80
MOST_ANSWERS = 20
"""Answers of a poll that are told."""

_CODE = re.compile(r"(```.*?```|``.+?``|`[^`\n]+`)", re.DOTALL)
_PERSON = re.compile(r"<@!?([0-9]{1,20})>")
_ROLE = re.compile(r"<@&([0-9]{1,20})>")
_CHANNEL = re.compile(r"<#([0-9]{1,20})>")
_EMOJI = re.compile(r"<a?(:\w{2,32}:)[0-9]{1,20}>")
_COMMAND = re.compile(r"<(/[^:<>\n]{1,100}):[0-9]{1,20}>")
_NAVIGATION = re.compile(r"<id:([a-z-]{1,40})(?::[0-9]{1,20})?>")
_TIME = re.compile(r"<t:(-?[0-9]{1,13})(?::([tTdDfFRsS]))?>")
_SMALL = re.compile(r"^-# ", re.MULTILINE)
_QUOTED = re.compile(r"^(> .*)\n(?!> |\n)", re.MULTILINE)
_WHOLE_QUOTE = re.compile(r"^>>> (.*)", re.MULTILINE | re.DOTALL)
_ESCAPED = re.compile(r"([\\`*_{}\[\]<>#|~!])")


class Names(Protocol):
    """What channels and roles are called; empty for what is not known."""

    def channel_name(self, id: str) -> str:
        """The name of a channel."""

    def role_name(self, channel: str, id: str) -> str:
        """The name of a role in the guild of a channel."""


class _Nameless:
    def channel_name(self, id: str) -> str:
        return ""

    def role_name(self, channel: str, id: str) -> str:
        return ""


NAMELESS = _Nameless()
"""Knows no names."""


def words(message: Mapping[str, Any], us: str, names: Names = NAMELESS) -> str:
    """The words of a message, but for our name where it begins with that; a sticker, a poll, what it forwards in words.

    Those who are mentioned are named as they are called.
    """
    parts = [_content(message, names, us)]
    for snapshot in listed(message.get("message_snapshots")):
        parts.append(_quoted(_forwarded(mapping(snapshot.get("message")), names)))
    parts += _stickers(message)
    parts += _poll(message)
    return "\n\n".join(part for part in parts if part)


def name(user: Mapping[str, Any], member: Mapping[str, Any] | None = None) -> str:
    """What somebody is called: in the guild, else everywhere, else their account."""
    for called in ((member or {}).get("nick"), user.get("global_name"), user.get("username")):
        if isinstance(called, str) and (plain := clean_name(called, LONGEST_NAME)):
            return plain
    return "somebody"


def says(message: Mapping[str, Any]) -> bool:
    """Whether a message holds anything of what bots are shown or not, as their owners asked for it."""
    shown = ("content", "attachments", "sticker_items", "poll", "message_snapshots")
    return any(message.get(field) for field in shown)


def _content(message: Mapping[str, Any], names: Names, us: str = "") -> str:
    text = message.get("content")
    if not isinstance(text, str):
        return ""
    if us:
        text = re.sub(rf"^\s*<@!?{re.escape(us)}>[ ,:]*", "", text)
    people = {str(one.get("id")): name(one, mapping(one.get("member"))) for one in listed(message.get("mentions"))}
    channel = str(message.get("channel_id") or "")
    pieces = _CODE.split(text)
    said = (one if n % 2 else _plain(one, people, channel, names) for n, one in enumerate(pieces))
    return "".join(said).strip()


def _plain(text: str, people: Mapping[str, str], channel: str, names: Names) -> str:
    def person(found: re.Match[str]) -> str:
        return f"[@{_literal(people.get(found[1], 'somebody'))}](https://discord.com/users/{found[1]})"

    def called(sign: str, otherwise: str, ask: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
        return lambda found: sign + (_literal(clean_name(ask(found[1]), LONGEST_NAME)) or otherwise)

    text = _PERSON.sub(person, text)
    text = _ROLE.sub(called("@", "role", lambda id: names.role_name(channel, id)), text)
    text = _CHANNEL.sub(called("#", "channel", names.channel_name), text)
    text = _COMMAND.sub(r"\1", _EMOJI.sub(r"\1", text))
    text = _TIME.sub(_time, _NAVIGATION.sub(r"#\1", text))
    text = _SMALL.sub("", text)
    text = _WHOLE_QUOTE.sub(lambda found: _quoted(found[1]), text)
    return _QUOTED.sub(r"\1\n\n", text)


def _time(found: re.Match[str]) -> str:
    """A moment as everybody reads it; Discord shows it in the reader's own time zone."""
    then, style = calendar(Millis(int(found[1]) * 1000)), found[2]
    day = f"{then.day} {MONTHS[then.month - 1]} {then.year}"
    if style in ("d", "D"):
        return day
    return f"{then:%H:%M} UTC" if style in ("t", "T") else f"{day} {then:%H:%M} UTC"


def _forwarded(message: Mapping[str, Any], names: Names) -> str:
    files = [_literal(_named(one.get("filename"))) for one in listed(message.get("attachments"))]
    parts = [_content(message, names), *_stickers(message), *(f"({one})" for one in files if one)]
    return "\n\n".join(part for part in parts if part)


def _stickers(message: Mapping[str, Any]) -> Iterator[str]:
    for one in listed(message.get("sticker_items")):
        if called := _literal(_named(one.get("name"))):
            yield f"(sticker: {called})"


def _poll(message: Mapping[str, Any]) -> Iterator[str]:
    poll = mapping(message.get("poll"))
    asked = _literal(_named(mapping(poll.get("question")).get("text")))
    if not asked:
        return
    answers = [_answer(mapping(one.get("poll_media"))) for one in listed(poll.get("answers"))][:MOST_ANSWERS]
    yield "\n".join([f"(poll) {asked}", *(f"- {one}" for one in answers if one)])


def _answer(media: Mapping[str, Any]) -> str:
    emoji = mapping(media.get("emoji"))
    sign = _named(emoji.get("name"))
    sign = f":{sign}:" if sign and emoji.get("id") else sign
    return _literal(" ".join(part for part in (sign, _named(media.get("text"))) if part))


def _named(called: object) -> str:
    return clean_name(called, 300) if isinstance(called, str) else ""


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n")) if text else ""


def _literal(words: str) -> str:
    """Words that are no marks."""
    return _ESCAPED.sub(r"\\\1", words)
