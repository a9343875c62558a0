"""What a bookmark remembers of a thread is read again, is small, and is never believed blindly."""

from __future__ import annotations

import base64
import zlib

from hypothesis import example, given
from hypothesis import strategies as st

from adapters.engines.packing import LARGEST, REMEMBERED, expanded, fresh, packed, squeezed, unpacked

POSTS = st.dictionaries(st.integers(1, 10**12), st.integers(1, 10**6), max_size=50)


@given(POSTS)
def test_what_is_packed_is_unpacked(posts: dict[int, int]) -> None:
    """Else a post that is there would be asked for, or one that is gone would stay."""
    assert unpacked(packed(posts.items())) == posts


@given(st.text())
def test_what_is_squeezed_is_expanded(words: str) -> None:
    """Ids may be addresses in any script."""
    assert expanded(squeezed(words)) == words


@given(st.text(max_size=200))
@example(squeezed("no numbers"))
def test_other_words_are_nothing(words: str) -> None:
    """The database may be another program's."""
    assert isinstance(unpacked(words), dict)


def test_a_long_thread_is_remembered_by_its_last_posts_in_a_few_bytes_each() -> None:
    """A bookmark is written at each reading."""
    posts = {1_000_000 + n * 7 + n % 5: n for n in range(1, 2 * REMEMBERED)}
    told = packed(posts.items())
    assert len(told) < 3 * REMEMBERED
    assert unpacked(told) == dict(list(posts.items())[-REMEMBERED:])


def test_the_last_posts_are_remembered_and_older_ones_are_not_new() -> None:
    """Else all of a very long thread would be read at each reading."""
    stream = [10 + n for n in range(REMEMBERED + 500)]
    known = unpacked(packed((id, n + 1) for n, id in enumerate(stream)))
    assert len(known) == REMEMBERED
    assert fresh([*stream, 99_999], known) == [99_999]
    assert fresh(stream[:30], {}) == stream[:30]


def test_a_bomb_is_not_expanded() -> None:
    """It would take all memory."""
    bomb = base64.b85encode(zlib.compress(b"1 " * 50_000_000, 9)).decode()
    assert len(expanded(bomb)) <= LARGEST
