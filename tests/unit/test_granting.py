"""Grants: an admin lets somebody in the chat post as a user of the forum, by the forum's own key; nobody else can."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bot.commands import carry_out
from bot.errors import LoginRejected
from bot.model import Answer, Caller, ChannelRef, ChatName, MessageId, UserId, Where
from bot.store import run
from bot.store.communities import ensure_community
from bot.store.granting import leave
from bot.store.own_data import forget
from bot.store.persons import person_of
from bot.testing.faults import Fault
from tests.crash.bench import Bench
from tests.crash.starters import Starters

LOUNGE = Where(ChannelRef("lounge"))
SHARED = {"write_identity": "shared"}


@pytest.fixture
async def bench(tmp_path):
    there = Bench(tmp_path, forum=SHARED)
    await there.shown_thread()
    there.board.users |= {"dorothea": False, "zoltan": False, "boss": True}
    yield there
    await there.crash()


async def community(bench: Bench) -> int:
    [[found]] = await bench.ask("SELECT community FROM mirror LIMIT 1")
    return int(found)


async def give(bench: Bench, group: str, *words: str, **caller: Any) -> Answer:
    """What somebody hears who gives a command: an admin called Ada, unless it says otherwise."""
    known: dict[str, Any] = {"person": "Ada", "id": UserId("u-ada"), "admin": True, "where": LOUNGE} | caller
    at = int(known.pop("community", 0)) or await community(bench)
    return await carry_out(bench, Caller(ChatName("fake"), at, **known), group, words)


async def reads(bench: Bench, name: str, *words: str, **more: Any) -> Answer:
    """What a reader hears."""
    return await give(bench, "forum", *words, person=name, id=UserId(f"u-{name}"), admin=False, **more)


async def granted(bench: Bench, name: str = "dorothea", person: str = "dora") -> Answer:
    """Ada lets somebody post as a user of the forum, who said something before."""
    await reads(bench, person, "accounts")
    return await give(bench, "mirror", "grant", "fake", name, person)


async def says(bench: Bench, name: str, text: str) -> MessageId:
    """Somebody answers in the chat thread; all that follows has happened."""
    message = bench.room.person(name).say(bench.thread_of("op says"), text)
    await bench.work()
    return message


def authors(bench: Bench) -> list[tuple[str, str]]:
    """Who wrote which replies, on the forum."""
    return [(row.author, row.text) for row in bench.board.posts.values() if not row.op]


def heard(bench: Bench, name: str) -> list[str]:
    """What somebody was told in private."""
    return bench.room.whispered(UserId(f"u-{name}"))


async def settings_say(bench: Bench, impersonates: str) -> None:
    """The operators change the settings of the forum, and start the program anew."""
    bench.board.caps = msgspec.structs.replace(bench.board.caps, impersonates=impersonates)
    await bench.store.write(leave, "fake", impersonates, bench.clock.now())
    await bench.work()


# ---------------------------------------------------------------------------------------------------------- whose it is


async def test_what_somebody_says_who_was_granted_a_name_stands_under_it(bench):
    """Others speak through the account of the bridge, which says who they are."""
    answer = await granted(bench)
    assert answer.ok, answer.text
    await says(bench, "dora", "In my own name")
    await says(bench, "zoe", "In another")
    assert authors(bench) == [("dorothea", "In my own name"), ("threadline", "zoe via fake:\n\nIn another")]
    before = len(bench.room.ours())
    await bench.work()
    assert len(bench.room.ours()) == before, "and it does not come back"


async def test_ones_own_account_goes_before_a_grant_and_a_grant_before_the_bridge(bench):
    """What people showed to be theirs says more than what an admin says of them."""
    await says(bench, "dora", "By the bridge")
    await granted(bench)
    await says(bench, "dora", "By a grant")
    assert (await reads(bench, "dora", "connect", "fake")).ok
    code = bench.board.consent("dora-herself", f"invitation-{bench.clock.now()}")
    assert (await reads(bench, "dora", "connect", "fake", code)).ok
    await says(bench, "dora", "By myself")
    assert authors(bench) == [
        ("threadline", "dora via fake:\n\nBy the bridge"),
        ("dorothea", "By a grant"),
        ("dora-herself", "By myself"),
    ]


async def test_edits_and_deletions_are_made_by_the_same_grant(bench):
    """Also when they have an account of their own by then: the forum lets nobody else change it."""
    await granted(bench)
    message = await says(bench, "dora", "Before")
    await reads(bench, "dora", "connect", "fake")
    code = bench.board.consent("dora-herself", f"invitation-{bench.clock.now()}")
    await reads(bench, "dora", "connect", "fake", code)
    bench.room.person("dora").edit(message, "Afterwards")
    await bench.work()
    assert authors(bench) == [("dorothea", "Afterwards")]
    bench.room.person("dora").delete(message)
    await bench.work()
    assert await bench.states("reply", "delete") == ["sent"]


async def test_a_reply_whose_answer_was_lost_is_found_among_theirs(bench):
    """After a crash it is looked for under the name that it was sent in."""
    bench.board.caps = type(bench.board.caps)(
        write_identity="shared", impersonates="admins", read_back="proof", deletes="tombstone"
    )
    await granted(bench)
    bench.delays["submit"].append(1.0)
    await says(bench, "dora", "Was it there?")
    await bench.pass_time(200)
    await bench.work()
    assert authors(bench) == [("dorothea", "Was it there?")]


async def test_threads_are_started_by_a_grant_too(tmp_path):
    """They are what somebody says in their own name as well."""
    starters = Starters(tmp_path, forum=SHARED)
    await starters.begin()
    try:
        starters.board.users["dorothea"] = False
        await starters.asks("zoe", "unread")
        assert (await give(starters, "mirror", "grant", "fake", "dorothea", "zoe")).ok
        answer = await starters.asks("zoe", "post General Greetings it begins here")
        assert "dorothea" in answer
        [row] = starters.begun("Greetings")
        assert (row.author, row.text) == ("dorothea", "it begins here")
        done = (await give(starters, "mirror", "audit", "--of", "people")).text
        assert "thread started in their name on fake (as dorothea" in done
    finally:
        await starters.crash()


async def test_where_people_answer_as_themselves_alone_a_grant_is_good(bench):
    """It is their own name, though somebody else says so."""
    await bench.store.write(run, "UPDATE mirror SET answering=$1", '{"accounts":"own"}')
    await granted(bench)
    await says(bench, "dora", "In my own name")
    await says(bench, "zoe", "In another")
    assert authors(bench) == [("dorothea", "In my own name")]


# ---------------------------------------------------------------------------------------------------- who may, and whom


async def test_nobody_claims_a_name_by_themselves(bench):
    """What admins may is for admins."""
    await reads(bench, "dora", "accounts")
    who = {"person": "dora", "id": UserId("u-dora"), "admin": False}
    assert not (await give(bench, "mirror", "grant", "fake", "dorothea", "dora", **who)).ok
    await says(bench, "dora", "Who am I?")
    assert authors(bench) == [("threadline", "dora via fake:\n\nWho am I?")]


async def test_without_leave_of_the_settings_no_admin_grants_anything(bench):
    """The key is the operators', and so is the word."""
    await settings_say(bench, "")
    answer = await granted(bench)
    assert not answer.ok
    assert "`impersonate`" in answer.text


