"""What communities do not show: how it bears on what is owed, and on what readers are shown."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from bot.filters import Hide
from bot.mirroring import Standing
from bot.model import Millis
from bot.store.unit import Unit


def hides_in(thread: int) -> Unit[list[Hide]]:
    """What is hidden of a thread, or may be: its posts, and the authors that are hidden on its forum."""
    rows = yield (
        """SELECT h.community, h.who, h.post, h.author, h.author_id FROM thread t JOIN hidden h ON h.forum=t.forum
           WHERE t.id=$1 AND (h.post IS NULL OR EXISTS (SELECT 1 FROM post p WHERE p.id=h.post AND p.thread=$1))
           ORDER BY h.id""",
        (thread,),
    )
    return [Hide(*row) for row in rows]


def concealed(opening: int, thread: int, channels: Collection[int]) -> Unit[list[Standing]]:
    """An OP in channels that must not show it, as if a person had taken it away there."""
    rows = yield (
        "SELECT parent FROM place WHERE parent=$1 AND thread=$2 AND thread_ref IS NOT NULL",
        [(channel, thread) for channel in channels],
    )
    still_open = {channel for (channel,) in rows}
    return [
        Standing(opening, channel, channel, removed=True, opened=channel in still_open) for channel in sorted(channels)
    ]


def of_author(post: str, hide: str) -> str:
    """The condition under which a post is by the author that a row of `hidden` is about; both are aliases."""
    named = f"{hide}.author_id={post}.author_id"
    called = f"lower({hide}.author)=lower({post}.author)"
    return f"{hide}.post IS NULL AND CASE WHEN {hide}.author_id<>'' THEN {named} ELSE {called} END"


class Hiding(msgspec.Struct, frozen=True):
    """That a community hides a post, or with `post` false all that its author writes."""

    who: str
    post: bool
    since: Millis


def hiding(post: int, community: int | None) -> Unit[list[Hiding]]:
    """Who hides a post, of a community or of all."""
    rows = yield (
        f"""SELECT h.who, CASE WHEN h.post IS NULL THEN 0 ELSE 1 END, h.hidden_at FROM post p
              JOIN hidden h ON h.forum=p.forum AND (h.post=p.id OR ({of_author("p", "h")}))
            WHERE p.id=$1 AND ($2 IS NULL OR h.community=$2) ORDER BY h.id""",
        (post, community),
    )
    return [Hiding(who, bool(alone), since) for who, alone, since in rows]


def shown(post: str, community: str) -> str:
    """The condition under which readers of a community are shown a post; an alias, and the name of a parameter."""
    # The first half is asked once, and most communities hide nothing.
    return f"""(NOT EXISTS (SELECT 1 FROM hidden a WHERE a.community={community})
  OR NOT EXISTS (SELECT 1 FROM hidden h WHERE h.community={community} AND h.forum={post}.forum
    AND (h.post={post}.id OR ({of_author(post, "h")}))))"""
