"""Laws of cutting texts into messages, for any tree."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot import markup
from bot.markup import nodes
from bot.markup.nodes import Kind, Node
from bot.markup.split import shorten, split
from tests.property.trees import TREES

FORMATS = st.sampled_from(["plain", "markdown", "bbcode", "discord", "matrix"])


def measure(format):
    return lambda tree: len(markup.write(tree, format))


def letters(tree):
    return re.sub(r"\s", "", markup.words(tree))


def has_header(tree):
    return any(node.kind is Kind.CELL and node.level for node in nodes.walk(tree))


@given(TREES, FORMATS, st.integers(8, 80))
def test_all_parts_together_have_the_words_of_the_whole(tree, format, limit):
    """What does not fit into one message is in the next one."""
    assume(not has_header(tree))  # a header is said again on purpose
    assert "".join(map(letters, split(tree, measure(format), limit))) == letters(tree)


@given(TREES, FORMATS, st.integers(60, 200), st.integers(0, 40))
def test_no_part_is_longer_than_its_message(tree, format, limit, taken):
    """The chat refuses what is, and the whole post would not be shown."""
    assume(not has_header(tree))
    parts = split(tree, measure(format), limit, limit - taken)
    for number, part in enumerate(parts):
        length = measure(format)(part)
        assert length <= (limit if number else limit - taken), markup.write(part, format)


@given(TREES, FORMATS, st.integers(60, 200))
def test_a_shortened_text_has_room_for_the_line_that_says_so(tree, format, limit):
    """Without that line a reader takes the beginning for the whole."""
    assume(not has_header(tree))
    short, cut = shorten(tree, measure(format), limit)
    if not cut:
        assert short is tree
    else:
        with_line = nodes.document(*short.children, nodes.paragraph(markup.CONTINUED))
        assert measure(format)(with_line) <= limit
        assert letters(tree).startswith(letters(short))


@given(TREES, FORMATS)
def test_what_fits_is_left_as_it_is(tree, format):
    """The commonest case costs one look."""
    assert split(tree, measure(format), 10_000) == (tree,)


@pytest.mark.parametrize("format", ["markdown", "discord"])
@given(st.lists(st.text("ab `~#", max_size=30), min_size=1, max_size=12), st.integers(40, 90))
def test_every_part_of_code_is_code(format, lines, limit):
    """A fence is closed and opened again; else all that follows would be code."""
    tree = nodes.document(Node(Kind.CODE_BLOCK, "\n".join(lines), label="py"))
    for part in split(tree, measure(format), limit):
        assert [(node.kind, node.label) for node in part.children] == [(Kind.CODE_BLOCK, "py")]
