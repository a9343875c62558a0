"""What there is, how it goes, and what waits for a decision."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bot.cli.base import Options, act, app, asked, do, fail
from bot.commands.words import for_shell
from bot.home import Home


@app.command()
def boards(
    context: typer.Context,
    forum: Annotated[str, typer.Argument(help="A forum's address, or its name in the settings.")],
    words: Annotated[list[str] | None, typer.Argument(help="All of which the board's name or way has.")] = None,
) -> None:
    """Which boards a forum has, each with its address."""
    options: Options = context.obj
    request = asked("boards", forum, *(words or []), group="forum")
    if Home(options.home).database.exists():
        do(act(options, request))
        return
    with tempfile.TemporaryDirectory() as folder:  # there is no home yet, and none is made to look at something
        do(act(Options(Path(folder, "home"), options.settings_file), request))


def _simple(name: str, help: str, *words: str) -> None:
    """A command that is one of the chats' commands, given by the operator."""

    def command(context: typer.Context) -> None:
        do(act(context.obj, asked(*words)))

    command.__doc__ = help
    app.command(name)(command)


_simple("mirrors", "Which mirrors there are.", "list")
_simple("held", "What waits for a decision.", "held")


@app.command()
def status(
    context: typer.Context, json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False
) -> None:
    """How everything goes."""
    answer = asyncio.run(act(context.obj, asked("status")))
    if not answer.ok:
        fail(answer.text)
    print(msgspec.json.format(msgspec.json.encode(answer.data)).decode() if json else for_shell(answer))


@app.command()
def why(context: typer.Context, post: Annotated[str, typer.Argument(help="An address, #n, or a message.")]) -> None:
    """What became of a post, and why."""
    do(act(context.obj, asked("why", post)))


@app.command()
def retry(context: typer.Context, delivery: Annotated[str, typer.Argument(help="Its number in `held`.")]) -> None:
    """Send a held delivery again."""
    do(act(context.obj, asked("retry", delivery)))


@app.command()
def skip(
    context: typer.Context, delivery: Annotated[str, typer.Argument(help="Its number in `held`, or source:N.")]
) -> None:
    """Give a held delivery up, or keep the posts that a source misses."""
    do(act(context.obj, asked("skip", delivery)))


@app.command()
def settle(
    context: typer.Context,
    delivery: Annotated[str, typer.Argument(help="Its number in `held`, or source:N.")],
    link: Annotated[str, typer.Argument(help="Of the message or post.")] = "",
) -> None:
    """Say where a held delivery stands, or confirm that missing posts are deleted."""
    do(act(context.obj, asked("settle", delivery, *([link] if link else []))))
