"""Forum and chat show the same thread, whatever anybody does on both sides, and wherever the process dies."""

from __future__ import annotations

import re

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from bot.model import MessageId, PostState
from tests.property.between import ANY, Between, laws
from tests.property.chat_born import VERSION, speaks, version
from tests.property.outbox import word_of


class TwoWays(Between):
    """Besides, moderators of the forum look at what the chat says, and change it."""

    @rule(which=ANY, how=st.sampled_from(["other words", "other words", "the chat's words", "gone", "hidden", "back"]))
    def moderator_changes_what_was_said(self, which: int, how: str) -> None:
        """Or who said it does so there; a message and its post say the same again when they say the same version."""
        state = PostState.HIDDEN if how == "back" else PostState.LIVE
        if not self.ours(state) and self.places():
            self.say(which, which, which % 2)
            self.act(self.bench.work)
        rows = self.ours(state)
        if not rows:
            return
        board, row = self.bench.board, rows[which % len(rows)]
        match how:
            case "gone":
                board.delete(row.post)
            case "hidden" | "back":
                board.hide(row.post, how == "hidden")
            case "other words":
                board.edit(row.post, VERSION.sub(f"f{next(self.versions)}", row.text))
            case _:
                text = row.text
                for id, word in self.seen.words.items():
                    message = self.bench.room.messages[id]
                    if speaks(row, message.author) and (said := version(message.text, word)):
                        text = re.sub(rf"\b{word} [vf]\d+", f"{word} {said}", text)
                board.edit(row.post, text)

    @rule(on=st.booleans())
    def moderators_look_first(self, on: bool) -> None:
        """What comes from the chat waits from now on until one of them has looked at it, or does so no longer."""
        self.bench.board.moderated = on

    @rule(which=ANY, lets=st.booleans())
    def moderator_judges(self, which: int, lets: bool) -> None:
        rows = self.ours(PostState.QUEUED)
        if rows:
            row = rows[which % len(rows)]
            self.bench.board.approve(row.post) if lets else self.bench.board.reject(row.post, "no seeds, please")

    @precondition(lambda self: self.begun and self.places())
    @rule(place=ANY)
    def two_say_the_same(self, place: int) -> None:
        """Two equal short replies are two posts."""
        where, word = self.places()[place % len(self.places())], word_of(self.bench.room.next_id())
        for who in (0, 1):
            self.says(who, where, word, MessageId(""))


def test_whatever_happens_forum_and_chat_show_the_same_thread():
    """A quick look; the slow form below looks longer."""
    laws(TwoWays, examples=60, steps=30)


@pytest.mark.faults
@pytest.mark.timeout(0)
def test_whatever_happens_for_longer_forum_and_chat_show_the_same_thread():
    laws(TwoWays, examples=3000, steps=60)
