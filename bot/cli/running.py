"""Running it, and what comes before that: looking at a thread, checking, setting up."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from bot import checks, log, previews, setups
from bot.app import opened
from bot.cli.base import Options, act, app, do, settings
from bot.home import Home
from bot.model import ThreadPage
from bot.progress import Bar
from bot.registry import Registry


@app.command()
def run(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Poll what is due, deliver what is owed, and end.")] = False,
) -> None:
    """Start Threadline."""
    options: Options = context.obj
    registry = Registry()
    chosen = settings(options, registry)

    async def go() -> None:
        # Where a bar is drawn, lines of the log would run into it.
        level = "warning" if once and sys.stderr.isatty() else "info"
        async with opened(Home(options.home), chosen, registry, log.configure(level), serving=not once) as here:
            if not once:
                await here.run(announce)
                return
            with Bar("Delivering") as bar:
                done = await here.once(bar.show)
            print(f"{done.sent} sent, {done.owed} still owed")
            for place, why in done.waits if done.owed else ():
                print(f"{place} waits: {why}", file=sys.stderr)
            if done.owed or done.held:
                print("`threadline status` says what waits, and for what", file=sys.stderr)

    asyncio.run(go())


def announce(address: str) -> None:
    """Tell whoever started the program where to look."""
    print(f"Threadline is running: open {address}", flush=True)


@app.command()
def preview(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="A board or thread, or a saved page on disk.")],
    as_: Annotated[str, typer.Option("--as", help="plain, or the name of a chat adapter.")] = "plain",
    link: Annotated[str, typer.Option("--address", help="A saved page's own address.")] = "",
    outline: Annotated[bool, typer.Option("--outline", help="Its replies as a tree, the newest with a star.")] = False,
) -> None:
    """Show a thread as it would be mirrored; nothing is kept."""
    options: Options = context.obj
    registry = Registry()
    look = previews.OUTLINE if outline else as_
    previews.check_look(look, registry)
    chosen = settings(options, registry)
    file = previews.saved_file(address, registry, chosen)
    if file is not None:
        page = previews.read_saved(file, link, registry, chosen)[3]
        print(previews.text(page, look, registry))
    elif Home(options.home).database.exists():
        do(act(options, {"preview": address, "as": look}))
    else:
        print(previews.text(asyncio.run(unkept(options, address, registry)), look, registry))


async def unkept(options: Options, address: str, registry: Registry) -> ThreadPage:
    """A thread read where there is no home yet, and none is made."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = settings(options, registry)
        async with opened(Home(Path(folder, "home")), chosen, registry, log.configure("warning")) as here:
            with Bar("Reading") as bar:
                return await previews.live(here, address, bar.show)


@app.command()
def check(
    context: typer.Context, address: Annotated[str, typer.Argument(help="An address to recognise.")] = ""
) -> None:
    """Look whether everything is as it must be; each finding says what to do."""
    options: Options = context.obj
    findings = asyncio.run(checks.check(options.home, options.settings_file, os.environ, Registry(), address))
    for finding in findings:
        print(finding.line())
    if any(finding.bad for finding in findings):
        raise SystemExit(1)


@app.command("renew-key")
def renew_key(context: typer.Context) -> None:
    """Seal all stored credentials with a new key; after somebody else may have read the old one."""
    do(act(context.obj, {"renew_key": True}))


@app.command()
def setup(
    context: typer.Context,
    forum: Annotated[str, typer.Option(help="The forum's address; a board or thread of it is mirrored.")] = "",
    chat: Annotated[str, typer.Option(help="The chat adapter.")] = "",
    channel: Annotated[str, typer.Option(help="The channel to mirror into.")] = "",
    notices: Annotated[str, typer.Option(help="The channel for admins.")] = "",
) -> None:
    """Ask for a forum and a chat, check both, write the settings and the first mirror.

    What no option answers is looked for in THREADLINE_FORUM, _CHAT, _CHANNEL and _NOTICES, then in the files that
    THREADLINE_FORUM_FILE and so on name, then asked for.
    """
    options: Options = context.obj
    registry = Registry()
    answers = setups.Answers(forum, chat, channel, notices)
    wanted = setups.ask_all(options.home, options.config, answers, os.environ, registry)
    print(asyncio.run(setups.set_up(Home(options.home), wanted, os.environ, registry)))
