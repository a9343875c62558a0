"""People's own accounts: lent in private, tried before they are kept, sealed, used for nobody else's replies."""

from __future__ import annotations

import pytest

from bot import errors
from bot.accounts import SEALED
from bot.commands import carry_out
from bot.model import (
    Answer,
    Batch,
    Caller,
    ChannelRef,
    ChatName,
    ChatPerson,
    Commanded,
    MessageId,
    UserId,
    Where,
)
from bot.store.persons import ensure_person, join
from bot.store.vault import keep_secret
from bot.testing.faults import Fault
from tests.crash.bench import Bench

LOUNGE = Where(ChannelRef("lounge"))
SHARED = {"write_identity": "shared"}


@pytest.fixture
async def bench(tmp_path):
    there = Bench(tmp_path, forum=SHARED)
    await there.shown_thread()
    yield there
    await there.crash()


async def give(bench: Bench, name: str, *words: str, where: Where = LOUNGE, message: str = "") -> Answer:
    """What somebody hears who gives a reader's command."""
    [[community]] = await bench.ask("SELECT community FROM mirror")
    id, typed = UserId(f"u-{name}"), MessageId(message)
    return await carry_out(
        bench, Caller(ChatName("fake"), community, name, where=where, id=id, message=typed), "forum", words
    )


async def connected(bench: Bench, name: str) -> Answer:
    """Somebody lends us their account of that name."""
    asked = await give(bench, name, "connect", "fake")
    assert asked.ok, asked.text
    return await give(bench, name, "connect", "fake", bench.board.consent(name, f"invitation-{bench.clock.now()}"))


async def says(bench: Bench, name: str, text: str) -> MessageId:
    """Somebody answers in the chat thread; all that follows has happened."""
    message = bench.room.person(name).say(bench.thread_of("op says"), text)
    await bench.work()
    return message


def authors(bench: Bench) -> list[tuple[str, str]]:
    """Who wrote which replies, on the forum."""
    return [(row.author, row.text) for row in bench.board.posts.values() if not row.op]


async def test_replies_of_who_lent_an_account_are_their_own(bench):
    """Others speak through the account of the bridge, which says who they are."""
    answer = await connected(bench, "dora")
    assert answer.ok, answer.text
    await says(bench, "dora", "In my own name")
    await says(bench, "zoe", "In another")
    assert authors(bench) == [("dora", "In my own name"), ("threadline", "zoe via fake:\n\nIn another")]
    assert [message.reaction for message in bench.room.messages.values() if not message.ours] == ["✅", "✅"]


async def test_what_came_from_the_chat_does_not_come_back_to_it(bench):
    """The post that a reply became is that message, whoever's account wrote it."""
    await connected(bench, "dora")
    before = len(bench.room.ours())
    await says(bench, "dora", "In my own name")
    await bench.work()
    assert len(bench.room.ours()) == before


async def test_a_reply_whose_answer_was_lost_is_found_among_their_own(bench):
    """After a crash it is looked for under the account that it was sent with."""
    bench.board.caps = type(bench.board.caps)(write_identity="shared", read_back="proof", deletes="tombstone")
    await connected(bench, "dora")
    bench.delays["submit"].append(1.0)
    await says(bench, "dora", "Was it there?")
    await bench.pass_time(200)
    await bench.work()
    assert authors(bench) == [("dora", "Was it there?")]


async def test_edits_and_deletions_are_made_with_the_same_account(bench):
    """A forum lets nobody else change what somebody wrote."""
    await connected(bench, "dora")
    message = await says(bench, "dora", "Before")
    bench.room.person("dora").edit(message, "Afterwards")
    await bench.work()
    assert authors(bench) == [("dora", "Afterwards")]
    bench.room.person("dora").delete(message)
    await bench.work()
    assert (await bench.states("reply", "delete")) == ["sent"]


async def test_a_key_that_the_forum_refuses_is_told_to_its_person_alone(bench):
    """Nothing is posted in another name, and nobody else's replies wait."""
    await connected(bench, "dora")
    bench.board.tokens.clear()
    await says(bench, "dora", "In whose name?")
    await says(bench, "zoe", "I go on")
    await says(bench, "dora", "Again")
    assert [text for _, text in authors(bench)] == ["zoe via fake:\n\nI go on"]
    told = bench.room.whispered(UserId("u-dora"))
    assert all("does not take the key" in text for text in told)
    assert len(told) == 2
    assert "does not take" in (await give(bench, "dora", "accounts")).text


async def test_a_new_key_heals_it(bench):
    """Connecting again is all that it takes."""
    await connected(bench, "dora")
    bench.board.tokens.clear()
    await says(bench, "dora", "In whose name?")
    await connected(bench, "dora")
    await says(bench, "dora", "In mine")
    assert authors(bench) == [("dora", "In mine")]


