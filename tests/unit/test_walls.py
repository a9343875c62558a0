"""Communities that share a chat are walls to each other: no command of one shows or touches what is another's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import errors
from bot.model import Answer, Caller, ChannelRef, ChatName, Where
from bot.testing.faults import Fault
from tests.unit.town import ATTIC, LOUNGE, MANY, NOTICES, OURS, THEIRS, WHISPERED, Town, about_theirs, furnished


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with furnished(tmp_path) as built:
        yield built


async def test_a_channel_of_another_community_takes_no_mirror(town):
    before = await town.state()
    for into in ("fake:attic", "fake:Attic", "fake:#attic"):
        answer = await town.ask(town.alice, f"add https://forum.example/t/{town.alpha} --start yes --into {into}")
        assert (answer.ok, answer.data["error"]) == (False, "Forbidden")
    assert await town.state() == before


async def test_a_channel_of_which_nothing_is_known_takes_a_mirror_only_from_inside(town):
    """It may be anybody's: what is said in it, the chat itself tells whose it is."""
    town.bench.room.channels["cellar"] = ChannelRef("cellar")
    line = f"add https://forum.example/t/{town.alpha} --start yes"
    before = await town.state()
    assert (await town.ask(town.alice, f"{line} --into fake:cellar")).data["error"] == "Forbidden"
    assert await town.state() == before
    inside = Caller(ChatName("fake"), town.alice.community, "Alice", admin=True, where=Where(ChannelRef("cellar")))
    assert (await town.ask(inside, line)).ok
    assert "fake:cellar" in (await town.ask(town.alice, "list")).text
    assert (await town.ask(town.alice, f"{line} --into fake:cellar --layout stream")).ok


async def test_no_channel_is_made_for_somebody_in_a_chat_that_communities_share(town):
    """Nothing would say whose it is."""
    before = dict(town.bench.room.channels)
    answer = await town.ask(town.alice, f"add https://forum.example/t/{town.alpha} --start yes --into fake:brand-new")
    assert not answer.ok
    assert town.bench.room.channels == before


async def test_what_an_admin_mirrors_is_his_communitys(town):
    listed = await town.ask(town.alice, "list")
    assert OURS in listed.text
    assert about_theirs(listed) == []
    [mine] = listed.data["mirrors"]
    assert (await town.ask(town.alice, f"remove {mine['id']}")).ok
    assert THEIRS in (await town.ask(town.bea, "list")).text


async def test_a_mirror_of_another_community_is_not_there(town):
    before = await town.state()
    theirs = await town.ask(town.alice, f"remove {town.mirror}")
    nobodys = await town.ask(town.alice, "remove 999")
    assert theirs.text.replace(str(town.mirror), "999") == nobodys.text
    assert await town.state() == before


async def test_status_counts_and_names_what_is_the_communitys_own(town):
    status = await town.ask(town.alice, "status")
    assert about_theirs(status) == []
    assert {name: status.data[name] for name in ("forums", "boards", "threads", "posts", "mirrors")} == {
        "forums": 1,
        "boards": 1,
        "threads": 1,
        "posts": 1,
        "mirrors": 1,
    }
    assert status.data["deliveries"] == dict.fromkeys(status.data["deliveries"], 0) | {"sent": 1}
    assert status.data["replies"] == {}
    assert (status.data["sources"], status.data["paused"], status.data["notices"]) == ([], [], [])


async def test_an_operator_sees_everybodys(town):
    everything = await town.ask(Caller(ChatName(""), 0, "the operator", operator=True), "status")
    assert everything.data["mirrors"] == 2
    assert everything.data["posts"] > MANY
    assert everything.data["deliveries"]["held"] == 2


