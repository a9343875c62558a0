"""What became of the files that people put on their messages, and the draft that shows them."""

from __future__ import annotations

import msgspec

from bot.clock import Moment
from bot.enclosing import Outcome, Shown
from bot.model import Payload
from bot.store.turns import reclaim
from bot.store.unit import Unit, one


def outcomes(reply: int, account: str) -> Unit[dict[str, Shown]]:
    """What became of the files of a reply that is posted with an account, as far as it is decided; by their marks."""
    rows = yield (
        "SELECT file, outcome, line FROM reply_file WHERE reply=$1 AND account=$2 AND outcome<>''",
        (reply, account),
    )
    return {file: Shown(Outcome(outcome), line) for file, outcome, line in rows}


def decided(reply: int, file: str, account: str, shown: Shown) -> Unit[None]:
    """Note what became of a file, for good: later versions of the post show it in the same way."""
    yield (
        """INSERT INTO reply_file (reply, file, account, outcome, line) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (reply, file, account) DO UPDATE SET outcome=excluded.outcome, line=excluded.line""",
        (reply, file, account, shown.outcome, shown.line),
    )


def failed(reply: int, file: str, account: str) -> Unit[int]:
    """Count that a file could not be fetched, or not be taken to the forum; how often that was so."""
    rows = yield (
        """INSERT INTO reply_file (reply, file, account, tries) VALUES ($1, $2, $3, 1)
           ON CONFLICT (reply, file, account) DO UPDATE SET tries=reply_file.tries+1 RETURNING tries""",
        (reply, file, account),
    )
    return int(one(rows))


def complete(delivery: int, part: int, payload: Payload, moment: Moment) -> Unit[None]:
    """Commit the draft that shows its files: what is sent begins now."""
    yield (
        "UPDATE part SET payload=$3 WHERE delivery=$1 AND part=$2",
        (delivery, part, msgspec.json.encode(payload).decode()),
    )
    yield from reclaim(delivery, moment)


def forget_outcomes() -> Unit[int]:
    """Forget what became of files of which nothing is known any more; how many."""
    rows = yield (
        """DELETE FROM reply_file WHERE NOT EXISTS (SELECT 1 FROM reply r
             WHERE (r.id=reply_file.reply OR r.merged=reply_file.reply) AND r.files<>'[]') RETURNING file""",
        (),
    )
    return len(rows)
