"""Threads that people start from the chat: on the forum once, in every channel once, and their authors know of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot import errors
from bot.commands.callers import Callers
from bot.store import run
from bot.store.inbox import waiting_commands
from bot.store.openers import Asked, ask
from bot.store.own_data import forget, own_data
from bot.store.persons import person_of
from bot.store.turns import claimed_messages
from bot.testing.forum_addresses import ADDRESS
from tests.crash.bench import NEVER, Bench
from tests.crash.starters import CHAT, Starters

Build = Callable[..., Any]


@pytest.fixture
async def benches(tmp_path: Path) -> AsyncIterator[Build]:
    made: list[Starters] = []

    async def build(**wishes: Any) -> Starters:
        folder = tmp_path / f"bench-{len(made)}"
        folder.mkdir()
        made.append(Starters(folder, **wishes))
        await made[-1].begin()
        return made[-1]

    yield build
    for bench in made:
        await bench.crash()


@pytest.fixture
async def bench(benches: Build) -> Starters:
    found: Starters = await benches()
    return found


async def test_a_thread_from_the_chat_stands_on_the_forum_and_in_the_channel_once(bench: Starters) -> None:
    """No message stands for it: what it becomes is mirrored like anybody's thread."""
    answer = await bench.asks("zoe", "post General Greetings it begins here")
    assert answer.startswith("Your thread “Greetings” goes to fake, to the board General.")
    [row] = bench.begun("Greetings")
    assert (row.author, row.text, bench.threads_on(row)) == ("zoe", "it begins here", "b1")
    await bench.pass_time(120)
    assert len(bench.begun("Greetings")) == len(bench.shown("it begins here")) == 1
    assert await bench.fates() == [("posted", "")]


async def test_who_started_it_is_told_where_it_stands_once(bench: Starters) -> None:
    """The command was private, and so is what becomes of it."""
    await bench.asks("zoe", "post General Greetings it begins here")
    await bench.pass_time(120)
    link = f"{ADDRESS}/t/{bench.thread_called('Greetings')}"
    assert [told for told in bench.heard("zoe") if "stands" in told and link in told] == bench.heard("zoe")[1:]
    assert len(bench.heard("zoe")) == 2
    assert bench.told() == []


async def test_who_started_it_follows_it_and_has_read_it(bench: Starters) -> None:
    """Nobody is told of their own words, and who begins something wants to hear how it goes on."""
    await bench.asks("zoe", "post General Greetings it begins here")
    [[person]] = await bench.ask("SELECT person FROM identity WHERE user_id='u-zoe'")
    [[thread]] = await bench.ask("SELECT id FROM thread WHERE title='Greetings'")
    assert await bench.ask("SELECT level FROM follow WHERE person=$1 AND thread=$2", person, thread) == [("follow",)]
    assert "Greetings" not in await bench.asks("zoe", "unread")


async def test_the_same_command_carried_out_again_starts_nothing_again(bench: Starters) -> None:
    """The process may die between what a command did and its answer."""
    bench.room.person("zoe").command(bench.lounge, "forum post General Greetings it begins here")
    await Bench.take_in(bench)
    [(_, command)] = await bench.store.read(waiting_commands, CHAT)
    first, again = [await Callers(bench, ()).carry(CHAT, command) for _ in range(2)]
    assert (first.ok, again) == (True, first)
    await bench.work()
    assert len(bench.begun("Greetings")) == 1
    assert len(await bench.fates()) == 1
    # The same words in a command of their own are another thread.
    await bench.asks("zoe", "post General Greetings it begins here")
    assert len(bench.begun("Greetings")) == 2


async def test_several_threads_of_one_board_begin_in_their_order(bench: Starters) -> None:
    """Each board has a queue."""
    for name in ("One", "Two", "Three"):
        bench.room.person("zoe").command(bench.lounge, f"forum post General {name} words of {name}")
    await bench.work()
    order = [row.title for row in bench.board.posts.values() if row.op and row.title in ("One", "Two", "Three")]
    assert order == ["One", "Two", "Three"]


