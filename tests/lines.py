"""A line for every command there is, with values that fit: one that is added says here what it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bot.app import App
from bot.commands import CATALOGUE
from bot.model import Command
from bot.store import run

HARMLESS = {
    "after": "3",
    "answer": "code-1",
    "at-most": "5",
    "authors": "ann",
    "before": "3",
    "boards": "General",
    "code": "123456",
    "days": "mon,fri",
    "delay": "10m",
    "from": "level 50",
    "hours": "22:00-07:00",
    "lines": "10",
    "max-length": "500",
    "merge": "20s",
    "not-authors": "cid",
    "not-tags": "chatter",
    "not-words": "casino*",
    "number": "5",
    "page": "2",
    "shown": "3",
    "tags": "news",
    "text": "It begins here",
    "time": "10m",
    "title": "A new beginning",
    "when": "08:00",
    "word": "yes",
    "zone": "Europe/Berlin",
}
"""Values in which nothing of a community can be named, by the name of the parameter."""

NAMING = {
    "address": "sandbox:1",
    "author": "Ann",
    "board": "General",
    "channel": "news",
    "chat": "web",
    "delivery": "1",
    "forum": "sandbox",
    "into": "web:news",
    "link": "https://forum.example/t/1",
    "message": "m1",
    "mirror": "1",
    "person": "dora",
    "post": "#1",
    "proposal": "1",
    "user": "dorothea",
    "what": "#1",
    "words": "all",
}
"""Values that name something, whether it is there or not."""

COMMANDS = [command for command, _ in CATALOGUE.values()]


def name(command: Command) -> str:
    """How a command is called in tests."""
    return f"{command.group} {command.name}"


def needed(command: Command) -> dict[str, str]:
    """The values that a command cannot do without."""
    return {one.name: value(one.name, one.choices) for one in command.parameters if one.required}


def value(parameter: str, choices: tuple[str, ...]) -> str:
    """A value that fits a parameter."""
    return choices[0] if choices else HARMLESS[parameter] if parameter in HARMLESS else NAMING[parameter]


def words(command: Command, values: Mapping[str, str]) -> list[str]:
    """A command with values, as its words."""
    given = [command.name]
    for one in command.parameters:
        if one.name in values:
            given += [f"--{one.name}={values[one.name]}"] if one.option else [values[one.name]]
    return given


async def answered(app: App, commands: int) -> None:
    """Wait until so many commands were given, carried out and answered."""
    rows = """SELECT (SELECT count(*) FROM inbox WHERE kind='commanded' AND state='done'),
                (SELECT count(*) FROM whisper WHERE state='pending')"""
    sender = await app.make_sender()
    async with asyncio.timeout(60):
        while [tuple(row) for row in await app.store.read(run, rows)] != [(commands, 0)]:
            await sender.drain()
            await asyncio.sleep(0.002)
