"""Answers that open something are kept sealed: for their person alone, and only until they are said."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bot.confiding import Confiding, as_kept
from bot.errors import Refused
from bot.model import Answer, ChannelRef, ChatName, Where
from bot.seal import Sealer
from bot.secret import known
from bot.store.whispers import Whisper

WEB = ChatName("web")
LINK = "https://forum.example/read/in/the-token-that-opens-it"


@pytest.fixture
def confiding(tmp_path: Path) -> Confiding:
    sealer = Sealer.open(tmp_path / "keys" / "key")
    return Confiding(lambda: sealer)


def owed(text: str, person: str = "ann") -> Whisper:
    return Whisper(1, Where(ChannelRef("lounge")), person, text, "key", sealed=True)


def test_what_opens_something_is_sealed_and_opened_for_its_person(confiding):
    """Nobody reads it in between."""
    text = confiding.sealed(WEB, "ann", Answer(LINK, secret=True))
    assert "token" not in text
    assert confiding.opened("web", owed(text)) == LINK


def test_any_other_answer_is_kept_as_it_is(tmp_path: Path):
    """Who keeps no secrets needs no keys."""

    def never() -> Sealer:
        raise AssertionError("no key is needed")

    confiding = Confiding(never)
    assert confiding.sealed(WEB, "ann", Answer("3 new")) == "3 new"
    plain = msgspec.structs.replace(owed("3 new"), sealed=False)
    assert confiding.opened("web", plain) == as_kept("web", plain) == "3 new"


def test_it_is_said_to_nobody_else(confiding):
    """Whoever changes the database by hand gets nowhere; the words are given up, and the chat goes on."""
    text = confiding.sealed(WEB, "ann", Answer(LINK, secret=True))
    for chat, person in (("web", "eve"), ("matrix", "ann")):
        with pytest.raises(Refused):
            confiding.opened(chat, owed(text, person))


def test_the_log_keeps_no_list_of_links_that_work_once(confiding):
    """It would grow for ever, and every line is looked through for all of it."""
    confiding.opened("web", owed(confiding.sealed(WEB, "ann", Answer(LINK, secret=True))))
    assert not [form for form in known if LINK in form]
