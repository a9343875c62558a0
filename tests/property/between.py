"""Readers, a process that may die at any moment, and an admin: what every play about the outbox is made of."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot import errors
from bot.model import MessageId, PostKey, PostState, Where
from bot.store import run
from bot.testing.faults import Fault, Line
from bot.testing.forum_world import PostRow
from tests.crash.bench import NEVER, NOTICES
from tests.property.chat_born import VERSION, Seen
from tests.property.outbox import FILL, TAG, Outbox, begins, word_of
from tests.property.whole import Verdict

NETWORKS = st.fixed_dictionaries(
    {
        "key_window": st.sampled_from([None, None, float("inf"), 60.0]),
        "read_back": st.sampled_from(["proof", "finds", "none"]),
    }
)
CHATS = st.builds(
    lambda caps, others: caps | {"changes_others": others}, NETWORKS, st.sampled_from([False, False, False, True])
)
FORUMS = st.builds(
    lambda caps, identity, deletes, queued: (
        caps | {"write_identity": identity, "deletes": deletes, "queued_changes": queued}
    ),
    NETWORKS,
    st.sampled_from(["impersonate", "shared"]),
    st.sampled_from(["tombstone", "absence"]),
    st.booleans(),
)

LIMITS = [2000, 900]
"""Characters of a message: a long post is two or three of them."""

ANY = st.integers(0, 99)
"""Chooses one of what there is."""

PATIENCE = 20.0
"""Seconds after which something goes round and round."""

TROUBLES: dict[str, Callable[[], Fault]] = {
    "unreachable": lambda: Fault(errors.Unreachable("no line")),
    "it landed, its answer is lost": lambda: Fault(errors.OutcomeUnknown("no answer"), after=True),
    "it did not land, and nobody knows": lambda: Fault(errors.OutcomeUnknown("no answer")),
    "an answer that nobody understands": lambda: Fault(errors.Unparsable("gibberish"), after=True),
    "the adapter breaks": lambda: Fault(KeyError("oops"), after=True),
    "limited": lambda: Fault(errors.RateLimited("slower", 5.0)),
    "login rejected": lambda: Fault(errors.LoginRejected("who are you")),
    "not allowed": lambda: Fault(errors.NotAllowed("not here")),
}
REFUSALS = ("send", "edit", "submit", "revise")


class Between(RuleBasedStateMachine):
    """People write on both sides, networks fail, the process dies, an admin decides."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="outbox-"))
        self.bench: Outbox
        self.begun = False
        self.held: list[int] = []

    # ------------------------------------------------------------------------------------------------ beginning and end

    @initialize(
        chat=CHATS,
        forum=FORUMS,
        markers=st.booleans(),
        layout=st.sampled_from(["threads", "cards", "stream"]),
        delay=st.sampled_from(["0", "0", "30s"]),
        two=st.booleans(),
        limit=st.sampled_from(LIMITS),
        stands=st.booleans(),
        merge=st.sampled_from([0, 0, 30]),
    )
    def begin(
        self,
        chat: dict[str, Any],
        forum: dict[str, Any],
        markers: bool,
        layout: str,
        delay: str,
        two: bool,
        limit: int,
        stands: bool,
        merge: int,
    ) -> None:
        self.bench = Outbox(self.folder, chat=chat, forum=forum, markers=markers)
        self.bench.room.limit = limit
        self.seen = Seen()
        self.versions = itertools.count(2)
        self.behind = 0
        self.people = [self.bench.room.person(name) for name in ("dora", "emil")]
        self.begun = True
        self.layout = layout
        self.act(self.bench.start)
        self.act(lambda: self.bench.tell_admins_in(NOTICES))
        for _ in range(1 + two):
            thread = self.bench.board.start_thread("A thread", "", "ann")
            row = self.bench.board.posts[self.bench.board.threads[thread].posts[0]]
            row.text = f"{word_of(row.post)} v1"
            self.act(partial(self.bench.mirror, thread, layout=layout, delay=delay))
            self.post(0, 0, False)
        if merge:
            self.act(partial(self.bench.store.write, run, "UPDATE mirror SET answering=$1", f'{{"merge":{merge}}}'))
        if stands:
            self.act(self.bench.work)

    def act(self, what: Callable[[], Any]) -> bool:
        """Do something in a process that may die of it, and whether it did; another one is started then."""

        async def patiently() -> bool:
            async with asyncio.timeout(PATIENCE):
                return await self.bench.survive(what)

        died = self.runner.run(patiently())
        if died:
            note(f"died {self.bench.deaths[-1]}")
        return died

    def teardown(self) -> None:
        try:
            if self.begun:
                self.settle_down()
        finally:
            if self.begun:
                self.runner.run(self.bench.crash())
            self.runner.close()
            shutil.rmtree(self.folder)

    def settle_down(self) -> None:
        """Nothing goes wrong any more, and time passes until nothing is left to do."""
        bench = self.bench
        for side in (bench.room, bench.board):
            side.faults.clear()
            side.faults.line = Line.WHOLE
        bench.life.kill_at = 0
        for delays in bench.delays.values():
            delays.clear()
        # What was to be tried again at a time is, at that time: a clock that was set back comes there later.
        bench.fake_clock.advance(self.behind)
        bench.board.moderated = False
        for row in self.ours(PostState.QUEUED):
            bench.board.approve(row.post)
        for _ in range(12):
            self.act(lambda: bench.pass_time(330, 330))
            self.watch()
        self.runner.run(Verdict(bench, self.seen).check())

    @invariant()
    def watch(self) -> None:
        """What holds at every moment."""
        if not self.begun:
            return
        for message in self.bench.mirrored():
            for tag in TAG.findall(message.text):
                if begins(message, tag):
                    self.seen.touched[message.id] = tag
        twice = [word for word, count in self.bench.copies().items() if count > 1]
        assert not twice, f"{twice} stand twice"
        broken = [line for line in self.bench.log.lines if line.level == "error"]
        assert not broken, broken
        self.held = self.runner.run(self.bench.held())

    # --------------------------------------------------------------------------------------------------- on the forum

    @rule(thread=ANY, parent=ANY, long=st.booleans())
    def post(self, thread: int, parent: int, long: bool) -> None:
        board = self.bench.board
        key = list(board.threads)[thread % len(board.threads)]
        rows = board.shown(key)
        answered = rows[parent % len(rows)].post if rows and parent % 3 else PostKey("")
        post = board.post(key, answered, "ben", "")
        tag = word_of(post)
        board.posts[post].text = f"{tag} v1 {FILL} {tag}" if long and parent % 2 else f"{tag} v1"

    @rule(which=ANY)
    def edit(self, which: int) -> None:
        row = self.pick(which, PostState.LIVE)
        if row is not None:
            tag = word_of(row.post)
            rest = f" {FILL} {tag}" if which % 4 == 3 else ""
            self.bench.board.edit(row.post, f"{tag} v{row.version + 1}{rest}")

    @rule(which=ANY)
    def delete(self, which: int) -> None:
        row = self.pick(which, PostState.LIVE)
        if row is not None:
            self.bench.board.delete(row.post)

    @rule(which=ANY)
    def hide_or_show(self, which: int) -> None:
        row = self.pick(which, PostState.LIVE, PostState.HIDDEN)
        if row is not None:
            self.seen.hidden.add(row.post)
            self.bench.board.hide(row.post, row.state is PostState.LIVE)

    def pick(self, which: int, *states: PostState) -> Any:
        rows = [row for row in self.bench.board.posts.values() if row.state in states and not row.ours]
        return rows[which % len(rows)] if rows else None

    def ours(self, *states: PostState) -> list[PostRow]:
        return [row for row in self.bench.board.posts.values() if row.state in states and row.ours]

    # ---------------------------------------------------------------------------------------------------- in the chat

    def places(self) -> list[Where]:
        return list(self.bench.room.threads)

    @precondition(lambda self: self.begun and self.places())
    @rule(place=ANY, answered=ANY, who=st.integers(0, 1))
    def say(self, place: int, answered: int, who: int) -> None:
        room = self.bench.room
        where = self.places()[place % len(self.places())]
        there = [m for m in room.messages.values() if m.where == where and not m.deleted]
        above = there[answered % len(there)].id if there and answered % 3 else MessageId("")
        self.says(who, where, word_of(room.next_id()), above)

    def says(self, who: int, where: Where, word: str, above: MessageId) -> None:
        message = self.people[who].say(where, f"{word} v1", above)
        self.seen.words[message] = word

    @rule(which=ANY, back=st.booleans(), forum_too=st.booleans())
    def change_or_take_back(self, which: int, back: bool, forum_too: bool) -> None:
        """At the same moment somebody may change its post on the forum."""
        said = [m for m in self.bench.room.messages.values() if not m.ours and not m.deleted]
        if not said:
            return
        message = said[which % len(said)]
        word, number = self.seen.words[message.id], next(self.versions)
        posts = [row for row in self.ours(PostState.LIVE) if word in row.text]
        if forum_too and posts:
            self.bench.board.edit(posts[0].post, VERSION.sub(f"f{number}", posts[0].text))
        person = next(p for p in self.people if p.person.name == message.author)
        if back:
            person.delete(message.id)
        else:
            person.edit(message.id, f"{word} v{number}")
            if any(word in row.text for row in self.ours(PostState.HIDDEN)):
                self.seen.covered.add(message.id)

    # ---------------------------------------------------------------------------------------------------- the process

    @rule(what=st.sampled_from(["send", "poll", "take_in"]))
    def does_a_part(self, what: str) -> None:
        self.act(getattr(self.bench, what))

    @rule(forum=st.booleans())
    def loses_an_answer(self, forum: bool) -> None:
        """Something is written on the other side, and whether it landed is for us to find out."""
        if forum and self.places():
            self.say(0, 1, 0)
        elif not forum:
            self.post(0, 1, True)
        self.goes_wrong_now("it landed, its answer is lost", forum)
        self.act(self.bench.work)

    @rule(
        delays=st.lists(st.sampled_from([NEVER, 30, None, 49]), min_size=2, max_size=3),
        slow=st.booleans(),
        forum=st.booleans(),
        later=st.lists(st.sampled_from([1, 60, 10]), min_size=3, max_size=4),
    )
    def lands_late(self, delays: list[float | None], slow: bool, forum: bool, later: list[int]) -> None:
        """Something is on its way when its answer is given up, and arrives whatever becomes of us meanwhile."""
        if forum and self.places():
            self.say(0, 1, 0)
        elif not forum:
            self.post(0, 1, True)
        if slow:
            side = self.bench.board if forum else self.bench.room
            side.faults.append(Fault(partial(self.bench.fake_clock.advance, 60_000), after=True))
        self.bench.delays["submit" if forum else "send"].extend(delays)
        self.act(self.bench.work)
        for seconds in later:
            self.works_later(seconds)

    @rule()
    def works(self) -> None:
        self.act(self.bench.work)

    @rule(seconds=st.sampled_from([1, 60, 400]))
    def works_later(self, seconds: int) -> None:
        self.bench.fake_clock.advance(seconds * 1000)
        self.act(self.bench.work)

    @rule(moments=st.integers(1, 20), trouble=st.sampled_from(sorted(TROUBLES)))
    def works_in_trouble(self, moments: int, trouble: str) -> None:
        """Something goes wrong, and the process dies while it sees to that; another one goes on."""
        self.goes_wrong_now(trouble, bool(moments % 2))
        self.bench.life.kill_at = self.bench.life.count + moments
        self.act(self.bench.work)
        self.act(self.bench.work)

    @rule(moments=st.integers(1, 12))
    def will_die(self, moments: int) -> None:
        """After so many more moments."""
        self.bench.life.kill_at = self.bench.life.count + moments

    @rule()
    def starts_again(self) -> None:
        self.act(self.bench.start)

    @rule(kind=st.sampled_from(sorted(TROUBLES)), forum=st.booleans())
    def goes_wrong(self, kind: str, forum: bool) -> None:
        self.goes_wrong_now(kind, forum)

    def goes_wrong_now(self, kind: str, forum: bool) -> None:
        (self.bench.board if forum else self.bench.room).faults.append(TROUBLES[kind]())

    @rule(act=st.sampled_from(REFUSALS))
    def is_refused(self, act: str) -> None:
        side = self.bench.board if act in ("submit", "revise") else self.bench.room
        side.faults.append(Fault(errors.Refused("too long"), act))

    @rule(seconds=st.sampled_from([1, 20, 70, 400, 1300]))
    def time_passes(self, seconds: int) -> None:
        self.bench.fake_clock.advance(seconds * 1000)

    # ------------------------------------------------------------------------------------------------------ the admin

    @precondition(lambda self: self.held)
    @rule(which=ANY, retry=st.booleans())
    def admin_decides(self, which: int, retry: bool) -> None:
        """He looks first whether it stands: if so he says where, else he has it sent again or gives it up."""
        self.act(lambda: self.decide(which, retry))

    async def decide(self, which: int, retry: bool) -> None:
        delivery = self.held[which % len(self.held)]
        rows = await self.bench.ask(
            "SELECT key FROM part WHERE delivery=$1 AND kind='send' AND remote IS NULL ORDER BY part LIMIT 1", delivery
        )
        link = self.stands(rows[0][0]) if rows else ""
        line = f"settle {delivery} {link}" if link else f"{'retry' if retry else 'skip'} {delivery}"
        answer = await self.bench.admin(line)
        note(f"{line}: {answer.text}")
        assert answer.ok, answer.text

    def stands(self, key: str) -> str:
        post = self.bench.post_of_key(key)
        return post.post if post is not None else self.bench.key_stands(key) or ""


def laws(play: type[Between], examples: int, steps: int) -> None:
    """Let a play be played so often, each with so many steps at the most."""
    run_state_machine_as_test(
        play,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, suppress_health_check=list(HealthCheck), deadline=None
        ),
    )
