"""Rules of the house from end to end: whose account may answer, what a ban means, what stands in the audit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import errors
from bot.commands import carry_out
from bot.model import Answer, Caller, ChannelRef, ChatName, ChatPerson, MessageId, UserId, Where
from bot.store.persons import ensure_person, join
from bot.testing.chat_world import Person
from bot.testing.faults import Fault
from tests.crash.bench import Bench

LOUNGE = Where(ChannelRef("lounge"))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    there = Bench(tmp_path, forum={"write_identity": "shared"})
    await there.shown_thread()
    yield there
    await there.crash()


async def give(bench: Bench, name: str, *words: str, bare: bool = False) -> Answer:
    """What somebody hears who gives a reader's command."""
    [[community]] = await bench.ask("SELECT community FROM mirror")
    who = Caller(ChatName("fake"), community, name, where=LOUNGE, id=UserId(f"u-{name}"), anybody=bare)
    return await carry_out(bench, who, "forum", words)


async def connected(bench: Bench, name: str) -> None:
    """Somebody lends us their account of that name."""
    assert (await give(bench, name, "connect", "fake")).ok
    consent = bench.board.consent(name, f"invitation-{bench.clock.now()}")
    assert (await give(bench, name, "connect", "fake", consent)).ok


async def says(bench: Bench, name: str, text: str, bare: bool = False) -> MessageId:
    """Somebody answers in the chat thread; all that follows has happened."""
    who = Person(bench.room, ChatPerson(UserId(f"u-{name}"), name, anybody=bare))
    message = who.say(bench.thread_of("op says"), text)
    await bench.work()
    return message


async def ruled(bench: Bench, *words: str) -> None:
    answer = await bench.admin(f"replies 1 {' '.join(words)}")
    assert answer.ok, answer.text


def authors(bench: Bench) -> list[tuple[str, str]]:
    """Who wrote which replies, on the forum."""
    return [(row.author, row.text) for row in bench.board.posts.values() if not row.op]


def fates(bench: Bench) -> list[str]:
    return [str(message.reaction or "") for message in bench.room.messages.values() if not message.ours]


async def done_in_names(bench: Bench) -> list[tuple[str, ...]]:
    return [
        tuple(map(str, row))
        for row in await bench.ask("SELECT who, chat, user_id, what FROM audit WHERE chat<>'' ORDER BY id")
    ]


# ---------------------------------------------------------------------------------------------------- own accounts only


async def test_who_has_no_account_hears_where_to_get_one(bench: Bench) -> None:
    await ruled(bench, "--accounts", "own")
    await says(bench, "zoe", "May I?")
    assert authors(bench) == []
    assert fates(bench) == ["❌"]
    [told] = bench.room.whispered(UserId("u-zoe"))
    assert "/forum connect fake" in told
    assert bench.board.caps.register in told


async def test_who_connects_in_time_is_served(bench: Bench) -> None:
    """Whose account it takes is asked when it is posted, not when it was said."""
    await ruled(bench, "--accounts", "own")
    bench.board.faults.append(Fault(errors.Unreachable("down"), act="submit"))
    await connected(bench, "dora")
    await says(bench, "dora", "Mine")
    assert authors(bench) == []
    await bench.pass_time(60)
    assert authors(bench) == [("dora", "Mine")]


async def test_a_forum_without_an_account_of_ours_takes_what_people_write_themselves(tmp_path: Path) -> None:
    """Once an admin says so: by default nobody is told to get an account for every word."""
    bench = Bench(tmp_path, forum={"write_identity": "none"})
    await bench.shown_thread()
    await connected(bench, "dora")
    await says(bench, "dora", "Nobody asked for it")
    assert fates(bench) == [""]
    await ruled(bench, "--take", "all")
    await says(bench, "dora", "Mine")
    await says(bench, "zoe", "And I?")
    assert authors(bench) == [("dora", "Mine")]
    assert fates(bench) == ["", "✅", "❌"]
    assert "/forum connect fake" in bench.room.whispered(UserId("u-zoe"))[0]
    await bench.crash()


async def test_what_the_bridge_posted_before_is_still_changed_and_deleted(bench: Bench) -> None:
    """Rules hold for what is said; what stands there must not become a lie."""
    message = await says(bench, "zoe", "Before")
    await ruled(bench, "--accounts", "own")
    bench.room.person("zoe").edit(message, "After")
    await bench.work()
    assert authors(bench) == [("threadline", "zoe via fake:\n\nAfter")]
    bench.room.person("zoe").delete(message)
    await bench.work()
    assert await bench.states("reply", "delete") == ["sent"]


async def test_the_rule_outlives_its_mirror_for_what_waits(bench: Bench) -> None:
    """What was said under a rule is not posted without it because the mirror ended meanwhile."""
    await ruled(bench, "--accounts", "own")
    await connected(bench, "dora")
    bench.board.faults.append(Fault(errors.Unreachable("down"), act="submit"))
    await says(bench, "dora", "Mine")
    assert (await give(bench, "dora", "disconnect", "fake")).ok
    assert (await bench.admin("remove 1")).ok
    await bench.pass_time(60)
    assert authors(bench) == []


# ----------------------------------------------------------------------------------------------------------------- bans


async def test_who_is_barred_hears_the_forums_words_and_others_go_on(bench: Bench) -> None:
    """A ban is its person's: the thread does not rest for it, nor the forum, and no admin is told."""
    await connected(bench, "dora")
    bench.board.faults.append(Fault(errors.NotAllowed("You are silenced until May."), act="submit"))
    await says(bench, "dora", "Shouting")
    await says(bench, "zoe", "I go on")
    assert authors(bench) == [("threadline", "zoe via fake:\n\nI go on")]
    assert fates(bench) == ["❌", "✅"]
    [told] = bench.room.whispered(UserId("u-dora"))
    assert "silenced until May" in told
    assert bench.room.whispers == [one for one in bench.room.whispers if one.person == "u-dora"]
    assert await bench.ask("SELECT about FROM notice") == []


