"""The options of a mirror that stands: seen and changed, with what that means for what waits already."""

from __future__ import annotations

from bot.mirroring import PAUSED, Options
from bot.model import Millis
from bot.options import in_words
from bot.store.mirrors import Mirror, one_mirror, stored_options
from bot.store.owing import withdraw
from bot.store.places import audit
from bot.store.unit import Unit, one


def set_options(mirror: int, options: Options, community: int | None, by: str, now: Millis) -> Unit[Mirror]:
    """Give a mirror other options; raises `NotFound` where the community has no such mirror.

    What waits is judged and delayed anew; what stands stays, and what was left out before is not shown because of it.
    """
    before = yield from one_mirror(mirror, community)
    if before.options == options:
        return before
    yield "UPDATE mirror SET options=$2 WHERE id=$1", (mirror, stored_options(options))
    place = int(one((yield "SELECT place FROM mirror WHERE id=$1", (mirror,))))
    if options.delay != before.options.delay:
        yield (
            f"""UPDATE delivery SET not_before=made_at+$3 WHERE not_before>0 AND not_before<{PAUSED}
                 AND state IN ('pending', 'sending', 'held') AND state='pending' AND channel=$2 AND subject_id IN
                 (SELECT p.id FROM post p JOIN mirror m ON m.id=$1 WHERE p.id=delivery.subject_id AND (m.thread=p.thread
                    OR m.board IN (SELECT l.board FROM listing l WHERE l.thread=p.thread)))""",
            (mirror, place, options.delay * 1000),
        )
    yield from withdraw(place, now)
    old, new = ("; ".join(in_words(some)) or "everything is shown" for some in (before.options, options))
    yield from audit(before.community, by, f"options of mirror {mirror} changed", old, new, now)
    return (yield from one_mirror(mirror, community))
