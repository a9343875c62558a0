"""Pure: how long a thread has been quiet → when it is read again without a sign."""

from __future__ import annotations

from bot.model import DAY, HOUR, Millis

HORIZON = 30 * DAY
"""Milliseconds after its last change during which a thread is read ever more rarely, to see edits and deletions."""

LONGEST = 6 * HOUR
"""The longest pause between two such readings, milliseconds."""


def pause(now: Millis, changed: Millis, least: Millis) -> Millis | None:
    """When a thread is read again: the later, the longer it has been quiet; None beyond the horizon."""
    quiet = now - changed
    if quiet > HORIZON:
        return None
    return now + max(least, min(quiet // 10, LONGEST))
