"""Who may answer, as people write it for a mirror: what is read, what is refused and with which advice."""

from __future__ import annotations

import pytest

from bot.answering import Given, applied, given, in_words, written
from bot.errors import ThreadlineError
from bot.replying import Accounts, Answering, Rules

ALL = Rules("all")
FULL = {"take": "replies", "accounts": "own", "from": "Helpers, level 50", "merge": "20s", "at-most": "5"}


def test_what_is_given_is_read_and_written_again() -> None:
    new = given(FULL)
    answering = Answering(Accounts.OWN, ("Helpers", "level 50"), 20, 5)
    assert applied(new, ALL) == Rules("replies", answering)
    assert written(new) == [
        "--take", "replies", "--accounts", "own", "--from", "Helpers, level 50", "--merge", "20s", "--at-most", "5",
    ]  # fmt: skip


def test_what_is_not_given_stays_as_it_is() -> None:
    old = applied(given(FULL), ALL)
    assert applied(Given(), old) == old
    assert applied(given({"take": "all"}), old) == Rules("all", old.answering)


@pytest.mark.parametrize("word", ["anybody", "Anybody", " anybody ", ""])
def test_anybody_clears_the_roles(word: str) -> None:
    assert applied(given({"from": word}), applied(given(FULL), ALL)).answering.who == ()
    assert written(Given(who=())) == ["--from", "anybody"]


def test_nothing_clears_a_wait_and_a_bound() -> None:
    cleared = applied(given({"merge": "0", "at-most": "0"}), applied(given(FULL), ALL))
    assert (cleared.answering.merge, cleared.answering.at_most) == (0, 0)


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ({"at-most": "many"}, "`many`; 0 is the usual 20"),
        ({"at-most": "201"}, "from 1 to 200, not 201"),
        ({"merge": "2h"}, "10m is the most"),
        ({"merge": "soon"}, "write 90s"),
        ({"from": "level 0"}, "write `level 50`"),
        ({"from": "level"}, "write `level 50`"),
        ({"from": "*"}, "would fit everything"),
        ({"from": ",".join(f"role {n}" for n in range(51))}, "50 entries at most"),
        ({"from": "x" * 101}, "100 is the most"),
    ],
)
def test_anything_else_says_what_to_write(values: dict[str, str], advice: str) -> None:
    with pytest.raises(ThreadlineError, match=advice.replace("*", r"\*")):
        applied(given(values), ALL)


def test_what_holds_is_told_in_words() -> None:
    assert in_words(ALL) == ["replies: all"]
    assert in_words(applied(given(FULL), ALL)) == [
        "replies: replies",
        "own accounts only",
        "from: Helpers, level 50",
        "merged within 20s",
        "at most 5 posts of one person in ten minutes",
    ]
