"""What filters leave out, and the words in which they say so."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.filters import Facts, facts, holds, left_out, like
from bot.mirroring import Options
from bot.model import EMPTY, UNKNOWN, Body, BodyState

ALL = Options()


def op(text="Cats and dogs", **more):
    return Facts(True, more.pop("author", "Ann"), more.pop("author_id", "u1"), text, **more)


def reply(text="I like dogs", **more):
    return Facts(False, more.pop("author", "Bo"), more.pop("author_id", "u2"), text, **more)


# ------------------------------------------------------------------------------------------------------------- patterns


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("cat", "A CAT."),
        ("cat", "(cat)"),
        ("guinea pig", "my guinea\npig"),
        ("cat*", "concatenate cathedral"),
        ("*cat", "a bobcat!"),
        ("c*t", "cut"),
        ("guinea p*", "the guinea pigs"),
        ("*a p*", "the guinea pigs"),
        ("c++", "I write C++ daily"),
        ("don't", "Don't!"),
        ("straße", "STRASSE"),
        ("ﬁsh", "fish"),
        ("日本", "日本 へ"),
        ("*本*", "日本語"),
        ("a*a*b", "aaab"),
    ],
)
def test_a_word_is_found_as_it_is_written(pattern, text):
    assert holds([pattern], text) == pattern


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("cat", "concatenate"),
        ("guinea pig", "guinea, pig"),
        ("guinea pig", "pig guinea"),
        ("cat*", "bobcat"),
        ("c++", "vitamin c"),
        ("c*t", "c t"),
        ("a*a", "a"),
        ("guinea p*", "guinea"),
        ("x", ""),
    ],
)
def test_nothing_else_is_found(pattern, text):
    assert holds([pattern], text) == ""


def test_names_and_tags_are_compared_whole():
    assert like("spam*bot", "spam-and-eggs bot")
    assert not like("bot", "robot")
    assert like("*", "")


@given(st.text(string.ascii_lowercase[:3] + "*", max_size=8), st.text(string.ascii_lowercase[:3], max_size=12))
def test_a_star_stands_for_any_letters(pattern, word):
    """Held against the obvious way, which takes for ever on long words."""

    def slowly(pattern, word):
        if not pattern:
            return not word
        if pattern[0] == "*":
            return any(slowly(pattern[1:], word[n:]) for n in range(len(word) + 1))
        return word[:1] == pattern[0] and slowly(pattern[1:], word[1:])

    assert like(pattern, word) == slowly(pattern, word)


@given(
    st.lists(st.sampled_from(["a", "b", "ab"]), max_size=12),
    st.lists(st.sampled_from(["a", "b", "a*"]), min_size=1, max_size=4),
)
def test_a_phrase_is_found_wherever_it_begins(words, phrase):
    """A phrase may repeat itself: a walk that gives up at the first mismatch misses its second half."""
    places = range(len(words) - len(phrase) + 1)
    found = any(all(like(p, words[at + n]) for n, p in enumerate(phrase)) for at in places)
    assert bool(holds([" ".join(phrase)], " ".join(words))) == found


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("a*a*a*a*a*a*a*b", "a" * 50_000),
        ("a a a a a a a a b", "a " * 25_000),
        ("a* a* a* a* a* a* b", "a " * 25_000),
        ("*a*a*a*a*b c", "a" * 25_000 + " " + "a" * 25_000),
        ("[ x", "[" * 50_000),
        ("* * * * x", "(" * 50_000),
    ],
)
def test_a_hostile_text_ends(pattern, text):
    """Were such a text tried again from each of its places, this test would not be seen to end."""
    assert holds([pattern] * 50, text) == ""


@given(st.text(max_size=30), st.text(max_size=60))
def test_no_pattern_and_no_text_is_too_odd(pattern, text):
    holds([pattern], text)
    like(pattern, text)


# ------------------------------------------------------------------------------------------------------- what is chosen


def test_without_filters_everything_is_shown():
    assert left_out(ALL, reply(seen=False), op(seen=False)) == ""


def test_words_choose_threads_by_their_op():
    """A reply is about its thread: whether it repeats the word says nothing."""
    options = Options(words=("cats",))
    assert left_out(options, op(), op()) == ""
    assert left_out(options, reply("dogs"), op()) == ""
    assert left_out(options, reply("cats"), op("Dogs")) == "its OP holds none of the chosen words"
    assert left_out(options, op("Dogs"), op("Dogs")) == "it holds none of the chosen words"


def test_authors_and_tags_choose_threads_too():
    options = Options(authors=("ann",), tags=("pets",))
    assert left_out(options, reply(), op(tags=("Pets", "old"))) == ""
    assert left_out(options, reply(), op(tags=("old",))) == "its thread has none of the chosen tags"
    assert left_out(options, reply(), op(author="Cleo")) == "its OP is by Cleo, who is none of the chosen authors"
    assert left_out(Options(authors=("u1",)), reply(), op()) == ""


def test_where_there_is_no_op_each_post_is_judged_alone():
    """Feeds of comments show none."""
    options = Options(words=("cats",), authors=("bo",))
    assert left_out(options, reply("my cats"), None) == ""
    assert left_out(options, reply("dogs"), None) == "it holds none of the chosen words"
    assert left_out(options, reply("cats", author="Cleo"), None) == "it is by Cleo, who is none of the chosen authors"


def test_a_word_leaves_out_a_reply_alone_and_with_an_op_its_thread():
    options = Options(not_words=("casino*",))
    assert left_out(options, reply("Best CASINOS here"), op()) == "it holds “casino*”"
    assert left_out(options, reply(), op()) == ""
    assert left_out(options, reply(), op("casino")) == "its OP holds “casino*”"
    assert left_out(options, op("casino"), op("casino")) == "it holds “casino*”"


def test_authors_and_tags_leave_out_too():
    assert left_out(Options(not_authors=("b*",)), reply(), op()) == "it is by Bo"
    assert left_out(Options(not_authors=("ann",)), reply(), op()) == "its OP is by Ann"
    assert left_out(Options(not_tags=("off*",)), reply(), op(tags=("Off-topic",))) == "its thread has the tag “off*”"


def test_replies_can_be_left_out_as_such():
    options = Options(with_replies=False)
    assert left_out(options, reply(), op()) == "it is a reply, and only OPs are shown"
    assert left_out(options, op(), op()) == ""


def test_what_befell_a_thread_is_left_out_with_its_replies():
    event = facts(False, "mod", "", "", Body(BodyState.PRESENT, "closed", "plain"), (), event=True)
    why = left_out(Options(with_replies=False), event, op())
    assert why == "it tells what befell the thread, and only OPs are shown"
    assert left_out(Options(not_words=("spam",)), event, op()) == ""


def test_words_that_are_not_known_yet_may_be_any():
    """What is shown cannot be taken back quietly: it waits until its text is there, and is shown by that edit."""
    options = Options(not_words=("spam",))
    assert left_out(options, reply(seen=False), op()) == "its text is not known, and may hold any word"
    assert left_out(options, reply(), op(seen=False)) == "the text of its OP is not known, and may hold any word"
    assert (
        left_out(Options(words=("cats",)), op("", seen=False), None) == "its text is not known, and may hold any word"
    )
    assert left_out(Options(words=("cats",)), op("Cats", seen=False), None) == ""


def test_words_that_passed_are_not_judged_again_when_they_are_gone():
    """A deleted OP's text leaves the database; its thread goes on in the chat."""
    gone = op("", seen=False, passed=True)
    assert left_out(Options(words=("cats",), not_words=("spam",)), reply(), gone) == ""
    assert left_out(Options(not_words=("dogs",)), reply(), gone) == "it holds “dogs”"


def test_title_and_words_count_however_they_are_written():
    html = facts(True, "Ann", "", "A title", Body(BodyState.PRESENT, "<p>big <b>ca</b>sino</p>", "html"), ())
    assert (holds(["a title"], html.text), holds(["casino"], html.text)) == ("a title", "casino")
    assert facts(False, "Ann", "", "", EMPTY, ()).seen
    assert not facts(False, "Ann", "", "", UNKNOWN, ()).seen
    assert not facts(False, "Ann", "", "", Body(BodyState.PRESENT, ""), ()).seen
