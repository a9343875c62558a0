"""Who did what, before and after."""

from __future__ import annotations

import msgspec

from bot.model import Millis
from bot.store.unit import Unit

PAGE = 15
"""Lines of a page, where nobody says how many."""

MOST = 50
"""Lines of the longest page."""


class Audited(msgspec.Struct, frozen=True):
    """One thing that somebody did."""

    id: int
    who: str
    what: str
    old: str
    new: str
    at: Millis


def audited(community: int | None, limit: int, before: int | None = None, named: bool = False) -> Unit[list[Audited]]:
    """What admins did in a community, the newest first; `before` is the id with which a page ended.

    `named`: what was done in people's names on forums instead.
    """
    rows = yield (
        f"""SELECT id, who, what, old, new, done_at FROM audit
            WHERE ($1 IS NULL OR community=$1) AND ($2 IS NULL OR id<$2) AND chat{"<>" if named else "="}''
            ORDER BY id DESC LIMIT $3""",
        (community, before, limit),
    )
    return [Audited(*row) for row in rows]
