"""How the reading of a source goes, in words."""

from __future__ import annotations

from bot.commands.words import span
from bot.model import Millis
from bot.pace import eased
from bot.store.counting import Short
from bot.store.report import SourceState
from bot.texts import say


def told_of(source: SourceState, now: Millis) -> str:
    """One source in a line of `status`: when it is read, how fast its news are here, and what is wrong with it."""
    return "; ".join([_when(source, now), *_how_fast(source, now), *_wrong(source, now)])


def told_short(short: Short) -> str:
    """A board or thread of which the forum counts more than is known here."""
    threads = ", ".join(short.threads) + (say("sources.more", short.more) if short.more else "")
    return say(
        "sources.short",
        kind=short.kind.capitalize(),
        name=short.name,
        counted=f"{short.counted:,}",
        known=f"{short.known:,}",
        threads=threads,
    )


def told_losing(source: SourceState) -> str:
    """What a source misses, for who is to decide about it."""
    return say("sources.misses", source.losing, number=source.id, forum=source.forum, name=source.name)


def _when(source: SourceState, now: Millis) -> str:
    read, after = source.read_at, source.next_at
    parts = [say("sources.read", since=span(now - read)) if read is not None else say("sources.new")]
    parts.append(say("sources.next", after=span(after - now)) if after is not None else say("sources.idle"))
    if after is not None and source.pause and not source.failures:
        parts.append(say("sources.every", pause=span(source.pause)))
    return f"{source.forum}: {source.kind} {source.name}: {', '.join(parts)}"


def _how_fast(source: SourceState, now: Millis) -> list[str]:
    lines = []
    if source.delay_half is not None and source.delay_most is not None:
        lines.append(say("sources.delays", half=span(source.delay_half), most=span(source.delay_most)))
    spared = eased(source.slowed, source.slowed_at, now)
    if spared >= 1.05:
        lines.append(say("sources.spared", times=f"{spared:.1f}"))
    if source.pushed or source.missed:
        lines.append(say("sources.pushed", pushed=source.pushed, polled=source.missed))
    return lines


def _wrong(source: SourceState, now: Millis) -> list[str]:
    lines = []
    if source.failures:
        lines.append(say("sources.failed", source.failures, why=source.error))
    elif source.error:
        lines.append(source.error)
    if source.slides is not None and source.pause > source.slides:
        lines.append(say("sources.slides", within=span(source.slides)))
    if source.gap and source.gap_at is not None:
        lines.append(say("sources.gap", since=span(now - source.gap_at), gap=source.gap))
    if source.losing:
        lines.append(say("sources.losing", source.losing))
    if source.damaged:
        lines.append(say("sources.damaged", source.damaged))
    return lines
