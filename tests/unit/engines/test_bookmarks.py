"""What bookmarks remember."""

from __future__ import annotations

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.engines.bookmarks import digest, remembered, sign, written


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    page: int = 0
    due: tuple[int, ...] = ()


def test_what_is_remembered_is_said_again() -> None:
    """The program restarts between two readings."""
    assert remembered(written(Memory(3, (1, 2))), Memory) == Memory(3, (1, 2))


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")) | st.just("[" * 100_000))
@example('{"page":"x"}')
def test_a_cursor_of_somebody_else_is_a_beginning(cursor: str) -> None:
    """The database may be another program's; reading from the start loses nothing."""
    assert remembered(cursor, Memory) == Memory()


def test_other_answers_and_values_have_other_signs() -> None:
    """An equal one is not read again."""
    assert len({digest(b"a"), digest(b"b"), sign("a"), sign("a", 1), sign("a", "1")}) == 5