async def test_held_lists_and_why_tells_nothing_of_another_community(town):
    assert (await town.ask(town.alice, "held")).data["held"] == []
    [(key, message)] = await town.bench.ask(
        """SELECT p.key, m.message FROM post p JOIN copy c ON c.post=p.id JOIN copy_message m ON m.copy=c.id
           JOIN thread t ON t.id=p.thread WHERE t.title=$1 AND p.op=1""",
        THEIRS,
    )
    said = next(m.id for m in town.bench.room.messages.values() if WHISPERED in m.text)
    links = [f"https://forum.example/t/{town.beta}#{key}", f"https://forum.example/t/{town.beta}"]
    for name in (key, message, said, f"https://chat.example/m/{message}", f"https://chat.example/m/{said}", *links):
        answer = await town.ask(town.alice, f"why {name}")
        assert (answer.ok, about_theirs(answer)) == (False, []), name
    for name in ("#1", "op", "OP"):
        assert about_theirs(await town.ask(town.alice, f"why {name}")) == []


@pytest.mark.parametrize("verb", ["retry {}", "skip {}", "settle {} {}", "settle {}"])
async def test_what_another_community_is_to_decide_is_not_there(town, verb):
    """Neither is what is held, nor what is missing; and the answer tells them from nothing by no word."""
    before = await town.state()
    link = next(m.id for m in town.bench.room.ours(LOUNGE))
    for one in town.held:
        theirs = await town.ask(town.alice, verb.format(one, link))
        nobodys = await town.ask(town.alice, verb.format(999, link))
        assert not theirs.ok
        assert theirs.text.replace(str(one), "999") == nobodys.text
    theirs = await town.ask(town.alice, verb.format(f"source:{town.source}", link))
    assert not theirs.ok
    assert about_theirs(theirs) == []
    assert await town.state() == before


async def test_what_is_anothers_to_decide_is_told_to_him_alone(town):
    """Law 11 is no gap in the wall: admins hear of what is held or missing in what they mirror."""
    told = [message.text for message in town.bench.room.ours(NOTICES)]
    assert told == []


async def test_the_other_community_decides_about_its_own(town):
    assert len((await town.ask(town.bea, "held")).data["held"]) == 2
    for one in town.held:
        assert (await town.ask(town.bea, f"skip {one}")).ok
    assert (await town.ask(town.bea, f"skip source:{town.source}")).ok


async def test_what_is_held_cannot_be_said_to_stand_where_something_else_does(town):
    """Else its author's next edit would change what another wrote, and his deletion would delete it."""
    bench = town.bench
    bench.board.faults.append(Fault(errors.OutcomeUnknown("no answer"), act="submit"))
    bench.room.person("Ann").say(bench.thread_of("the alpha begins"), "said by our Ann")
    await bench.work()
    bench.room.person("Zed").say(bench.thread_of("the beta begins", "attic"), "another word of Zed")
    await bench.work()
    await bench.pass_time(600)
    bench.room.faults.append(Fault(errors.OutcomeUnknown("no answer"), act="send"))
    bench.board.post(town.alpha, "", "ann", "the alpha that is held")
    await bench.work()
    await bench.pass_time(600)
    held = (await town.ask(town.alice, "held")).data["held"]
    [reply], [post] = [[one["id"] for one in held if one["what"].startswith(what)] for what in ("reply", "post")]
    zed = [row.post for row in bench.board.posts.values() if "another word" in row.text]
    opening = [row.post for row in bench.board.posts.values() if row.thread == town.beta][:1]
    before = await town.state()
    for key in [*zed, *opening]:
        assert not (await town.ask(town.alice, f"settle {reply} {key}")).ok
    theirs = bench.room.ours(ATTIC)[0].id
    said = next(m.id for m in bench.room.messages.values() if "another word" in m.text)
    ours = bench.room.ours(LOUNGE)[0].id
    for message in (theirs, said, ours):
        assert not (await town.ask(town.alice, f"settle {post} {message}")).ok
    assert await town.state() == before
    stands = bench.board.post(town.alpha, "", "ann", "said by our Ann")
    assert (await town.ask(town.alice, f"settle {reply} {stands}")).ok


