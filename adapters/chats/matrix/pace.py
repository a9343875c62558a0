"""Pure: how fast a homeserver takes our messages, as far as it tells, and as far as it was felt."""

from __future__ import annotations

from collections.abc import Callable

from adapters.chats.matrix.client import Object
from bot.model import Millis
from bot.ports import Pace

USUAL = 12.0
"""Messages a minute that Synapse takes of an account which nobody excepted."""

AT_ONCE = 10
"""Messages that it takes at once before that."""

SLACK = 5
"""Messages more than that, after which nobody can hold us to the usual limit."""

LIFTED = "docs/howto/matrix.md says how an admin of the homeserver lifts that"


class Felt:
    """What became of our messages: whether the usual limit can be in force."""

    def __init__(self, now: Callable[[], Millis]) -> None:
        self._now = now
        self._level = 0.0
        """Messages that went out beyond those for which the usual limit left room since."""
        self._at: Millis = 0
        self.free = False
        """So many went out that it cannot be in force."""

    def sent(self) -> None:
        """The homeserver took a message."""
        now = self._now()
        room = max(0, now - self._at) / 60_000 * USUAL
        self._level, self._at = max(0.0, self._level - room) + 1, now
        self.free = self.free or self._level > AT_ONCE + SLACK

    def held_up(self) -> None:
        """The homeserver took none, and wants a pause."""
        self._level, self.free = 0.0, False


def pace(felt: Felt, exception: Object) -> Pace | None:
    """The pace at which much is sent, None where nothing holds it up; `exception` is what the homeserver says of us."""
    if felt.free:
        return None
    rate = exception.get("messages_per_second")
    if isinstance(rate, int | float):
        return Pace(rate * 60, True, LIFTED) if rate else None
    return Pace(USUAL, False, LIFTED)
