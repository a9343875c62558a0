"""Laws 2 and 3: whatever happens between forum and chat, and wherever the process dies, readers find it right."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from bot.testing.faults import Line
from tests.property.between import ANY, Between, laws
from tests.property.outbox import TAG, word_of


class World(Between):
    """Besides, a moderator of the chat removes what he likes, openers are in doubt, and clocks are set."""

    @rule(which=ANY, heard=st.booleans())
    def moderator_removes_a_copy(self, which: int, heard: bool) -> None:
        """Now and then the chat never tells of it."""
        standing = self.bench.mirrored()
        if standing:
            message = standing[which % len(standing)]
            if self.seen.beneath(message):
                self.seen.hushed.add(message.reply_to)
            self.seen.removed |= {self.seen.touched.get(message.id, ""), *TAG.findall(message.text)}
            self.seen.removed |= self.runner.run(self.bench.shown_under(message.key))
            if heard:
                self.people[0].delete(message.id)
            else:
                message.deleted, message.text = True, ""

    @rule(landed=st.booleans(), retry=st.booleans())
    def an_opener_is_in_doubt(self, landed: bool, retry: bool) -> None:
        """Its thread has replies already; where nothing can be found out an admin decides."""
        board = self.bench.board
        thread = board.start_thread("Another thread", "", "ann")
        row = board.posts[board.threads[thread].posts[0]]
        row.text = f"{word_of(row.post)} v1"
        self.post(len(board.threads) - 1, 1, True)
        for side in (self.bench.room, self.bench.board):
            side.faults.clear()  # whoever asks for a mirror would be told, and ask again
            side.faults.line = Line.WHOLE
        while self.act(partial(self.bench.mirror, thread, layout=self.layout)):
            pass  # whoever asked for it asks again
        self.goes_wrong_now("it landed, its answer is lost" if landed else "it did not land, and nobody knows", False)
        self.act(self.bench.work)
        self.works_later(60)
        self.watch()
        if self.held:
            self.admin_decides(0, retry)
            self.act(self.bench.work)

    @rule(minutes=st.sampled_from([-90, -1, 1, 90]), boots=st.booleans())
    def clock_is_set(self, minutes: int, boots: bool) -> None:
        self.bench.fake_clock.jump(minutes * 60_000)
        self.behind += max(0, -minutes * 60_000)
        if boots:
            self.bench.fake_clock.reboot(5000)
            self.act(self.bench.start)


def test_whatever_happens_readers_find_everything_once_and_in_order():
    """A quick look; the slow form below looks longer."""
    laws(World, examples=70, steps=30)


@pytest.mark.faults
@pytest.mark.timeout(0)
def test_whatever_happens_for_longer_readers_find_everything_once_and_in_order():
    laws(World, examples=3000, steps=60)
