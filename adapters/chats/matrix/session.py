"""The login: one device for ever, its token kept in the home, renewed where the homeserver lets us.

Transaction ids count for one device only. So the device is kept, also when its token is replaced; where it changed all
the same, repeating a send proves nothing for as long as one of its keys may be about.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from adapters.chats.matrix.client import TOTAL, Client, Object, Rejected, path
from adapters.chats.matrix.names import server_of
from adapters.chats.matrix.settings import Settings
from bot.errors import LoginRejected, NotAllowed, Unparsable
from bot.model import Millis
from bot.ports import Context

FILE = "session.json"
"""The file, in the adapter's folder, that holds device and token; for its owner's eyes alone."""

WINDOW = 12 * 3600.0
"""Seconds during which a repeated transaction id shows nothing twice: half of what Synapse promises."""


class Kept(msgspec.Struct, frozen=True):
    """A login as it is kept; `token` is empty where the settings give it, or where it ended."""

    given: str
    """A digest of what the settings said: another homeserver, user or token is another login."""
    user: str
    device: str
    token: str = ""
    changed: Millis = 0
    """Since when it is this device, where it was another one before."""


class Session:
    """One login at one homeserver; `user` and `device` are empty until `begin`."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._client = Client(settings.homeserver)
        self._file = context.folder / FILE
        self._lock = asyncio.Lock()
        self._ended = ""
        known = _read(self._file)
        self._known = known
        self.user = self.device = ""
        if known is not None and known.given == self._given and (settings.token or known.token):
            self._enter(known)

    @property
    def server(self) -> str:
        """The name of our homeserver, as it stands in ids."""
        return server_of(self.user)

    @property
    def window(self) -> float | None:
        """Seconds during which the homeserver honours keys of ours; None while some of another device may be about."""
        changed = self._known.changed if self._known is not None else 0
        return WINDOW if not changed or self._context.now() - changed > WINDOW * 1000 else None

    async def begin(self) -> None:
        """Know who we are; asks the homeserver at the very first time, or after a login that ended."""
        if self._is_in():
            return
        async with self._lock:
            if self._is_in():
                return
            if self._ended:
                raise LoginRejected(self._ended)
            if not self._settings.token and not self._settings.password:
                raise LoginRejected(
                    f"There is no login at {self._settings.homeserver} yet: `threadline matrix login` makes one; "
                    "or set a token or a password."
                )
            if self._settings.token:
                self._client.token = self._settings.token.reveal()
                said = await self._client.call("GET", path("account", "whoami"))
                await self._keep(said, "", lost=True)
            else:
                await self._log_in(lost=True)

    def _is_in(self) -> bool:
        return bool(self.user)

    async def call(
        self,
        method: str,
        where: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        write: bool | None = None,
        total: float = TOTAL,
        data: bytes | None = None,
        kind: str = "application/json",
    ) -> Object:
        """Ask as `Client.call` does, logged in; where only the token ended, with the next one of the same device."""
        await self.begin()
        token = self._client.token
        try:
            return await self._client.call(
                method, where, body, query=query, write=write, total=total, data=data, kind=kind
            )
        except Rejected as error:
            await self._renew(token, error)
        return await self._client.call(method, where, body, query=query, write=write, total=total, data=data, kind=kind)

    async def anew(self) -> None:
        """Log in by password, whatever was before: on the device that we had, if we had one here."""
        async with self._lock:
            lost = True
            if self.user:
                try:
                    await self._client.call("GET", path("account", "whoami"))
                    lost = False
                except Rejected as error:
                    lost = not error.soft
            self._ended = ""
            await self._log_in(lost=lost)

    async def close(self) -> None:
        """Let go of the connections; the login stays."""
        await self._client.close()

    async def _renew(self, token: str, error: Rejected) -> None:
        """Log in anew where the device is still ours; else the login has ended, and somebody has to look at it."""
        async with self._lock:
            if self._client.token != token:
                return  # another call did it meanwhile
            if self._settings.token:
                raise error
            if error.soft and self._settings.password:
                await self._log_in(lost=False)
                return
            if self._known is not None:
                await self._write(msgspec.structs.replace(self._known, token=""))
            self.user = self._client.token = ""
            self._ended = (
                f"{self._settings.homeserver} does not accept our login any more: somebody ended it there. "
                "Log in again with `threadline matrix login`, or start Threadline again."
            )
            raise LoginRejected(self._ended)

    async def _log_in(self, lost: bool) -> None:
        """A token for the device that we had, or for a first one."""
        wish: Object = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self._settings.user},
            "password": self._settings.password.reveal(),
            "initial_device_display_name": "Threadline",
        }
        if self._known is not None and self._known.device and self._known.given == self._given:
            wish["device_id"] = self._known.device
        self._client.token = ""
        try:
            said = await self._client.call("POST", path("login"), wish, write=False)
        except NotAllowed as error:
            raise LoginRejected(
                f"The login of {self._settings.user} is refused: {error} Check user and password."
            ) from None
        token = said.get("access_token")
        if not isinstance(token, str) or not token:
            raise Unparsable(f"{self._settings.homeserver} logged us in and gave no token.", "access_token")
        await self._keep(said, token, lost=lost)

    async def _keep(self, said: Object, token: str, *, lost: bool) -> None:
        """Write down who we are; `lost`: keys that went out under the device before count no more."""
        user, device = said.get("user_id"), said.get("device_id") or ""
        if not isinstance(user, str) or not isinstance(device, str):
            raise Unparsable(f"{self._settings.homeserver} does not say who we are.", "user_id")
        known, changed = self._known, 0
        if known is not None:
            other = (known.user, known.device) != (user, device)
            changed = self._context.now() if lost and (other or not self._settings.token) else known.changed
        await self._write(Kept(self._given, user, device, token, changed))
        self._ended = ""

    async def _write(self, kept: Kept) -> None:
        await self._context.work(_written, self._file, msgspec.json.encode(kept))
        self._known = kept
        if kept.token or self._settings.token:
            self._enter(kept)

    def _enter(self, kept: Kept) -> None:
        self._client.token = kept.token or self._settings.token.reveal()
        self.user, self.device = kept.user, kept.device

    @property
    def _given(self) -> str:
        said = self._settings.token.reveal() or self._settings.user
        return hashlib.sha256(f"{self._settings.homeserver} {said}".encode()).hexdigest()[:32]


def _read(file: Path) -> Kept | None:
    """What was kept; nothing where it cannot be read: then a new login is made."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Kept)
    except (OSError, msgspec.DecodeError, ValueError):
        return None


def _written(file: Path, data: bytes) -> None:
    """Put a file in the place of another at once: half of one would cost the device."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    os.replace(new, file)
