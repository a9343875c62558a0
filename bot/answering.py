"""Pure: who may answer and how, as people write it for a mirror, checked; and in words again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from bot.errors import ThreadlineError
from bot.options import duration, lasting, patterns
from bot.replying import HOUSE, LEVEL, Accounts, Rules, level, listed
from bot.texts import say

Take = Literal["all", "replies", "none"]
Whose = Literal["any", "own"]

TAKES: tuple[Take, ...] = ("all", "replies", "none")
WHOSE: tuple[Whose, ...] = ("any", "own")

ANYBODY = "anybody"
"""In the place of roles: whoever is in the channel."""

LONGEST_WAIT = 600
"""Seconds for which messages are waited for that may become one post; what comes later is another thought."""

MOST_POSTS = 200
"""Posts of one person in ten minutes that a mirror may let through."""


class Given(msgspec.Struct, frozen=True):
    """What was given of a mirror's rules; what is None was not given and stays as it is."""

    take: Take | None = None
    accounts: Whose | None = None
    who: tuple[str, ...] | None = None
    merge: str | None = None
    at_most: int | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was given."""
        return self == Given()


WORDS = {"take": "take", "accounts": "accounts", "who": "from", "merge": "merge", "at_most": "at-most"}
"""What each of these is called in a command."""


def given(values: Mapping[str, str]) -> Given:
    """The rules among the words of a command; roles stand between commas.

    Raises `ThreadlineError` where a number is none; `applied` checks the rest.
    """
    most = values.get("at-most")
    if most is not None and not (most.isascii() and most.isdecimal() and len(most) <= 9):
        raise ThreadlineError(say("answering.no_number", number=most[:40], house=HOUSE))
    roles = values.get("from")
    take = next((one for one in TAKES if one == values.get("take")), None)
    whose = next((one for one in WHOSE if one == values.get("accounts")), None)
    parted = None if roles is None else tuple(one for one in (one.strip() for one in roles.split(",")) if one)
    return Given(take, whose, parted, values.get("merge"), None if most is None else int(most))


def written(new: Given) -> list[str]:
    """The words of a command that give these rules."""
    words: list[str] = []
    for name, word in WORDS.items():
        value = getattr(new, name)
        if value is not None:
            words += [f"--{word}", (listed(value) or ANYBODY) if name == "who" else str(value)]
    return words


def as_given(rules: Rules) -> dict[str, str]:
    """Every rule under its name in a command, with the word that would give it again."""
    answering = rules.answering
    return {
        "take": rules.replies,
        "accounts": answering.accounts.value,
        "from": listed(answering.who) or ANYBODY,
        "merge": lasting(answering.merge) if answering.merge else "0",
        "at-most": str(answering.at_most),
    }


def applied(new: Given, old: Rules) -> Rules:
    """The rules with what was given; raises `ThreadlineError` saying what is wrong with it, and what to write."""
    cells: dict[str, object] = {}
    if new.accounts is not None:
        cells["accounts"] = Accounts(new.accounts)
    if new.who is not None:
        cells["who"] = _who(new.who)
    if new.merge is not None:
        cells["merge"] = seconds = duration(new.merge)
        if seconds > LONGEST_WAIT:
            raise ThreadlineError(say("answering.long_wait", time=new.merge[:40], most=lasting(LONGEST_WAIT)))
    if new.at_most is not None:
        if not 0 <= new.at_most <= MOST_POSTS:
            raise ThreadlineError(say("answering.many_posts", number=new.at_most, most=MOST_POSTS, house=HOUSE))
        cells["at_most"] = new.at_most
    return Rules(new.take or old.replies, msgspec.structs.replace(old.answering, **cells))


def _who(some: tuple[str, ...]) -> tuple[str, ...]:
    """Roles and levels, each once; none where anybody may."""
    if tuple(one.casefold() for one in some) == (ANYBODY,):
        return ()
    kept = patterns("from", some)
    for one in kept:
        if one.lower() == LEVEL.strip() or level(one) == 0:
            raise ThreadlineError(say("answering.no_level", entry=one))
    return kept


def in_words(rules: Rules) -> list[str]:
    """What holds, a phrase each: which messages are taken, then whatever is not as it is by default."""
    answering = rules.answering
    told = [say("mirrors.replies", replies=rules.replies)]
    if answering.accounts is Accounts.OWN:
        told.append(say("answering.own"))
    if answering.who:
        told.append(say("answering.of", who=listed(answering.who)))
    if answering.merge:
        told.append(say("answering.merged", time=lasting(answering.merge)))
    if answering.at_most:
        told.append(say("answering.at_most", answering.at_most))
    return told
