"""The worker process: what it does, what it does not survive, and that it ends."""

import asyncio
import os
import time
from collections.abc import AsyncIterator

import pytest

from bot.errors import Unparsable
from bot.workshop import Workshop


@pytest.fixture
async def workshop() -> AsyncIterator[Workshop]:
    made = Workshop()
    yield made
    await made.close()


async def test_a_job_is_done_in_another_process(workshop):
    assert await workshop.do(os.getpid) not in (None, os.getpid())


async def test_jobs_are_done_by_one_worker_one_after_the_other(workshop):
    assert len(set(await asyncio.gather(*(workshop.do(os.getpid) for _ in range(8))))) == 1


async def test_large_arguments_and_results_pass(workshop):
    raw = os.urandom(6_000_000)
    assert await workshop.do(bytes.upper, raw) == raw.upper()


async def test_an_error_of_ours_passes_whole(workshop):
    with pytest.raises(Unparsable) as caught:
        await workshop.do(_refuses, "why", looked_for="a feed")
    assert (str(caught.value), caught.value.looked_for, caught.value.sample) == ("why", "a feed", b"sample")


async def test_any_other_error_is_told(workshop):
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        await workshop.do(divmod, 1, 0)
    assert await workshop.do(divmod, 7, 2) == (3, 1)


async def test_a_job_that_takes_too_long_is_stopped_and_the_next_one_is_done():
    workshop = Workshop(longest=0.5)
    try:
        with pytest.raises(Unparsable, match="took longer"):
            await workshop.do(time.sleep, 3600)
        workshop._longest = 60.0
        assert await workshop.do(divmod, 7, 2) == (3, 1)
    finally:
        await workshop.close()


async def test_a_job_that_takes_the_worker_down_is_unparsable(workshop):
    with pytest.raises(Unparsable, match="ended"):
        await workshop.do(os._exit, 3)
    assert await workshop.do(divmod, 7, 2) == (3, 1)


async def test_a_job_that_wants_too_much_memory_fails_alone(workshop):
    with pytest.raises(Unparsable, match="memory"):
        await workshop.do(bytes, 3 * 2**30)
    assert await workshop.do(divmod, 7, 2) == (3, 1)


async def test_a_job_that_is_given_up_does_not_answer_the_next_one(workshop):
    await workshop.do(os.getpid)
    task = asyncio.create_task(workshop.do(str.upper, "the first"))
    while not workshop._turn.locked():
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await workshop.do(str.upper, "the second") == "THE SECOND"


async def test_after_the_end_nothing_is_begun(workshop):
    await workshop.do(os.getpid)
    await workshop.close()
    with pytest.raises(Unparsable, match="stopping"):
        await workshop.do(os.getpid)


def _refuses(why: str, looked_for: str) -> None:
    raise Unparsable(why, looked_for, b"sample")
