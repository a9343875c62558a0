"""Messages that become one post: wherever the process dies, each of their words stands on the forum once."""

from collections.abc import Callable

import pytest

from bot import errors
from bot.model import PostState, Reaction
from bot.store import run
from bot.testing.faults import Fault
from tests.crash.bench import Bench
from tests.crash.test_every_point import NETWORKS, some

MERGE = "UPDATE mirror SET answering=$1", '{"merge":30}'


class Talk:
    """Two people who speak in a chat thread, one of them in short messages, while the process dies once."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.died = False
        self.dora, self.emil = bench.room.person("dora"), bench.room.person("emil")

    async def begin(self, kill_at: int) -> None:
        """Show a thread, and let messages within half a minute be one post; from here on the process may die."""
        await self.bench.shown_thread()
        await self.bench.store.write(run, *MERGE)
        self.where = self.bench.thread_of("op says")
        self.bench.life.count, self.bench.life.kill_at = 0, kill_at

    async def goes_on(self, seconds: float) -> None:
        self.died |= await self.bench.survive(lambda: self.bench.pass_time(seconds))

    async def tell(self) -> int:
        """Everything, to the end; how many moments there were."""
        self.said = [self.dora.say(self.where, "one says")]
        await self.goes_on(5)
        self.said.append(self.dora.say(self.where, "two says"))
        await self.goes_on(5)
        self.said.append(self.emil.say(self.where, "emil says"))
        await self.goes_on(5)
        self.said += [self.dora.say(self.where, text) for text in ("three says", "four says", "five says")]
        await self.goes_on(5)
        self.dora.edit(self.said[4], "four says anew")
        self.dora.edit(self.said[1], "two says anew")
        await self.goes_on(40)
        self.dora.delete(self.said[3])
        await self.goes_on(60)
        count = self.bench.life.count
        await self.bench.pass_time(1200)
        return count


def stand(bench: Bench) -> list[str]:
    """The words of the posts that people said in the chat and that stand on the forum, in their order."""
    return [row.text for row in bench.board.posts.values() if row.ours and row.state is PostState.LIVE]


def check(talk: Talk) -> None:
    """Every word stands once, in its order, and every message shows it; nobody had to be asked."""
    bench = talk.bench
    texts = [text.removeprefix("dora via fake:\n\n").removeprefix("emil via fake:\n\n") for text in stand(bench)]
    assert texts == ["one says\n\ntwo says anew", "emil says", "four says anew\n\nfive says"]
    standing = [message for n, message in enumerate(talk.said) if n != 3]
    assert {bench.room.messages[message].reaction for message in standing} == {Reaction.POSTED}
    assert bench.told() == []
    assert not [text for text in bench.texts(talk.where) if "says" in text]


async def length(bench: Bench) -> int:
    """How many moments the talk has; without a death it must come out right."""
    talk = Talk(bench)
    await talk.begin(0)
    count = await talk.tell()
    check(talk)
    return count


async def nothing_is_lost_or_twice(bench_of: Callable[..., Bench], network: str, every: int) -> None:
    for point in some(await length(bench_of(**NETWORKS[network])), every):
        talk = Talk(bench_of(**NETWORKS[network]))
        await talk.begin(point)
        await talk.tell()
        assert talk.died
        try:
            check(talk)
            assert set(await talk.bench.states("reply")) == {"sent"}
        except AssertionError as error:
            error.add_note(f"died at point {point}: {talk.bench.deaths}")
            raise
        await talk.bench.crash()


@pytest.mark.parametrize("network", NETWORKS)
async def test_a_death_at_any_moment_of_a_run_loses_nothing_and_says_nothing_twice(bench_of, network):
    """A sample of the slow form below."""
    await nothing_is_lost_or_twice(bench_of, network, every=11)


@pytest.mark.faults
@pytest.mark.timeout(0)
@pytest.mark.parametrize("network", NETWORKS)
async def test_a_death_at_every_moment_of_a_run_loses_nothing_and_says_nothing_twice(bench_of, network):
    """Whether a message is part of a post is decided in the commit in which it is heard."""
    await nothing_is_lost_or_twice(bench_of, network, every=1)


async def posted(bench: Bench) -> Talk:
    """Two messages that are one post, which was read."""
    talk = Talk(bench)
    await talk.begin(0)
    talk.said = [talk.dora.say(talk.where, text) for text in ("one says", "two says")]
    await bench.work()
    await bench.pass_time(60)
    assert stand(bench) == ["one says\n\ntwo says"]
    return talk


def words(bench: Bench, talk: Talk) -> list[str]:
    """What stands in the chat thread, people's messages and ours."""
    rows = bench.room.messages.values()
    return [row.text for row in rows if row.where == talk.where and not row.deleted]


async def test_what_the_forum_makes_of_several_messages_is_said_beneath_them(bench_of):
    """Also in a chat in which we may change what people wrote: none of them says all that the post does."""
    bench = bench_of()
    talk = await posted(bench)
    [post] = bench.posts("one says")
    bench.board.edit(post, "the moderator says")
    await bench.work()
    assert words(bench, talk)[:2] == ["one says", "two says"]
    [beneath] = words(bench, talk)[2:]
    assert "the moderator says" in beneath


async def test_of_a_post_that_the_forum_deleted_one_tombstone_stands_where_we_may_change_what_people_wrote(bench_of):
    bench = bench_of()
    talk = await posted(bench)
    [post] = bench.posts("one says")
    bench.board.delete(post)
    await bench.work()
    assert words(bench, talk) == ["deleted on the forum"]


async def test_an_answer_on_the_forum_answers_the_first_message_that_stands(bench_of):
    bench = bench_of()
    talk = await posted(bench)
    [post] = bench.posts("one says")
    talk.dora.delete(talk.said[0])
    await bench.work()
    bench.board.post(bench.board.posts[post].thread, post, "ben", "ben answers")
    await bench.work()
    assert bench.message("ben answers").reply_to == talk.said[1]


async def test_whatever_becomes_of_it_is_told_once(bench_of):
    """Each of the messages shows it, and why is said beside one of them."""
    bench = bench_of()
    talk = Talk(bench)
    await talk.begin(0)
    said = [talk.dora.say(talk.where, text) for text in ("one says", "two says")]
    await bench.work()
    assert [bench.room.messages[message].reaction for message in said] == [Reaction.PENDING] * 2
    bench.board.faults.append(Fault(errors.Refused("you are new here"), "submit"))
    await bench.pass_time(60)
    assert [bench.room.messages[message].reaction for message in said] == [Reaction.REFUSED] * 2
    [told] = bench.room.whispers
    assert "you are new here" in told.text
