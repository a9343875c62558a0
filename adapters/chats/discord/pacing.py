"""Pure: how soon a line that ended may be followed by another: the token ends behind 1,000 logins in a day."""

from __future__ import annotations

from collections.abc import Sequence

FREE = 5
"""Logins in a quarter of an hour that wait for nothing."""

WITHIN = 900.0
SELDOM = 120.0
"""Seconds between further ones: 720 a day, and discord.py's own besides."""


def pause(logins: Sequence[float], now: float) -> float:
    """Seconds to wait before the next login, where there were these."""
    recent = [at for at in logins if now - at < WITHIN]
    return max(0.0, recent[-1] + SELDOM - now) if len(recent) >= FREE else 0.0
