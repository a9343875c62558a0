"""Processes that are killed while what people say is on its way to Isso: every reply stands there once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.environment import NotInstalled, python_of
from tests.house import PATIENCE, settled
from tests.servers.blog import Article, Blog
from tests.servers.house import FORUM

ROOT = Path(__file__).parents[2]
PAGE = "/2026/seeds/"
TEXTS = [f"Row {n} came up." for n in range(4)]


class Death(NamedTuple):
    """At which comment that is posted a process dies: before Isso hears of it, or after it answered."""

    number: int
    answered: bool


@pytest.fixture
async def blog(tmp_path: Path) -> AsyncIterator[Blog]:
    """A site with one page."""
    try:
        programs = python_of("servers", "isso").parent
    except NotInstalled as why:
        pytest.skip(str(why))
    async with Blog(programs, tmp_path / "isso") as made:
        made.articles[PAGE] = Article("Seeds & more", "Olga", "What I sowed.")
        await (await made.ready()).say("Ann", "Which ones came up?", page=PAGE)
        yield made


async def live(blog: Blog, folder: Path, death: Death | None) -> None:
    """One life of the program: to its death, or until everything is right."""
    settings = settled(folder, FORUM.format(address=blog.address))
    address = f"{blog.address}/?uri={PAGE}"
    words = [str(folder / "home"), str(settings), address, *TEXTS]
    with (folder / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.servers.house", *words, cwd=ROOT, stdout=log, stderr=log
        )
    count = 0

    def trouble(asked: str, answered: bool) -> bool:
        nonlocal count
        if asked != "POST /new" or death is None or answered != death.answered:
            return False
        count += 1
        if count != death.number:
            return False
        os.kill(process.pid, signal.SIGKILL)
        return True

    blog.trouble = trouble
    try:
        async with asyncio.timeout(PATIENCE + 30):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    expected = 0 if death is None else -signal.SIGKILL
    assert process.returncode == expected, (folder / "log").read_text("utf-8")[-3000:]


async def survives(blog: Blog, folder: Path, deaths: list[Death]) -> None:
    """However often it dies: what people said stands on the page once each, in their order."""
    for death in (*deaths, None):
        await live(blog, folder, death)
    rows = blog.read("SELECT author, text FROM comments ORDER BY id")
    assert rows == [("Ann", "Which ones came up?"), *(("Zoe", text) for text in TEXTS)]


@pytest.mark.timeout(240)
async def test_a_program_that_is_killed_between_post_and_answer_posts_nothing_twice(blog: Blog, tmp_path: Path) -> None:
    """The next process looks: what was saved is that reply, what was not is posted, and the order stays."""
    await survives(blog, tmp_path, [Death(2, True), Death(2, False)])


@pytest.mark.faults
@pytest.mark.timeout(0)
async def test_a_program_may_be_killed_at_every_post(blog: Blog, tmp_path: Path) -> None:
    """Before each of them and after it, one life after the other."""
    await survives(blog, tmp_path, [Death(1, answered) for _ in TEXTS for answered in (False, True)])
