"""A run that ends says what it leaves."""

from bot import errors


async def test_a_run_that_ends_says_which_places_wait_and_for_what(here):
    """Whoever started it does not wait for what comes due a moment later, and hears of it."""
    await here.did("add", f"sandbox:{here.thread}", "--into", "web:workshop")
    send = here.chat.send

    async def refuses(*args):
        here.chat.send = send
        raise errors.RateLimited("slower, please", 2.0)

    here.chat.send = refuses
    done = await here.app.once()
    assert (done.sent, done.owed, done.waits) == (0, 1, (("web:workshop", "slower, please"),))
    here.clock.advance(2000)
    done = await here.app.once()
    assert (done.sent, done.owed, done.waits) == (1, 0, ())
