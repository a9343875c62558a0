"""`/mirror replies`: seen, changed, refused where the forum cannot be answered so, and told in the list."""

from __future__ import annotations

from bot.model import Answer
from tests.unit.commands.conftest import Here


async def test_what_holds_is_shown_and_nothing_changes(mirrored: Here) -> None:
    first, *others = (await mirrored.did("replies", "1")).text.splitlines()
    assert first == "Mirror 1: replies: all."
    ways = ["take all", "accounts any", "from anybody", "merge 0", "at-most 0"]
    assert [one.partition(": ")[0] for one in others] == [f"`--{way}`" for way in ways]
    assert await mirrored.rows("SELECT 1 FROM audit WHERE what LIKE 'answers%'") == []


async def test_who_may_answer_is_changed_and_stands_in_the_list_and_the_audit(mirrored: Here) -> None:
    said = await mirrored.did("replies", "1", "--take", "replies", "--from", "Helpers, level 50", "--at-most", "5")
    told = "replies: replies; from: Helpers, level 50; at most 5 posts of one person in ten minutes"
    assert said.text == f"Mirror 1: {told}."
    assert " · replies: replies · from: Helpers, level 50 · at most 5 posts" in (await mirrored.did("list")).text
    assert f"answers of mirror 1 changed (replies: all → {told})" in (await mirrored.did("audit")).text
    assert (
        await mirrored.did("replies", "1", "--from", "anybody", "--at-most", "0")
    ).text == "Mirror 1: replies: replies."


async def test_a_mistake_changes_nothing(mirrored: Here) -> None:
    assert (
        "write `level 50`"
        in (await mirrored.failed("replies", "1", "--take", "none", "--from", "level x, level 0")).text
    )
    assert "`soon` is no length of time" in (await mirrored.failed("replies", "1", "--merge", "soon")).text
    assert (await mirrored.did("replies", "1")).text.startswith("Mirror 1: replies: all.")


async def test_own_accounts_are_asked_for_only_where_there_can_be_any(mirrored: Here) -> None:
    """Else nobody could answer, and nobody would know why."""
    answer: Answer = await mirrored.failed("replies", "1", "--accounts", "own")
    assert "lets nobody connect an account" in answer.text


async def test_the_mirrors_of_others_are_out_of_reach(mirrored: Here) -> None:
    """Law 12."""
    stranger = await mirrored.community("elsewhere")
    await mirrored.failed("replies", "1", "--take", "none", caller=stranger)
    assert await mirrored.rows("SELECT replies FROM mirror") == [("all",)]
