"""Sealed secrets: the database holds them only in a form that the key file opens."""

from __future__ import annotations

from bot.store.unit import Unit


def keep_secret(purpose: str, owner: str, sealed: bytes) -> Unit[None]:
    """Keep a sealed secret in the place of an earlier one."""
    yield (
        """INSERT INTO secret (purpose, owner, sealed) VALUES ($1, $2, $3)
           ON CONFLICT (purpose, owner) DO UPDATE SET sealed=excluded.sealed""",
        (purpose, owner, sealed),
    )


def secrets(purpose: str) -> Unit[dict[str, bytes]]:
    """The sealed secrets of a purpose by their owners."""
    rows = yield "SELECT owner, sealed FROM secret WHERE purpose=$1", (purpose,)
    return dict(map(tuple, rows))
