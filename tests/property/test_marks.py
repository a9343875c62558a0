"""Law 8: whatever happens to posts and whatever people mark, in any order, what is unread is what the sets say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bot.model import PostState
from bot.reading import marks as arithmetic
from bot.reading.marks import Mark, Stand
from bot.store import clearing, discussion, marks, persons, unread
from tests.property.reading import BOARDS, THREADS, USERS, OnForum, Readers, Seen

ANY = st.integers(0, 99)
"""Chooses one of what there is."""

users = st.sampled_from(USERS)
threads = st.sampled_from(THREADS)
boards = st.sampled_from(BOARDS)
positions = st.integers(0, 50)
LATE = [False, False, False, True]


class People(RuleBasedStateMachine):
    """A forum lives, and people read it."""

    readers: Readers | None = None

    @initialize()
    def begin(self) -> None:
        self.readers = Readers()

    @property
    def house(self) -> Readers:
        assert self.readers is not None
        return self.readers

    def teardown(self) -> None:
        if self.readers is not None:
            self.readers.close()

    @invariant()
    def everybody_sees_what_the_sets_say(self) -> None:
        if self.readers is not None:
            self.readers.check()

    # ------------------------------------------------------------------------------------------------------ the forum

    @rule(thread=threads, position=positions, late=st.sampled_from(LATE), state=st.sampled_from(PostState))
    def post(self, thread: str, position: int, late: bool, state: PostState) -> None:
        """Mostly at the end and alive; some between others, some dead or waiting for a moderator when first seen."""
        at_end = 100 + len(self.house.posts)
        self.house.say(thread, position if late else at_end, state=state if late else PostState.LIVE)

    @rule(thread=threads)
    def happen(self, thread: str) -> None:
        """What befalls a thread is told among its posts."""
        self.house.say(thread, 100 + len(self.house.posts), event=True)

    @rule(thread=threads, some=st.lists(positions, min_size=1, max_size=4))
    def back_fill(self, thread: str, some: list[int]) -> None:
        self.house.back_fill(thread, some)

    @rule(which=ANY, state=st.sampled_from([*PostState, PostState.LIVE, PostState.LIVE, None]))
    def moderate(self, which: int, state: PostState | None) -> None:
        """Delete, hide, restore, approve; None: the page shows nothing of it any more."""
        self.house.change(self.on_forum(which), state)

    @rule(which=ANY, thread=threads, left_first=st.booleans())
    def move_post(self, which: int, thread: str, left_first: bool) -> None:
        on = self.on_forum(which)
        if not on.op and on.thread != thread:
            self.house.move(on, thread, left_first)

    @rule(thread=threads, board=boards)
    def move_thread(self, thread: str, board: str) -> None:
        self.house.move_thread(thread, board)

    @rule()
    def tidy(self) -> None:
        self.house.tidy()

    @rule(board=boards, shown=ANY)
    def floor_rises(self, board: str, shown: int) -> None:
        if shown % 3 == 0:
            self.house.raise_floor(board, self.moment(shown))

    # --------------------------------------------------------------------------------------------------------- people

    @rule(user=users, thread=threads, shown=ANY)
    def mark_thread(self, user: str, thread: str, shown: int) -> None:
        """As it was shown some time ago."""
        self.house.mark_thread(user, thread, self.moment(shown))

    @rule(user=users, which=ANY)
    def mark_to(self, user: str, which: int) -> None:
        self.house.mark_to(user, self.seen(which))

    @rule(user=users, some=st.lists(ANY, min_size=1, max_size=3))
    def mark_posts(self, user: str, some: list[int]) -> None:
        self.house.mark_posts(user, map(self.seen, some))

    @rule(user=users, which=ANY)
    def mark_unread(self, user: str, which: int) -> None:
        self.house.mark_unread(user, self.seen(which))

    @rule(user=users, board=boards, shown=ANY)
    def mark_board(self, user: str, board: str, shown: int) -> None:
        self.house.mark_board(user, board, self.moment(shown))

    @rule(user=users, shown=ANY)
    def mark_all(self, user: str, shown: int) -> None:
        self.house.mark_all(user, self.moment(shown))

    @rule(user=users, board=boards)
    def collapse(self, user: str, board: str) -> None:
        self.house.collapse(user, board)

    @rule(user=users, other=users)
    def link(self, user: str, other: str) -> None:
        self.house.link(user, other)

    @rule(user=users)
    def unlink(self, user: str) -> None:
        self.house.unlink(user)

    # -------------------------------------------------------------------------------------------------------- choosing

    def on_forum(self, which: int) -> OnForum:
        return self.pick(list(self.house.posts.values()), which)

    def seen(self, which: int) -> Seen:
        return self.pick(list(self.house.truth.seen.values()), which)

    def moment(self, which: int) -> tuple[int, int]:
        return self.pick(self.house.moments, which)

    def pick(self, some: list[Any], which: int) -> Any:
        return some[-1 - which % len(some)]


def laws(examples: int, steps: int, **wishes: Any) -> None:
    run_state_machine_as_test(
        People,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
            deadline=None,
            **wishes,
        ),
    )


def test_what_is_unread_is_what_the_sets_say():
    """A quick look; the slow form below looks longer."""
    laws(examples=30, steps=40)


# ------------------------------------------------------------------------------------------------------ broken rules


def without_forced(stand: Stand) -> int:
    return max(stand.floor, stand.board, stand.mark.seq if stand.mark is not None else 0)


def lowered_unforced(stand: Stand, reached: int, n: int, before: int) -> Mark | None:
    return Mark(before, max(n, 1) - 1) if reached >= max(n, 1) else stand.mark


def lowered_to_n(stand: Stand, reached: int, n: int, before: int) -> Mark | None:
    return arithmetic.mark_at(stand, before, n) if reached >= n else stand.mark


def raised_unasked(stand: Stand, seq: int, n: int) -> Mark | None:
    return arithmetic.mark_at(stand, seq, n) if n > 0 else stand.mark


def raised_by_nothing(stand: Stand, seq: int, n: int) -> Mark | None:
    return Mark(seq, n) if seq > arithmetic.read_to(stand) else stand.mark


def joined_without_boards(one: Stand, other: Stand) -> tuple[Stand, int, int | None]:
    further = max(one, other, key=arithmetic.read_to)
    return one, arithmetic.read_to(further), arithmetic.known_n(further)


BROKEN: dict[str, tuple[str, Callable[..., Any]]] = {
    "floors are for nobody": ("by_board", lambda stand: stand.board),
    "board marks mean nothing": ("by_board", lambda stand: stand.floor),
    "board marks beat mark unread": ("read_to", without_forced),
    "the dead are unread": ("unread", lambda stand, n, dead, singly: stand.last - n - singly),
    "posts read alone are unread": ("unread", lambda stand, n, dead, singly: stand.last - n - dead),
    "stale marks lower": ("raised", raised_unasked),
    "mark unread yields to the board": ("lowered", lowered_unforced),
    "mark unread spares the post itself": ("lowered", lowered_to_n),
    "mark unread means back-filled posts": ("first_unread", lambda n: n),
    "mark unread outlives board marks": ("under_board", lambda stand, seq, n: stand.mark),
    "moves forget": ("settled", lambda then, now, n: now.mark),
    "joins take the first": ("joined", lambda one, other: (one, arithmetic.read_to(one), arithmetic.known_n(one))),
    "joins forget what boards said": ("joined", joined_without_boards),
    "what is put together covers the first unread": ("collapsed", lambda top, oldest: min(oldest, default=top)),
}
"""One rule of the arithmetic broken at a time."""

REWRITTEN = {
    "the newest post is reached": ("NUMBER_AT", "ORDER BY p.seq DESC", "ORDER BY p.seq"),
    "tombstones are read alone": ("BEHIND", "AND NOT EXISTS", "AND EXISTS"),
    "moved threads ask their new board": ("MARKED", "x.id>p.moved)", "x.id<0)"),
    "lists forget what was marked unread": ("FORCED", "forced=1", "forced=2"),
    "lists forget what came from elsewhere": ("CAME", "x.id>q.moved", "x.id<0"),
    "lists skip what has a mark": ("NEWS", "tm.seq<t.live_seq", "tm.seq<0"),
    "lists are paged with gaps": ("NEWS", "t.live_seq<$4", "t.live_seq<$4-1"),
    "the dead are posts": ("ALIVE", "NOT EXISTS", "0=0 OR EXISTS"),
}
"""One rule of the statements rewritten at a time."""

QUICK = {
    "board marks mean nothing",
    "board marks beat mark unread",
    "the dead are unread",
    "mark unread yields to the board",
    "mark unread spares the post itself",
    "what is put together covers the first unread",
    "tombstones are read alone",
    "lists are paged with gaps",
    "lists forget what was marked unread",
    "the dead are posts",
}
"""What is noticed within a second or two."""

ROOMS = (arithmetic, marks, unread, discussion, clearing, persons)


def breaks(monkeypatch: pytest.MonkeyPatch, change: Callable[[ModuleType], dict[str, Any]]) -> None:
    """Change something wherever it is known, and expect the sets to see it."""
    for room in ROOMS:
        for name, value in change(room).items():
            monkeypatch.setattr(room, name, value)
    with pytest.raises(AssertionError):
        laws(
            examples=2000,
            steps=60,
            phases=[Phase.generate],
            database=None,
            derandomize=True,
            report_multiple_bugs=False,
        )


def quick_first(rules: Iterable[str]) -> list[Any]:
    """Those that take longer than a moment to be met are looked for with the slow tests."""
    return [
        rule if rule in QUICK else pytest.param(rule, marks=[pytest.mark.faults, pytest.mark.timeout(0)])
        for rule in rules
    ]


@pytest.mark.parametrize("rule", quick_first(BROKEN))
def test_a_broken_rule_of_the_arithmetic_is_noticed(monkeypatch, rule):
    name, broken = BROKEN[rule]
    assert hasattr(arithmetic, name)
    breaks(monkeypatch, lambda room: {name: broken} if hasattr(room, name) else {})


@pytest.mark.parametrize("rule", quick_first(REWRITTEN))
def test_a_broken_rule_of_the_statements_is_noticed(monkeypatch, rule):
    statement, words, instead = REWRITTEN[rule]
    known = next(getattr(room, statement) for room in ROOMS if hasattr(room, statement))
    assert words in known

    def change(room: ModuleType) -> dict[str, Any]:
        """In every statement that holds this one."""
        texts = {name: text for name, text in vars(room).items() if isinstance(text, str) and name.isupper()}
        broken = known.replace(words, instead)
        return {name: text.replace(known, broken) for name, text in texts.items() if known in text}

    breaks(monkeypatch, change)


@pytest.mark.faults
@pytest.mark.timeout(0)
def test_what_is_unread_is_what_the_sets_say_for_longer():
    laws(examples=1000, steps=300)