async def test_what_is_left_to_operators_is_theirs_alone(bench):
    """An admin of one of many communities is no friend of the forum because of that."""
    await settings_say(bench, "operators")
    assert "operators" in (await granted(bench)).text
    answer = await give(bench, "mirror", "grant", "fake", "dorothea", "dora", operator=True)
    assert answer.ok, answer.text
    await says(bench, "dora", "Mine")
    assert authors(bench) == [("dorothea", "Mine")]


async def test_what_an_admin_granted_rests_once_it_is_left_to_operators(bench):
    """The narrower word holds for what was granted before."""
    await granted(bench)
    await settings_say(bench, "operators")
    await says(bench, "dora", "Mine")
    assert authors(bench) == [("threadline", "dora via fake:\n\nMine")]


async def test_the_staff_of_the_forum_is_spoken_for_by_nobody(bench):
    """They may do more there than anybody here."""
    answer = await granted(bench, "boss")
    assert not answer.ok
    assert "staff" in answer.text


async def test_a_name_that_nobody_has_there_is_told(bench):
    assert not (await granted(bench, "dorotea")).ok


async def test_two_people_never_post_as_one(bench):
    """Nobody could tell who said what."""
    await granted(bench)
    answer = await granted(bench, "dorothea", "zoe")
    assert not answer.ok
    assert "somebody else" in answer.text


