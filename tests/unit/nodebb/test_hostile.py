"""Whatever a server answers, nothing but an AdapterError comes out, and one broken item costs nothing but itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.engines.bookmarks import remembered
from adapters.forums.nodebb import adapter, memory, parse, signs
from adapters.forums.nodebb.rows import Refusal, Single
from adapters.forums.nodebb.settings import Settings
from bot.errors import AdapterError
from tests.unit.mutated import VALUES, torn, twisted

DATA = Path(__file__).parents[2] / "data" / "nodebb"
ROOT = "https://talk.example"

READERS: dict[str, list[Callable[[bytes], object]]] = {
    "topic.json": [
        lambda page: parse.topic(page, ROOT, 1),
        lambda page: adapter.saved(page, "", Settings()),
        lambda page: signs.engine(page),
        lambda page: adapter.recognise(ROOT, page),
    ],
    "list.json": [lambda page: parse.listing(page, ROOT)],
    "categories.json": [lambda page: parse.boards(page, ROOT)],
    "refusal.json": [
        lambda page: parse.decoded(page, Refusal, "a refusal"),
        lambda page: parse.response(page, Single, "a post"),
    ],
}


def survives(name: str, page: bytes) -> None:
    for read in READERS[name]:
        with suppress(AdapterError):
            read(page)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=150)
@given(data=st.data())
def test_no_value_in_any_place_makes_anything_else_escape(name: str, data: st.DataObject) -> None:
    survives(name, data.draw(twisted((DATA / name).read_bytes())))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=100)
@given(data=st.data())
def test_no_bytes_make_anything_else_escape(name: str, data: st.DataObject) -> None:
    survives(name, data.draw(torn([(DATA / name).read_bytes()])))


@pytest.mark.parametrize("name", READERS)
def test_a_deep_answer_makes_nothing_else_escape(name: str) -> None:
    for key in ("posts", "topics", "categories", "response"):
        survives(name, b'{"tid": 7, "status": {}, "%s": ' % key.encode() + b"[" * 100_000)
        survives(name, b'{"tid": 7, "status": {}, "%s": [' % key.encode() + b'{"a":' * 100_000)


@given(st.text(max_size=200))
def test_no_bookmark_makes_anything_escape(cursor: str) -> None:
    """They come from a database that another version may have written."""
    remembered(cursor, memory.Mind)
    remembered(cursor, memory.Shelf)
    memory.unpacked(cursor)


@settings(max_examples=60)
@given(way=st.sampled_from(("pid", "timestamp", "user", "content", "deleted", "toPid", "events")), value=VALUES)
def test_one_broken_post_costs_nothing_but_itself(way: str, value: object) -> None:
    tree = json.loads((DATA / "topic.json").read_bytes())
    tree["posts"][1][way] = value
    found = parse.topic(json.dumps(tree).encode(), ROOT)
    assert {"21", "23", "24"} <= {post.key for post in found.posts}
    assert len(found.posts) + len(found.damaged) >= 4
