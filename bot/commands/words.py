"""How answers put things."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import msgspec

from bot.markup import clean_name, write
from bot.markup.nodes import Kind, Node, document, paragraph, text
from bot.model import Answer, Caller, Command, Millis
from bot.texts import say

CHAT = {"add": "add ADDRESS", "filter": "filter MIRROR", "grant": "grant FORUM USER PERSON"}
SHELL = {
    "add": "mirror ADDRESS --into CHAT:CHANNEL",
    "remove": "unmirror",
    "list": "mirrors",
    "filter": "filter MIRROR",
}
"""The commands that a chat and the command line call otherwise than by their bare name."""


QUOTES = ('"', "“", "”", "„")
"""What may hold words together, as people type it."""


def worded(command: Command) -> Command:
    """A command with the texts of its help and of its parameters in the place of their keys."""
    parameters = tuple(msgspec.structs.replace(one, help=say(one.help)) for one in command.parameters)
    return msgspec.structs.replace(command, help=say(command.help), parameters=parameters)


def usage(command: Command, sign: str) -> str:
    """One line that says how a command is given where `sign` stands before commands."""
    parts = [f"{sign}{command.group} {command.name}"]
    for parameter in command.parameters:
        value = "|".join(parameter.choices) if parameter.option else ""
        word = f"--{parameter.name} {value or parameter.name.upper()}" if parameter.option else parameter.name.upper()
        word = f'"{word}"' if parameter.quoted else word
        word += " …" if parameter.rest else ""
        parts.append(word if parameter.required else f"[{word}]")
    return f"`{' '.join(parts)}`: {worded(command).help}"


def behind(typed: str, words: Sequence[str]) -> str | None:
    """What stands behind the first words of a text from which they were read; None where it does not begin so.

    Between their letters stand spaces and the quotes that held some of them together.
    """
    at = 0
    for letter in "".join(words):
        while at < len(typed) and typed[at] != letter and (typed[at].isspace() or typed[at] in QUOTES):
            at += 1
        if typed[at : at + 1] != letter:
            return None
        at += 1
    return (typed[at + 1 :] if typed[at : at + 1] in QUOTES else typed[at:]).strip()


def numeral(word: str) -> int | None:
    """The number that a word writes, as far as anything here can have it; None for any other word."""
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= 18 else None


def said(words: str, most: int = 120) -> str:
    """Somebody's words on one line, in Markdown that shows them and means nothing else."""
    return write(document(paragraph(clean_name(words, most))), "markdown")


def linked(words: str, address: str, most: int = 120) -> str:
    """The same, leading to an address where there is one."""
    if not address:
        return said(words, most)
    link = Node(Kind.LINK, target=address, children=(text(clean_name(words, most) or address),))
    return write(document(paragraph(link)), "markdown")


def span(milliseconds: Millis) -> str:
    """A length of time in words, one unit."""
    seconds = max(0, milliseconds) // 1000
    if seconds >= 86400:
        return say("words.days", seconds // 86400)
    if seconds >= 3600:
        return say("words.hours", seconds // 3600)
    if seconds >= 60:
        return say("words.minutes", seconds // 60)
    return say("words.seconds", seconds)


def count(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it wants it."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def mebibytes(bytes: int) -> str:
    """A size as people compare it."""
    return f"{bytes / 2**20:.1f} MiB"


def for_shell(answer: Answer) -> str:
    """An answer on the command line: its text, and a line for each thing that it offers."""
    lines = [answer.text] if answer.text else []
    for offer in answer.offers:
        name, *rest = offer.words
        lines.append(f"{offer.label}: {shlex.join(('threadline', SHELL.get(name, name), *rest))}")
    return "\n".join(lines)


def spelled(caller: Caller, name: str) -> str:
    """A command as whoever asked would give it: in a chat, or on the command line."""
    return f"`{caller.sign}mirror {CHAT.get(name, name)}`" if caller.chat else f"`threadline {SHELL.get(name, name)}`"
