"""What adapters of forum engines share in small: memories that do not grow, answers, guests, logins."""

from __future__ import annotations

import msgspec
import pytest

from adapters.engines import answers, guests, logins
from adapters.engines.lately import Lately
from bot.errors import Gone, LoginRejected, NotAllowed, OutcomeUnknown, Refused, Unparsable, Unreachable
from bot.model import Login
from bot.net import Answer


class Error(msgspec.Struct):
    """What a site says of a refusal."""

    message: str = ""


class Held(msgspec.Struct, frozen=True):
    """What is kept of a login."""

    token: str


def answer(status: int, body: bytes, kind: str = "application/json") -> Answer:
    return Answer(status, "https://talk.example/api", {"content-type": kind}, body)


def test_a_memory_keeps_the_last_ones() -> None:
    """What is told again is young again."""
    lately = Lately[str, int](2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        lately.keep(key, value)
    assert lately == {"a": 3, "c": 4}


def test_a_page_of_somebody_before_the_site_says_nothing_of_it() -> None:
    """A firewall answers for it; what it says is no word of the forum's."""
    assert answers.refusal(answer(403, b'{"message":"no"}'), Error) == Error("no")
    assert answers.refusal(answer(403, b"<html>Blocked", "text/html"), Error) is None
    for broken in (b'{"message":', b"[" * 100_000, b'{"message": 7}'):
        assert answers.refusal(answer(403, broken), Error) is None


def test_a_site_s_words_are_one_line() -> None:
    assert answers.line("Title is\n too short.", "Body, too.") == "Title is too short. Body, too."
    assert len(answers.line("word " * 1000)) <= answers.WORDS


def test_a_write_that_leads_elsewhere_may_have_been_done() -> None:
    answers.stayed(answer(200, b""), "the post")
    with pytest.raises(OutcomeUnknown):
        answers.stayed(answer(302, b""), "the post")


def test_a_write_with_an_unknown_answer_may_have_been_done() -> None:
    """It is looked for before it is repeated."""

    def read(body: bytes, kind: type[Error], what: str) -> Error:
        raise Unparsable(f"not {what}", what, body)

    with pytest.raises(OutcomeUnknown):
        answers.taken(read, answer(200, b"?"), Error, "the post")


@pytest.mark.parametrize(
    ("error", "unsure"), [(Gone("-"), True), (NotAllowed("-"), True), (Unreachable("-"), False), (Refused("-"), False)]
)
def test_what_guests_are_refused_others_may_be_shown(error: Gone, unsure: bool) -> None:
    """A site that does not answer at all is asked by nobody else either."""
    assert guests.unsure(error) is unsure


def test_what_is_kept_of_a_login_is_read_again() -> None:
    login = Login("7", "ann", logins.kept(Held("a-token")))
    assert logins.held(login, Held) == Held("a-token")
    for broken in ("", "{}", "[", "\ud800"):
        with pytest.raises(LoginRejected, match="ann"):
            logins.held(Login("7", "ann", broken), Held)


@pytest.mark.parametrize("told", ["ann smith\nover the river", " ann smith \n\n over the river \n"])
def test_a_name_and_a_password_are_two_lines(told: str) -> None:
    assert logins.name_and_password(told) == ("ann smith", "over the river")


def test_a_name_and_a_password_may_be_one_line() -> None:
    assert logins.name_and_password("ann river") == ("ann", "river")


@pytest.mark.parametrize("told", ["", "ann", "ann\n", "a\x00b\nriver", "ann\nover\x1b[2J", "a" * 400 + "\nriver"])
def test_what_is_no_name_with_a_password_is_refused(told: str) -> None:
    with pytest.raises(Refused):
        logins.name_and_password(told)
