"""What fails half way and what is held: what stands of it is known and stands once, and others do not suffer for it."""

import pytest

from bot import errors
from bot.model import Card
from bot.testing.faults import Fault
from tests.crash.bench import NOTICES

LONG = "begins " + f"{'x' * 50} " * 42 + "ends"
"""Two messages in this chat."""

NOTHING_TELLS = {"chat": {"key_window": None, "read_back": "none"}}


async def half_sent(bench, trouble, landed=False):
    """A thread in whose chat thread a long post stands half; what happened to the other half is `trouble`."""
    thread = await bench.shown_thread()

    def strikes():
        bench.room.faults.append(Fault(trouble, "send", after=landed))

    bench.room.faults.append(Fault(strikes, "send", after=True))
    long = bench.board.post(thread, "", "ben", LONG)
    await bench.work()
    await bench.pass_time(1200)
    return thread, long


def halves(bench):
    """How often the beginning of the long post stands, and how often its end."""
    texts = [message.text for message in bench.room.ours() if "x" * 50 in message.text]
    return sum("begins" in text for text in texts), sum("ends" in text for text in texts)


async def test_the_half_that_stands_is_not_sent_again_when_an_admin_has_the_rest_sent(bench_of):
    """He is asked about what is not known; what is known is no part of the question."""
    bench = bench_of(**NOTHING_TELLS)
    await half_sent(bench, errors.OutcomeUnknown("no answer"))
    assert halves(bench) == (1, 0)
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    assert (await bench.admin(f"retry {held}")).ok
    await bench.pass_time(120)
    assert halves(bench) == (1, 1)
    assert await bench.ask("SELECT id FROM delivery WHERE state<>'sent'") == []


async def test_an_admin_says_where_the_second_half_stands(bench_of):
    """The first is known, and is no part of what he is asked."""
    bench = bench_of(**NOTHING_TELLS)
    _, long = await half_sent(bench, errors.OutcomeUnknown("no answer"), landed=True)
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    assert (await bench.admin(f"settle {held} {bench.message('ends').id}")).ok
    bench.board.delete(long)
    await bench.pass_time(120)
    assert halves(bench) == (0, 0)
    assert await bench.ask("SELECT id FROM delivery WHERE state<>'sent'") == []


async def test_of_a_post_that_is_refused_half_way_nothing_stands(bench_of):
    """Half a post misleads, and a later version of it would stand beside its own beginning."""
    bench = bench_of()
    _, long = await half_sent(bench, errors.Refused("no such words here"))
    assert halves(bench) == (0, 0)
    bench.board.edit(long, f"{LONG} anew")
    await bench.work()
    assert halves(bench) == (1, 1)


async def test_what_an_admin_gives_up_half_way_does_not_stand_twice_when_it_is_edited(bench_of):
    """It stands as it is: given up means that nothing more comes of it."""
    bench = bench_of(**NOTHING_TELLS)
    _, long = await half_sent(bench, errors.OutcomeUnknown("no answer"))
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    assert (await bench.admin(f"skip {held}")).ok
    bench.board.edit(long, f"{LONG} anew")
    await bench.pass_time(120)
    begun, _ = halves(bench)
    assert begun == 1


async def test_half_a_post_that_an_admin_gave_up_goes_with_its_post(bench_of):
    """Laws 7 and 10: what stands of it is changed and deleted as everything is."""
    bench = bench_of(**NOTHING_TELLS)
    _, long = await half_sent(bench, errors.OutcomeUnknown("no answer"))
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    assert (await bench.admin(f"skip {held}")).ok
    bench.board.edit(long, f"{LONG} anew".replace("begins", "starts"))
    await bench.pass_time(120)
    assert [("starts" in m.text, "anew" in m.text) for m in bench.room.ours() if "x" * 50 in m.text] == [(True, False)]
    bench.board.delete(long)
    await bench.pass_time(120)
    assert [m.text for m in bench.room.ours() if "x" * 50 in m.text] == []
    assert "xx" not in str(await bench.ask("SELECT body FROM post"))


