"""How the reading of a source goes, in words."""

from __future__ import annotations

from bot.commands.words import count, span
from bot.model import Millis
from bot.pace import eased
from bot.store.counting import Short
from bot.store.report import SourceState


def told_of(source: SourceState, now: Millis) -> str:
    """One source in a line of `status`: when it is read, how fast its news are here, and what is wrong with it."""
    return "; ".join([_when(source, now), *_how_fast(source, now), *_wrong(source, now)])


def told_short(short: Short) -> str:
    """A board or thread of which the forum counts more than is known here."""
    threads = ", ".join(short.threads) + (f" and {count(short.more, 'thread')} more" if short.more else "")
    return (
        f"{short.kind.capitalize()} {short.name}: the forum counts {short.counted:,} replies, "
        f"{short.known:,} are known here; missing in: {threads}"
    )


def told_losing(source: SourceState) -> str:
    """What a source misses, for who is to decide about it."""
    return f"source {source.id}: {source.forum}: {source.name}: {count(source.losing, 'post')} missing at once"


def _when(source: SourceState, now: Millis) -> str:
    when = f"read {span(now - source.read_at)} ago" if source.read_at is not None else "not read yet"
    after = f", next in {span(source.next_at - now)}" if source.next_at is not None else ", not polled"
    if source.next_at is not None and source.pause and not source.failures:
        after += f", every {span(source.pause)}"
    return f"{source.forum}: {source.kind} {source.name}: {when}{after}"


def _how_fast(source: SourceState, now: Millis) -> list[str]:
    lines = []
    if source.delay_half is not None and source.delay_most is not None:
        lines.append(f"half of its posts were here within {span(source.delay_half)}, 95 % in {span(source.delay_most)}")
    spared = eased(source.slowed, source.slowed_at, now)
    if spared >= 1.05:
        lines.append(f"asked {spared:.1f} times more rarely, for the forum asked for a pause")
    if source.pushed or source.missed:
        lines.append(f"of the forum's news {source.pushed} were pushed, and {source.missed} polled before that")
    return lines


def _wrong(source: SourceState, now: Millis) -> list[str]:
    lines = []
    if source.failures:
        lines.append(f"failed {count(source.failures, 'time')}: {source.error}")
    elif source.error:
        lines.append(source.error)
    if source.slides is not None and source.pause > source.slides:
        lines.append(f"may miss posts: what it shows may be pushed out within {span(source.slides)}")
    if source.gap and source.gap_at is not None:
        lines.append(f"may have missed posts {span(now - source.gap_at)} ago: {source.gap}")
    if source.losing:
        lines.append(f"{count(source.losing, 'post')} missing at once, kept until somebody decides")
    if source.damaged:
        kept = "is" if source.damaged == 1 else "are"
        lines.append(f"{count(source.damaged, 'item')} could not be parsed and {kept} kept")
    return lines
