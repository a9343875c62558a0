"""Replies cross with posts while the program is killed again and again: both sides have all of them, once, in order."""

import os
import random
from pathlib import Path

import pytest

from tests.crash.killing import Case, Tally, suffer

SEED = int(os.environ.get("THREADLINE_SEED", "1"))
"""Chooses what people write, and the moments of the kills."""

MOMENTS = 10
"""Points that a post takes, at the least, from its writing to the record that it stands on the other side."""


async def crossed(folder: Path, mode: str, size: int, kills: int) -> Tally:
    """So many posts and as many replies, and so many kills while people write them."""
    dice = random.Random(SEED)
    most = 2 * MOMENTS * 2 * size // (kills + 1)
    tally = Tally()
    await suffer(folder / mode, Case(SEED, mode, tuple(dice.randrange(1, most) for _ in range(kills)), size), tally)
    assert not tally.wrong, "\n".join(tally.wrong)
    assert tally.kills == kills, "everything was over before the last kill"
    assert tally.verdicts[0].posts == 2 * size + max(2, size // 12), (
        "each post and each reply, and what began the threads"
    )
    return tally


async def test_posts_and_replies_that_cross_under_kills_stand_on_both_sides_once_and_in_order(tmp_path, capsys):
    """A sample of the slow form below."""
    tally = await crossed(tmp_path, "keyless", size=20, kills=4)
    with capsys.disabled():
        print(f"\n{tally.line()}")


@pytest.mark.faults
@pytest.mark.timeout(0)
@pytest.mark.parametrize("mode", ["keys", "keyless"])
async def test_two_hundred_replies_and_posts_cross_under_forty_kills(tmp_path, capsys, mode):
    """Twenty people in the chat; every message shows that it was posted, and each thread has its own order."""
    tally = await crossed(tmp_path, mode, size=200, kills=40)
    with capsys.disabled():
        print(f"\n{mode}: {tally.line()}")
