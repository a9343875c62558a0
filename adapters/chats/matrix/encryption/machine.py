"""The keys of one device, as matrix-nio keeps them in a file: JSON goes in, JSON comes out, and nobody is asked.

Every change is on disk before a method returns. All machines of a process belong to one thread (`IN_ITS_THREAD`): the
store is synchronous and waits for the disk, and its library binds its tables to one file at a time for everybody.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from adapters.chats.matrix.client import Object

FILE = "keys.db"
"""The file, in the adapter's folder, that holds the keys; for its owner's eyes alone."""

IN_ITS_THREAD = ThreadPoolExecutor(1, thread_name_prefix="matrix-keys")

MEGOLM = "m.megolm.v1.aes-sha2"
SIGNED = "signed_curve25519"
"""The only kind of one-time keys that is in use."""

OPENED = frozenset({"m.room.message", "m.sticker", "m.reaction"})
"""What an encrypted event may turn out to be. All else is said in clear, or not for us."""


class Key(NamedTuple):
    """The key to some messages of a room."""

    room: str
    session: str


class Share(NamedTuple):
    """What brings a room's key to some devices: what each of them is sent, and which they are."""

    messages: Object
    devices: frozenset[tuple[str, str]]


class Locked(Exception):
    """A message cannot be read; holds the key that it needs."""

    def __init__(self, key: Key) -> None:
        super().__init__(f"no key {key.session}")
        self.key = key


class _Sealed(msgspec.Struct, frozen=True):
    """The content of an encrypted event, as far as it is needed."""

    algorithm: str
    ciphertext: str
    session_id: str
    sender_key: str = ""
    """Newer clients leave it out."""


class _Inner(msgspec.Struct, frozen=True):
    """What was encrypted."""

    type: str
    content: Object
    room_id: str


class _Index(NamedTuple):
    """Of which event something was read; nio remembers it, to notice one that comes a second time under another id."""

    sender_key: str
    session_id: str
    event_id: str
    server_timestamp: object


class Unwritten(Exception):
    """The disk does not take what has to be written: what is in memory is ahead of it, and of no use any more."""


def of_the_disk(error: Exception) -> bool:
    """Whether an error is one of the file, and not of what should be written into it."""
    if (peewee := sys.modules.get("peewee")) is None:
        return isinstance(error, OSError)
    return isinstance(error, (OSError, peewee.OperationalError)) or type(error) is peewee.DatabaseError


def installed() -> bool:
    """Whether what nio needs for encryption is there: the extra brings it."""
    return all(importlib.util.find_spec(name) is not None for name in ("nio", "vodozemac"))


