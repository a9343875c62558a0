"""Pure: what people write on Discord, as Markdown that forums understand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adapters.chats.discord.guilds import listed
from bot.markup import clean_name

LONGEST_NAME = 80
_CODE = re.compile(r"(```.*?```|``.+?``|`[^`\n]+`)", re.DOTALL)
_PERSON = re.compile(r"<@!?([0-9]{1,20})>")
_ROLE = re.compile(r"<@&[0-9]{1,20}>")
_CHANNEL = re.compile(r"<#[0-9]{1,20}>")
_EMOJI = re.compile(r"<a?(:\w{2,32}:)[0-9]{1,20}>")
_COMMAND = re.compile(r"<(/[^:<>\n]{1,100}):[0-9]{1,20}>")
_SMALL = re.compile(r"^-# ", re.MULTILINE)
_QUOTED = re.compile(r"^(> .*)\n(?!> |\n)", re.MULTILINE)
_WHOLE_QUOTE = re.compile(r"^>>> (.*)", re.MULTILINE | re.DOTALL)
_ESCAPED = re.compile(r"([\\`*_{}\[\]<>#|~])")


def words(message: Mapping[str, Any], us: str) -> str:
    """The words of a message: people are named as they are called, and we are not, where the message begins with us."""
    text = message.get("content")
    if not isinstance(text, str):
        return ""
    text = re.sub(rf"^\s*<@!?{re.escape(us)}>[ ,:]*", "", text)
    names = {str(one.get("id")): name(one) for one in listed(message.get("mentions"))}
    pieces = _CODE.split(text)
    return "".join(one if n % 2 else _plain(one, names) for n, one in enumerate(pieces)).strip()


def name(user: Mapping[str, Any], member: Mapping[str, Any] | None = None) -> str:
    """What somebody is called: in the guild, else everywhere, else their account."""
    for called in ((member or {}).get("nick"), user.get("global_name"), user.get("username")):
        if isinstance(called, str) and (plain := clean_name(called, LONGEST_NAME)):
            return plain
    return "somebody"


def _plain(text: str, names: Mapping[str, str]) -> str:
    text = _PERSON.sub(lambda found: "@" + _ESCAPED.sub(r"\\\1", names.get(found[1], "somebody")), text)
    text = _ROLE.sub("@role", text)
    text = _CHANNEL.sub("#channel", text)
    text = _COMMAND.sub(r"\1", _EMOJI.sub(r"\1", text))
    text = _SMALL.sub("", text)
    text = _WHOLE_QUOTE.sub(lambda found: "\n".join(f"> {line}" for line in found[1].split("\n")), text)
    return _QUOTED.sub(r"\1\n\n", text)
