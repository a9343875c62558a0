"""Whatever two people say, change and take back, however fast: what stands on the forum is what they said, grouped."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bot.model import MessageId, PostState, Reaction
from bot.store import run
from bot.store.merging import STRETCH
from bot.testing.chat_world import Person
from tests.crash.bench import Bench

WINDOW = 30

GAPS = st.sampled_from([0, 1, 10, 29, 31, 60])
"""Seconds between two things: most are within the window, and none is on its edge."""

STEPS = st.lists(
    st.tuples(st.sampled_from(["ada", "ada", "bob", "answer", "edit", "delete", "death"]), GAPS, st.integers(0, 99)),
    max_size=14,
)
"""Who speaks (`answer`: ada, to a post), what is changed, and which; deaths of the process are among it."""


class Said:
    """A message, as its author left it."""

    def __init__(self, by: str, text: str) -> None:
        self.by = by
        self.text = text
        self.gone = False


class Model:
    """What people said in a row, by the rules of the page that tells them."""

    def __init__(self) -> None:
        self.now = 0
        self.runs: list[list[Said]] = []
        self._open: tuple[str, bool, int, int] | None = None
        """Whose the last run is, whether it answers a post, when it began and when its last message came."""

    def passes(self, seconds: int) -> None:
        self.now += seconds
        if self._open is not None and self.now >= min(self._open[3] + WINDOW, self._open[2] + STRETCH * WINDOW):
            self._open = None

    def say(self, said: Said, answers: bool) -> None:
        known = self._open
        alive = known is not None and any(not one.gone for one in self.runs[-1])
        if known is not None and alive and known[0] == said.by and (not answers or known[1]):
            self.runs[-1].append(said)
            self._open = (*known[:3], self.now)
        else:
            self.runs.append([said])
            self._open = (said.by, answers, self.now, self.now)

    @property
    def posts(self) -> list[str]:
        """What is to stand on the forum."""
        texts = ["\n\n".join(one.text for one in some if not one.gone) for some in self.runs]
        return [text for text in texts if text]


async def play(folder: Path, steps: list[tuple[str, int, int]]) -> None:
    bench, model = Bench(folder), Model()
    thread = await bench.shown_thread()
    bench.board.post(thread, "", "ann", "first says")
    await bench.work()
    await bench.store.write(run, "UPDATE mirror SET answering=$1", f'{{"merge":{WINDOW}}}')
    where, answered = bench.thread_of("op says"), bench.message("first says").id
    people: dict[str, Person] = {name: bench.room.person(name) for name in ("ada", "bob")}
    said: dict[MessageId, Said] = {}
    try:
        for number, (kind, gap, which) in enumerate(steps):
            model.passes(gap)
            await bench.pass_time(gap)
            standing = [message for message, one in said.items() if not one.gone]
            if kind == "death":
                await bench.start()
            elif kind in ("edit", "delete"):
                if not standing:
                    continue
                message = standing[which % len(standing)]
                one = said[message]
                if kind == "edit":
                    one.text = f"words {number} anew"
                    people[one.by].edit(message, one.text)
                else:
                    one.gone = True
                    people[one.by].delete(message)
            else:
                by, answers = ("ada", True) if kind == "answer" else (kind, False)
                one = Said(by, f"words {number}")
                said[people[by].say(where, one.text, answered if answers else MessageId(""))] = one
                model.say(one, answers)
            await bench.work()
        await bench.pass_time(600)
        rows = [row for row in bench.board.posts.values() if row.ours and row.state is PostState.LIVE]
        note(str([(row.author, row.text) for row in rows]))
        assert [row.text for row in rows] == model.posts
        shown = {bench.room.messages[message].reaction for message, one in said.items() if not one.gone}
        assert shown <= {Reaction.POSTED}
        assert await bench.ask("SELECT 1 FROM delivery WHERE state IN ('pending', 'sending', 'held')") == []
    finally:
        await bench.crash()


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_what_stands_on_the_forum_is_what_people_said_in_a_row(steps: list[tuple[str, int, int]]) -> None:
    """Every word once, in its order, in the post to which it belongs."""
    with tempfile.TemporaryDirectory(prefix="merging-") as folder:
        asyncio.run(play(Path(folder), steps))
