"""People whose client encrypts: matrix-nio's own client, in a process of its own."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.matrix.homeserver import Login
from tests.matrix.people import MESSAGE, Person

PROGRAM = Path(__file__).with_name("nio_client.py")
LONGEST_LINE = 2**24
MEGOLM = {"algorithm": "m.megolm.v1.aes-sha2"}

_NUMBERS = itertools.count(1)


class Secretive(Person):
    """Somebody whose messages are encrypted where the room is, and who reads those of others."""

    def __init__(self, address: str, login: Login, folder: Path) -> None:
        super().__init__(address, login)
        self._folder = folder
        self._program: asyncio.subprocess.Process | None = None
        self._one = asyncio.Lock()

    async def begin(self) -> None:
        """Start the client, and have its keys known."""
        self._folder.mkdir(exist_ok=True)
        login = self.login
        words = (self.address, login.user_id, login.device_id, login.access_token, str(self._folder))
        self._program = await asyncio.create_subprocess_exec(
            sys.executable,
            str(PROGRAM),
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=LONGEST_LINE,
        )
        await self.told("catch_up")

    async def told(self, *order: object) -> Any:
        """Have the client do something."""
        assert self._program is not None
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        async with self._one:
            self._program.stdin.write(json.dumps(order).encode() + b"\n")
            answer = json.loads(await self._program.stdout.readline())
        assert "error" not in answer, answer
        return answer["said"]

    async def send(self, room: str, kind: str, content: dict[str, Any], *, txn: str = "") -> str:
        if kind != MESSAGE:
            return await super().send(room, kind, content, txn=txn)
        return str(await self.told("say", room, content, txn or f"of-a-secretive-one-{next(_NUMBERS)}"))

    async def say_in_clear(self, room: str, text: str) -> str:
        """Write a message that is not encrypted, wherever that is."""
        return await super().send(room, MESSAGE, {"msgtype": "m.text", "body": text}, txn=f"clear-{next(_NUMBERS)}")

    async def events(self, room: str, kind: str = MESSAGE, *, page: int = 100) -> list[dict[str, Any]]:
        """All events of a kind, as the client reads them; each says whether it was `encrypted`."""
        return [event for event in await self.told("read", room) if event["type"] == kind]

    async def wire(self, room: str) -> list[dict[str, Any]]:
        """All messages of a room, in clear or not, as the homeserver has them."""
        found = []
        for kind in (MESSAGE, "m.room.encrypted"):
            found += await super().events(room, kind)
        return found

    async def close(self) -> None:
        if self._program is not None:
            assert self._program.stdin is not None
            self._program.stdin.close()
            await self._program.wait()
        await super().close()


async def encrypt(person: Person, room: str) -> None:
    """Have a room encrypted from now on."""
    await person.call("PUT", f"/rooms/{quote(room, safe='')}/state/m.room.encryption/", MEGOLM)
