"""Which commands there are, how their words are read, and who may give them."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from bot.commands import (
    alerts,
    answering,
    auditing,
    boards,
    catching_up,
    connecting,
    digests,
    drafts,
    ending,
    floods,
    following,
    granting,
    groups,
    held,
    hiding,
    highlighting,
    insight,
    linking,
    marking,
    mirrors,
    options,
    outlines,
    own_data,
    pausing,
    proposals,
    quiet,
    receipts,
    searching,
    signing_in,
    signposts,
    starting,
    unread,
)
from bot.commands.desk import Desk
from bot.commands.words import QUOTES, behind, usage
from bot.errors import Forbidden, NotFound, ThreadlineError
from bot.model import Answer, Caller, Command, Offer, Parameter
from bot.redaction import words_of
from bot.texts import say


class Parsed(msgspec.Struct, frozen=True):
    """A command with its values."""

    command: Command
    values: dict[str, str]


Handler = Callable[[Desk, Caller, dict[str, str]], Awaitable[Answer]]


ENTRIES: list[tuple[Command, Handler]] = [
    *groups.COMMANDS,
    *proposals.COMMANDS,
    *mirrors.COMMANDS,
    *ending.COMMANDS,
    *pausing.COMMANDS,
    *answering.COMMANDS,
    *hiding.COMMANDS,
    *options.COMMANDS,
    *insight.COMMANDS,
    *held.COMMANDS,
    *floods.COMMANDS,
    *granting.COMMANDS,
    *auditing.COMMANDS,
    *boards.COMMANDS,
    *unread.COMMANDS,
    *catching_up.COMMANDS,
    *outlines.COMMANDS,
    *marking.COMMANDS,
    *highlighting.COMMANDS,
    *receipts.COMMANDS,
    *drafts.COMMANDS,
    *connecting.COMMANDS,
    *signing_in.COMMANDS,
    *linking.COMMANDS,
    *own_data.COMMANDS,
    *starting.COMMANDS,
    *searching.COMMANDS,
    *following.COMMANDS,
    *alerts.COMMANDS,
    *digests.COMMANDS,
    *quiet.COMMANDS,
    *signposts.COMMANDS,
]

CATALOGUE = {(command.group, command.name): (command, handler) for command, handler in ENTRIES}
"""Every command by group and name."""


def parse(group: str, words: Sequence[str], sign: str = "/", typed: str = "") -> Parsed:
    """Read the words of a command, `sign` before it, and what was `typed` where that is known as it stands.

    Raises `NotFound` or `ThreadlineError` saying what is meant.
    """
    commands = {name: command for (of, name), (command, _) in CATALOGUE.items() if of == group}
    if not words or words[0] in ("help", "?"):
        raise NotFound("\n".join([f"{sign}{group} …", *(usage(command, sign) for command in commands.values())]))
    name, *rest = words
    command = commands.get(name)
    if command is None:
        near = difflib.get_close_matches(name, commands, 1)
        if near:
            raise NotFound(say("commands.meant", command=f"{sign}{group} {name}", near=near[0]))
        raise NotFound(say("commands.unknown", command=f"{sign}{group} {name}"))
    return Parsed(command, _values(command, rest, usage(command, sign), typed))


def _values(command: Command, words: Sequence[str], usage: str, typed: str) -> dict[str, str]:
    options = {f"--{p.name}": p for p in command.parameters if p.option}
    positional = [p for p in command.parameters if not p.option]
    values: dict[str, str] = {}
    waiting = list(words)
    while waiting:
        if positional and positional[0].verbatim:
            before = (command.name, *words[: len(words) - len(waiting)])
            values[positional.pop(0).name] = behind(typed, before) or " ".join(waiting)
            break
        if positional and positional[0].quoted and not waiting[0].startswith("--"):
            before = (command.name, *words[: len(words) - len(waiting)])
            if typed and not (behind(typed, before) or "").startswith(QUOTES):
                wrong = say("commands.unquoted", name=positional[0].name, word=waiting[0])
                raise ThreadlineError(f"{wrong}\n{usage}")
        word = waiting.pop(0)
        if word.startswith("--"):
            option, sign, value = word.partition("=")
            if option not in options:
                near = difflib.get_close_matches(option, options, 1)
                hint = say("commands.option_meant", near=near[0]) if near else ""
                wrong = say("commands.no_option", command=command.name, option=option, hint=hint)
                raise ThreadlineError(f"{wrong}\n{usage}")
            if not sign and not waiting:
                raise ThreadlineError(f"{say('commands.no_value', option=option)}\n{usage}")
            _put(values, options[option], value if sign else waiting.pop(0), usage)
        elif positional and positional[0].rest:
            kept = f'"{word}"' if positional[0].phrases and " " in word and '"' not in word else word
            values[positional[0].name] = f"{values.get(positional[0].name, '')} {kept}".strip()
        elif positional:
            _put(values, positional.pop(0), word, usage)
        else:
            raise ThreadlineError(f"{say('commands.too_many', word=word)}\n{usage}")
    missing = [p.name for p in command.parameters if p.required and p.name not in values]
    if missing:
        named = say("commands.and").join(missing)
        raise ThreadlineError(f"{say('commands.missing', command=command.name, named=named)}\n{usage}")
    return values


def _put(values: dict[str, str], parameter: Parameter, value: str, usage: str) -> None:
    if parameter.choices and value not in parameter.choices:
        wrong = say("commands.choice", name=parameter.name, known=", ".join(parameter.choices), value=value)
        raise ThreadlineError(f"{wrong}\n{usage}")
    values[parameter.name] = value


async def carry_out(desk: Desk, caller: Caller, group: str, words: Sequence[str]) -> Answer:
    """Carry out a command; what goes wrong is said in the answer. Every command can be given twice without harm."""
    try:
        parsed = parse(group, words, caller.sign, caller.given.typed if caller.given is not None else "")
        if group == "mirror" and not (caller.admin or caller.operator):
            typed = f"{caller.sign}{Offer('', group, tuple(words)).line}"
            hint = say("commands.type_it", typed=typed) if caller.pressed else ""
            raise Forbidden(say("commands.admins", command=f"{caller.sign}{group} {parsed.command.name}", hint=hint))
        _, handler = CATALOGUE[group, parsed.command.name]
        return await handler(desk, caller, parsed.values)
    except ThreadlineError as error:
        return Answer(words_of(error), {"error": type(error).__name__}, ok=False)
