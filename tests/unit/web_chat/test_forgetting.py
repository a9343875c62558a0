"""Words that nobody can read any more leave the journal of the chat, and nothing else does."""

from __future__ import annotations

import asyncio
import errno
import json
import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from adapters.chats.web import entries
from adapters.chats.web.forgetting import living
from adapters.chats.web.room import Room
from adapters.chats.web.state import NOTES_KEPT, State
from adapters.journal import LEAST_DEAD
from bot import model
from bot.model import Offer

ACTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 50), st.sampled_from(["a", "b", "c"])), max_size=60)


def decided(state: State, act: tuple[int, int, str]) -> entries.Entry | None:
    """The entry of an act on some message, as the room would decide it."""
    kind, which, words = act
    n, at = state.position + 1, 1000
    standing = [message for message in state.messages.values() if not message.deleted]
    message = standing[which % len(standing)] if standing else None
    above = message.id if message is not None and which % 2 else ""
    if kind == 0:
        return entries.Said(n, at, "lounge", "ann", words, reply_to=above)
    if kind == 1:
        return entries.Sent(n, at, "lounge", {"plain": words, "reply_to": above}, f"k{n}")
    if kind == 2:
        offers = [{"label": words, "command": f"/mirror {words}"}] if which % 2 else []
        return entries.Told(n, at, "lounge", "ann", words, f"t{n}", offers)
    if kind == 3:
        return entries.Commanded(n, at, "lounge", "ann", "/mirror list")
    if message is None:
        return None
    if kind in (4, 5) and message.author:
        same = message.text == words and message.payload is None
        return None if same else entries.Edited(n, at, message.id, message.author, words)
    if kind in (4, 6):
        payload: dict[str, object] = {"plain": words, "reply_to": above}
        return None if message.payload == payload else entries.Replaced(n, at, message.id, payload)
    if kind == 7:
        return entries.OpenedThread(n, at, message.id, words) if message.hangs is None else None
    if kind == 8:
        return entries.Deleted(n, at, message.id, "ann") if message.author else entries.Removed(n, at, message.id)
    return entries.Reacted(n, at, message.id, "ben", "👍", which % 3 > 0)


def made(lines: list[dict]) -> State:
    state = State(("lounge",), ("*",))
    for line in lines:
        state.apply(entries.read(json.loads(json.dumps(line))))
    return state


def seen(state: State) -> tuple:
    """Everything that anybody can see or ask."""
    return (
        state.position,
        list(state.channels),
        [(m, None if m.hangs is None else [one.id for one in m.hangs]) for m in state.messages.values()],
        state.keys,
        list(state.changes),
        {pane: list(state.pane(*pane)) for pane in (("ann", "lounge"), ("ben", "lounge"))},
        [state.told(f"t{n}") for n in range(70)],
    )


@given(acts=ACTS)
def test_what_is_left_makes_the_same_chat(acts):
    """Ids, keys, order, cursors and panes: compacting is noticed by nobody."""
    state, lines = made([]), []
    for act in acts:
        entry = decided(state, act)
        if entry is not None:
            lines.append(entries.written(entry))
            state.apply(entry)
    left = list(map(living(state, state.dead), lines))
    again = made(left)
    assert seen(again) == seen(state)
    assert again.dead == {}, "what is left is left for good"
    assert sum(state.dead.values()) == state.dead_bytes
    standing = {one.text for one in state.messages.values()}
    told, _ = again.events(0, 1000)
    assert {event.text for event in told if isinstance(event, model.Said)} <= standing
    assert [e.id for e in told if not isinstance(e, model.Said | model.Edited)] == [
        e.id for e in state.events(0, 1000)[0] if not isinstance(e, model.Said | model.Edited)
    ]


