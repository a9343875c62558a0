"""Pure: an error → how to go on; the age of an act whose outcome is not known → how to find out."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence

import msgspec

from bot import errors
from bot.clock import Moment, age
from bot.model import Found, MessageId
from bot.redaction import reason_of

ATTEMPTS = 8
"""Failures of a delivery's own before it is parked."""


class Reaction(msgspec.Struct, frozen=True):
    """How to go on after an error.

    `kind`: retry (nothing happened, send later), recover (it may have happened), refuse, gone, pause (the place),
    login (the whole login). `after` is in seconds.
    """

    kind: str
    reason: str
    after: float = 0.0


def reaction(error: BaseException, failures: int) -> Reaction:
    """Class an error by what is to be done; `failures` counts what failed in a row and stretches the wait."""
    wait = backoff(failures)
    reason = reason_of(error)
    match error:
        case errors.Unreachable():
            return Reaction("retry", reason, wait)
        case errors.RateLimited():
            return Reaction("retry", reason, max(error.seconds, 0.05))
        case errors.OutcomeUnknown():
            return Reaction("recover", reason, wait)
        case errors.LoginRejected():
            return Reaction("login", reason, 300.0)
        case errors.NotAllowed():
            return Reaction("pause", reason, 300.0)
        case errors.Refused():
            return Reaction("refuse", reason)
        case errors.Gone():
            return Reaction("gone", reason)
        case errors.Unparsable():
            return Reaction("recover", reason, wait)
        case _:
            # A fault in an adapter: it may have struck after the first byte.
            return Reaction("recover", f"{type(error).__name__}: {reason}", wait)


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 0.5, 1, 2 … at most 300."""
    return min(300.0, 0.5 * 2.0 ** min(failures, 10))


# ----------------------------------------------------------------------------------------------------------- recovery


class Recovery(enum.StrEnum):
    """What to do about a send whose outcome is not known."""

    REPEAT = "repeat"  # the same bytes under the same key: the other side shows it once
    READ_BACK = "read back"  # it can no longer land: look
    WAIT = "wait"  # it may still land
    HOLD = "hold"  # it can no longer land, and nothing can tell whether it did: ask


def recovery(
    claimed: Moment | None, now: Moment, window: float | None, settle: float, waited: float | None, read_back: str
) -> tuple[Recovery, float]:
    """How to find out, and after how many seconds.

    `claimed` is when the act in doubt was begun for the first time. `window`: for how many seconds the network honours
    a key (None: it has none). `settle`: after how many seconds a request can no longer land. `waited`: for how many
    seconds this process has waited for that already, None if it has not begun. `read_back`: what the network's
    read-back is worth (none, finds, proof). An age that cannot be known is outside every finite window, and `settle`
    is waited out from now, because the claim may be a moment old.
    """
    if window == float("inf"):
        return Recovery.REPEAT, 0.0
    old = age(claimed, now) if claimed is not None else None
    # A repetition may land as late as any request: it has to while the key is still known.
    if window is not None and old is not None and old < (window - settle) * 1000:
        return Recovery.REPEAT, 0.0
    passed = max(old / 1000 if old is not None else 0.0, waited or 0.0)
    if passed < settle:
        return Recovery.WAIT, settle - passed
    return (Recovery.HOLD if read_back == "none" else Recovery.READ_BACK), 0.0


def matched(
    marker: str, first: Sequence[Found], second: Sequence[Found], claimed: Mapping[str, int]
) -> list[MessageId]:
    """The messages that carry a marker in either of two readings and that no other delivery has claimed."""
    found = dict.fromkeys(f.message for f in (*first, *second) if f.marker == marker)
    return [message for message in found if message not in claimed]


def same_title(one: str, other: str) -> bool:
    """Whether two titles may be one that a forum put in order: letters and digits tell, not case and not signs."""
    return _bare(one) == _bare(other)


def _bare(title: str) -> str:
    return "".join(c for c in title.casefold() if c.isalnum())
