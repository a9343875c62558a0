"""Queues that rest: until when, and why."""

from __future__ import annotations

from bot.model import Millis
from bot.store.unit import Unit, one


def postpone(queue: int, due_at: Millis, failed: bool, paused: str = "") -> Unit[int]:
    """Let a queue rest until `due_at`; how often it failed in a row."""
    rows = yield (
        "UPDATE queue SET due_at=$2, failures=failures+$3, paused=$4 WHERE id=$1 RETURNING failures",
        (queue, due_at, int(failed), paused[:500]),
    )
    return int(one(rows)) if rows else 0


def rested(queue: int) -> Unit[None]:
    """Let a queue go on at once, with nothing held against it."""
    yield "UPDATE queue SET failures=0, paused='', due_at=0 WHERE id=$1 AND (failures<>0 OR paused<>'')", (queue,)


def say_waiting(queue: int, reason: str) -> Unit[None]:
    """Note why what stands next in a queue waits, while the rest of it passes."""
    yield "UPDATE queue SET paused=$2 WHERE id=$1 AND paused<>$2", (queue, reason[:500])
