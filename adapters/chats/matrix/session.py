"""The login: one device for ever, its token kept in the home, renewed where the homeserver lets us.

Transaction ids count for one device only. So the device is kept, also when its token is replaced; where it changed all
the same, repeating a send proves nothing for as long as one of its keys may be about.

An application service has one token for many accounts: every call says which one acts, and on which device.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec

from adapters.chats.matrix.client import TOTAL, Client, Denied, Object, Rejected, path
from adapters.chats.matrix.names import localpart, server_of
from adapters.chats.matrix.service.registration import registered
from adapters.chats.matrix.settings import Settings
from adapters.files import found, replaced
from bot.errors import AdapterError, LoginRejected, NotAllowed, OutcomeUnknown, Unparsable
from bot.model import Millis
from bot.ports import Context, Secret

FILE = "session.json"
"""The file, in the adapter's folder, that holds device and token; for its owner's eyes alone."""

WINDOW = 12 * 3600.0
"""Seconds during which a repeated transaction id shows nothing twice: half of what Synapse promises."""


DEVICE = {"display_name": "Threadline"}
"""What our device is called in lists of sessions."""

GHOST = "THREADLINE"
"""The device of every ghost. It holds no secrets, so that a new home may go on with it."""


class Kept(msgspec.Struct, frozen=True):
    """A login as it is kept; `token` is empty where settings or registration give it, or where it ended."""

    given: str
    """A digest of what the settings said: another homeserver, user or token is another login."""
    user: str
    device: str
    token: str = ""
    changed: Millis = 0
    """Since when it is this device, where it was another one before: keys from before count no more."""


class Session:
    """One login at one homeserver; `user` and `device` are empty until `begin`."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self.registration = registered(settings, context.folder) if settings.appservice else None
        """How the homeserver knows us, where we are an application service."""
        self._fixed = self.registration.token if self.registration is not None else settings.token
        """The token that is given to us, and never replaced by us."""
        self._client = Client(settings.homeserver)
        self._file = context.folder / FILE
        self._lock = asyncio.Lock()
        self._ended = ""
        known = found(self._file, Kept)  # without one a new login is made
        self._known = known
        self.user = self.device = ""
        if known is not None and known.given == self._given and (self._fixed or known.token):
            self._enter(known)

    @property
    def server(self) -> str:
        """The name of our homeserver, as it stands in ids."""
        return server_of(self.user)

    def is_ours(self, user: str) -> bool:
        """Whether an account is ours: the login's own, or a ghost's."""
        if self.registration is None:
            return user == self.user
        known, server = self._settings.user, server_of(user)
        return user == known or (server == server_of(known) and user.startswith(f"@{self._settings.ghosts}"))

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
            if self.registration is not None:
                await self._serve()
                return
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
        data: bytes | Path | None = None,
        kind: str = "application/json",
    ) -> Object:
        """Ask as `Client.call` does, logged in; where only the token ended, with the next one of the same device.

        `user_id` in the `query` says which ghost acts. A device that the homeserver does not know any more is made
        again; the keys of the device went with it, so that what is done under one is in doubt: `OutcomeUnknown`.
        """
        await self.begin()
        token = self._client.token
        if self.registration is not None:
            query = self._acting(query or {})
        try:
            return await self._client.call(
                method, where, body, query=query, write=write, total=total, data=data, kind=kind
            )
        except Rejected as error:
            await self._renew(token, error)
        except Denied as error:
            if self.registration is None or query is None or error.code != "M_UNKNOWN_DEVICE":
                raise
            await self._make_device(query["user_id"], query["device_id"])
            await self.distrust()
            raise OutcomeUnknown(
                f"{self._settings.homeserver} had forgotten our device, and what was sent from it; it is made again. "
                "Look before repeating what may have been sent."
            ) from None
        return await self._client.call(method, where, body, query=query, write=write, total=total, data=data, kind=kind)

    async def download(self, where: str, most: int, total: float) -> bytes:
        """A file of the homeserver's, asked for as `Client.download` does, logged in."""
        await self.begin()
        token = self._client.token
        query = self._acting({}) if self.registration is not None else None
        try:
            return await self._client.download(where, most, total, query)
        except Rejected as error:
            await self._renew(token, error)
        return await self._client.download(where, most, total, query)

    def _acting(self, query: Mapping[str, str]) -> Mapping[str, str]:
        """A query that says which account acts, and on which device."""
        return {"user_id": self.user, "device_id": GHOST if "user_id" in query else self.device, **query}

    async def enrol(self, ghost: str) -> None:
        """Make the account of a ghost, with its device, or find it."""
        await self._enrol(ghost, GHOST)

    def speaking(self, user: str) -> dict[str, str]:
        """What a query says so that an account of ours acts; nothing for the login's own, whom empty stands for too."""
        return {} if user in ("", self.user) else {"user_id": user}

    async def distrust(self) -> None:
        """Let keys that went out before count no more: what is repeated under one of them may be shown twice."""
        if self._known is not None:
            await self._write(msgspec.structs.replace(self._known, changed=self._context.now()))

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

    async def another_device(self) -> bool:
        """Be a device that nobody knows yet, and end the one that we were; False where we have no password for it."""
        if self._fixed or not self._settings.password:
            return False
        async with self._lock:
            ended = Client(self._settings.homeserver)
            ended.token = self._client.token
            await self._log_in(lost=True, another=True)
            try:
                await ended.call("POST", path("logout"), {}, write=False)
            except AdapterError as error:
                self._context.log.warning("a device of ours was not ended", error=str(error))
            finally:
                await ended.close()
        return True

    async def close(self) -> None:
        """Let go of the connections; the login stays."""
        await self._client.close()

    async def _renew(self, token: str, error: Rejected) -> None:
        """Log in anew where the device is still ours; else the login has ended, and somebody has to look at it."""
        async with self._lock:
            if self._client.token != token:
                return  # another call did it meanwhile
            if self._fixed:
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

    async def _serve(self) -> None:
        """Be the application service's own account, on a device of its own."""
        self._client.token = self._fixed.reveal()
        device = secrets.token_hex(5).upper()
        try:
            await self._enrol(self._settings.user, device)
        except (LoginRejected, NotAllowed, Denied) as error:
            raise LoginRejected(
                f"{self._settings.homeserver} does not take us for its application service: {error} Give it the file "
                "that `threadline matrix registration` names, and restart it."
            ) from None
        await self._keep({"user_id": self._settings.user, "device_id": device}, "", lost=True)

    async def _enrol(self, user: str, device: str) -> None:
        wish = {"type": "m.login.application_service", "username": localpart(user), "inhibit_login": True}
        try:
            await self._client.call("POST", path("register"), wish, write=False)
        except Denied as error:
            if error.code != "M_USER_IN_USE":
                raise
        await self._make_device(user, device)

    async def _make_device(self, user: str, device: str) -> None:
        await self._client.call("PUT", path("devices", device), DEVICE, query={"user_id": user}, write=False)

    async def _log_in(self, lost: bool, another: bool = False) -> None:
        """A token for the device that we had, or for a first or `another` one."""
        wish: Object = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self._settings.user},
            "password": self._settings.password.reveal(),
            "initial_device_display_name": DEVICE["display_name"],
        }
        if not another and self._known is not None and self._known.device and self._known.given == self._given:
            wish["device_id"] = self._known.device
        self._client.token = ""
        try:
            said = await self._client.call("POST", path("login"), wish, write=False)
        except NotAllowed:
            raise LoginRejected(
                f"{self._settings.homeserver} does not let {self._settings.user} in with this password. Check both."
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
            changed = self._context.now() if lost and (other or not self._fixed) else known.changed
        await self._write(Kept(self._given, user, device, token, changed))
        self._ended = ""

    async def _write(self, kept: Kept) -> None:
        await self._context.work(replaced, self._file, msgspec.json.encode(kept))
        self._known = kept
        if kept.token or self._fixed:
            self._enter(kept)

    def _enter(self, kept: Kept) -> None:
        self._client.token = Secret(kept.token or self._fixed.reveal()).reveal()  # the log blots it out from now on
        self.user, self.device = kept.user, kept.device

    @property
    def _given(self) -> str:
        said = self._fixed.reveal() or self._settings.user
        return hashlib.sha256(f"{self._settings.homeserver} {said}".encode()).hexdigest()[:32]
