"""A program of its own: matrix-nio's client with encryption, told by lines of JSON what to do.

Not in the process of the tests: nio's store binds its tables to one file at a time for the whole process.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import nio


class Holding(nio.AsyncClient):  # type: ignore[misc]
    """May keep back what it sends to devices, as if that took long."""

    held: list[tuple[str, str, Any]] | None = None

    async def _send(self, kind: Any, method: str, path: str, data: Any = None, response_data: Any = None, **more: Any):
        if self.held is None or "/sendToDevice/" not in path:
            return await super()._send(kind, method, path, data, response_data, **more)
        self.held.append((method, path, data))
        return kind(*response_data)


class Client:
    """One device that encrypts."""

    def __init__(self, homeserver: str, user: str, device: str, token: str, folder: str) -> None:
        self._nio = Holding(homeserver, user, device_id=device, store_path=folder)
        self._nio.restore_login(user, device, token)
        self._begun = False

    async def catch_up(self) -> None:
        """Hear what happened, and do what that asks for."""
        client = self._nio
        said = await client.sync(timeout=0, full_state=not self._begun)
        assert isinstance(said, nio.SyncResponse), said
        self._begun = True
        if client.should_upload_keys:
            await client.keys_upload()
        if client.should_query_keys:
            await client.keys_query()
        if client.should_claim_keys:
            await client.keys_claim(client.get_users_for_key_claiming())
        await client.send_to_device_messages()

    async def say(self, room: str, content: dict[str, Any], txn: str) -> str:
        """Send a message; gives the id of its event."""
        await self.catch_up()
        said = await self._nio.room_send(room, "m.room.message", content, txn, ignore_unverified_devices=True)
        assert isinstance(said, nio.RoomSendResponse), said
        return str(said.event_id)

    async def read(self, room: str) -> list[dict[str, Any]]:
        """All that stands in a room, oldest first, decrypted where it was encrypted and can be read."""
        await self.catch_up()
        found: list[dict[str, Any]] = []
        start = ""
        while True:
            said = await self._nio.room_messages(room, start, direction=nio.MessageDirection.front, limit=100)
            assert isinstance(said, nio.RoomMessagesResponse), said
            for event in said.chunk:
                wire = event.source
                encrypted = bool(getattr(event, "decrypted", False))
                found.append({**wire, "encrypted": encrypted})
            if not said.end:
                return found
            start = said.end

    async def hold(self) -> None:
        """Give no keys to anybody from now on."""
        self._nio.held = []

    async def release(self) -> None:
        """Give the keys that were kept back, and all further ones."""
        held, self._nio.held = self._nio.held or [], None
        for method, path, data in held:
            await self._nio._send(nio.ToDeviceResponse, method, path, data, (None,))

    async def close(self) -> None:
        await self._nio.close()


async def serve(*login: str) -> None:
    """Do what is asked for, line by line, until the input ends."""
    client = Client(*login)
    lines = asyncio.StreamReader(limit=2**24)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    try:
        async for line in lines:
            name, *words = json.loads(line)
            try:
                answer: object = {"said": await getattr(client, name)(*words)}
            except Exception as error:
                answer = {"error": repr(error)}
            print(json.dumps(answer), flush=True)
    finally:
        await client.close()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
