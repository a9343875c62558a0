"""What an operator decides about what is shown, and who decided what."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from bot.answering import Given, Take, Whose, written
from bot.cli.base import act, app, asked, do

Number = Annotated[str, typer.Argument(help="The mirror's number in `mirrors`.")]
Author = Annotated[Literal["yes"] | None, typer.Option(help="yes means all that the post's author writes.")]


@app.command()
def pause(context: typer.Context, number: Number) -> None:
    """Let nothing of a mirror be sent until it goes on; news wait."""
    do(act(context.obj, asked("pause", number)))


@app.command()
def resume(context: typer.Context, number: Number) -> None:
    """Let a mirror go on: what waited comes now."""
    do(act(context.obj, asked("resume", number)))


@app.command()
def replies(
    context: typer.Context,
    number: Number,
    take: Annotated[Take | None, typer.Option(help="Which messages go back to the forum.")] = None,
    accounts: Annotated[
        Whose | None, typer.Option(help="Whether only people's own accounts on the forum answer.")
    ] = None,
    who: Annotated[
        str | None, typer.Option("--from", help='Roles, "level 50", between commas; anybody for all.')
    ] = None,
    merge: Annotated[str | None, typer.Option(help="How long more of the same person is waited for: 20s.")] = None,
    at_most: Annotated[int | None, typer.Option(help="Posts of one person in ten minutes; 0: the house's.")] = None,
) -> None:
    """Show or change who may answer what a mirror shows, and with whose account."""
    parted = None if who is None else tuple(who.split(","))
    do(act(context.obj, asked("replies", number, *written(Given(take, accounts, parted, merge, at_most)))))


@app.command()
def undo(context: typer.Context, number: Number) -> None:
    """End a mirror that was made within the last 10 minutes, and take away what it posted."""
    do(act(context.obj, asked("undo", number)))


@app.command()
def hide(
    context: typer.Context,
    post: Annotated[str, typer.Argument(help="An address, #n or a message; @NAME for all of an author.")] = "",
    author: Author = None,
) -> None:
    """Take a post away for good wherever it is mirrored, or all that somebody writes; alone: what is hidden."""
    do(act(context.obj, asked("hide", *([post] if post else []), *(["--author", author] if author else []))))


@app.command()
def unhide(
    context: typer.Context,
    post: Annotated[str, typer.Argument(help="An address, #n or a message; @NAME for all of an author.")],
    author: Author = None,
) -> None:
    """Show again what was hidden."""
    do(act(context.obj, asked("unhide", post, *(["--author", author] if author else []))))


@app.command()
def audit(
    context: typer.Context,
    lines: Annotated[str, typer.Argument(help="How many lines, up to 50.")] = "15",
    before: Annotated[str, typer.Option(help="What was done before this number in the audit.")] = "",
    of: Annotated[
        Literal["admins", "people"], typer.Option(help="Or what was done in people's own names on forums.")
    ] = "admins",
) -> None:
    """Who did what, before and after, the newest first."""
    do(act(context.obj, asked("audit", lines, "--of", of, *(["--before", before] if before else []))))


@app.command()
def notices(
    context: typer.Context, channel: Annotated[str, typer.Argument(help="As CHAT:CHANNEL, such as web:lounge.")]
) -> None:
    """Say in which channel a community's admins are told what went wrong."""
    do(act(context.obj, asked("notices", channel)))
