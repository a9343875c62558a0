"""Answers as no server should give them, made of sound ones: torn, or with a value of any kind in any place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

VALUES: st.SearchStrategy[object] = st.one_of(
    st.sampled_from(
        [
            *(None, True, -1, 10**30, 1e308, 1.5),
            *("", "..", "words", "\ud800", "\x00", "NaN", "1e999", "9" * 400, "x" * 3000),
            *("2026-13-45T99:99:99Z", "9999999-01-01", "0001-01-01T00:00:00+14:00"),
            *([], {}, [[]]),
        ]
    ),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.none(), max_size=2),
)
"""What no field should hold, or only some."""


@st.composite
def torn(draw: st.DrawFn, pages: Sequence[bytes], bits: Sequence[bytes] = (), *, longest: int = 200) -> bytes:
    """A page in which a few places were cut out, repeated, or replaced: by one of some bits, or by noise."""
    page = draw(st.sampled_from(pages))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(page)))
        end = min(len(page), start + draw(st.integers(0, longest)))
        pieces = st.sampled_from((*bits, page[start:end] * 2, b""))
        page = page[:start] + draw(st.one_of(pieces, st.binary(max_size=20))) + page[end:]
    return page


@st.composite
def twisted(draw: st.DrawFn, page: bytes) -> bytes:
    """A page of JSON in which up to three places hold something else."""
    tree = json.loads(page)
    for _ in range(draw(st.integers(1, 3))):
        tree = _put(tree, draw(st.sampled_from(_places(tree))), draw(VALUES))
    return json.dumps(tree).encode()


def _places(tree: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All ways into a tree of JSON."""
    found = [way]
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        found += _places(value, (*way, key))
    return found


def _put(tree: Any, way: tuple[Any, ...], value: object) -> Any:
    """The tree with another value at one place."""
    if not way:
        return value
    made = dict(tree) if isinstance(tree, dict) else list(tree)
    made[way[0]] = _put(made[way[0]], way[1:], value)
    return made
