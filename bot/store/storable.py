"""The store's door: text of whole characters and numbers of 64 bits come in, nothing else does.

Half a surrogate pair cannot be encoded, not every engine keeps NUL in a text, and none a longer number. A single post
that holds such a thing must not keep its whole page out: its text is mended, or it is one of the page's damaged items.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from bot.model import Damaged, Listing, Post, Thread, ThreadPage
from bot.store.unit import Value

T = TypeVar("T")

BROKEN = re.compile("[\x00\ud800-\udfff]")
INSTEAD = "\ufffd"
WIDEST = 2**63

NUL = b"\\u0000"
LONG = re.compile(rb":-?\d{19}")
"""What may be a number of more than 64 bits as a field; it may also be part of some text."""


class Unstorable(ValueError):
    """Something holds a number of more than 64 bits."""


def storable(value: Value) -> Value:
    """A parameter as every engine can keep it, with U+FFFD for what is no character; raises `Unstorable`."""
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else whole(value)
    if isinstance(value, int) and not -WIDEST <= value < WIDEST:
        raise Unstorable("a number in it is longer than 64 bits and cannot be kept")
    return value


def whole(text: str) -> str:
    """The text with U+FFFD for every NUL and every half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return BROKEN.sub(INSTEAD, text)
    return text.replace("\0", INSTEAD) if "\0" in text else text


def sound(noun: T) -> T:
    """What came from an adapter, as `storable` would keep every part of it; raises `Unstorable`.

    Keys are compared with stored ones, so that they must be the same before they are stored.
    """
    made: T = _sound(noun)
    return made


def _sound(value: Any) -> Any:
    match value:
        case msgspec.Struct():
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            changed = {name: new for name, old in fields.items() if (new := _sound(old)) is not old}
            return msgspec.structs.replace(value, **changed) if changed else value
        case tuple():
            parts = tuple(map(_sound, value))
            return parts if any(new is not old for new, old in zip(parts, value, strict=True)) else value
        case _:
            return storable(value)


def sound_page(page: ThreadPage) -> ThreadPage:
    """The page as it can be kept: a post that cannot be is one of its damaged items."""
    if _plain(page):
        return page
    posts: list[Post] = []
    damaged = [sound(item) for item in page.damaged]
    for post in page.posts:
        try:
            posts.append(sound(post))
        except Unstorable as error:
            damaged.append(Damaged(str(error), whole(post.body.text).encode(), whole(post.key)))
    thread = _sound_thread(page.thread)
    return msgspec.structs.replace(
        page,
        thread=thread,
        posts=tuple(posts),
        bookmark=sound(page.bookmark),
        damaged=tuple(damaged),
        tempo=sound(page.tempo),
        gap=sound(page.gap),
    )


def sound_listing(listing: Listing) -> Listing:
    """The list as it can be kept."""
    if _plain(listing):
        return listing
    return msgspec.structs.replace(
        listing,
        board=sound(listing.board),
        threads=tuple(map(_sound_thread, listing.threads)),
        pages=tuple(map(sound_page, listing.pages)),
        bookmark=sound(listing.bookmark),
        damaged=sound(listing.damaged),
        tempo=sound(listing.tempo),
        gap=sound(listing.gap),
    )


def _sound_thread(thread: Thread) -> Thread:
    """A thread whose count of replies makes no sense has none that is known."""
    try:
        return sound(thread)
    except Unstorable:
        return sound(msgspec.structs.replace(thread, replies=None))


def _plain(noun: msgspec.Struct) -> bool:
    """Whether nothing needs to be mended; quick, for that is nearly always so."""
    try:
        raw = msgspec.json.encode(noun)
    except ValueError:  # half a surrogate pair, or a number of thousands of digits
        return False
    return NUL not in raw and LONG.search(raw) is None
