"""The program's commands; each is a thin door to what the app does."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import tempfile
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import msgspec
import typer

from bot import __version__, checks, log, previews, setups
from bot.app import opened
from bot.control import call
from bot.errors import HomeInUse, ThreadlineError
from bot.home import Home
from bot.mirroring import Layout
from bot.model import Answer, ThreadPage
from bot.progress import Bar
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


def main() -> None:
    """Run the program; errors that a person can act on are lines on standard error and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter is no reason to end
    wrong: list[str] = []
    try:
        app(args=options_first(sys.argv[1:]))
    except* ThreadlineError as group:
        wrong += texts(group)
    if wrong:
        fail("\n".join(wrong))


def options_first(words: Sequence[str]) -> list[str]:
    """The words of the command line, with --home and --config before the command wherever they were given."""
    first: list[str] = []
    rest: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word == "--":
            return [*first, *rest, word, *waiting]
        if word in ("--home", "--config"):
            first += [word, *([value] if (value := next(waiting, None)) is not None else [])]
        else:
            (first if word.startswith(("--home=", "--config=")) else rest).append(word)
    return first + rest


def texts(group: BaseExceptionGroup[BaseException]) -> Iterator[str]:
    """What the errors of a group say, each once."""
    for error in dict.fromkeys(group.exceptions):
        if isinstance(error, BaseExceptionGroup):
            yield from texts(error)
        else:
            yield str(error)


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
        fail(answer.text)
    print(answer.text)


def asked(*words: str) -> dict[str, Any]:
    """The request for one of the chats' commands; bytes of the command line that are no text are replaced."""
    return {"group": "mirror", "words": [word.encode("utf-8", "replace").decode() for word in words]}


async def act(options: Options, request: dict[str, Any]) -> Answer:
    """Have the running process carry out a request, or do it here when nobody holds the home directory."""
    registry = Registry()
    home = Home(options.home)
    try:
        async with opened(home, settings(options, registry), registry, log.configure("warning")) as here:
            return await here.handle(request)
    except HomeInUse:
        reply = await call(home.socket, request)
        return Answer(str(reply["text"]), dict(reply["data"]), bool(reply["ok"]))


# -------------------------------------------------------------------------------- running


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


# -------------------------------------------------------------------------------- commands


@app.command()
def mirror(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="A site, board or thread, or a saved page on disk.")],
    into: Annotated[str, typer.Option(help="The channel, as CHAT:CHANNEL, such as web:lounge.")],
    layout: Annotated[Layout, typer.Option(help="How posts stand in the channel.")] = Layout.THREADS,
    replies: Annotated[
        Literal["all", "replies", "none"], typer.Option(help="Which messages go back to the forum.")
    ] = "all",
    link: Annotated[str, typer.Option("--address", help="A saved page's own address.")] = "",
) -> None:
    """Mirror a forum's board or thread into a channel."""
    options: Options = context.obj
    registry = Registry()
    chosen = settings(options, registry)
    file = previews.saved_file(address, registry, chosen)
    if file is not None:
        request = previews.saved_request(file, link, into, layout, replies, registry, chosen)
    else:
        request = asked("add", address, "--into", into, "--layout", layout, "--replies", replies)
    do(act(options, request))


def _simple(name: str, help: str, *words: str) -> None:
    """A command that is one of the chats' commands, given by the operator."""

    def command(context: typer.Context) -> None:
        do(act(context.obj, asked(*words)))

    command.__doc__ = help
    app.command(name)(command)


_simple("mirrors", "Which mirrors there are.", "list")
_simple("held", "What waits for a decision.", "held")


@app.command()
def unmirror(context: typer.Context, number: Annotated[str, typer.Argument(help="Its number in `mirrors`.")]) -> None:
    """End a mirror; what was posted stays."""
    do(act(context.obj, asked("remove", number)))


@app.command()
def status(
    context: typer.Context, json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False
) -> None:
    """How everything goes."""
    answer = asyncio.run(act(context.obj, asked("status")))
    if not answer.ok:
        fail(answer.text)
    print(msgspec.json.format(msgspec.json.encode(answer.data)).decode() if json else answer.text)


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


# -------------------------------------------------------------------------------- looking, setting up


@app.command()
def preview(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="A board or thread, or a saved page on disk.")],
    as_: Annotated[str, typer.Option("--as", help="plain, or the name of a chat adapter.")] = "plain",
    link: Annotated[str, typer.Option("--address", help="A saved page's own address.")] = "",
) -> None:
    """Show a thread as it would be mirrored; nothing is kept."""
    options: Options = context.obj
    registry = Registry()
    previews.check_look(as_, registry)
    chosen = settings(options, registry)
    file = previews.saved_file(address, registry, chosen)
    if file is not None:
        page = previews.read_saved(file, link, registry, chosen)[3]
        print(previews.text(page, as_, registry))
    elif Home(options.home).database.exists():
        do(act(options, {"preview": address, "as": as_}))
    else:
        print(previews.text(asyncio.run(unkept(options, address, registry)), as_, registry))


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
