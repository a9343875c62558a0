"""Pure: the entries of a reading and what is remembered → which of them are new, which are changed, which are known.

What tells an entry from its neighbours is chosen once for a feed and stays: its id, else its link, else title and time.
A feed that renumbers all its entries brings nothing new; one that uses an id twice, or again, shows two posts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from adapters.forums.feed import noise
from adapters.forums.feed.dates import Dated, dated
from adapters.forums.feed.items import Item
from adapters.forums.feed.memory import MOST_EDITS, Known, Memory, mark, name
from bot.model import Millis

CHURN = 5
CHURN_SHARE = 0.5
"""From so many "new" entries on, and from this part of them on, that look like known ones they are known ones."""

_GLOBAL = re.compile(r"https?://|tag:|urn:", re.IGNORECASE)
"""How ids begin that no other feed uses for something else."""
_ISSO = re.compile(r"tag:[^ ]{1,300}:/isso/\d+/\d+")


class Seen(msgspec.Struct, frozen=True):
    """One entry of a reading, and what it is to us."""

    dated: Dated
    known: Known
    new: bool = False
    changed: bool = False
    """It says something else than before."""
    resurfaced: bool = False
    """New here, but written before the feed was read for the first time: it slid back into the window."""

    @property
    def item(self) -> Item:
        """What the feed shows."""
        return self.dated.item


class Reading(msgspec.Struct, frozen=True):
    """What a reading came to: its entries newest first, and what is to be remembered."""

    seen: tuple[Seen, ...]
    memory: Memory
    overlaps: bool
    """Whether it shows anything that the last one showed; true where there was none, or nothing to show."""


def recognise(
    items: Sequence[Item], memory: Memory, scope: str, now: Millis, *, shared: bool = False, partial: bool = False
) -> Reading:
    """Find the entries of a reading in memory, and decide what is news.

    Ids count inside of `scope`, the feed's key; `shared`: those that are unique everywhere count everywhere, so that
    two feeds that show one entry mean the same. `partial`: what is not shown may be there all the same (RFC 3229).
    """
    policy = memory.policy or _policy(items)
    known = {one.key: one for one in memory.known}
    keys = _keys(items, policy, scope, shared, known)
    items = [item for item, key in zip(items, keys, strict=True) if key]
    keys = [key for key in keys if key]
    found = _renumbered(items, keys, known)
    before = [found.get(key) for key in keys]
    again = [one is not None and _written_anew(item, one, policy, now) for item, one in zip(items, before, strict=True)]
    places = [None if one is None or anew else one.at for one, anew in zip(before, again, strict=True)]
    lines = {id(item): index for index, item in enumerate(items)}
    reading: list[Seen] = []
    for one in dated(items, places, memory.read, now):
        index = lines[id(one.item)]
        reading.append(_seen(one, keys[index], before[index], again[index], policy))
    reading = list(_told_old(reading, memory))
    return Reading(tuple(reading), _remember(memory, policy, reading, partial, now), _overlaps(reading, before, memory))


def _policy(items: Sequence[Item]) -> str:
    """By what the entries are told apart: isso, id, link or words; empty while there are none."""
    if not items:
        return ""
    if all(_ISSO.fullmatch(item.id) for item in items):
        return "isso"
    # Ids or links that stand on nearly every entry and are nearly all different; a copied one here and there is met.
    for kind, values in (("id", [item.id for item in items]), ("link", [item.link for item in items])):
        if len({value for value in values if value}) * 2 > len(items):
            return kind
    return "words"


def _base(item: Item, policy: str) -> str:
    """What tells an entry apart, by the policy or, where it lacks that, by the next one."""
    if policy in ("id", "isso") and item.id:
        return f"id {item.id}"
    if policy != "words" and item.link:
        return f"link {item.link}"
    return f"words {item.title} {item.written or item.text[:500]}"


def _keys(items: Sequence[Item], policy: str, scope: str, shared: bool, known: Mapping[str, Known]) -> list[str]:
    """A key for each entry, the same in every reading; empty for one that repeats another to the letter.

    Entries that share one are told apart by their links, and the one that is known under it keeps it.
    """
    bases = [_base(item, policy) for item in items]
    ids, linked_ids = Counter(bases), Counter((base, item.link) for base, item in zip(bases, items, strict=True))
    taken: set[str] = set()
    keys = []
    for item, base in zip(items, bases, strict=True):
        within = "" if shared and _GLOBAL.match(base.partition(" ")[2]) else scope
        plain, linked = name(within, base), name(within, base, item.link)
        holder, link = known.get(plain), mark(item.link)
        if ids[base] == 1:
            key = linked if linked in known and (holder is None or holder.link != link) else plain
        elif linked_ids[base, item.link] == 1:
            key = plain if holder is not None and holder.link == link else linked
        else:  # nothing but their words tells them apart
            same = holder is not None and holder.words == words_of(item)
            key = plain if same else name(within, base, item.link, item.title, str(item.written), item.text)
        keys.append("" if key in taken else key)
        taken.add(key)
    return keys


def _sign(item: Item, policy: str) -> str:
    if policy == "isso":
        return mark(item.author, *(ref.id for ref in item.refs))
    return mark(" ".join(item.title.lower().split()), str(item.published or item.updated or ""))


def _renumbered(items: Sequence[Item], keys: Sequence[str], known: Mapping[str, Known]) -> Mapping[str, Known]:
    """What is known, under the keys of this reading: entries that were renumbered are found by other signs."""
    new = [(item, key) for item, key in zip(items, keys, strict=True) if key not in known]
    if len(new) < CHURN or not known:
        return known
    shown = set(keys)
    missing = [one for key, one in known.items() if key not in shown]
    links = _unique((one.link, one) for one in missing)
    signs = _unique((one.sign, one) for one in missing)
    by_link = Counter(mark(item.link) for item, _ in new if item.link)
    by_sign = Counter(_sign(item, "") for item, _ in new)
    matched: dict[str, Known] = {}
    free = {one.key for one in missing}
    for item, key in new:
        link, sign = mark(item.link), _sign(item, "")
        twin = links.get(link) if item.link and by_link[link] == 1 else None
        if twin is None and item.written is not None and by_sign[sign] == 1:
            twin = signs.get(sign)
        if twin is not None and twin.key in free:
            free.discard(twin.key)
            matched[key] = twin
    if len(matched) < CHURN_SHARE * len(new):
        return known
    return {**known, **matched}


def _unique(pairs: Iterable[tuple[str, Known]]) -> dict[str, Known]:
    pairs = list(pairs)
    counts = Counter(value for value, _ in pairs)
    return {value: one for value, one in pairs if counts[value] == 1}


def _written_anew(item: Item, one: Known, policy: str, now: Millis) -> bool:
    """Whether an entry is another one than that which had its id before: deleted, and the id used again."""
    if policy == "isso":
        later = (item.updated or 0) // 1000 > one.updated
        return _sign(item, policy) != one.sign or (not one.here and later)
    if one.here or item.published is None or words_of(item) == one.words:
        return False
    return min(item.published, now) > one.at


def words_of(item: Item) -> str:
    """A hash of what an entry says, without what engines add and what changes by itself."""
    return mark(item.title, noise.lasting(item.text), "deleted" if item.deleted else "")


def _seen(one: Dated, key: str, before: Known | None, anew: bool, policy: str) -> Seen:
    item = one.item
    updated = (item.updated or 0) // 1000
    words = words_of(item)
    if before is None or anew:
        own = key if before is None else name(before.own, str(item.written))
        known = Known(key, own, mark(item.link), _sign(item, policy), words, one.place, updated)
        return Seen(one, known, new=True)
    edits = before.edits
    changed = words != before.words
    if changed and updated <= before.updated:
        edits += 1
        changed = edits <= MOST_EDITS
    known = Known(
        key=key,
        own=before.own,
        link=mark(item.link),
        sign=_sign(item, policy),
        words=words if changed else before.words,
        at=before.at,
        updated=max(updated, before.updated),
        edits=min(edits, MOST_EDITS + 1),
        thread=before.thread,
    )
    return Seen(one, known, changed=changed)


def _told_old(reading: Sequence[Seen], memory: Memory) -> Iterable[Seen]:
    """Mark what is new only because something newer was taken out of the feed."""
    last_known = max((index for index, seen in enumerate(reading) if not seen.new), default=None)
    shown = {seen.known.own for seen in reading}
    # Where nothing left, nothing made room: what stands at the end was written there.
    left = any(one.here and one.own not in shown for one in memory.known)
    for index, seen in enumerate(reading):
        if seen.new and memory.begun and memory.oldest is not None:
            old = seen.known.at < memory.oldest
            behind = left and not seen.dated.stated and last_known is not None and index > last_known
            if old or behind:
                yield msgspec.structs.replace(seen, resurfaced=True)
                continue
        yield seen


def _overlaps(reading: Sequence[Seen], before: Sequence[Known | None], memory: Memory) -> bool:
    if not reading or not any(one.here for one in memory.known):
        return True
    return any(one is not None and one.here for one in before)


def _remember(memory: Memory, policy: str, reading: Sequence[Seen], partial: bool, now: Millis) -> Memory:
    shown = [seen.known for seen in reversed(reading)]
    taken = {one.key for one in shown} | {one.own for one in shown}
    rest = [
        one if partial or not one.here else msgspec.structs.replace(one, here=False)
        for one in memory.known
        if one.key not in taken and one.own not in taken
    ]
    oldest = memory.oldest
    if not memory.begun:
        oldest = min((one.at for one in shown), default=None)
    return msgspec.structs.replace(memory, policy=policy, begun=True, oldest=oldest, read=now, known=(*rest, *shown))