async def test_a_shared_account_says_who_began_it(benches: Build) -> None:
    """Its first words name who speaks, as in a reply."""
    bench = await benches(forum={"write_identity": "shared"})
    answer = await bench.asks("zoe", "post General Greetings it begins here")
    assert "The account of this bridge posts it, and says that zoe wrote it." in answer
    [row] = bench.begun("Greetings")
    assert (row.author, row.text) == ("threadline", "zoe via fake:\n\nit begins here")


async def test_who_lent_an_account_starts_threads_with_it(benches: Build) -> None:
    """They are the person's own, on the forum and for whoever looks who did what."""
    bench = await benches(forum={"write_identity": "shared"})
    await lends(bench, "dora")
    answer = await bench.asks("dora", "post General Greetings it begins here")
    assert answer.endswith("It is posted as dora, the account there that is yours or was granted to you.")
    [row] = bench.begun("Greetings")
    assert (row.author, row.text) == ("dora", "it begins here")
    assert await bench.ask("SELECT account FROM opener") == [("u-dora",)]
    [[who, what]] = await bench.ask("SELECT who, what FROM audit WHERE what LIKE 'thread started%'")
    assert (who, what) == ("dora", "thread started in their name on fake")


async def lends(bench: Starters, name: str) -> None:
    """Somebody lends us their account of that name."""
    await bench.asks(name, "connect fake")
    await bench.asks(name, f"connect fake {bench.board.consent(name, f'invitation-{bench.clock.now()}')}")


@pytest.mark.parametrize("lands", [1.0, NEVER])
async def test_a_start_with_a_lent_account_is_looked_for_among_its_own(benches: Build, lands: float) -> None:
    """Somebody else's thread of the same words is not the one that was lost."""
    bench = await benches(forum={"key_window": None, "write_identity": "shared"}, markers=False)
    await lends(bench, "dora")
    await bench.asks("zoe", "post General Greetings it begins here")
    bench.delays["start"].append(lands)
    await bench.asks("dora", "post General Greetings it begins here")
    await bench.pass_time(300)
    assert sorted(row.author for row in bench.begun("Greetings")) == ["dora", "threadline"]
    assert await bench.fates() == [("posted", ""), ("posted", "")]


async def test_a_name_that_anybody_may_take_starts_nothing_with_an_account(benches: Build) -> None:
    """Whoever takes it next would write as somebody else."""
    bench = await benches(forum={"write_identity": "shared"})
    await lends(bench, "dora")
    [[board]] = await bench.ask("SELECT id FROM board")
    for bare in (True, False):
        asked = Asked(CHAT, "u-dora", "dora", f"e{bare}", f"Bare {bare}", "it begins here", bare=bare)
        await bench.store.write(ask, board, 1, asked, bench.clock.now())
    await bench.work()
    assert [bench.begun(f"Bare {bare}")[0].author for bare in (True, False)] == ["threadline", "dora"]


async def test_an_account_that_is_refused_meanwhile_starts_nothing_in_another_name(benches: Build) -> None:
    """Who thinks to speak as themselves is not made to speak through the bridge."""
    bench = await benches(forum={"write_identity": "shared"})
    await lends(bench, "dora")
    bench.board.tokens.clear()
    await bench.asks("dora", "post General Greetings it begins here")
    assert bench.begun("Greetings") == []
    assert "does not take the key to the account of dora any more" in bench.heard("dora")[-1]
    refused = await bench.asks("dora", "post General Again it begins here")
    assert refused.count("does not take the key") == 1, refused


async def test_what_a_forum_refuses_its_author_is_told_in_its_words(bench: Starters) -> None:
    """Nobody else can tell them: there is no message that could show a sign."""
    bench.board.faults.append(errors.Refused("the board is closed for the summer"))
    await bench.asks("zoe", "post General Greetings it begins here")
    assert bench.heard("zoe")[1:] == [
        "Your thread “Greetings” will not appear on fake: the board is closed for the summer"
    ]
    assert await bench.fates() == [("refused", "the board is closed for the summer")]
    assert bench.told() == []


