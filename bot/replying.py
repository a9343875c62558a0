"""Pure: what of a mirror's channel goes back to its forum, and as whose."""

from __future__ import annotations

import enum
from collections.abc import Sequence

import msgspec

from bot.filters import folded, like
from bot.model import DAY, MINUTE, ChatPerson, Millis
from bot.texts import say

WINDOW = 10 * MINUTE
"""Milliseconds within which the posts of one person are counted."""

HOUSE = 20
"""Posts of one person in that time, where their mirror says nothing else: two a minute is a lively talk, and a forum
that gets more of one visitor takes him for a program."""

SAME, SAME_WITHIN = 3, MINUTE
"""The same words of one person in one thread, so often within so many milliseconds: the next ones are a loop. People
say "+1" twice; two programs that answer each other say the same at every round."""

LEVEL = "level "
"""What stands before the least level of those who may."""


class Accounts(enum.StrEnum):
    """Whose account a reply may be posted with."""

    ANY = "any"  # their own, else the one that the settings name
    OWN = "own"  # their own alone


class Answering(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who may answer in the channel of a mirror, and how what they say becomes posts; by default anybody, at once."""

    accounts: Accounts = Accounts.ANY
    who: tuple[str, ...] = ()
    """The roles or levels of which somebody has to have one; empty: anybody may."""
    merge: int = 0
    """Seconds within which messages in a row by one person become one post; 0: each is a post of its own."""
    at_most: int = 0
    """Posts of one person in ten minutes; 0: as many as the house allows."""

    @property
    def most(self) -> int:
        """Posts that one person may have in ten minutes."""
        return self.at_most or HOUSE


class Rules(msgspec.Struct, frozen=True):
    """What the mirror says that decides about a thread in a channel."""

    replies: str
    """Which messages are taken: all, replies, none."""
    answering: Answering = Answering()


class Lately(msgspec.Struct, frozen=True):
    """What somebody said before: when, of what went to this forum within ten minutes, the newest first.

    `same` is how often they said these very words in this thread within a minute.
    """

    said: Sequence[Millis] = ()
    same: int = 0


class Verdict(enum.Enum):
    """What becomes of a message."""

    TAKEN = "taken"  # it goes to the forum
    LEFT = "left"  # it is nothing to the forum, and nobody hears of it
    REFUSED = "refused"  # it does not go there, and who said it hears why
    LOOPS = "loops"  # two programs seem to answer each other: nobody is answered, the admins hear of it


class Ruling(msgspec.Struct, frozen=True):
    """What becomes of a message, and why it is not taken."""

    verdict: Verdict
    reason: str = ""
    quiet: Millis = 0
    """For how long its author is not told the same again."""


TAKEN, LEFT = Ruling(Verdict.TAKEN), Ruling(Verdict.LEFT)


def concerns(rules: Rules | None, person: ChatPerson, answers: bool) -> bool:
    """Whether a message is meant for the forum at all; `answers` whether it answers one. What programs say never is."""
    if rules is None or person.bot:
        return False
    return rules.replies == "all" or (rules.replies == "replies" and answers)


def may(rules: Rules | None, person: ChatPerson, answers: bool, lately: Lately, now: Millis) -> Ruling:
    """What becomes of what somebody says `now`; whose account it takes is decided when it is posted."""
    if rules is None or not concerns(rules, person, answers):
        return LEFT
    answering = rules.answering
    if not among(answering.who, person):
        return Ruling(Verdict.REFUSED, say("answering.not_among", who=listed(answering.who)), DAY)
    if lately.same >= SAME:
        return Ruling(Verdict.LOOPS, say("answering.loops", SAME))
    if len(lately.said) >= answering.most:
        again = lately.said[answering.most - 1] + WINDOW
        minutes = max(1, -(-(again - now) // MINUTE))
        return Ruling(Verdict.REFUSED, say("answering.too_many", minutes, most=answering.most), WINDOW)
    return TAKEN


def among(who: Sequence[str], person: ChatPerson) -> bool:
    """Whether somebody has one of these roles or levels; anybody has where there are none."""
    return not who or any(_is(one, person) for one in who)


def _is(one: str, person: ChatPerson) -> bool:
    least = level(one)
    if least is not None:
        return person.level >= least
    return any(like(folded(one), folded(role)) for role in person.roles)


def level(one: str) -> int | None:
    """The least level that an entry names, as in "level 50"; None where it names a role."""
    number = one.lower().removeprefix(LEVEL)
    return int(number) if number != one.lower() and number.isascii() and number.isdecimal() else None


def listed(who: Sequence[str]) -> str:
    """Roles and levels as people write them."""
    return ", ".join(who)