async def test_half_a_post_that_cannot_be_taken_back_goes_with_its_post(bench_of):
    """What was refused besides is certainly not there, so that a later version may be whole."""
    bench = bench_of()
    await bench.start()
    thread = bench.board.start_thread("The thread", "op says", "ann")
    await bench.mirror(thread)
    await bench.work()

    def strikes():
        bench.room.faults.append(Fault(errors.Refused("no such words"), "send"))
        bench.room.faults.append(Fault(errors.Unreachable("no line"), "delete"))

    bench.room.faults.append(Fault(strikes, "send", after=True))
    long = bench.board.post(thread, "", "ben", LONG)
    await bench.work()
    assert halves(bench) == (1, 0)
    bench.board.edit(long, f"{LONG} anew")
    await bench.work()
    assert halves(bench) == (1, 1)
    bench.board.delete(long)
    await bench.work()
    assert halves(bench) == (0, 0)


async def test_half_a_change_that_is_given_up_goes_with_its_post(bench_of):
    """The messages that it added are known, whatever becomes of the rest."""
    bench = bench_of(**NOTHING_TELLS)
    await bench.start()
    await bench.tell_admins_in(NOTICES)
    thread = bench.board.start_thread("The thread", "op says", "ann")
    await bench.mirror(thread)
    long = bench.board.post(thread, "", "ben", "x says")
    await bench.work()

    def strikes():
        bench.room.faults.append(Fault(errors.OutcomeUnknown("no answer"), "send"))

    bench.room.faults.append(Fault(strikes, "send", after=True))
    bench.board.edit(long, "begins " + f"{'x' * 50} " * 82 + "ends")
    await bench.pass_time(120)
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    assert (await bench.admin(f"skip {held}")).ok
    assert len([m for m in bench.room.ours() if "x" * 50 in m.text]) == 2
    bench.board.delete(long)
    await bench.pass_time(120)
    assert [m.text for m in bench.room.ours() if "x" * 50 in m.text] == []


async def test_what_was_held_before_it_was_begun_stands_nowhere(bench_of):
    """It could not be rendered: there is nothing to give a link of, and the admin hears what he can do."""
    bench = bench_of()
    thread = await bench.shown_thread()
    render = bench.room.render
    kept: list[Card] = []

    def breaks(shown, most=None):
        if not kept:
            kept.append(shown)
            raise ValueError("boom")
        return render(shown, most)

    bench.room.render = breaks
    bench.board.post(thread, "", "ben", "one says")
    await bench.work()
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    answer = await bench.admin(f"settle {held} {bench.message('op says').id}")
    assert not answer.ok
    assert f"`retry {held}` sends it" in answer.text
    assert (await bench.admin(f"retry {held}")).ok
    await bench.work()
    assert len([m for m in bench.room.ours() if "one says" in m.text]) == 1


async def test_what_an_admin_gave_up_is_not_sent_anew_when_it_is_edited(bench_of):
    """Nobody knows whether it stands: a new copy could stand beside it."""
    bench = bench_of(**NOTHING_TELLS)
    thread = await bench.shown_thread()
    bench.room.faults.append(Fault(errors.OutcomeUnknown("no answer"), "send", after=True))
    post = bench.board.post(thread, "", "ben", "one says")
    await bench.pass_time(120)
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    assert (await bench.admin(f"skip {held}")).ok
    bench.board.edit(post, "one says anew")
    await bench.pass_time(120)
    assert len([m for m in bench.room.ours() if "one says" in m.text]) == 1


@pytest.mark.parametrize(
    "again",
    [errors.Unreachable("no line"), errors.RateLimited("slower", 30.0), errors.NotAllowed("not here")],
    ids=lambda error: type(error).__name__,
)
async def test_what_may_have_landed_is_not_taken_back_because_repeating_it_fails(bench_of, again):
    """The key is honoured for a minute from the first time on; that the repetition did nothing proves nothing."""
    bench = bench_of(chat={"key_window": 60.0})
    await bench.start()
    bench.room.faults.append(Fault(errors.OutcomeUnknown("no answer"), "send", after=True))
    bench.room.faults.append(Fault(again, "send"))
    thread = bench.board.start_thread("The thread", "op says", "ann")
    await bench.mirror(thread)
    await bench.work()
    await bench.pass_time(20, 20)
    await bench.pass_time(1200)
    assert len([m for m in bench.room.ours() if "op says" in m.text]) == 1
    assert await bench.states() == ["sent"]


