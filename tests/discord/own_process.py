"""The stand-in in a process of its own, and how another process tells it what to do."""

from __future__ import annotations

import asyncio
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import aiohttp

from tests.discord.control import PATH
from tests.discord.gateway import PATH as GATEWAY
from tests.discord.rest import PREFIX
from tests.discord.stand_in import TOKEN, addressed

ROOT = Path(__file__).parents[2]


class Refused(Exception):
    """It was not done there; holds what was said, by Discord or by its client."""


class OwnProcess:
    """A stand-in elsewhere, until the block ends or this process does; `arguments` are those of tests.discord.serve."""

    def __init__(self, *arguments: str) -> None:
        self.token = TOKEN
        self.address = ""
        self._arguments = arguments
        self._process: Process | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def api(self) -> str:
        """Below which all requests go."""
        return self.address + PREFIX

    @property
    def socket(self) -> str:
        """Where bots listen."""
        return self.address.replace("http", "ws", 1) + GATEWAY

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None, "it was not started"
        return self._process.pid

    def addressed(self) -> AbstractContextManager[None]:
        """discord.py talks to it while the block lasts."""
        return addressed(self.api, self.socket)

    async def __aenter__(self) -> OwnProcess:
        command = [sys.executable, "-m", "tests.discord.serve", *self._arguments]
        if setpriv := shutil.which("setpriv"):
            command = [setpriv, "--pdeathsig", "TERM", *command]
        self._process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, start_new_session=True)
        assert self._process.stdout is not None
        self.address = (await self._process.stdout.readline()).decode().strip()
        assert self.address, "the stand-in ended while it started; what it said stands above"
        self._session = aiohttp.ClientSession(self.address)
        return self

    async def __aexit__(self, *ended: object) -> None:
        if self._session is not None:
            await self._session.close()
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    async def call(self, do: str, *args: Any, who: str = "", **named: Any) -> Any:
        """Let something be done there: `call("says", talk, "Hello", who=ann)`, with ids; raises Refused."""
        assert self._session is not None, "it was not started"
        asked = {"do": do, "who": who, "args": args, "named": named}
        async with self._session.post(PATH, json=asked) as answer:
            if answer.status == 409:
                raise Refused(await answer.json())
            assert answer.status == 200, await answer.text()
            return (await answer.json())["done"]