async def test_a_thread_that_a_moderator_has_is_told_of_twice(bench: Starters) -> None:
    """First that it waits, then that it stands; it is shown in the chat when it is on the forum."""
    bench.board.moderated = True
    await bench.asks("zoe", "post General Greetings it begins here")
    assert len(bench.heard("zoe")) == 2
    assert "until a moderator has looked at it" in bench.heard("zoe")[1]
    assert (await bench.fates(), bench.shown("it begins here")) == ([("queued", "")], [])
    [row] = bench.begun("Greetings")
    bench.board.moderated = False
    bench.board.approve(row.post)
    await bench.pass_time(120)
    assert (await bench.fates(), len(bench.shown("it begins here"))) == ([("posted", "")], 1)
    assert [told for told in bench.heard("zoe")[2:] if "stands" in told] == bench.heard("zoe")[2:]
    assert len(bench.heard("zoe")) == 3


async def test_a_rejected_thread_is_told_to_its_author_with_the_moderators_words(bench: Starters) -> None:
    """No list shows what was rejected: the forum is asked, for its author waits."""
    bench.board.moderated = True
    await bench.asks("zoe", "post General Greetings it begins here")
    [row] = bench.begun("Greetings")
    bench.board.reject(row.post, "not another greeting")
    await bench.pass_time(120)
    assert await bench.fates() == [("refused", "a moderator rejected it: not another greeting")]
    assert bench.heard("zoe")[-1] == (
        "Your thread “Greetings” will not appear on fake: a moderator rejected it: not another greeting"
    )
    assert len(bench.heard("zoe")) == 3


async def test_what_a_moderator_rewrote_is_known_all_the_same(benches: Build) -> None:
    """The forum says which post it became; by its words it would be a stranger's."""
    bench = await benches(markers=False)
    bench.board.moderated = True
    await bench.asks("zoe", "post General Greetings it begins here")
    [row] = bench.begun("Greetings")
    row.text, row.title = "in better words", "Good morning"
    bench.board.approve(row.post)
    await bench.pass_time(120)
    assert await bench.fates() == [("posted", "")]
    assert len(bench.shown("in better words")) == 1
    assert "stands" in bench.heard("zoe")[-1]


@pytest.mark.parametrize("lands", [1.0, NEVER])
@pytest.mark.parametrize("markers", [True, False])
async def test_a_start_whose_answer_was_lost_is_found_or_made_once(benches: Build, lands: float, markers: bool) -> None:
    """Before or after the forum took it: what it shows decides."""
    bench = await benches(forum={"key_window": None, "write_identity": "shared"}, markers=markers)
    bench.delays["start"].append(lands)
    await bench.asks("zoe", "post General Greetings it begins here")
    await bench.pass_time(300)
    assert len(bench.begun("Greetings")) == len(bench.shown("it begins here")) == 1
    assert await bench.fates() == [("posted", "")]
    assert bench.told() == []


@pytest.mark.parametrize("worth", ["proof", "finds"])
async def test_what_is_known_again_while_it_is_looked_for_is_not_started_again(benches: Build, worth: str) -> None:
    """The board is read between the look at the queue and the look at the forum: then nothing is missing."""
    caps = {"key_window": None, "write_identity": "shared", "read_back": worth}
    bench = await benches(forum=caps, markers=False)
    bench.delays["start"].append(1.0)
    await bench.asks("zoe", "post General Greetings it begins here")
    read = bench.store.read

    async def late(unit: Any, *args: Any) -> Any:
        if unit is claimed_messages:
            await bench.poll()
        return await read(unit, *args)

    bench.store.read = late
    bench.fake_clock.advance(60_000)
    bench.alarms.ring(bench.clock.now())
    await bench.sender.drain()
    await bench.pass_time(300)
    assert len(bench.begun("Greetings")) == 1
    assert (await bench.fates(), bench.told()) == ([("posted", "")], [])


