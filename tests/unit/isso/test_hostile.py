"""Whatever bytes a server sends: what comes out is posts, damaged ones or `Unparsable`, and nothing else."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.forums.isso import adapter, addresses, page, parse, rows
from adapters.forums.isso.parse import Where
from bot.changes import digest
from bot.errors import AdapterError, Unparsable
from bot.model import Bookmark, Draft, PostKey, ThreadKey
from tests.unit.isso.standing import BEGAN, NOW, comment, standing
from tests.unit.mutated import VALUES, torn

OWN = Path(__file__).parents[2] / "data" / "isso"
WHERE = Where("/t1/", "https://blog.example/t1/", NOW)
ANSWERS = [(OWN / name).read_bytes() for name in ("tree.json", "latest.json", "page.html")]


@st.composite
def twisted(draw: st.DrawFn) -> bytes:
    """An answer whose comments are sound JSON, with fields that are anything."""

    def one(id: int, parent: int | None) -> dict[str, Any]:
        told = comment(id, parent=parent)
        for field in draw(st.lists(st.sampled_from(sorted(told)), max_size=3)):
            told[field] = draw(VALUES)
        return told

    tops = []
    for id in range(1, draw(st.integers(1, 4))):
        below: Any = [one(id * 10 + n, id) for n in range(draw(st.integers(0, 3)))]
        tops.append(
            one(id, None) | {"hidden_replies": draw(VALUES), "replies": draw(st.one_of(st.just(below), VALUES))}
        )
    told = {"replies": tops, "hidden_replies": draw(st.integers(-9, 9)), "total_replies": 3}
    return json.dumps(told).encode()


READERS: list[Callable[[bytes], object]] = [
    lambda raw: parse.branch(raw, WHERE),
    rows.latest,
    rows.listed,
    rows.info,
    rows.counts,
    lambda raw: rows.comment(raw, "a comment"),
]


@given(st.one_of(torn(ANSWERS), twisted(), st.binary(max_size=200)))
def test_no_answer_makes_anything_but_unparsable(raw: bytes) -> None:
    for read in READERS:
        with suppress(Unparsable):
            read(raw)
    page.read(raw, "https://blog.example/t1/")
    adapter.recognise("https://blog.example/t1/", raw)


@given(st.one_of(twisted(), torn(ANSWERS)))
def test_what_is_made_of_an_answer_can_be_kept(raw: bytes) -> None:
    """It crosses processes, is compared with what is known, and goes into a database."""
    with suppress(Unparsable):
        branch = parse.branch(raw, WHERE)
        assert pickle.loads(pickle.dumps(branch)) == branch
        for post in branch.posts:
            assert addresses.parts_of(post.key) is not None
            assert 0 < post.created.earliest <= post.created.latest <= NOW
            assert post.position < 2**63
            digest(post)


@given(twisted())
def test_a_comment_that_is_sound_stands_whatever_its_neighbours_are(raw: bytes) -> None:
    told = json.loads(raw)
    told["replies"].append(comment(77) | {"replies": [comment(78, parent=77)]})
    posts = {post.key for post in parse.branch(json.dumps(told).encode(), WHERE).posts}
    begun = addresses.moment_of(BEGAN)
    assert {f"77:{begun + 77_000_000}", f"78:{begun + 78_000_000}:77"} <= posts


@given(st.text(), st.text(max_size=50))
def test_no_address_makes_anything_but_a_place_or_none(address: str, uri: str) -> None:
    for one in (address, f"https://isso.example/?uri={uri}", f"https://blog.example/{uri}"):
        addresses.read(one, "https://isso.example", "https://blog.example")
        adapter.recognise(one)
    assert isinstance(addresses.link("https://isso.example", "https://blog.example", uri), str)


@pytest.mark.parametrize("page", [one * 100_000 for one in (b"<script ", b"<!--", b"<div id='", b"<title>", b"<a b=c")])
def test_a_page_that_was_made_to_be_slow_is_not(page: bytes) -> None:
    """A second attempt at each of its tags would take minutes; the time limit of the tests is the measure."""
    adapter.recognise("https://blog.example/", page)


async def test_no_bytes_leave_the_adapter_as_anything_but_its_errors(tmp_path: Path) -> None:
    """The same through every method that asks, for some answers of each kind."""
    thread, post = ThreadKey("/t1/"), PostKey("1:1795400001250000")
    async with standing(tmp_path) as (isso, forum):
        wrong = (b"", b"null", b"{}", b"[]", b'{"message": 1}', b'{"id": 1}', b"\xff")
        for raw in (*wrong, *(one[:-40] for one in ANSWERS)):
            isso.said = dict.fromkeys(("/", "/info", "/latest", "/count", "/new", "/id/1", "/t1/"), raw)
            for act in (
                forum.thread(thread, Bookmark()),
                forum.listing("comments", Bookmark()),  # type: ignore[arg-type]
                forum.locate(f"{isso.site.address}/t1/"),
                forum.submit(Draft(thread, "words", "Zoe", parent=post), "k"),
                forum.submit(Draft(thread, "words", "Zoe"), "k"),
                forum.revise(post, Draft(thread, "words", "Zoe"), "k"),
                forum.withdraw(thread, post, "k"),
                forum.written(thread, 0),
                forum.judged(thread, (post,)),
                forum.probe(),
            ):
                with suppress(AdapterError):
                    await act