async def test_whoever_shows_that_an_account_is_theirs_ends_what_others_were_granted_of_it(bench):
    """An admin was wrong, or cheated; the owner knows better."""
    bench.board.users["zoltan"] = False
    await granted(bench, "zoltan", "dora")
    await reads(bench, "zoltan", "connect", "fake")
    code = bench.board.consent("zoltan", f"invitation-{bench.clock.now()}")
    assert (await reads(bench, "zoltan", "connect", "fake", code)).ok
    await says(bench, "dora", "As whom?")
    assert authors(bench) == [("threadline", "dora via fake:\n\nAs whom?")]
    assert not (await granted(bench, "zoltan", "dora")).ok


async def test_a_name_that_anybody_may_take_is_granted_nothing(bench):
    """Whoever types it next would post as that user."""
    await reads(bench, "dora", "accounts", anybody=True)
    assert not (await give(bench, "mirror", "grant", "fake", "dorothea", "dora")).ok


async def test_somebody_is_named_as_people_name_each_other(bench):
    """By a name, an id, or a mention that holds the id; and of two with one name nobody is guessed."""
    await reads(bench, "dora", "accounts")
    for who in ("Dora", "@dora", "u-dora", "<@u-dora>"):
        assert (await give(bench, "mirror", "grant", "fake", "dorothea", who)).ok, who
    await give(bench, "forum", "accounts", person="dora", id=UserId("u-other"), admin=False)
    answer = await give(bench, "mirror", "grant", "fake", "dorothea", "dora")
    assert not answer.ok
    assert "`u-other`" in answer.text


async def test_nobody_is_granted_anything_who_was_never_met(bench):
    """A slip in a name would wait for whoever takes it."""
    answer = await give(bench, "mirror", "grant", "fake", "dorothea", "nobody")
    assert "nobody called" in answer.text


# ------------------------------------------------------------------------------------------------------- told and ended


async def test_the_person_is_told_in_private_and_can_undo_it(bench):
    """Words in one's name are one's own affair."""
    await granted(bench)
    await bench.work()
    assert "Ada lets you post on fake as dorothea" in heard(bench, "dora")[-1]
    assert "as dorothea, granted by Ada" in (await reads(bench, "dora", "accounts")).text
    answer = await reads(bench, "dora", "disconnect", "fake")
    assert answer.data["ended"] == 1
    await says(bench, "dora", "By the bridge again")
    assert authors(bench) == [("threadline", "dora via fake:\n\nBy the bridge again")]
    done = (await give(bench, "mirror", "audit")).text
    assert "Ada: dora (u-dora) posts on fake as another (dorothea)" in done
    assert "dora: dora (u-dora) posts on fake as another (it was: dorothea)" in done


async def test_an_admin_lists_and_ends_grants(bench):
    """And the person is told."""
    assert "Nobody here" in (await give(bench, "mirror", "grant")).text
    await granted(bench)
    listed = await give(bench, "mirror", "grant")
    assert "fake: dora posts as dorothea, granted by Ada" in listed.text
    [offer] = listed.offers
    assert (await give(bench, offer.group, *offer.words)).ok
    await bench.work()
    assert "ended that you post on fake as dorothea" in heard(bench, "dora")[-1]
    message = await says(bench, "dora", "Who am I?")
    assert authors(bench) == [("threadline", "dora via fake:\n\nWho am I?")]
    assert message in bench.room.messages
    assert not (await give(bench, offer.group, *offer.words)).ok