async def test_the_bridge_is_no_way_around_a_ban(bench: Bench) -> None:
    """Whose own account the forum refuses does not speak through another one."""
    await connected(bench, "dora")
    bench.board.faults.append(Fault(errors.LoginRejected("dora is suspended"), act="submit"))
    await says(bench, "dora", "Once")
    await says(bench, "dora", "Twice")
    assert authors(bench) == []
    assert fates(bench) == ["❌", "❌"]
    assert all("dora is suspended" in told for told in bench.room.whispered(UserId("u-dora")))


@pytest.mark.parametrize("trouble", [errors.LoginRejected("dora is suspended"), errors.NotAllowed("barred")])
async def test_who_is_barred_before_it_is_known_what_became_of_a_reply_holds_nobody_up(
    tmp_path: Path, trouble: errors.AdapterError
) -> None:
    """Nobody can look who could: the admins decide about that one, and the thread goes on."""
    bench = Bench(tmp_path, forum={"write_identity": "shared", "key_window": None})
    await bench.shown_thread()
    await connected(bench, "dora")
    bench.board.faults.append(Fault(errors.OutcomeUnknown("cut"), act="submit"))
    bench.board.faults.append(Fault(trouble, act="written"))
    await says(bench, "dora", "Was it there?")
    await says(bench, "zoe", "I go on")
    await bench.pass_time(200)
    assert fates(bench) == ["✋", "✅"]
    await bench.crash()


# ----------------------------------------------------------------------------------------------------------- bare names


async def test_a_bare_name_has_nobodys_account(bench: Bench) -> None:
    """Whoever takes the name next would speak as its former holder."""
    await connected(bench, "dora")
    await says(bench, "dora", "It is me", bare=True)
    await says(bench, "dora", "It is me, really")
    assert authors(bench) == [("threadline", "dora via fake:\n\nIt is me"), ("dora", "It is me, really")]


async def test_a_bare_name_that_was_linked_has_no_account_either(bench: Bench) -> None:
    await connected(bench, "dora")
    write = bench.store.write
    dora = await write(ensure_person, "fake", "u-dora", "dora", 1)
    await write(join, dora, await write(ensure_person, "fake", "u-guest", "guest", 1))
    await says(bench, "guest", "Am I dora?", bare=True)
    assert authors(bench) == [("threadline", "guest via fake:\n\nAm I dora?")]


@pytest.mark.parametrize("words", [("link",), ("link", "ABCD-2345"), ("disconnect", "fake")])
async def test_a_bare_name_is_linked_with_nobody(bench: Bench, words: tuple[str, ...]) -> None:
    await connected(bench, "dora")
    answer = await give(bench, "dora", *words, bare=True)
    assert not answer.ok
    assert "anybody may take" in answer.text
    assert len(await bench.ask("SELECT 1 FROM forum_account")) == 1


# ---------------------------------------------------------------------------------------------------------------- audit


async def test_what_is_done_in_somebodys_name_stands_in_the_audit(bench: Bench) -> None:
    """Posted, changed, deleted, connected, taken back: with whose account, on which forum, which post."""
    await connected(bench, "dora")
    message = await says(bench, "dora", "Mine")
    await says(bench, "zoe", "The bridge's")
    bench.room.person("dora").edit(message, "Changed")
    await bench.work()
    bench.room.person("dora").delete(message)
    await bench.work()
    assert (await give(bench, "dora", "disconnect", "fake")).ok
    assert await done_in_names(bench) == [
        ("dora", "fake", "u-dora", what)
        for what in (
            "own account on fake connected",
            "posted in their name on fake",
            "changed in their name on fake",
            "deleted in their name on fake",
            "own account on fake taken back",
        )
    ]
    [[post]] = await bench.ask("SELECT post_key FROM reply WHERE identity_user='u-dora'")
    assert await bench.ask("SELECT DISTINCT new FROM audit WHERE what LIKE 'posted%'") == [(f"as dora, post {post}",)]


async def test_what_was_found_on_the_forum_instead_of_heard_is_in_the_audit_too(tmp_path: Path) -> None:
    """And it is changed with the account that it was sent with."""
    bench = Bench(tmp_path, forum={"write_identity": "shared", "key_window": None})
    await bench.shown_thread()
    await connected(bench, "dora")
    bench.board.faults.append(Fault(errors.OutcomeUnknown("cut"), act="submit", after=True))
    message = await says(bench, "dora", "Was it there?")
    assert [row[3] for row in await done_in_names(bench)][1:] == ["posted in their name on fake"]
    bench.room.person("dora").edit(message, "It was")
    await bench.pass_time(60)
    assert authors(bench) == [("dora", "It was")]
    await bench.crash()


async def test_the_audit_keeps_both_apart(bench: Bench) -> None:
    """Where many answer, what admins did would be out of sight."""
    await connected(bench, "dora")
    await says(bench, "dora", "Mine")
    assert "in their name" not in (await bench.admin("audit")).text
    named = (await bench.admin("audit --of people")).text
    assert "dora: posted in their name on fake" in named
    assert "mirror 1 made" not in named


async def test_who_asks_to_be_forgotten_has_no_name_there(bench: Bench) -> None:
    await connected(bench, "dora")
    await says(bench, "dora", "Mine")
    assert (await give(bench, "dora", "forgetme", "yes")).ok
    assert {row[:3] for row in await done_in_names(bench)} == {("somebody", "fake", "")}