async def test_what_was_given_back_is_used_no_more(bench):
    """The forum forgets our key, we forget it, and what was posted stays."""
    await connected(bench, "dora")
    message = await says(bench, "dora", "Mine")
    assert (await give(bench, "dora", "disconnect", "fake")).ok
    assert not bench.board.tokens
    assert await bench.ask("SELECT count(*) FROM secret") == [(0,)]
    bench.room.person("dora").edit(message, "Changed")
    await bench.work()
    assert authors(bench) == [("dora", "Mine")]
    assert "not connected any more" in bench.room.whispered(UserId("u-dora"))[-1]
    assert "No account" in (await give(bench, "dora", "disconnect", "fake")).text


async def test_no_secret_stands_in_the_database(bench):
    """Whoever copies the file has nobody's account."""
    asked = await give(bench, "dora", "connect", "fake")
    assert asked.ok
    code = bench.board.consent("dora", f"invitation-{bench.clock.now()}")
    assert (await give(bench, "dora", "connect", "fake", code)).ok
    await says(bench, "dora", "Mine")
    [token] = bench.board.tokens
    for file in bench.folder.glob("threadline.db*"):
        kept = file.read_bytes()
        assert token.encode() not in kept
        assert code.encode() not in kept
        assert b"invitation-1" not in kept


async def test_an_answer_waits_sealed_for_its_turn(bench):
    """Between the chat and its trial it lies in the inbox."""
    person = ChatPerson(UserId("u-dora"), "dora")
    event = Commanded("e1", LOUNGE, person, "forum", ("connect", "fake", "my", "secret-code"), 1)
    plain = Commanded("e2", LOUNGE, person, "forum", ("unread",), 1)
    hidden = bench.accounts.hidden("fake", Batch((event, plain), "1"))
    sealed = hidden.events[0]
    assert isinstance(sealed, Commanded)
    assert sealed.words[:2] == ("connect", "fake")
    assert sealed.words[2].startswith(SEALED)
    assert "secret-code" not in str(hidden)
    assert hidden.events[1] is plain
    assert list(bench.accounts.typed("fake", sealed)) == ["connect", "fake", "my", "secret-code"]


async def test_an_answer_of_two_lines_stays_as_it_was_typed(bench):
    """A name, and below it a password with spaces in it: which is which, lines alone tell."""
    person = ChatPerson(UserId("u-dora"), "dora")
    words = ("connect", "fake", "dora", "two", "words")
    event = Commanded("e1", LOUNGE, person, "forum", words, 1, typed="connect fake dora\ntwo  words")
    [sealed] = bench.accounts.hidden("fake", Batch((event,), "1")).events
    assert isinstance(sealed, Commanded)
    assert "two" not in str(sealed)
    assert list(bench.accounts.typed("fake", sealed)) == ["connect", "fake", "dora\ntwo  words"]


@pytest.mark.parametrize("name", ["Connect", "conect", "connnect", "LINK", "lnk"])
async def test_an_answer_behind_a_misspelt_command_waits_sealed_too(bench, name):
    """It is none, and what was typed behind it opens something all the same."""
    person = ChatPerson(UserId("u-dora"), "dora")
    event = Commanded("e1", LOUNGE, person, "forum", (name, "fake", "my", "secret-code"), 1)
    [sealed] = bench.accounts.hidden("fake", Batch((event,), "1")).events
    assert isinstance(sealed, Commanded)
    assert "secret-code" not in str(sealed)
    assert list(bench.accounts.typed("fake", sealed)) == [name, "fake", "my", "secret-code"]


@pytest.mark.parametrize("words", [("disconnect", "fake"), ("unlink", "a", "b c")])
async def test_commands_that_are_called_nearly_so_mean_the_same_afterwards(bench, words):
    """They are sealed for nothing, and no word of theirs is lost by it."""
    event = Commanded("e1", LOUNGE, ChatPerson(UserId("u-dora"), "dora"), "forum", words, 1)
    [sealed] = bench.accounts.hidden("fake", Batch((event,), "1")).events
    assert isinstance(sealed, Commanded)
    assert tuple(bench.accounts.typed("fake", sealed)) == words


async def test_a_code_that_links_logins_waits_sealed_too(bench):
    """Whoever reads it in time becomes another reader's other half."""
    person = ChatPerson(UserId("u-dora"), "dora")
    event = Commanded("e1", LOUNGE, person, "forum", ("link", "ABCD-2345"), 1)
    [sealed] = bench.accounts.hidden("fake", Batch((event,), "1")).events
    assert isinstance(sealed, Commanded)
    assert "ABCD-2345" not in str(sealed)
    assert list(bench.accounts.typed("fake", sealed)) == ["link", "ABCD-2345"]


async def test_an_answer_of_several_lines_is_kept_nowhere_as_it_was_typed(bench):
    """What a forum shows to be copied may have lines; chats tell them besides the words."""
    person = ChatPerson(UserId("u-dora"), "dora")
    words, typed = ("connect", "fake", "my", "secret-code"), "connect fake my\nsecret-code"
    event = Commanded("e1", LOUNGE, person, "forum", words, 1, typed=typed)
    assert "secret-code" not in str(bench.accounts.hidden("fake", Batch((event,), "1")))


