"""What people write into a search, and what is looked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading.query import LONGEST, MOST, Query, Term, parsed


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ("big tent", Query((Term("big"), Term("tent")), typed=("big", "tent"))),
        ('"big tent" cat', Query((Term("big tent"), Term("cat")), typed=("big tent", "cat"))),
        ("garden*", Query((Term("garden", True),), typed=("garden*",))),
        ("ga*", Query((Term("ga"),), typed=("ga*",))),
        ("author:bea", Query((), (Term("bea"),), typed=("author:bea",))),
        ('author:"bea marsh"', Query((), (Term("bea marsh"),), typed=("author:bea marsh",))),
        ('"author:bea marsh"', Query((), (Term("bea marsh"),), typed=("author:bea marsh",))),
        ("Author:bea IN:Lounge", Query((), (Term("bea"),), ("lounge",), ("Author:bea", "IN:Lounge"))),
        ("board:12 in:12", Query((), (), ("board:12", "12"), ("board:12", "in:12"))),
        ('board:"old cats"', Query((), (), ("old cats",), ("board:old cats",))),
        ("http://x.example", Query((Term("http://x.example"),), typed=("http://x.example",))),
        ('an "open end', Query((Term("an"), Term("open end")), typed=("an", "open end"))),
        ("author: cat", Query((Term("cat"),), typed=("cat",))),
        ("- ! ? *", Query()),
        ("", Query()),
    ],
)
def test_it_is_read_as_people_mean_it(words, query):
    assert parsed(words) == query


@given(st.text())
def test_no_text_is_a_mistake_and_what_is_read_is_bounded(words):
    query = parsed(words)
    assert len(query.terms) + len(query.authors) + len(query.boards) <= MOST
    assert sum(map(len, query.typed)) <= LONGEST
    assert not any('"' in word for word in query.typed), "no chat could type it"


@given(st.text(alphabet='ab "*:'))
def test_words_that_are_typed_again_one_by_one_mean_the_same(words):
    """That is how the next page is asked for."""
    query = parsed(words)
    again = parsed(" ".join(f'"{word}"' if " " in word else word for word in query.typed))
    assert again == query