@pytest.mark.parametrize("landed", [True, False])
async def test_what_may_have_landed_is_not_refused_because_repeating_it_is(bench_of, landed):
    """It may stand there; a later version would stand beside it."""
    bench = bench_of()
    await bench.start()
    bench.room.faults.append(Fault(errors.OutcomeUnknown("no answer"), "send", after=landed))
    bench.room.faults.extend(Fault(errors.Refused("the place is shut"), "send") for _ in range(3))
    thread = bench.board.start_thread("The thread", "op says", "ann")
    await bench.mirror(thread)
    await bench.work()
    await bench.pass_time(20, 20)
    await bench.pass_time(1200)
    assert await bench.states() == ["sent" if landed else "refused"]
    assert len([m for m in bench.room.ours() if "op says" in m.text]) == int(landed)


async def test_a_reply_waits_for_its_held_parent_and_then_answers_what_stands_above(bench_of):
    """Ten minutes are an admin's; the OP stands all the while, and is no reason to pass the parent by."""
    bench = bench_of(**NOTHING_TELLS)
    thread = await bench.shown_thread()
    bench.room.faults.append(Fault(errors.OutcomeUnknown("no answer"), "send"))
    parent = bench.board.post(thread, "", "ben", "one says")
    bench.board.post(thread, parent, "cleo", "two answers one")
    bench.board.post(thread, "", "ann", "three says")
    await bench.pass_time(300)
    assert await bench.states() == ["sent", "held", "pending", "sent"]
    await bench.pass_time(600)
    assert await bench.states() == ["sent", "held", "sent", "sent"]
    assert "in reply to #1" in bench.message("two answers").text


async def test_a_queue_goes_on_where_one_waits_and_another_is_being_found_out(bench_of):
    """What waited comes due while something behind it is in flight: the one in flight comes first."""
    bench = bench_of(chat={"key_window": None, "read_back": "none"})
    thread = await bench.shown_thread()
    bench.room.faults.append(Fault(errors.OutcomeUnknown("no answer"), "send"))
    first = bench.board.post(thread, "", "ben", "one says")
    await bench.pass_time(120)
    bench.board.post(thread, first, "cleo", "two says, and waits for one")
    await bench.work()
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    bench.board.post(thread, "", "ann", "three says")
    bench.room.faults.append(Fault(KeyError("oops"), "send"))
    await bench.work()
    assert [s for s in await bench.states() if s == "sending"] == ["sending"]
    assert (await bench.admin(f"skip {held}")).ok
    await bench.pass_time(120)
    assert "sending" not in await bench.states()
    assert [m.text.split()[0] for m in bench.room.ours(bench.thread_of("op says"))] == ["two"]


async def test_of_a_post_of_which_an_admin_says_where_it_begins_the_rest_is_sent(bench_of):
    """He can name the message that was in doubt; what comes behind it was never begun."""
    bench = bench_of(**NOTHING_TELLS)
    await bench.start()
    await bench.tell_admins_in(NOTICES)
    bench.room.faults.append(Fault(errors.OutcomeUnknown("no answer"), "send", after=True))
    thread = bench.board.start_thread("The thread", LONG, "ann")
    bench.board.post(thread, "", "ben", "one says")
    await bench.mirror(thread)
    await bench.pass_time(120)
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    assert (await bench.admin(f"settle {held} {bench.message('begins').id}")).ok
    await bench.pass_time(120)
    assert halves(bench) == (1, 1)
    assert [m.text for m in bench.room.ours(bench.thread_of("begins"))] == ["one says"]
    assert await bench.ask("SELECT id FROM delivery WHERE state<>'sent'") == []


async def test_nothing_is_held_of_which_no_admin_hears(bench_of):
    """The process may die at any moment of holding it."""
    for moment in range(1, 12):
        bench = bench_of(**NOTHING_TELLS)
        await bench.start()
        await bench.tell_admins_in(NOTICES)
        thread = bench.board.start_thread("The thread", "op says", "ann")
        await bench.mirror(thread)
        bench.room.faults.append(Fault(errors.OutcomeUnknown("no answer"), "send"))
        await bench.work()
        bench.life.kill_at = bench.life.count + moment
        await bench.survive(lambda bench=bench: bench.pass_time(60))
        await bench.pass_time(120)
        [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held' AND subject='post'")
        rows = await bench.ask("SELECT id FROM notice WHERE about=$1", f"delivery:{held}")
        assert len(rows) == 1, f"died at moment {moment}: {bench.deaths}"
        await bench.crash()
