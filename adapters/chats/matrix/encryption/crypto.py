"""Encrypts for the rooms that want it and reads what is said in them: asks the homeserver for what the machine needs.

Everybody who is in a room, or invited into it, gets the room's key on every device: a bot has nobody who verifies
devices, so the first that the homeserver says is believed. Nothing here is an outbox's act: what is asked twice does
no harm, so that a lost answer is asked for again.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from adapters.chats.matrix.client import Denied, Object, path
from adapters.chats.matrix.encryption.machine import FILE, IN_ITS_THREAD, SIGNED, Key, Machine, Unwritten, installed
from adapters.chats.matrix.powers import mapping
from adapters.chats.matrix.session import Session
from bot.errors import AdapterError, LoginRejected, NotAllowed, Unreachable
from bot.ports import Context

ENCRYPTED = "m.room.encrypted"

INSTALL = "pip install 'threadline[matrix-e2ee]'"
MISSING = f"this installation does not encrypt: {INSTALL}, and start Threadline again"
LOST = (
    "the keys of our device are not there any more, or are older than those that the homeserver has for it. Log in as "
    "a new device: `threadline matrix login`, or a new token in the settings"
)

PRESENT = frozenset({"join", "invite"})
"""Memberships of who is to read what is said in a room."""

FRESH = 60.0
"""Seconds for which what a sync said is believed when no other one comes; twice what it waits."""

AT_ONCE = 200
"""People whose devices are asked for in one question."""

T = TypeVar("T")


class Crypto:
    """What one login encrypts and reads; `why` says why it does neither, empty where it does."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._folder = context.folder
        self._log = context.log
        self._machine: Machine | None = None
        self._begun = asyncio.Lock()
        self._rooms: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._agreed: set[str] = set()
        """Rooms whose people all have the key that is in use."""
        self._people: dict[str, dict[str, str]] = {}
        """Who is to read what is said in a room, and how they are in it."""
        self._known: set[str] = set()
        """People of whom we hear when their devices change, and have not since they were asked for."""
        self._changes = 0
        """Counts what makes those wrong while somebody waits for an answer."""
        self._heard = -FRESH
        """When a sync said last what changed, or when all of that was forgotten."""
        self.why = "" if installed() else MISSING

    async def begin(self) -> None:
        """Have keys, and have them known; where that cannot be, `why` says so afterwards."""
        async with self._begun:
            await self._session.begin()
            us = self._session.user, self._session.device
            if self.why or (self._machine is not None and (self._machine.user, self._machine.device) == us):
                return
            await self._close()
            await self._open()
            if self.why == LOST:
                await self._heal()

    async def _open(self) -> None:
        """Take up the keys of our device, if the homeserver has no others; it gets them if it has none."""
        us = self._session.user, self._session.device
        try:
            machine = await self._do(Machine, *us, self._folder)
        except Exception as error:  # a file that is none, or not ours to read
            self.why = f"the file of our keys in {self._folder} cannot be read: {error}"[:300]
            return
        try:
            there = await published(self._session)
            if there and there != machine.fingerprint:
                self.why = LOST
            else:
                await self._do(machine.published, bool(there))
                await self._offer(machine, machine.enough if there else 0)
            if not self.why:
                self._machine = machine
        finally:
            if self._machine is not machine:
                await self._do(machine.close)

    async def _heal(self) -> None:
        """Be another device, where we can log in as one; else encrypt and read nothing more."""
        await self._close()
        if await self._session.another_device():
            self.why = ""
            self._log.warning("our device's keys were lost: logged in as another one", device=self._session.device)
            await self._open()

    @property
    def kept(self) -> bool:
        """Whether there is a file of keys."""
        return (self._folder / FILE).exists()

    async def close(self) -> None:
        """Let go of the keys; they stay on disk."""
        async with self._begun:
            await self._close()

    async def _close(self) -> None:
        if (machine := self._machine) is not None:
            self._machine = None
            await self._do(machine.close)

    async def _do(self, method: Callable[..., T], *args: object) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(IN_ITS_THREAD, method, *args)
        except Unwritten as error:
            await self._close()  # it is taken up again as it is on disk
            raise Unreachable(
                f"The keys in {self._folder / FILE} cannot be written: {error}. Look whether the disk is full."
            ) from None

    # ------------------------------------------------------------------------------------------------- what a sync says

    async def take(self, answer: Object) -> frozenset[Key]:
        """Take in what a sync tells this device, before its cursor moves; gives the keys that came."""
        before = self._machine
        await self.begin()
        self._heard = asyncio.get_running_loop().time()
        if (machine := self._machine) is None:
            return frozenset()
        lists = mapping(answer.get("device_lists"))
        if changed := {*_texts(lists.get("changed")), *_texts(lists.get("left"))}:
            self._changes += 1
            self._known -= changed
            self._agreed.clear()
        events = mapping(answer.get("to_device")).get("events")
        keys: frozenset[Key] = frozenset()
        if isinstance(events, list) and events:
            keys, wrong = await self._do(machine.take, [mapping(event) for event in events])
            self._complain("a message to our device cannot be read", wrong)
        try:
            there = mapping(answer.get("device_one_time_keys_count")).get(SIGNED, 0)
            if machine is before:  # else the answer is older than what was offered just now
                await self._offer(machine, there if isinstance(there, int) else 0)
            await self._unwedge(machine)
            if self.why:
                async with self._begun:
                    await self._heal()
        except LoginRejected:
            raise
        except AdapterError as error:  # the next sync comes soon, and says again what is needed
            self._log.warning("keys not brought to the homeserver", error=str(error))
        return keys

    def moved(self, room: str) -> None:
        """Somebody came into a room or left it, or may have."""
        self._changes += 1
        self._people.pop(room, None)
        self._agreed.discard(room)

    async def has(self, key: Key) -> bool:
        """Whether a key is there."""
        return self._machine is not None and await self._do(self._machine.has, key)

    async def opened(self, room: str, event: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """An event as it was said; None where that is nothing for us. Raises `Locked` where its key is not there."""
        if event.get("type") != ENCRYPTED:
            return event
        await self.begin()
        return await self._do(self._machine.open, room, event) if self._machine is not None else None

    # --------------------------------------------------------------------------------------------------- what we write

    async def sealed(self, room: str, kind: str, content: Object) -> Object:
        """The content of an event, encrypted for the people of a room; raises `NotAllowed` where we cannot."""
        await self.begin()
        machine = self._machine
        if machine is None:
            raise NotAllowed(f"{room} is encrypted, and {self.why}; or mirror into a room that is not encrypted.")
        async with self._rooms[room]:
            self._doubt()
            said = await self._do(machine.seal, room, kind, content) if room in self._agreed else None
            while said is None:
                await self._agree(machine, room)
                said = await self._do(machine.seal, room, kind, content)
        return said

    def _doubt(self) -> None:
        """Forget what a sync would have changed, where none came for a while."""
        now = asyncio.get_running_loop().time()
        if now - self._heard > FRESH:
            self._heard = now
            self._changes += 1
            self._people.clear()
            self._known.clear()
            self._agreed.clear()

    async def _agree(self, machine: Machine, room: str) -> None:
        """Bring the room's key to whoever is there and has not got it."""
        before = self._changes
        people = self._people.get(room) or await self._present(room)
        strange = people.keys() - self._known
        await self._learn(machine, strange)
        await self._meet(machine, await self._do(machine.strangers, people))
        for share in await self._do(machine.shares, room, people):
            await self._send(share.messages)
            await self._do(machine.shared, room, share)
        await self._do(machine.agreed, room)
        if before == self._changes:
            self._people[room] = people
            # Of those who are only invited we are not told when their devices change.
            self._known |= {one for one in strange if people[one] == "join"}
            self._agreed.add(room)

    async def _present(self, room: str) -> dict[str, str]:
        said = await self._session.call("GET", path("rooms", room, "members"), query={"not_membership": "leave"})
        events = said.get("chunk")
        found = {}
        for event in map(mapping, events if isinstance(events, list) else ()):
            membership = mapping(event.get("content")).get("membership")
            if membership in PRESENT:
                found[str(event.get("state_key"))] = str(membership)
        return found

    async def _learn(self, machine: Machine, people: Iterable[str]) -> None:
        """Know the devices of people."""
        waiting = sorted(people)
        for n in range(0, len(waiting), AT_ONCE):
            asked: Object = {one: [] for one in waiting[n : n + AT_ONCE]}
            said = await self._ask("query", {"device_keys": asked})
            self._complain("devices not understood", await self._do(machine.learn, mapping(said.get("device_keys"))))

    async def _meet(self, machine: Machine, strangers: Object) -> None:
        """Be able to send something to devices."""
        if strangers:
            said = await self._ask("claim", {"one_time_keys": strangers})
            self._complain("devices not reached", await self._do(machine.meet, mapping(said.get("one_time_keys"))))

    async def _unwedge(self, machine: Machine) -> None:
        """Begin anew with devices whose messages do not open any more, so that the next ones do."""
        if wedged := await self._do(machine.wedged):
            await self._meet(machine, wedged)
            for greeting in await self._do(machine.greetings):
                await self._send(greeting)

    async def _offer(self, machine: Machine, there: int) -> None:
        """Bring our keys to the homeserver, which has so many; `why` says so where it refuses them."""
        if (offered := await self._do(machine.offer, there)) is None:
            return
        try:
            await self._ask("upload", offered)
        except Denied as error:
            self._log.warning("keys refused", error=str(error))
            self.why = LOST
            return
        await self._do(machine.offered)

    async def _ask(self, what: str, wish: Object) -> Object:
        return await self._session.call("POST", path("keys", what), wish, write=False)

    async def _send(self, messages: Object) -> None:
        where = path("sendToDevice", ENCRYPTED, uuid.uuid4().hex)
        await self._session.call("PUT", where, messages, write=False)

    def _complain(self, what: str, wrong: list[str]) -> None:
        if wrong:
            self._log.warning(what, count=len(wrong), first=wrong[0])


async def published(session: Session) -> str:
    """By which key people know our device, as the homeserver tells them; empty where it has none."""
    await session.begin()
    user, device = session.user, session.device
    said = await session.call("POST", path("keys", "query"), {"device_keys": {user: [device]}}, write=False)
    keys = mapping(mapping(mapping(mapping(said.get("device_keys")).get(user)).get(device)).get("keys"))
    return str(keys.get(f"ed25519:{device}", ""))


def spelled(fingerprint: str) -> str:
    """A key as clients show it to people, to be compared by eye."""
    return " ".join(fingerprint[n : n + 4] for n in range(0, len(fingerprint), 4))


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