async def test_nobody_opens_what_somebody_else_answered(bench):
    """It is bound to who typed it."""
    dora, zoe = (ChatPerson(UserId(f"u-{name}"), name) for name in ("dora", "zoe"))
    event = Commanded("e1", LOUNGE, dora, "forum", ("connect", "fake", "code"), 1)
    [sealed] = bench.accounts.hidden("fake", Batch((event,), "1")).events
    assert isinstance(sealed, Commanded)
    stolen = Commanded("e2", LOUNGE, zoe, "forum", sealed.words, 1)
    with pytest.raises(errors.LoginRejected):
        bench.accounts.typed("fake", stolen)


async def test_an_answer_that_others_may_have_read_is_not_used(bench):
    """And is taken away as far as the chat lets us."""
    await give(bench, "dora", "connect", "fake")
    bench.room.overheard.add(LOUNGE)
    message = bench.room.person("dora").say(LOUNGE, "!forum connect fake code")
    answer = await give(bench, "dora", "connect", "fake", "code", message=message)
    assert not answer.ok
    assert "others may have read" in answer.text
    assert bench.room.messages[message].deleted


@pytest.mark.parametrize("forum", ["fake", "fkae"])
async def test_an_answer_is_taken_away_whatever_comes_of_it(bench, forum):
    """A key that was mistyped, or meant for a forum whose name was, is a key all the same."""
    await give(bench, "dora", "connect", "fake")
    message = bench.room.person("dora").say(LOUNGE, f"!forum connect {forum} nearly-right")
    assert not (await give(bench, "dora", "connect", forum, "nearly-right", message=message)).ok
    assert bench.room.messages[message].deleted


async def test_who_has_no_account_is_told_where_to_make_one(bench):
    """Before they can lend it."""
    assert bench.board.caps.register in (await give(bench, "dora", "connect", "fake")).text


async def test_an_answer_without_a_question_is_none(bench):
    """Also when the question was long ago."""
    assert "begin with" in (await give(bench, "dora", "connect", "fake", "code")).text
    await give(bench, "dora", "connect", "fake")
    code = bench.board.consent("dora", f"invitation-{bench.clock.now()}")
    await bench.pass_time(3600)
    assert "begin with" in (await give(bench, "dora", "connect", "fake", code)).text


async def test_a_wrong_answer_is_told_and_nothing_is_kept(bench):
    """It can be tried again."""
    await give(bench, "dora", "connect", "fake")
    assert not (await give(bench, "dora", "connect", "fake", "wrong")).ok
    assert await bench.ask("SELECT count(*) FROM forum_account") == [(0,)]
    code = bench.board.consent("dora", f"invitation-{bench.clock.now()}")
    assert (await give(bench, "dora", "connect", "fake", code)).ok


async def test_a_forum_that_does_not_answer_keeps_the_account_out_of_use_all_the_same(bench):
    """Whoever takes it back has it back."""
    await connected(bench, "dora")
    bench.board.faults.append(Fault(errors.Unreachable("cut"), act="disconnect"))
    assert (await give(bench, "dora", "disconnect", "fake")).ok
    await says(bench, "dora", "Whose?")
    assert authors(bench) == [("threadline", "dora via fake:\n\nWhose?")]


async def test_an_account_goes_along_with_its_person(bench):
    """Two logins that turn out to be one reader post with the account of either."""
    await connected(bench, "dora")
    write = bench.store.write
    dora = await write(ensure_person, "fake", "u-dora", "dora", 1)
    phone = await write(ensure_person, "fake", "u-phone", "phone", 1)
    await write(join, phone, dora)
    await says(bench, "phone", "From my phone")
    assert authors(bench) == [("dora", "From my phone")]


async def test_a_new_key_opens_everything_and_the_old_one_nothing(bench):
    """After somebody may have read the key file."""
    await connected(bench, "dora")
    key = bench.folder / "keys" / "key"
    old = key.read_bytes()
    [[before]] = await bench.ask("SELECT sealed FROM secret")
    answer = await bench.accounts.renew_key()
    assert "1 credential is" in answer.text
    [[after]] = await bench.ask("SELECT sealed FROM secret")
    assert old not in key.read_bytes()
    assert before != after
    await says(bench, "dora", "Still me")
    assert authors(bench) == [("dora", "Still me")]
    key.write_bytes(old)
    await bench.start()
    with pytest.raises(errors.LoginRejected, match="cannot be opened"):
        await bench.accounts.login("fake", "u-dora")


async def test_what_no_key_opens_is_named_and_left(bench):
    """It has to be entered again, and nothing else is lost with it."""
    await connected(bench, "dora")
    await bench.store.write(keep_secret, "chat token", "old", b"sealed elsewhere")
    answer = await bench.accounts.renew_key()
    assert "No key opens the chat token of old" in answer.text
    await says(bench, "dora", "Still me")
    assert authors(bench) == [("dora", "Still me")]
