"""Whatever a server answers, nothing but an AdapterError comes out, and one broken item costs nothing but itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.forums.discourse import adapter, bus, live, parse, signs
from adapters.forums.discourse.parse import Categories
from adapters.forums.discourse.posts import Around
from adapters.forums.discourse.settings import Settings
from bot.errors import AdapterError
from tests.unit.mutated import torn, twisted

DATA = Path(__file__).parents[2] / "data" / "discourse"
ROOT = "https://talk.example"

READERS: dict[str, list[Callable[[bytes], object]]] = {
    "topic.json": [
        lambda page: parse.topic(page, ROOT),
        lambda page: parse.posts(page, Around(ROOT, 345)),
        lambda page: adapter.saved(page, "", Settings()),
        lambda page: signs.engine(page),
    ],
    "latest.json": [lambda page: parse.listing(page, ROOT, Categories(())), lambda page: parse.created(page)],
    "site.json": [lambda page: parse.categories(page, ROOT)],
    "bus.json": [bus.messages, live.hooked],
}


def survives(name: str, page: bytes) -> None:
    for read in READERS[name]:
        with suppress(AdapterError):
            read(page)


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@settings(max_examples=150)
def test_any_value_in_any_place_is_survived(name: str, data: st.DataObject) -> None:
    survives(name, data.draw(twisted((DATA / name).read_bytes())))


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@settings(max_examples=100)
def test_a_torn_answer_is_survived(name: str, data: st.DataObject) -> None:
    survives(name, data.draw(torn([(DATA / name).read_bytes()])))


@pytest.mark.parametrize("name", READERS)
@given(page=st.binary(max_size=300))
@settings(max_examples=50)
def test_any_bytes_are_survived(name: str, page: bytes) -> None:
    survives(name, page)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"id": "91"}, id="an id that became words"),
        pytest.param({"post_number": None}, id="no number"),
        pytest.param({"created_at": "yesterday"}, id="a time that is none"),
        pytest.param({"cooked": 5}, id="a text that is a number"),
        pytest.param({"topic_id": 99}, id="a post of another thread"),
        pytest.param({"created_at": "0001-01-01T00:00:00+14:00"}, id="a time before all times"),
    ],
)
def test_one_broken_post_costs_nothing_but_itself(broken: dict[str, object]) -> None:
    tree = json.loads((DATA / "topic.json").read_bytes())
    tree["post_stream"]["posts"][1].update(broken)
    chunk = parse.topic(json.dumps(tree).encode(), ROOT).chunk
    whole = parse.topic((DATA / "topic.json").read_bytes(), ROOT).chunk
    assert len(chunk.posts) + len(chunk.damaged) == len(whole.posts)
    assert len(chunk.posts) >= len(whole.posts) - 1