@given(acts=ACTS)
def test_compacting_now_and_then_is_the_same_as_compacting_at_the_end(acts):
    state, lines = made([]), []
    for count, act in enumerate(acts):
        entry = decided(state, act)
        if entry is not None:
            lines.append(entries.written(entry))
            state.apply(entry)
        if count % 7 == 6:
            lines = list(map(living(state, state.take_dead()), lines))
    assert seen(made(lines)) == seen(state)
    assert made(lines).dead.keys() <= state.dead.keys()


async def test_words_that_were_deleted_or_replaced_are_gone_at_the_next_start(tmp_path: Path):
    """Law 10. Until then they may stand in the file."""
    path = tmp_path / "chat.jsonl"
    room = Room(path, lambda: 1000, ("lounge",))
    said = await room.say("lounge", "", "ann", "regretted words")
    await room.delete(said, "ann")
    kept = await room.say("lounge", "", "ann", "first words")
    await room.edit(kept, "ann", "second words")
    sent = await room.send("lounge", "", {"plain": "our first words"}, "k1")
    await room.replace("lounge", sent, {"plain": "our second words"})
    gone = await room.send("lounge", "", {"plain": "our regretted words"}, "k2")
    await room.remove(gone)
    for n in range(NOTES_KEPT + 1):
        offers = (Offer(f"offered {n} end", "mirror", ("retry", str(n))),)
        await room.tell("lounge", "ann", f"private words {n} end", f"t{n}", offers=offers)
    await room.close()
    room = Room(path, lambda: 1000, ("lounge",))
    state = await room.state()
    text = path.read_text()
    assert "regretted" not in text
    assert "first words" not in text
    assert "private words 0 end" not in text
    assert "private words 1 end" in text
    assert ("offered 0 end" in text, "offered 1 end" in text) == (False, True)
    assert state.messages[kept].text == "second words"
    assert await room.send("lounge", "", {"plain": "again"}, "k2") == gone, "keys are honoured for ever"
    await room.tell("lounge", "ann", "again", "t0")
    assert len(path.read_text().splitlines()) == len(text.splitlines()), "what was told once is told once"
    await room.close()
    room = Room(path, lambda: 1000, ("lounge",))
    events, _ = (await room.state()).events(0, 10)
    assert [type(event).__name__ for event in events] == ["Deleted", "Said", "Edited"]
    texts = {getattr(event, "text", "") for event in events[1:]}
    assert texts == {"second words"}, "a reader that is behind gets what stands there"
    await room.close()


async def test_a_file_of_which_most_is_dead_is_compacted_while_people_go_on(tmp_path: Path):
    """A chat that runs for a year is not started anew for that."""
    path = tmp_path / "chat.jsonl"
    room = Room(path, lambda: 1000, ("lounge",))
    words = "x" * 8000
    ids = [await room.say("lounge", "", "ann", f"{n} {words[:7900]}") for n in range(2 * LEAST_DEAD // 8000)]
    await asyncio.gather(
        *(room.delete(id, "ann") for id in ids), *(room.say("lounge", "", "ben", f"said {n}") for n in range(40))
    )
    await room.close()
    assert path.stat().st_size < LEAST_DEAD
    again = Room(path, lambda: 1000, ("lounge",))
    state = await again.state()
    assert [m.text for m in state.messages.values() if not m.deleted] == [f"said {n}" for n in range(40)]
    await again.close()


async def test_a_file_that_cannot_be_written_anew_goes_on_as_it_is(tmp_path: Path, monkeypatch):
    path = tmp_path / "chat.jsonl"
    room = Room(path, lambda: 1000, ("lounge",))
    await room.delete(await room.say("lounge", "", "ann", "regretted words"), "ann")
    await room.close()

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        room = Room(path, lambda: 1000, ("lounge",))
        state = await room.state()
        assert state.dead != {}
        await room.say("lounge", "", "ann", "more words")
        await room.close()
    room = Room(path, lambda: 1000, ("lounge",))
    assert [m.text for m in (await room.state()).messages.values()] == ["", "more words"]
    assert "regretted" not in path.read_text()
    await room.close()
