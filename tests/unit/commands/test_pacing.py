"""Whoever mirrors hears how long it takes until all of it stands in a chat that slows its logins down."""

from __future__ import annotations

import pytest

from bot.commands.pacing import at_pace
from bot.errors import Unreachable
from bot.ports import Pace

DEFAULT = Pace(12.0, False, "the admin lifts that")


@pytest.mark.parametrize(
    ("messages", "told"),
    [(11, ""), (12, "1 minute"), (137, "11 minutes"), (1000, "83 minutes"), (1440, "2 hours"), (10_000, "14 hours")],
)
def test_the_time_is_told_from_a_minute_on(messages, told):
    assert at_pace("matrix", DEFAULT, messages) == (
        f"at the 12 a minute that matrix usually allows, that takes about {told} (the admin lifts that)" if told else ""
    )


def test_what_the_chat_says_itself_is_not_called_usual():
    assert at_pace("matrix", Pace(30.0, True), 60) == (
        "at the 30 a minute that matrix allows, that takes about 2 minutes"
    )


@pytest.fixture
def paced(here, monkeypatch):
    """Says how fast the chat is."""

    def says(pace):
        async def answer():
            if isinstance(pace, Exception):
                raise pace
            return pace

        monkeypatch.setattr(here.chat, "pace", answer, raising=False)

    return says


async def talk(here, replies: int) -> None:
    for n in range(replies):
        await here.board.post(here.thread, "", "Bo", "", f"words {n}")


async def test_the_answer_says_how_long_what_is_owed_takes(here, paced):
    await talk(here, 23)
    await here.did("add", f"sandbox:{here.thread}", "--into", "web:first")
    await here.settle()
    paced(DEFAULT)
    text = (await here.did("add", f"sandbox:{here.thread}", "--into", "web:second")).text
    assert text.endswith(
        "24 messages will be posted; at the 12 a minute that web usually allows, that takes about 2 minutes "
        "(the admin lifts that)."
    )


@pytest.mark.parametrize("address", ["thread", "board"])
async def test_the_answer_says_it_of_what_was_only_looked_at(here, paced, address):
    """Nothing of it is owed yet: it is read after the mirror was made. Of a board, the newest thread is shown whole."""
    await talk(here, 23)
    paced(DEFAULT)
    what = here.thread if address == "thread" else "b1"
    answer = await here.did("add", f"sandbox:{what}", "--into", "web:workshop")
    assert "About 24 messages will be posted at once; at the 12 a minute that web usually allows" in answer.text
    assert answer.data["first"] == 24


@pytest.mark.parametrize("pace", [None, Unreachable("nobody answers")])
async def test_nothing_is_said_where_nothing_holds_it_up(here, paced, pace):
    """Nor where it cannot be found out: the mirror is made all the same."""
    await talk(here, 23)
    paced(pace)
    assert (await here.did("add", f"sandbox:{here.thread}", "--into", "web:workshop")).text.endswith("(mirror 1).")


async def test_of_several_boards_the_sum_is_told(here, paced, monkeypatch):
    await talk(here, 23)
    other = await here.board.start_thread("b2", "Ann", "More", "words")
    for n in range(11):
        await here.board.post(other, "", "Bo", "", f"words {n}")
    forum = here.app.forums["sandbox"].forum
    real = forum.boards

    async def boards():
        return tuple(type(b)(b.key, b.name, b.path, f"sandbox:{b.key}") for b in await real())

    monkeypatch.setattr(forum, "boards", boards)
    paced(DEFAULT)
    lines = (await here.did("add", "sandbox:", "--boards", "all", "--into", "web:+")).text.splitlines()
    assert lines[-2].startswith("Of all of them, about 36 messages will be posted at first; at the 12 a minute")
    assert lines[-1] == "2 mirrors made, 0 there already."
