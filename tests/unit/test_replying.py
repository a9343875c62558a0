"""What becomes of a message that answers a forum's: taken, left, refused, or taken for one of a program."""

from __future__ import annotations

import pytest

from bot.model import MINUTE, ChatPerson, UserId
from bot.replying import HOUSE, LEFT, SAME, TAKEN, WINDOW, Answering, Lately, Rules, Verdict, may

ADA = ChatPerson(UserId("u1"), "Ada")
HELPER = ChatPerson(UserId("u2"), "Ben", roles=("Helpers", "Blue"))
STRONG = ChatPerson(UserId("u3"), "Cy", level=50)
ROBOT = ChatPerson(UserId("u4"), "Robot", bot=True, roles=("Helpers",))
NEVER = Lately()
NOW = 100 * MINUTE


def test_anybody_may_answer_where_nothing_else_is_said() -> None:
    assert may(Rules("all"), ADA, False, NEVER, NOW) == TAKEN


@pytest.mark.parametrize(
    ("replies", "answers", "taken"),
    [("all", False, True), ("all", True, True), ("replies", False, False), ("replies", True, True)],
)
def test_a_mirror_may_take_answers_to_messages_alone(replies: str, answers: bool, taken: bool) -> None:
    """What people say among themselves is nothing to the forum, and no reason to tell them anything."""
    assert may(Rules(replies), ADA, answers, NEVER, NOW) == (TAKEN if taken else LEFT)


@pytest.mark.parametrize("rules", [None, Rules("none")])
def test_what_is_read_only_stays_silent(rules: Rules | None) -> None:
    assert may(rules, ADA, True, NEVER, NOW) == LEFT


def test_what_a_program_says_is_never_taken() -> None:
    """Whatever roles it has: two programs would answer each other for ever."""
    assert may(Rules("all", Answering(who=("Helpers",))), ROBOT, True, NEVER, NOW) == LEFT


@pytest.mark.parametrize(
    ("who", "person", "among"),
    [
        ((), ADA, True),
        (("Helpers",), ADA, False),
        (("Helpers",), HELPER, True),
        (("helpers",), HELPER, True),
        (("Help*",), HELPER, True),
        (("Moderators", "Blue"), HELPER, True),
        (("level 50",), HELPER, False),
        (("level 50",), STRONG, True),
        (("Level 51",), STRONG, False),
        (("level of trust",), ChatPerson(UserId("u5"), "Di", roles=("Level of Trust",)), True),
    ],
)
def test_roles_and_levels_say_who_may_answer(who: tuple[str, ...], person: ChatPerson, among: bool) -> None:
    ruling = may(Rules("all", Answering(who=who)), person, True, NEVER, NOW)
    assert ruling.verdict is (Verdict.TAKEN if among else Verdict.REFUSED)
    assert among or who[0] in ruling.reason


def test_who_sent_as_much_as_one_person_may_hears_when_to_go_on() -> None:
    """A wait in silence would hide a flood, and bring it later."""
    said = [NOW - MINUTE - n for n in range(HOUSE)]
    ruling = may(Rules("all"), ADA, True, Lately(said), NOW)
    assert ruling.verdict is Verdict.REFUSED
    assert "in ten minutes is 20" in ruling.reason
    assert "in 9 minutes" in ruling.reason
    assert may(Rules("all"), ADA, True, Lately(said[1:]), NOW) == TAKEN


def test_a_mirror_may_let_more_or_fewer_through() -> None:
    said = [NOW - WINDOW + 1, *[NOW - WINDOW] * 29]
    assert may(Rules("all", Answering(at_most=1)), ADA, True, Lately(said), NOW).verdict is Verdict.REFUSED
    assert may(Rules("all", Answering(at_most=31)), ADA, True, Lately(said), NOW) == TAKEN


def test_the_same_words_again_and_again_are_a_loop() -> None:
    """Other bots and bridges are not always known as such."""
    assert may(Rules("all"), ADA, True, Lately(same=SAME), NOW).verdict is Verdict.LOOPS
    assert may(Rules("all"), ADA, True, Lately(same=SAME - 1), NOW) == TAKEN