class Machine:
    """One device; for one thread."""

    def __init__(self, user: str, device: str, folder: Path) -> None:
        nio, crypto, store = (importlib.import_module(name) for name in ("nio", "nio.crypto", "nio.store"))
        # It warns of whatever strangers send that makes no sense; what of that matters is said where it is noticed.
        logging.getLogger("nio").setLevel(logging.ERROR)
        self.user, self.device = user, device
        self._nio: Any = nio
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600))
        self._store: Any = store.SqliteStore(user, device, str(folder), database_name=FILE)
        try:
            self._olm: Any = crypto.Olm(user, device, self._store)
        except BaseException:
            self.close()
            raise

    @property
    def fingerprint(self) -> str:
        """By what people know the device: its public ed25519 key."""
        return str(self._olm.account.identity_keys["ed25519"])

    def close(self) -> None:
        """Let go of the file."""
        self._store.database.close()

    @contextmanager
    def _written(self) -> Iterator[None]:
        """What changes inside is on disk afterwards, all of it at once; raises `Unwritten`."""
        try:
            with self._store.database.atomic():
                yield
        except Exception as error:
            if of_the_disk(error):
                raise Unwritten(str(error)) from error
            raise

    # ------------------------------------------------------------------------------------------------ what others know

    def published(self, known: bool) -> None:
        """Whether the homeserver has the device's own keys."""
        self._olm.account.shared = known

    @property
    def enough(self) -> int:
        """How many one-time keys a homeserver has to have for us."""
        return int(self._olm.account.max_one_time_keys) // 2

    def offer(self, there: int) -> Object | None:
        """What has to be uploaded where the homeserver has so many one-time keys; None where that is enough."""
        if self._olm.account.shared and there >= self.enough:
            return None
        with self._written():
            self._olm.uploaded_key_count = there
            offered: Object = self._olm.share_keys()
            # Before anybody can use one of them: what is encrypted for a key that was lost, nobody reads.
            self._olm.save_account()
        return offered

    def offered(self) -> None:
        """What was uploaded is there."""
        with self._written():
            self._olm.account.shared = True
            self._olm.mark_keys_as_published()
            self._olm.save_account()

    # -------------------------------------------------------------------------------------------------- what others say

    def take(self, events: Iterable[Mapping[str, Any]]) -> tuple[frozenset[Key], list[str]]:
        """The keys that messages to this device bring, and what was wrong with those that could not be read."""
        keys, wrong = set(), []
        with self._written():
            for event in events:
                if event.get("type") != "m.room.encrypted":
                    continue
                try:
                    said = self._olm.handle_to_device_event(self._nio.events.ToDeviceEvent.parse_event(dict(event)))
                except Exception as error:  # anybody may send anything, and the others count
                    if of_the_disk(error):
                        raise
                    wrong.append(f"{event.get('sender')}: {error}"[:300])
                    continue
                if isinstance(said, self._nio.RoomKeyEvent):
                    keys.add(Key(said.room_id, said.session_id))
        return frozenset(keys), wrong

    def has(self, key: Key) -> bool:
        """Whether a key is there."""
        return any(key.session in sessions for sessions in self._olm.inbound_group_store[key.room].values())

    def open(self, room: str, event: Mapping[str, Any]) -> Object | None:
        """An event as it was before it was encrypted; None where it is nothing for us; raises `Locked`."""
        try:
            sealed = msgspec.convert(event.get("content"), _Sealed)
        except msgspec.ValidationError:
            return None
        if sealed.algorithm != MEGOLM:
            return None
        by_sender = self._olm.inbound_group_store[room]
        senders = [sealed.sender_key] if sealed.sender_key else list(by_sender)
        for sender in senders:
            session = by_sender[sender].get(sealed.session_id) if sender in by_sender else None
            if session is None:
                continue
            try:
                text, index = session.decrypt(sealed.ciphertext)
                inner = msgspec.json.decode(text, type=_Inner)
            except Exception:  # each library has errors of its own for it
                continue
            seen = _Index(sender, sealed.session_id, str(event.get("event_id")), event.get("origin_server_ts"))
            if inner.room_id != room or inner.type not in OPENED or not self._olm.message_index_ok(index, seen):
                return None
            return {**event, "type": inner.type, "content": _related(inner.content, event)}
        raise Locked(Key(room, sealed.session_id))

    # ------------------------------------------------------------------------------------------------ whom we speak to

    def learn(self, devices: Mapping[str, Any]) -> list[str]:
        """Take in which devices people have; what was wrong with those that made no sense."""
        answers = {
            user: self._nio.KeysQueryResponse.from_dict({"device_keys": {user: theirs}})
            for user, theirs in devices.items()
        }
        return self._understood(answers)

    def strangers(self, users: Iterable[str]) -> Object:
        """The devices of people that no message can be sent to yet, as a claim of one-time keys names them."""
        missing = self._olm.get_missing_sessions(list(users))
        return {user: dict.fromkeys(devices, SIGNED) for user, devices in missing.items()}

    def wedged(self) -> Object:
        """The devices whose messages do not open any more, likewise."""
        found: dict[str, Object] = {}
        for device in self._olm.wedged_devices:
            found.setdefault(device.user_id, {})[device.id] = SIGNED
        return found

    def meet(self, claimed: Mapping[str, Any]) -> list[str]:
        """Take in one-time keys that were claimed; what was wrong with those that made no sense."""
        answers = {
            f"{user} {device}": self._nio.KeysClaimResponse({user: {device: key}}, {})
            for user, theirs in claimed.items()
            for device, key in (theirs.items() if isinstance(theirs, dict) else ())
        }
        wrong = self._understood(answers)
        # Whom nothing could be claimed of is not asked again until another of their messages does not open.
        self._olm.wedged_devices.clear()
        return wrong

    def _understood(self, answers: Mapping[str, object]) -> list[str]:
        """Take in answers about people, each for itself: they hold what anybody wanted them to hold."""
        wrong = []
        with self._written():
            for about, answer in answers.items():
                if isinstance(answer, self._nio.ErrorResponse):
                    wrong.append(f"{about}: {answer.message}"[:300])
                    continue
                try:
                    self._olm.handle_response(answer)
                except Exception as error:
                    if of_the_disk(error):
                        raise
                    wrong.append(f"{about}: {error}"[:300])
        return wrong

    def greetings(self) -> list[Object]:
        """What tells devices that were wedged of the new beginning; each is given once."""
        waiting = [one.as_dict() for one in self._olm.outgoing_to_device_messages]
        self._olm.outgoing_to_device_messages.clear()
        return waiting

    def shares(self, room: str, users: Iterable[str]) -> list[Share]:
        """What brings the room's key to the devices of its people that have not got it; a new key where it is time.

        It is time after a hundred messages or a week, and when somebody left or logged a device out.
        """
        users = sorted(users)
        present = {(user, one.id) for user in users for one in self._olm.device_store.active_user_devices(user)}
        session = self._olm.outbound_group_sessions.get(room)
        with self._written():
            if session is None or session.expired or not session.users_shared_with <= present:
                self._olm.create_outbound_group_session(room)
            else:
                session.shared = False  # or nio makes a new one for the newcomers
            found = self._olm.share_group_session_parallel(room, users, ignore_unverified_devices=True)
            return [Share(said, frozenset(devices)) for devices, said in found]

    def shared(self, room: str, share: Share) -> None:
        """Some devices were sent the room's key."""
        self._olm.outbound_group_sessions[room].users_shared_with.update(share.devices)

    def agreed(self, room: str) -> None:
        """All who can be sent the room's key were sent it."""
        self._olm.outbound_group_sessions[room].mark_as_shared()

    def seal(self, room: str, kind: str, content: Object) -> Object | None:
        """An event's content, encrypted; None where the room has to agree on a key first."""
        session = self._olm.outbound_group_sessions.get(room)
        if session is None or session.expired or not session.shared:
            return None
        inner = msgspec.json.encode(_Inner(kind, content, room))
        return {
            "algorithm": MEGOLM,
            "sender_key": self._olm.account.identity_keys["curve25519"],
            "ciphertext": session.encrypt(inner.decode()),
            "session_id": session.id,
            "device_id": self.device,
        }


def _related(content: Object, event: Mapping[str, Any]) -> Object:
    """What was said, with its relation to others: that stands in clear, for the homeserver to know."""
    outer = event["content"].get("m.relates_to")
    return content if outer is None else {**content, "m.relates_to": outer}
