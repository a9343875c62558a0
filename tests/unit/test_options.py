"""A mirror's options as people write them: what is read, what is refused and with which advice."""

import msgspec
import pytest

from bot.errors import ThreadlineError
from bot.mirroring import Options
from bot.options import Given, applied, duration, given, in_words, lasting, written


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), (" 2H ", 7200), ("1d", 86400), ("0", 0), ("0s", 0), ("7d", 604800)]
)
def test_a_length_of_time_is_read(text, seconds):
    assert duration(text) == seconds
    assert duration(lasting(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "10", "m", "-5m", "1.5h", "10m 5s", "ten", "9999999999s", "٣m"])
def test_anything_else_says_what_to_write(text):
    with pytest.raises(ThreadlineError, match=r"write 90s, 10m, 2h or 1d"):
        duration(text)


def test_a_delay_has_an_end():
    with pytest.raises(ThreadlineError, match="`8d` is too long; 7d is the most"):
        duration("8d")


def test_what_is_not_given_stays_as_it_is():
    old = Options(words=("cat",), delay=60)
    assert applied(Given(), old) == old
    assert applied(given({"words": "", "not-words": " a b , c,,"}), old) == Options(not_words=("a b", "c"), delay=60)
    assert applied(given({"posts": "ops"})) == Options(with_replies=False)
    assert applied(given({"posts": "all"}), Options(with_replies=False)) == Options()


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ({"words": "*"}, "would fit everything; write a word"),
        ({"not-words": "x" * 101}, "an entry of not-words has 101 characters; 100 is the most"),
        ({"tags": ",".join(map(str, range(51)))}, "tags takes 50 entries at most, not 51"),
        ({"max-length": "long"}, "max-length is a number of characters"),
        ({"max-length": "99"}, "max-length is from 100 to 100000 characters, or 0"),
        ({"delay": "soon"}, "is no length of time"),
    ],
)
def test_every_bound_says_what_to_do(values, advice):
    with pytest.raises(ThreadlineError, match=advice.replace("*", r"\*")):
        applied(given(values))


def test_options_are_told_in_words():
    options = Options(max_length=500, delay=600, words=("cat", "dog"), not_authors=("bot*",), with_replies=False)
    assert in_words(options) == [
        "only OPs",
        "words: cat, dog",
        "not authors: bot*",
        "delay 10m",
        "at most 500 characters",
    ]
    assert in_words(Options()) == []


def test_what_is_written_as_a_command_is_read_as_the_same():
    new = Given(max_length=0, delay="10m", words=("a b", "c*"), tags=(), posts="ops")
    words = written(new)
    assert words == ["--max-length", "0", "--delay", "10m", "--words", "a b,c*", "--tags", "", "--posts", "ops"]
    values = {name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2], strict=True)}
    assert given(values) == new


def test_options_are_stored_without_what_is_as_usual():
    """A later version reads what this one stored, and finds its own defaults."""
    assert msgspec.json.encode(Options()) == b"{}"
    assert msgspec.json.decode(msgspec.json.encode(Options(delay=5)), type=Options) == Options(delay=5)
