"""Which posts of a Discourse thread are new to a bookmark."""

from adapters.engines.packing import REMEMBERED, packed, unpacked
from adapters.forums.discourse import memory


def test_the_last_posts_are_remembered_and_older_ones_are_not_new() -> None:
    """Else all of a very long thread would be read at each reading."""
    many = REMEMBERED + 500
    stream = [10 + n for n in range(many)]
    known = unpacked(packed((id, n + 1) for n, id in enumerate(stream)))
    assert len(known) == REMEMBERED
    assert memory.fresh([*stream, 99_999], known) == [99_999]
    assert memory.fresh(stream[:30], {}) == stream[:30]
