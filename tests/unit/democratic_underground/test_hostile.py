"""Whatever stands on a page, it is read in linear time and raises nothing but Unparsable."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.forums.democratic_underground import index_text, listing, parse, taxonomy
from adapters.forums.democratic_underground.lines import MAX_BYTES
from adapters.forums.democratic_underground.settings import Settings, checked
from bot.errors import Unparsable
from bot.model import BoardKey

RULES = checked(Settings())
PARTS = [
    "kettle",
    "Mrs. Barnaby",
    "(1 post)",
    "(1,203 posts)",
    "Fri Oct 30, 2015, 09:05 AM Oct 2015",
    "Fri Oct 30, 2015, 09:05 AM",
    "Fri Feb 30, 2015, 09:05 AM",
    "Oct 2015",
    "Hello",
    "Hello [View all]",
    "0. Hello",
    "1. Hello",
    "1.",
    "2. Again",
    "2 replies = new reply since forum marked as read",
    "0 replies = new reply since forum marked as read Highlight: None",
    "Highlight: None",
    "Hello (Original Post) kettle Oct 2015 OP",
    " (Original Post)  Oct 2015 OP",
    "Hello kettle Oct 2015 #1",
    "kettle Friday #2",
    "Again Mrs. Barnaby 2 hrs ago #2",
    " Oct 2015 #0",
    "\xa0",
    "",
    "A»B»Hello",
    "A»B»Hel...",
    "»",
    "moss Donating Member (1000+ posts) Send PM | Profile | Ignore Mon Jan-04-10 09:44 AM",
    "Original message",
    "Response to Original message",
    "Response to Reply #1",
    "Edited on Mon Jan-04-10 09:44 AM by moss",
    "Printer Friendly | Permalink |  | Top",
    "Home » Discuss » Gardens Donate to DU",
    "<p>",
    "<blockquote>",
    "</b></div>",
    '<a href="/10331234567">',
]


def survives(page: bytes) -> None:
    try:
        read = parse.thread_page(page, None, RULES, 1_450_000_000_000)
    except Unparsable:
        return
    assert [post.number or 0 for post in read.posts] == sorted({post.number or 0 for post in read.posts})
    assert read.posts[0].op
    for post in read.posts:
        assert post.created.earliest <= post.created.latest
    parse.digest(read)


@given(st.text(max_size=500))
def test_any_text_is_read_or_refused(text):
    """Pages are written by strangers."""
    survives(text.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=500))
def test_any_bytes_are_read_or_refused(page):
    """Saved files hold anything."""
    survives(page)
    survives(b"<html>" + page)


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PARTS), max_size=40), st.sampled_from(["\n", "\n\n", "\r\n", "<br>"]))
def test_any_order_of_the_lines_of_a_page_is_read_or_refused(parts, between):
    """The grammar meets every line where it does not belong."""
    survives(between.join(parts).encode())
    survives(("<html>" + between.join(parts)).encode())


HOSTILE = {
    "authors": "kettle\n\n(1 post)\n",
    "counts": "(1 post)\n",
    "dates": "kettle\n(1 post)\nFri Oct 30, 2015, 09:05 AM Oct 2015\n",
    "heads": "kettle\n(1 post)\n1. Hello\nFri Oct 30, 2015, 09:05 AM\nOct 2015\n",
    "outlines": "2 replies = new reply since forum marked as read\nHighlight: None\nHello kettle Oct 2015 #1\n",
    "replies": "2 replies = new reply since forum marked as read Highlight:\n",
    "rows": "Hello kettle Oct 2015 #1\n",
    "tails": " Oct 2015",
    "digits": "1",
    "guillemets": "»",
    "spaces": " ",
    "no-break": "\xa0",
    "blank": "\n",
    "old": "moss (1 post) Mon Jan-04-10 09:44 AM\nOriginal message\nHello\n",
    "old kinds": "Response to Reply #1\n",
    "old counts": " (1 post)",
}
OPENING = (
    "kettle\n\n(1 post)\nFri Oct 30, 2015, 09:05 AM Oct 2015\n\nHello\n\nx\n"
    "2 replies = new reply since forum marked as read\nHighlight: None\n"
    "Hello (Original Post) kettle Oct 2015 OP\nHello kettle Oct 2015 #1\n\xa0\n"
)


@pytest.mark.parametrize("opening", ["", OPENING], ids=["bare", "in a thread"])
@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_two_mebibytes_of_one_line_are_read_in_time(unit, opening):
    """A pattern that goes over a page more than a few times would never end on this."""
    survives((opening + unit * (MAX_BYTES // len(unit.encode()))).encode())


TAGS = ["<div>", "</div>", "<b><p>", "<td>", "<ul><li>", "<pre>\n", "<tr class=bg-dark><td class=title>"]
TAGS += ["<", "<a ", "<a '", '<a "', "<a \"'", "<a b='", "<!", "<!--", "<script>", "&", "= "]


@pytest.mark.parametrize("unit", TAGS)
def test_two_mebibytes_of_one_tag_are_read_in_time(unit):
    """Builders of trees are quadratic here."""
    page = ("<html>" + unit * (MAX_BYTES // len(unit))).encode()
    survives(page)
    with pytest.raises(Unparsable):
        listing.listing(page, taxonomy.board(BoardKey("1033"), RULES), RULES)


@pytest.mark.parametrize("unit", ["4\nFriday\nFriday\n0\n1\n", "4\nFriday\n", "4\n", "Related: x\n", "Friday\n"])
def test_two_mebibytes_of_a_list_as_text_are_read_in_time(unit):
    """Lines that are no row are looked at five times at the most."""
    page = ("Elmsbury\nRelated: About this forum\n" + unit * (MAX_BYTES // len(unit))).encode()
    survives(page)
    index_text.read(parse.read_lines(page, RULES).lines)


def test_one_tag_of_two_mebibytes_is_read_in_time():
    """Attributes are as unbounded as tags."""
    survives(b"<html><div " + b"a=1 " * (MAX_BYTES // 4) + b">x</div>")
    survives(b"<html><a " + b"a" * MAX_BYTES)
