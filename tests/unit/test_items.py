"""Items of JSON pages are read each by itself."""

from __future__ import annotations

import msgspec
import pytest

from adapters.items import each


class Item(msgspec.Struct):
    id: int
    text: str


def made(*items: bytes) -> tuple[list[str], list[str]]:
    """What is made of items, and the keys of those that are none."""
    found, damaged = each([msgspec.Raw(one) for one in items], Item, _words)
    return found, [one.key for one in damaged]


def _words(item: Item) -> str:
    if not item.text:
        raise ValueError("it says nothing")
    return item.text


def test_a_broken_item_costs_nothing_but_itself() -> None:
    """The posts beside it are mirrored all the same."""
    items = (
        b'{"id":1,"text":"one"}',
        b'{"id":"two","text":2}',
        b"[]",
        b'{"id":3,"text":""}',
        b'{"id":4,"text":"four"}',
    )
    assert made(*items) == (["one", "four"], ["two", "", "3"])


@pytest.mark.parametrize("text", [rb"a\ud800b", b"a\xffb"])
def test_characters_that_are_none_do_not_break_an_item(text: bytes) -> None:
    """Engines store what browsers sent them."""
    assert made(b'{"id":1,"text":"%s"}' % text) == (["a\ufffdb"], [])


def test_the_bytes_of_a_broken_item_are_kept_within_bounds() -> None:
    """Whoever repairs the parser looks at them."""
    _, [damaged] = each([msgspec.Raw(b'{"id":1,"text":["%s"]}' % (b"x" * 10_000))], Item, _words)
    assert damaged.sample.startswith(b'{"id":1,"text":["xx')
    assert len(damaged.sample) == 4096