async def test_a_start_of_which_nothing_is_known_is_held_and_an_admin_decides(benches: Build) -> None:
    """Never guess: it may stand there, and a second one would be a nuisance that nobody can take back."""
    bench = await benches(forum={"key_window": None, "read_back": "none"})
    bench.delays["start"].append(NEVER)
    await bench.asks("zoe", "post General Greetings it begins here")
    await bench.pass_time(300)
    [[delivery]] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    assert len(bench.told()) == 1
    assert "It is not known whether fake took your thread “Greetings”" in bench.heard("zoe")[-1]
    held = await bench.admin("held")
    assert "Greetings" in held.text
    assert (await bench.admin("status")).ok
    assert (await bench.admin(f"retry {delivery}")).ok
    await bench.pass_time(120)
    assert len(bench.begun("Greetings")) == 1
    assert await bench.fates() == [("posted", "")]


async def test_an_admin_may_say_where_a_held_thread_stands(benches: Build) -> None:
    """It is known by its post then, and its author hears of it."""
    bench = await benches(forum={"key_window": None, "read_back": "none"}, markers=False)
    bench.delays["start"].append(1.0)
    bench.board.moderated = True  # what no list shows is not known again by itself
    await bench.asks("zoe", "post General Greetings it begins here")
    await bench.pass_time(300)
    [row] = bench.begun("Greetings")
    [[delivery]] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    assert not (await bench.admin(f"settle {delivery} {ADDRESS}/t/nowhere")).ok
    assert (await bench.admin(f"settle {delivery} {row.post}")).ok
    await bench.pass_time(60)
    assert await bench.fates() == [("posted", "")]
    assert "stands" in bench.heard("zoe")[-1]
    bench.board.approve(row.post)
    await bench.pass_time(60)
    assert len(bench.shown("it begins here")) == 1
    assert await bench.ask("SELECT count(*) FROM opener WHERE post IS NOT NULL") == [(1,)]


async def test_a_given_up_thread_is_told_to_its_author(benches: Build) -> None:
    """They would wait for it."""
    bench = await benches(forum={"key_window": None, "read_back": "none"})
    bench.delays["start"].append(NEVER)
    await bench.asks("zoe", "post General Greetings it begins here")
    await bench.pass_time(300)
    [[delivery]] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    assert (await bench.admin(f"skip {delivery}")).ok
    await bench.pass_time(60)
    assert (await bench.fates())[0][0] == "dropped"
    assert "does not go to fake any more" in bench.heard("zoe")[-1]


async def test_two_equal_threads_of_two_people_stay_two(benches: Build) -> None:
    """Each find serves one of them, also where both answers were lost."""
    bench = await benches(forum={"key_window": None, "write_identity": "shared"}, markers=False)
    bench.delays["start"] += [1.0, 1.0]
    for name in ("zoe", "yan"):
        bench.room.person(name).command(bench.lounge, "forum post General Greetings hello all")
    await bench.work()
    await bench.pass_time(600)
    assert sorted(row.text for row in bench.begun("Greetings")) == [
        "yan via fake:\n\nhello all",
        "zoe via fake:\n\nhello all",
    ]
    assert await bench.fates() == [("posted", ""), ("posted", "")]
    posts = await bench.ask("SELECT post FROM opener")
    assert len(set(posts)) == 2


async def test_why_tells_how_a_thread_was_started(bench: Starters) -> None:
    """An admin who wonders about a post asks about it, not about our tables."""
    await bench.asks("zoe", "post General Greetings it begins here")
    told = await bench.admin(f"why {ADDRESS}/t/{bench.thread_called('Greetings')}")
    assert "zoe started the thread from fake" in told.text
    assert "delivery" in told.text


