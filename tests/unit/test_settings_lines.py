"""Where each key of a TOML text stands."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings.lines import Path, line_of, lines

EVERYTHING = '''# a comment with [brackets] and "quotes"
top = 1
"quoted key" = 2
dotted.key."with space" = 3
text = """first # no comment
[no.table]
last \\""" still text""""
raw = \'\'\'
[no.table]
\'\'\'
list = [
  "one", # comment ]
  ["two", 3],

  4,
]
inline = { a = 1, b = { c = [1, 2] } }
when = 1979-05-27 07:32:00 # with a space
empty = []
none = {}

[table]
key = \'single " quote\'
[table."sub table"]
key = -1.5e3

[[blocks]]
name = "first"
[[blocks]]
name = "second"
[blocks.inner]
deep = true
[[blocks.many]]
x = 1
[[blocks.many]]
x = 2
'''


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every key and position of a document."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, one in value.items():
            yield from paths(one, (*path, key))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from paths(one, (*path, number))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("quoted key",), 3),
        (("dotted", "key", "with space"), 4),
        (("text",), 5),
        (("raw",), 8),
        (("list",), 11),
        (("list", 0), 12),
        (("list", 1, 1), 13),
        (("list", 2), 15),
        (("inline", "b", "c", 1), 17),
        (("when",), 18),
        (("table",), 22),
        (("table", "key"), 23),
        (("table", "sub table", "key"), 25),
        (("blocks",), 27),
        (("blocks", 0, "name"), 28),
        (("blocks", 1), 29),
        (("blocks", 1, "inner", "deep"), 32),
        (("blocks", 1, "many", 0, "x"), 34),
        (("blocks", 1, "many", 1, "x"), 36),
    ],
)
def test_a_key_has_the_line_on_which_it_stands(path: Path, line: int) -> None:
    """Counted by hand."""
    assert lines(EVERYTHING)[path] == line


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_everything_that_is_read_has_a_line(newline: str) -> None:
    """Whatever is wrong can be named, on either kind of system."""
    text = EVERYTHING.replace("\n", newline)
    found = lines(text)
    assert set(paths(tomllib.loads(text))) == set(found)


def test_what_has_no_line_has_that_of_what_is_around_it() -> None:
    """A key that is missing stands nowhere."""
    found = lines("\n[web]\nport = 1")
    assert line_of(found, ("web", "host")) == 2
    assert line_of(found, ("net", "allow")) == 1


WORDS = st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True)
SCALARS = st.one_of(
    st.integers(-99, 99).map(str),
    st.booleans().map(lambda value: str(value).lower()),
    st.text(st.sampled_from("ab #[]{}=,'."), max_size=8).map(lambda text: f'"{text}"'),
    st.text(st.sampled_from('ab #[]{}=,".\n'), max_size=8).map(lambda text: f"'''{text}'''"),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda some: f"[ {' , '.join(some)} ]"),
        st.lists(inner, max_size=3).map(lambda some: "[\n" + "".join(f"  {one}, # ]\n" for one in some) + "]"),
        st.dictionaries(WORDS, inner, max_size=3).map(
            lambda some: "{" + ", ".join(f"{key} = {one}" for key, one in some.items()) + "}"
        ),
    ),
    max_leaves=6,
)
PAIRS = st.dictionaries(WORDS, VALUES, max_size=3).map(
    lambda some: "".join(f"{key} = {value} # c\n" for key, value in some.items())
)
DOCUMENTS = st.tuples(
    PAIRS, st.dictionaries(WORDS.map("T{}".format), PAIRS, max_size=3), st.lists(PAIRS, max_size=3)
).map(
    lambda parts: (
        parts[0]
        + "".join(f"[ {name} ]\n{pairs}" for name, pairs in parts[1].items())
        + "".join(f"[[B.b]]\n{pairs}" for pairs in parts[2])
    )
)


@given(DOCUMENTS)
def test_the_walk_finds_what_the_reader_finds(text: str) -> None:
    """Two readings of one grammar drift apart unless something holds them together."""
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(paths(read)) <= set(lines(text))
