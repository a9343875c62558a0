"""Mirrors: made, chosen for, ended."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from bot import previews
from bot.cli.base import LONG, Options, act, app, asked, do, fail, settings
from bot.control import PATIENCE
from bot.mirroring import Layout
from bot.options import Given, spelled
from bot.registry import Registry

Words = Annotated[str | None, typer.Option(help="Show threads whose OP holds one of these, between commas.")]
NotWords = Annotated[str | None, typer.Option(help="Leave out what holds one of these.")]
Authors = Annotated[str | None, typer.Option(help="Show threads that these people began.")]
NotAuthors = Annotated[str | None, typer.Option(help="Leave out what these people write.")]
Tags = Annotated[str | None, typer.Option(help="Show threads with one of these tags.")]
NotTags = Annotated[str | None, typer.Option(help="Leave out threads with one of these tags.")]
Posts = Annotated[Literal["all", "ops"] | None, typer.Option(help="Whether replies are shown.")]
MaxLength = Annotated[str | None, typer.Option(help="Characters of a post that are shown; 0 shows it whole.")]


def chosen_options(context: typer.Context) -> dict[str, str]:
    """What was given of a mirror's options, by the names that they have in a command."""
    given = {name: context.params.get(name) for name in Given.__struct_fields__}
    return {spelled(name): value for name, value in given.items() if value is not None}


def option_words(values: dict[str, str]) -> list[str]:
    """Options as the words of a command."""
    return [word for name, value in values.items() for word in (f"--{name}", value)]


@app.command()
def mirror(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="A site, board or thread; a saved page or list of feeds on disk.")],
    into: Annotated[str, typer.Option(help="The channel, as CHAT:CHANNEL, such as web:lounge; CHAT:+ makes one.")],
    layout: Annotated[Layout, typer.Option(help="How posts stand in the channel.")] = Layout.THREADS,
    replies: Annotated[
        Literal["all", "replies", "none"], typer.Option(help="Which messages go back to the forum.")
    ] = "all",
    link: Annotated[str, typer.Option("--address", help="A saved page's own address.")] = "",
    group: Annotated[str, typer.Option("--boards", help="Of a site: words of the boards' names, or all.")] = "",
    words: Words = None,
    not_words: NotWords = None,
    authors: Authors = None,
    not_authors: NotAuthors = None,
    tags: Tags = None,
    not_tags: NotTags = None,
    posts: Posts = None,
    max_length: MaxLength = None,
    delay: Annotated[str | None, typer.Option(help="How long new posts wait, such as 10m.")] = None,
    private: Annotated[
        Literal["show"] | None, typer.Option(help="What guests cannot read is shown to whoever reads the channel.")
    ] = None,
    backfill: Annotated[
        Literal["none", "1", "10", "all"] | None,
        typer.Option(help="How many of a board's newest threads are shown whole at first; 1 if nothing is said."),
    ] = None,
) -> None:
    """Mirror a forum's board or thread into a channel; of a site, several boards at once."""
    options: Options = context.obj
    registry = Registry()
    chosen = settings(options, registry)
    file = previews.saved_file(address, registry, chosen)
    if file is not None:
        if group:
            fail(f"{address} is a file, and --boards chooses among the boards of a site; leave it out")
        values = {"into": into, "layout": layout.value, "replies": replies, **chosen_options(context)}
        values |= {"backfill": backfill} if backfill else {}
        request = previews.outline_request(file, link, values, registry, chosen)
        request = request or previews.saved_request(file, link, values, registry, chosen)
    else:
        told = [*option_words(chosen_options(context)), *(["--boards", group] if group else [])]
        told += ["--private", private] if private else []
        told += ["--backfill", backfill] if backfill else []
        request = asked("add", address, "--into", into, "--layout", layout, "--replies", replies, *told)
    do(act(options, request, LONG if group or "outline" in request else PATIENCE))


@app.command("filter")
def filter_(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="Its number in `mirrors`.")],
    words: Words = None,
    not_words: NotWords = None,
    authors: Authors = None,
    not_authors: NotAuthors = None,
    tags: Tags = None,
    not_tags: NotTags = None,
    posts: Posts = None,
    max_length: MaxLength = None,
) -> None:
    """Show or change what a mirror leaves out; "" empties a list."""
    do(act(context.obj, asked("filter", number, *option_words(chosen_options(context)))))


@app.command()
def delay(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="Its number in `mirrors`.")],
    time: Annotated[str, typer.Argument(help="Such as 90s, 10m or 2h; 0 for none.")],
) -> None:
    """Let new posts of a mirror wait: what is deleted meanwhile is never shown."""
    do(act(context.obj, asked("delay", number, time)))


@app.command()
def flood(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="The mirror's number in `mirrors`.")],
    choice: Annotated[Literal["all", "digest", "seen"], typer.Argument(help="Post all, list the threads, or neither.")],
) -> None:
    """Say what becomes of news of a mirror that came all at once."""
    do(act(context.obj, asked("flood", number, choice)))


@app.command()
def unmirror(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="Its number in `mirrors`.")],
    copies: Annotated[Literal["yes"] | None, typer.Option(help="yes takes away what it posted, too.")] = None,
) -> None:
    """End a mirror; what was posted stays, unless it is to go."""
    do(act(context.obj, asked("remove", number, *(["--copies", copies] if copies else []))))
