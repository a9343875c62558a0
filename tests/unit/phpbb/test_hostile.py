"""No bytes make anything but Unparsable escape, and none take long."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.forums.phpbb import adapter, content, drafts, feeds, forms, listing, parse
from adapters.forums.phpbb.settings import Rules, Settings
from adapters.forums.phpbb.signs import version
from bot.errors import Unparsable
from tests.phpbb import drawing
from tests.phpbb.board import Board
from tests.unit.mutated import torn

RULES = Rules("https://bees.example")


def pages() -> list[str]:
    board = Board()
    topic = board.start("Plain talk", "The [b]opening[/b] words of [url=http://x.example/]it[/url]")
    board.post(topic.id, "ben", board.quote(1) + "An answer")
    for n in range(20):
        board.post(topic.id, "cleo", f"Line {n}")
    users = board.users
    return [
        drawing.topic_page("https://bees.example", topic, "General", 0, 10, users, guest=True),
        drawing.topic_page("https://bees.example", topic, "General", 10, 10, users, guest=True, legacy=True),
        drawing.forum_page("https://bees.example", 2, "General", [topic], 0, 25, users, True),
        drawing.index_page(board.forums, True),
        drawing.posting_page("mode=reply&t=1", topic, "Re", board.quote(1), {"a": "b"}, "No", ""),
        drawing.login_page({"creation_time": "1"}, "Wrong", True),
        drawing.message_page("Done", "./viewtopic.php?t=1"),
        drawing.confirm_page("mode=delete", {"p": "1"}),
    ]


PAGES = [page.encode() for page in pages()]
BITS = (
    *(b"<", b">", b'"', b"&", b"&amp;", b"</div>", b"<div>", b'<div id="p9" class="post">', b"\x00", b"\xff", b"<p>"),
    *(b"99999999999999999999", b"#p0", b"t=", b"start=", b"</form>", b"<blockquote>", b"<time datetime=", b"<cite>"),
)


def everything(page: bytes) -> None:
    readings: list[Callable[[], object]] = [
        lambda: parse.topic(page, RULES, 10, 1_800_000_000_000),
        lambda: listing.board(page, RULES, "2", 0, 1_800_000_000_000),
        lambda: listing.boards(page, RULES),
        lambda: adapter.saved(page, "", Settings()),
    ]
    for reading in readings:
        with suppress(Unparsable):
            reading()
    text = parse.decoded(page)
    for form in (forms.posting, forms.login, forms.confirming, forms.message):
        form(text)
    for cleaned in (content.cleaned(text, RULES.base), text):
        content.pointed(cleaned)
        content.quoted(cleaned)
    drafts.pointer(text)
    drafts.pointing(text)
    drafts.fitted(text, frozenset())
    adapter.recognise("", page)
    feeds.times(page)
    parse.stable(page)
    version(page)


@settings(max_examples=300)
@given(torn(PAGES, BITS, longest=400))
def test_a_broken_page_is_read_or_unparsable(page: bytes) -> None:
    """Extensions, proxies and cut lines make what no test thinks of."""
    everything(page)


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_unparsable(page: bytes) -> None:
    """Also those that are no page at all."""
    everything(page)


def test_hostile_pages_take_no_more_than_their_size() -> None:
    """What is opened a hundred thousand times and never closed; a quadratic search would take minutes here."""
    for bit in (
        b'<dl class="postprofile">',
        b"<blockquote><div><cite>",
        b'<dl class="file">',
        b"<entry>",
        b"[quote=a ",
        b"<p",
    ):
        everything(PAGES[0].replace(b"The ", bit * 20_000))
    everything(PAGES[0].replace(b"</div>", b""))
    everything(PAGES[2].replace(b"</li>", b"") * 50)
