"""What a bookmark remembers of a thread is read again, is small, and is never believed blindly."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.forums.discourse import memory

POSTS = st.dictionaries(st.integers(1, 10**12), st.integers(1, 10**6), max_size=50)


@given(POSTS)
def test_what_is_packed_is_unpacked(posts: dict[int, int]) -> None:
    assert memory.unpacked(memory.packed(posts.items())) == posts


@given(st.text(max_size=200))
def test_other_words_are_nothing(words: str) -> None:
    memory.unpacked(words)


def test_a_long_thread_is_remembered_in_a_few_bytes_a_post() -> None:
    posts = {1_000_000 + n * 7 + n % 5: n for n in range(1, 5_001)}
    assert len(memory.packed(posts.items())) < 3 * len(posts)


def test_the_last_posts_are_remembered_and_older_ones_are_not_new() -> None:
    """Else all of a very long thread would be read at each reading."""
    many = memory.REMEMBERED + 500
    stream = [10 + n for n in range(many)]
    known = memory.unpacked(memory.packed((id, n + 1) for n, id in enumerate(stream)))
    assert len(known) == memory.REMEMBERED
    assert memory.fresh([*stream, 99_999], known) == [99_999]
    assert memory.fresh(stream[:30], {}) == stream[:30]


def test_a_bomb_is_not_unpacked() -> None:
    import base64
    import zlib

    bomb = base64.b85encode(zlib.compress(b"1 " * 50_000_000, 9)).decode()
    assert len(memory.unpacked(bomb)) <= memory.LARGEST