async def test_why_tells_of_a_thread_that_never_stood_anywhere(bench: Starters) -> None:
    """Its author asks an admin about a title; there is nothing else to go by."""
    bench.board.faults.append(errors.Refused("the board is closed for the summer"))
    await bench.asks("zoe", "post General Greetings it begins here")
    told = await bench.admin("why Greetings")
    assert "Greetings (to fake, board “General”)" in told.text
    assert "refused (the board is closed for the summer)" in told.text
    assert "its fate: refused" in told.text


async def test_a_preview_posts_nothing(bench: Starters) -> None:
    """Who wants to see it first sees the forum's own format."""
    told = await bench.asks("zoe", "post --preview yes General Greetings it *begins* here")
    assert "would go to fake" in told
    assert await bench.fates() == []
    assert bench.begun("Greetings") == []


async def test_tags_go_with_it(bench: Starters) -> None:
    """A forum files threads under them besides."""
    await bench.asks("zoe", "post --tags red,blue General Greetings it begins here")
    assert await bench.ask("SELECT tags FROM opener") == [('["red","blue"]',)]


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ("--take none", "no board is mirrored here on which a thread can be started"),
        ("--accounts own", "connect fake"),
        ("--from editors", "editors"),
    ],
)
async def test_who_may_not_answer_may_not_start_threads(bench: Starters, rules: str, told: str) -> None:
    """The rules of a mirror hold for all that goes to its forum."""
    changed = await bench.admin(f"replies 1 {rules}")
    assert changed.ok, changed.text
    assert told in await bench.asks("zoe", "post General Greetings it begins here")
    assert await bench.fates() == []


async def test_threads_count_among_what_one_person_may_write(bench: Starters) -> None:
    """A forum that gets twenty threads of one visitor takes him for a program."""
    assert (await bench.admin("replies 1 --at-most 2")).ok
    for n in range(3):
        answer = await bench.asks("zoe", f"post General Title{n} it begins here")
    assert "try again in" in answer
    assert len(await bench.fates()) == 2


async def test_a_thread_is_started_on_boards_of_ones_own_community_alone(bench: Starters) -> None:
    """Another community's boards are not there."""
    bench.board.add_board("Secret")
    assert (await bench.asks("zoe", "post Secret Greetings it begins here")).count("Secret") == 1
    assert await bench.fates() == []


async def test_where_only_peoples_own_accounts_can_write_they_are_asked_for(benches: Build) -> None:
    """The forum has no account of ours: it is said what to do, and nothing is kept."""
    bench = await benches(forum={"write_identity": "none"})
    assert "no board is mirrored here" in await bench.asks("zoe", "post General Greetings it begins here")
    await bench.store.write(run, "UPDATE mirror SET replies='all'")
    answer = await bench.asks("zoe", "post General Greetings it begins here")
    assert "connect fake" in answer
    assert f"{ADDRESS}/register" in answer
    assert await bench.fates() == []


async def test_what_is_kept_of_a_started_thread_is_given_and_forgotten(bench: Starters) -> None:
    """It is a person's own words; what stands on the forum stays there."""
    await bench.asks("zoe", "post General Greetings it begins here")
    person = await bench.store.read(person_of, "fake", "u-zoe")
    assert person is not None
    assert "it begins here" in (await bench.store.read(own_data, person)).decode()
    await bench.store.write(forget, person, bench.clock.now())
    [row] = await bench.ask("SELECT identity_user, name, title, text FROM opener")
    assert row == ("", "somebody", "", "")
    assert len(bench.begun("Greetings")) == 1


async def test_what_has_no_turn_yet_does_not_go_out_for_who_asked_to_be_forgotten(bench: Starters) -> None:
    """They take back what is not on its way."""
    bench.room.person("zoe").command(bench.lounge, "forum post General Greetings it begins here")
    await bench.take_in()
    person = await bench.store.read(person_of, "fake", "u-zoe")
    assert person is not None
    await bench.store.write(forget, person, bench.clock.now())
    await bench.work()
    assert bench.begun("Greetings") == []
    assert (await bench.fates())[0][0] == "dropped"
