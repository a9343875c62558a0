"""What is remembered of messages."""

from __future__ import annotations

from adapters.chats.matrix.receiving.events import Known
from adapters.chats.matrix.receiving.sync import Memory


def test_the_oldest_is_forgotten_for_the_newest():
    """A busy room costs no more memory than a quiet one."""
    memory = Memory(2)
    memory.keep("a", Known("x"))
    memory.keep("b", Known("y"))
    memory.keep("a", Known("x", "root"))
    memory.keep("c", Known("z"))
    assert [memory.get(name) for name in "abc"] == [Known("x", "root"), None, Known("z")]