async def test_what_was_posted_by_a_grant_that_ended_is_changed_no_more(bench):
    """The person is told why."""
    await granted(bench)
    message = await says(bench, "dora", "Mine")
    await give(bench, "mirror", "grant", "fake", "dorothea", "--off", "yes")
    bench.room.person("dora").edit(message, "Changed")
    await bench.work()
    assert authors(bench) == [("dorothea", "Mine")]
    assert "not connected any more" in heard(bench, "dora")[-1]


async def test_settings_that_take_the_leave_back_are_told_to_admins_and_replies_go_on(bench):
    """By the bridge, as before; and what was granted holds again once they allow it."""
    await granted(bench)
    await settings_say(bench, "")
    await says(bench, "dora", "By the bridge")
    assert authors(bench) == [("threadline", "dora via fake:\n\nBy the bridge")]
    assert "do not allow any more" in (await give(bench, "mirror", "status")).text
    assert "do not allow it any more" in (await give(bench, "mirror", "grant")).text
    await settings_say(bench, "admins")
    assert "do not allow" not in (await give(bench, "mirror", "status")).text
    await says(bench, "dora", "By a grant")
    assert authors(bench)[-1] == ("dorothea", "By a grant")


async def test_a_forum_that_refuses_it_is_told_to_the_person_and_to_the_admins(bench):
    """Nothing is posted in another name, neither now nor next: who is suspended does not go on by another way."""
    await granted(bench)
    bench.board.faults.append(Fault(LoginRejected("suspended"), act="submit"))
    await says(bench, "dora", "In whose name?")
    assert authors(bench) == []
    assert "suspended" in heard(bench, "dora")[-1]
    assert "dora cannot post on fake as dorothea any more: suspended" in (await give(bench, "mirror", "status")).text
    await says(bench, "dora", "Again")
    assert authors(bench) == []
    assert "suspended" in heard(bench, "dora")[-1]
    assert "because the forum refuses that: suspended" in (await reads(bench, "dora", "accounts")).text
    await granted(bench)
    await says(bench, "dora", "At last")
    assert authors(bench) == [("dorothea", "At last")]
    assert "cannot post" not in (await give(bench, "mirror", "status")).text
    await says(bench, "dora", "As myself")
    assert authors(bench)[-1] == ("dorothea", "As myself")


async def test_who_comes_to_be_of_the_staff_posts_by_no_grant(bench):
    """It is looked at before each act."""
    await granted(bench)
    bench.board.users["dorothea"] = True
    await says(bench, "dora", "With what right?")
    assert authors(bench) == []


async def test_marks_are_neither_told_nor_asked_for_by_a_grant(bench):
    """How far somebody has read is nobody's to say for them."""
    await granted(bench)
    await reads(bench, "dora", "markread", "all")
    assert await bench.ask("SELECT count(*) FROM untold") == [(0,)]
    assert await bench.ask("SELECT count(*) FROM forum_account") == [(0,)]


async def test_nothing_of_a_grant_is_left_of_who_asks_to_be_forgotten(bench):
    """Nor is anything posted by it."""
    await granted(bench)
    person = await bench.store.read(person_of, "fake", "u-dora")
    await bench.store.write(forget, person, bench.clock.now())
    assert await bench.ask("SELECT count(*) FROM granted") == [(0,)]
    noted = await bench.ask("SELECT what, old, new FROM audit WHERE what LIKE '%posts on%'")
    assert noted == [("somebody posts on fake as another", "", "")]


# ------------------------------------------------------------------------------------------------------------ the walls


async def test_a_grant_holds_in_its_own_community_alone(bench):
    """Another community's admins say for themselves; what was granted here is named nowhere else."""
    await granted(bench)
    other = await bench.store.write(ensure_community, "fake", "other", "Other")
    assert "dorothea" not in (await give(bench, "mirror", "grant", community=other)).text
    assert not (await give(bench, "mirror", "grant", "fake", "dorothea", "--off", "yes", community=other)).ok
    assert "mirrored here" in (await give(bench, "mirror", "grant", "fake", "zoltan", "dora", community=other)).text
    await bench.store.write(run, "UPDATE granted SET community=$1", other)
    await says(bench, "dora", "Here")
    assert authors(bench) == [("threadline", "dora via fake:\n\nHere")]
