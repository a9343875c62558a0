"""Commands that adapters bring, below their names."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from bot import log, subcommands
from bot.app import opened
from bot.cli.base import Options, app, settings
from bot.home import Home
from bot.registry import Registry


def bring(adapter: str) -> None:
    """The commands that a chat adapter brings, below its name; it is imported when one of them is given."""

    def command(
        context: typer.Context,
        name: Annotated[str, typer.Argument(help="What to do; the adapter's page in the documentation lists it.")],
        chat: Annotated[str, typer.Option(help="Which chat of the settings, where several use this adapter.")] = "",
    ) -> None:
        options: Options = context.obj
        registry = Registry()
        chosen = settings(options, registry)
        wish = subcommands.wished(adapter, name, chat, chosen, registry)

        async def go() -> str:
            async with opened(Home(options.home), chosen, registry, log.configure("warning")) as here:
                return await here.opening.do(wish.chat, wish.subcommand, wish.values)

        print(asyncio.run(go()))

    command.__doc__ = f"What the adapter {adapter} does by itself, such as logging in."
    app.command(adapter, hidden=True)(command)


for _adapter in Registry().installed("chat"):
    if _adapter not in {known.name or getattr(known.callback, "__name__", "") for known in app.registered_commands}:
        bring(_adapter)