async def test_of_a_thread_that_both_follow_each_sees_its_own_side(town):
    """The thread is the forum's; what stands, is held or is said about it in another's channel is theirs."""
    assert (await town.ask(town.alice, f"add https://forum.example/t/{town.beta} --start yes")).ok
    await town.bench.work()
    opening = next(row.post for row in town.bench.board.posts.values() if row.thread == town.beta)
    [(message,)] = await town.bench.ask(
        """SELECT m.message FROM copy_message m JOIN copy c ON c.id=m.copy JOIN place p ON p.id=c.place
           WHERE p.channel=$1 AND p.parent IS NULL AND c.post IN (SELECT id FROM post WHERE key=$2)""",
        "attic",
        opening,
    )
    why = await town.ask(town.alice, f"why {opening}")
    assert "fake:lounge" in why.text
    for answer in (why, *[await town.ask(town.alice, line) for line in ("status", "held", "list", "why OP")]):
        said = f"{answer.text} {answer.data}"
        assert [word for word in ("attic", "Bea", "Zed") if word in said] == []
    assert not (await town.ask(town.alice, f"why {message}")).ok
    for one in town.held:
        assert not (await town.ask(town.alice, f"skip {one}")).ok


@pytest.mark.parametrize(
    "verb", ["pause", "resume", "undo", "replies {} --take none", "remove {} --copies yes", "filter", "delay {} 10m"]
)
async def test_what_another_community_mirrors_is_changed_by_no_command(town, verb):
    """And the answer tells it from nothing by no word."""
    before = await town.state()
    line = verb if "{}" in verb else f"{verb} {{}}"
    theirs = await town.ask(town.alice, line.format(town.mirror))
    nobodys = await town.ask(town.alice, line.format(999))
    assert not theirs.ok
    assert theirs.text.replace(str(town.mirror), "999") == nobodys.text
    assert await town.state() == before


async def test_what_another_community_shows_is_hidden_and_shown_by_its_own_admins_alone(town):
    [(post, key)] = await town.bench.ask(
        "SELECT p.id, p.key FROM post p JOIN thread t ON t.id=p.thread WHERE t.title=$1 AND p.op=1", THEIRS
    )
    before = await town.state()
    link = f"https://forum.example/t/{town.beta}#{key}"
    for words in (f"post:{post}", link, key, f"{link} --author yes", "@ben"):
        for verb in ("hide", "unhide"):
            answer = await town.ask(town.alice, f"{verb} {words}")
            assert not answer.ok
            assert about_theirs(Answer(answer.text.replace("ben", "").replace(town.beta, ""))) == [], words
    assert await town.state() == before
    assert (await town.ask(town.bea, f"hide post:{post}")).ok
    assert "Nothing is hidden" in (await town.ask(town.alice, "hide")).text
    assert not (await town.ask(town.alice, f"unhide post:{post}")).ok
    assert "hid it" not in (await town.ask(town.alice, f"why {link}")).text


async def test_the_audit_is_of_the_community_alone(town):
    """Also where an operator decides: those whom it concerns see it."""
    assert (await town.ask(town.bea, f"pause {town.mirror}")).ok
    operator = Caller(ChatName(""), 0, "the operator", operator=True)
    assert (await town.ask(operator, f"skip {town.held[0]}")).ok
    assert (await town.ask(operator, f"skip source:{town.source}")).ok
    assert about_theirs(await town.ask(town.alice, "audit")) == []
    told = (await town.ask(town.bea, "audit")).text
    for words in ("paused", f"delivery {town.held[0]} skipped", f"losses of source {town.source} kept"):
        assert words in told


async def test_a_channel_of_another_community_takes_no_notices(town):
    before = await town.state()
    answer = await town.ask(town.alice, "notices fake:attic")
    assert (answer.ok, answer.data["error"]) == (False, "Forbidden")
    assert await town.state() == before


async def test_nothing_is_proposed_into_a_channel_of_another_community(town):
    answer = await town.ask(town.alice, f"add https://forum.example/t/{town.alpha} --into fake:attic")
    assert (answer.ok, answer.data["error"]) == (False, "Forbidden")
