"""A new key for all that is sealed: wherever the program dies meanwhile, everything opens; nobody opens another's."""

from __future__ import annotations

import re

import pytest

from bot import errors, seal
from bot.accounts import ANSWER, ASKED
from bot.confiding import PURPOSE as WORDS
from bot.model import Answer, Batch, ChatName, ChatPerson, Commanded, UserId
from bot.opening import SETTING
from bot.seal import Sealer
from bot.store.inbox import receive
from bot.store.vault import keep_secret
from bot.store.whispers import whisper
from tests.crash.bench import Bench, Killed
from tests.unit.test_accounts import LOUNGE, SHARED, authors, connected, give, says

STEPS = 12
"""Moments at which the program may die, more than there are."""


@pytest.fixture
async def bench(tmp_path):
    there = Bench(tmp_path, forum=SHARED)
    await there.shown_thread()
    yield there
    await there.crash()


class Deaths:
    """Counts what is done to key file and database while a key is renewed, and dies before one of these things."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        self.count = 0
        self._at = at
        for name in ("_write_synced", "_sync_directory"):
            monkeypatch.setattr(seal, name, self._counted(getattr(seal, name)))

    def _counted(self, act):
        def counted(*args):
            self.step()
            return act(*args)

        return counted

    def step(self) -> None:
        self.count += 1
        if self.count == self._at:
            raise Killed(f"step {self.count}")

    def of_database(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        write = bench.store.write

        async def counted(*args):
            self.step()
            found = await write(*args)
            self.step()
            return found

        monkeypatch.setattr(bench.store, "write", counted)


async def everything(bench: Bench) -> tuple[list[str], list[bytes]]:
    """What is sealed for whom, opened; and sealed as it is."""
    sealer = Sealer.open(bench.folder / "keys" / "key")
    rows = await bench.ask("SELECT purpose, owner, sealed FROM secret ORDER BY id")
    asked = await bench.ask(
        "SELECT i.person, f.name, i.sealed FROM invitation i JOIN forum f ON f.id=i.forum ORDER BY i.person"
    )
    opened = [sealer.unseal(purpose, owner, bytes(sealed)) for purpose, owner, sealed in rows]
    opened += [sealer.unseal(ASKED, f"{person}:{forum}", bytes(sealed)) for person, forum, sealed in asked]
    said = [text.encode() for (text,) in await bench.ask("SELECT text FROM whisper WHERE sealed=1")]
    opened += [sealer.unseal(WORDS, "fake:u-dora", sealed) for sealed in said]
    typed = [re.findall(r"sealed:([\w=-]+)", body) for (body,) in await bench.ask("SELECT body FROM inbox")]
    waits = [sealed.encode() for found in typed for sealed in found]
    opened += [sealer.unseal(ANSWER, "fake:u-dora", sealed) for sealed in waits]
    return opened, [*(bytes(row[2]) for row in (*rows, *asked)), *said, *waits]


@pytest.mark.parametrize("at", range(1, STEPS))
async def test_wherever_it_dies_everything_opens_and_once_it_is_done_the_old_key_opens_nothing(bench, monkeypatch, at):
    """A key is renewed in a hurry: whoever does it is not to lose what it was for."""
    await connected(bench, "dora")
    await give(bench, "emil", "connect", "fake")
    key = bench.folder / "keys" / "key"
    setting = Sealer.open(key).seal(SETTING, "chats.talk.token", "the token of a chat")
    await bench.store.write(keep_secret, SETTING, "chats.talk.token", setting)
    answer = Answer("a link that opens something", secret=True)
    words = bench.confiding.sealed(ChatName("fake"), "u-dora", answer)
    await bench.store.write(whisper, "fake", "lounge", "", "u-dora", words, "key", bench.clock.now(), sealed=True)
    typed = Commanded("e", LOUNGE, ChatPerson(UserId("u-dora"), "dora"), "forum", ("link", "ABCD-2345"), 1)
    batch = bench.accounts.hidden("fake", Batch((typed,), str(len(bench.room.heard))))
    await bench.store.write(receive, "fake", batch, bench.clock.now())
    old, (before, sealed) = key.read_bytes(), await everything(bench)
    assert len(before) == 5
    with monkeypatch.context() as patch:
        deaths = Deaths(patch, at)
        deaths.of_database(bench, patch)
        try:
            await bench.accounts.renew_key()
        except Killed:
            pass
        else:
            assert deaths.count < at
    await bench.start()
    assert (await everything(bench))[0] == before
    assert (await bench.accounts.renew_key()).ok
    now, fresh = await everything(bench)
    assert now == before
    assert not set(fresh) & set(sealed)
    await says(bench, "dora", "Still me")
    assert authors(bench) == [("dora", "Still me")]
    assert "a link that opens something" in bench.room.whispered(UserId("u-dora"))
    key.write_bytes(old)
    stolen = Sealer.open(key)
    for one in fresh:
        with pytest.raises(errors.LoginRejected):
            stolen.rotate(one)


async def test_what_was_sealed_for_one_account_opens_no_other(bench):
    """Whoever can write to the database would else speak for anybody who lent us their account."""
    await connected(bench, "dora")
    await connected(bench, "emil")
    await bench.store.write(exchanged, "secret", "id")
    await says(bench, "dora", "In whose name?")
    assert authors(bench) == []
    [told] = bench.room.whispered(UserId("u-dora"))
    assert "sealed for something else" in told


async def test_what_somebody_was_asked_is_answered_by_nobody_else(bench):
    """An invitation holds what the answer is tried with."""
    for name in ("dora", "emil"):
        assert (await give(bench, name, "connect", "fake")).ok
    code = bench.board.consent("dora", f"invitation-{bench.clock.now()}")
    await bench.store.write(exchanged, "invitation", "person")
    answer = await give(bench, "dora", "connect", "fake", code)
    assert not answer.ok
    assert "sealed for something else" in answer.text


@pytest.mark.parametrize(
    ("purpose", "owner"),
    [("account", "other:u-dora"), ("account", "fake:u-emil"), (SETTING, "fake:u-dora"), (ASKED, "fake:u-dora")],
)
async def test_forum_person_and_purpose_are_bound(bench, purpose, owner):
    """The same sealed bytes in another row."""
    await connected(bench, "dora")
    [[sealed]] = await bench.ask("SELECT sealed FROM secret")
    with pytest.raises(errors.LoginRejected, match="something else"):
        Sealer.open(bench.folder / "keys" / "key").unseal(purpose, owner, bytes(sealed))


def exchanged(table: str, by: str):
    """Put what is sealed in the two rows of a table each into the other one; `by` is what tells them apart."""
    [[one, first], [two, second]] = yield f"SELECT {by}, sealed FROM {table}", ()
    yield f"UPDATE {table} SET sealed=$2 WHERE {by}=$1", (one, second)
    yield f"UPDATE {table} SET sealed=$2 WHERE {by}=$1", (two, first)
