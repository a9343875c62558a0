"""Pure: what the answer of a site means, whichever engine it is of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from adapters.items import read
from bot.errors import OutcomeUnknown, Unparsable
from bot.net import Answer, shown

T = TypeVar("T")

WORDS = 1000
"""Characters of a site's own words that are passed on."""


def is_json(answer: Answer) -> bool:
    """Whether an answer says that it is JSON: whoever stands before a site, such as a firewall, answers with a page."""
    return "json" in answer.headers.get("content-type", "")


def decoded(page: bytes, kind: type[T], what: str, looked_for: str) -> T:
    """A page of JSON as what it should be; Unparsable, saying what every page is known by, where it is none of that."""
    try:
        return read(page, kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        said = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Unparsable(f"the answer is not {what}: {said}", f"{looked_for}: {what}", page) from None


def refusal(answer: Answer, kind: type[T]) -> T | None:
    """What a site itself says of a refusal; None where somebody before it answered, or nobody knows what it says."""
    if not is_json(answer):
        return None
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def line(*words: str) -> str:
    """A site's words in one line, so many of them that a person reads them."""
    return " ".join(" ".join(words).split())[:WORDS]


def stayed(answer: Answer, what: str) -> None:
    """Raises OutcomeUnknown where what was sent was answered with the address of another place."""
    if 300 <= answer.status < 400:
        raise OutcomeUnknown(f"{what}: {shown(answer.url)} sent us elsewhere; look whether it was done.")


def taken(read: Callable[[bytes, type[T], str], T], answer: Answer, kind: type[T], what: str) -> T:
    """The answer to a write as what it should be; OutcomeUnknown where it is none of that, for it was done perhaps."""
    try:
        return read(answer.body, kind, what)
    except Unparsable as error:
        raise OutcomeUnknown(
            f"{what}: {error}. It may have been done all the same; look before repeating it."
        ) from None
