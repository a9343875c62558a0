"""Private words that hold what opens something: a link that signs in, a code. They are sealed until they are said."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.errors import LoginRejected, Refused
from bot.model import Answer, ChatName
from bot.store.whispers import Whisper
from bot.texts import say

if TYPE_CHECKING:
    from bot.seal import Sealer

PURPOSE = "words"
"""What they are sealed for; their owner is the login that hears them."""

Opens = Callable[[str, Whisper], str]
"""The text of private words in a chat, as it is said."""


def as_kept(chat: str, words: Whisper) -> str:
    """The text of words that are never sealed."""
    return words.text


class Confiding:
    """Seals words for the database, and opens them for the moment in which they are said."""

    def __init__(self, sealer: Callable[[], Sealer]) -> None:
        self._sealer = sealer

    def sealed(self, chat: ChatName, person: str, answer: Answer) -> str:
        """The text of an answer as it may be kept."""
        if not answer.secret:
            return answer.text
        # Known to the log for as long as it works: not by heart, but by its form (`bot.redaction`).
        return self._sealer().seal(PURPOSE, f"{chat}:{person}", answer.text, remembered=False).decode()

    def opened(self, chat: str, words: Whisper) -> str:
        """The text of private words as it is said; raises `Refused` where no key opens it any more."""
        if not words.sealed:
            return words.text
        try:
            return self._sealer().unseal(PURPOSE, f"{chat}:{words.person}", words.text.encode(), remembered=False)
        except LoginRejected as error:
            raise Refused(say("people.unopened")) from error
