"""What every command of the program shares: its options, the settings, and how it asks and answers."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer

from bot import __version__, log, setups
from bot.app import opened
from bot.commands.words import for_shell
from bot.control import PATIENCE, call
from bot.errors import HomeInUse
from bot.home import Home
from bot.model import Answer
from bot.registry import Registry
from bot.settings import Settings, load

app = typer.Typer(
    name="threadline",
    help="Lets a community follow and answer its forum from its chat.",
    epilog="--home and --config may stand before or behind the command.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


LONG = 3600.0
"""Seconds that a command may take which reads many boards or feeds, one after another."""


class Options(msgspec.Struct):
    """What stands before the command."""

    home: Path
    config: Path | None

    @property
    def settings_file(self) -> Path | None:
        """The file named, else the one that `setup` wrote, else none."""
        if self.config is not None:
            return self.config
        own = self.home / setups.FILE
        return own if own.exists() else None


def fail(text: str) -> NoReturn:
    """Say what went wrong and end."""
    print(f"threadline: {text}", file=sys.stderr)
    raise SystemExit(1)


def version(show: bool) -> None:
    """Print the version and end."""
    if show:
        print(f"threadline {__version__}")
        raise typer.Exit


@app.callback()
def before(
    context: typer.Context,
    home: Annotated[
        Path, typer.Option(envvar="THREADLINE_HOME", help="Where the database, keys and caches are.")
    ] = Path(setups.USUAL),
    config: Annotated[
        Path | None,
        typer.Option(envvar="THREADLINE_CONFIG", help="The settings file; HOME/threadline.toml by default."),
    ] = None,
    _: Annotated[bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Options that every command takes."""
    context.obj = Options(home, config)


def settings(options: Options, registry: Registry) -> Settings:
    """The settings in force."""
    return load(options.settings_file, os.environ, registry.settings, registry.installed)


def do(coroutine: Coroutine[Any, Any, Answer]) -> None:
    """Run a command that answers, print the answer."""
    answer = asyncio.run(coroutine)
    if not answer.ok:
        fail(for_shell(answer))
    print(for_shell(answer))


def asked(*words: str, group: str = "mirror") -> dict[str, Any]:
    """The request for one of the chats' commands; bytes of the command line that are no text are replaced."""
    return {"group": group, "words": [word.encode("utf-8", "replace").decode() for word in words]}


async def act(options: Options, request: dict[str, Any], patience: float = PATIENCE) -> Answer:
    """Have the running process carry out a request, or do it here when nobody holds the home directory."""
    registry = Registry()
    home = Home(options.home)
    try:
        async with opened(home, settings(options, registry), registry, log.configure("warning")) as here:
            return await here.handle(request)
    except HomeInUse:
        return msgspec.convert(await call(home.socket, request, patience=patience), Answer)
