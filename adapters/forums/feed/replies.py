"""Pure: everything that the entries of an Atom or RSS feed say they answer (RFC 4685).

An entry may answer several; feedparser keeps only the last of them.
"""

from __future__ import annotations

from contextlib import suppress
from xml.parsers import expat

from adapters.forums.feed.items import MOST, Ref

NAMESPACE = "http://purl.org/syndication/thread/1.0"
_MOST_REFS = 20
_ENTRIES = frozenset({"entry", "item"})


class _Stop(Exception):
    """The text is not to be read any further."""


def all_refs(text: str) -> list[tuple[Ref, ...]]:
    """What each entry answers, in the order of the entries; as far as the text is whole XML."""
    found: list[list[Ref]] = []

    def begins(name: str, attributes: dict[str, str]) -> None:
        space, _, tag = name.rpartition(" ")
        if tag in _ENTRIES and space != NAMESPACE:
            if len(found) == MOST:
                raise _Stop
            found.append([])
        elif space == NAMESPACE and tag == "in-reply-to" and found and len(found[-1]) < _MOST_REFS:
            found[-1].append(Ref(attributes.get("ref", "").strip(), attributes.get("href", "").strip()))

    def refused(*_: object) -> None:
        raise _Stop

    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.StartElementHandler = begins
    parser.EntityDeclHandler = refused  # what is declared here could grow without bound
    with suppress(_Stop, expat.ExpatError, ValueError):
        parser.Parse(text.encode("utf-8", "replace"), True)
    return [tuple(ref for ref in refs if ref.id or ref.link) for refs in found]
