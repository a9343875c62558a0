"""No bytes make anything but Unparsable escape, and none take long."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.forums.flarum import adapter, mentions, parse, signs
from adapters.forums.flarum.parse import Tags
from adapters.forums.flarum.posts import Around
from adapters.forums.flarum.settings import Settings
from adapters.forums.flarum.writing import said
from bot.errors import Unparsable
from tests.unit.mutated import torn

HERE = Path(__file__).parents[2] / "data" / "flarum"
DISCUSSION, PAGE = ((HERE / name).read_bytes() for name in ("discussion.json", "page.html"))
LIST = b'{"links":{"next":null},"data":[' + DISCUSSION[len(b'{"data":') :].split(b',"included"')[0] + b"]}"
POSTS = b'{"data":[' + DISCUSSION.split(b'"included":[')[1].strip()[:-2] + b"]}"
TAGS = (
    b'{"data":[{"type":"tags","id":"1","attributes":{"name":"A","slug":"a","position":0}},{"type":"tags","id":"2",'
    b'"attributes":{"name":"B","slug":"b"},"relationships":{"parent":{"data":{"type":"tags","id":"1"}}}}]}'
)
PAGES = [DISCUSSION, PAGE, LIST, POSTS, TAGS]
BITS = (
    *(b'"', b"{", b"}", b"[", b"]", b",", b"null", b"-1", b"1e999", b"99999999999999999999", b"\\ud83c", b"\x00"),
    *(b"\xff", b'"0"', b'"id":7', b'"id":"x"', b'"2026-13-45"', b'"9999-12-31T23:59:59Z"', b"true", b'<a class="'),
)


def everything(page: bytes) -> None:
    root, around = "https://bees.example", Around("https://bees.example", "41", seen=1_800_000_000_000)
    readings: list[Callable[[], object]] = [
        lambda: parse.topic(page, root, Tags(), 1_800_000_000_000),
        lambda: [said(row) for row in parse.posts(page, around).rows],
        lambda: parse.listing(page, root, Tags()),
        lambda: parse.rows(page),
        lambda: parse.one(page),
        lambda: parse.tags(page, root),
        lambda: adapter.saved(page, "", Settings()),
    ]
    for reading in readings:
        with suppress(Unparsable):
            reading()
    adapter.recognise("https://bees.example/x", page)
    signs.engine(page)
    text = page.decode("utf-8", "replace")
    mentions.first(text, "41")
    mentions.without_head(text, "1")
    mentions.plain(text)
    mentions.typed_head(text)


@settings(max_examples=300)
@given(torn(PAGES, BITS))
def test_a_broken_answer_is_read_or_unparsable(page: bytes) -> None:
    """Extensions, proxies and cut lines make what no test thinks of."""
    everything(page)


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_unparsable(page: bytes) -> None:
    """Also those that are no page at all."""
    everything(page)


def test_hostile_words_take_no_more_than_their_size() -> None:
    """What begins a hundred thousand times and never ends; a quadratic search would take minutes here."""
    for bit in ("<a ", '<a class="PostMention', "<p><a x>", "<span ", '@"', '<a class="PostMention" ', "@“x"):
        text = bit * 50_000
        mentions.first(text, "41")
        mentions.without_head(text, "1")
        mentions.plain(text)
        mentions.typed_head(text)
    for start in (b'<script id="flarum-json-payload">', b"<script ", b'{"data":[', b'"baseUrl":"http:'):
        adapter.recognise("", start * 50_000)
        with suppress(Unparsable):
            adapter.saved(start * 20_000, "", Settings())
