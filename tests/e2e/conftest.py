"""The program on a home of its own, pages on a server, and the one browser that looks at all of them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.ports import Serves
from bot.settings import Web
from bot.web.server import WebServer

ROOT = Path(__file__).parents[2]
SEED = ROOT.parent / "shared" / "seed" / "du-thread.txt"
CHROMIUM = shutil.which("chromium")
PATIENCE = 30.0
"""Seconds that a page or the program may take for one step before a test calls it lost."""

expect.set_options(timeout=PATIENCE * 1000)


# ---------------------------------------------------------------------------------------------------------- the program


class Ran(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


class Program:
    """The command `threadline` as a person types it, in a folder of its own, on the home `home` there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"

    def command(self, *words: str | Path) -> list[str]:
        """The command line."""
        return [str(Path(sys.executable).with_name("threadline")), "--home", str(self.home), *map(str, words)]

    def __call__(self, *words: str | Path, **environ: str) -> Ran:
        """Run a command to its end; nobody is at its terminal."""
        ran = subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env=self.environ(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def did(self, *words: str | Path, **environ: str) -> str:
        """What a command prints that has to succeed, and has nothing to complain about."""
        code, out, err = self(*words, **environ)
        assert (code, err) == (0, ""), out + err
        return out

    def failed(self, *words: str | Path, **environ: str) -> str:
        """What a command says that has to fail: to a person, never as a traceback."""
        code, out, err = self(*words, **environ)
        assert (code, out) == (1, ""), out + err
        assert err.startswith("threadline: ")
        assert "Traceback" not in err
        return err.removeprefix("threadline: ").rstrip("\n")

    @contextmanager
    def running(self, *words: str | Path) -> Iterator[str]:
        """`threadline run` while the block lasts; gives the address that it prints. It has to stop when told to."""
        with (self.folder / "log").open("w+") as log:
            process = subprocess.Popen(
                self.command("run", *words),
                cwd=self.folder,
                env=self.environ({}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            try:
                assert process.stdout is not None
                said = process.stdout.readline()
                assert said.startswith("Threadline is running: open http://"), (self.folder / "log").read_text()
                yield said.split()[-1]
                process.send_signal(signal.SIGTERM)
                assert process.wait(PATIENCE) == 0
                assert process.stdout.read() == ""
            finally:
                process.kill()
                process.communicate()

    def environ(self, given: dict[str, str]) -> dict[str, str]:
        """The environment of this machine, without what would speak to Threadline; any free port."""
        foreign = {name for name in os.environ if name.startswith("THREADLINE_")} | {"PORT"}
        ours = {name: value for name, value in os.environ.items() if name not in foreign}
        return ours | {"THREADLINE_WEB_PORT": "0"} | given


@pytest.fixture
def threadline(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def seed() -> Path:
    """A recorded page of a forum: an OP and six replies, two of them without their text."""
    if not SEED.is_file():
        pytest.skip(f"the recorded page {SEED} is not on this machine")
    return SEED


# ---------------------------------------------------------------------------------------------------------- the browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all tests: starting it takes longer than most of them."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium on the path: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


Window = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def window(chromium: Browser) -> AsyncIterator[Window]:
    """Opens a page in a window with cookies of its own; a mistake in a script fails the test.

    Whoever gives a `name` went through the chat's door already.
    """
    complaints: list[str] = []
    async with AsyncExitStack() as stack:

        async def opened(address: str, path: str = "/", name: str = "", **options: Any) -> Page:
            context = await chromium.new_context(base_url=address, **options)
            stack.push_async_callback(context.close)
            context.set_default_timeout(PATIENCE * 1000)
            if name:
                door = await context.request.post("/chat/door", form={"name": name}, headers={"Origin": address})
                assert door.ok
            page = await context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto(path)
            return page

        yield opened
    assert complaints == []


async def well() -> dict[str, Any]:
    return {"ok": True, "parts": {}}


Serve = Callable[[Serves], Awaitable[str]]


@pytest_asyncio.fixture(loop_scope="session")
async def serve() -> AsyncIterator[Serve]:
    """Serves the pages of one adapter as the program does, and gives the address."""
    async with AsyncExitStack() as stack:

        async def serving(part: Serves) -> str:
            server = WebServer(Web(port=0), [part], health=well)
            stack.push_async_callback(server.stop)
            return await server.start()

        yield serving
