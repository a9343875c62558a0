"""The keys of a device: who reads what, and what strange things from outside do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.chats.matrix.encryption.machine import FILE, MEGOLM, Key, Locked, Machine, Share, Unwritten, installed

pytestmark = pytest.mark.skipif(not installed(), reason="needs what the extra matrix-e2ee brings (vodozemac)")

ROOM = "!room:example.org"
MESSAGE = "m.room.message"
Opens = Callable[[str], Machine]


@pytest.fixture
def opens(tmp_path: Path) -> Iterator[Opens]:
    """Opens the one device of somebody, in the same folder every time."""
    opened = []

    def open_(name: str) -> Machine:
        opened.append(Machine(f"@{name}:example.org", name.upper(), tmp_path / name))
        return opened[-1]

    yield open_
    for one in opened:
        one.close()


class World:
    """A homeserver that only knows devices and their keys."""

    def __init__(self) -> None:
        self.devices: dict[str, dict[str, Any]] = {}
        self._once: dict[str, dict[str, Any]] = {}

    def enter(self, machine: Machine) -> Machine:
        """Somebody brings their keys."""
        offered = machine.offer(0)
        assert offered is not None
        machine.offered()
        self.devices[machine.user] = {machine.device: offered["device_keys"]}
        self._once[machine.user] = offered["one_time_keys"]
        return machine

    def agree(self, machine: Machine, *people: Machine) -> list[Share]:
        """Somebody brings the room's key to people; what that sends."""
        users = [one.user for one in people]
        assert machine.learn({user: self.devices[user] for user in users}) == []
        claimed = {
            user: {device: dict([self._once[user].popitem()]) for device in devices}
            for user, devices in machine.strangers(users).items()
        }
        assert machine.meet(claimed) == []
        shares = machine.shares(ROOM, users)
        for one in shares:
            machine.shared(ROOM, one)
        machine.agreed(ROOM)
        return shares


def reached(shares: list[Share]) -> set[str]:
    return {user for share in shares for user, _ in share.devices}


def to(machine: Machine, sender: Machine, shares: list[Share]) -> list[dict[str, Any]]:
    """What a device is sent."""
    contents = [share.messages["messages"].get(machine.user, {}).get(machine.device) for share in shares]
    return [{"type": "m.room.encrypted", "sender": sender.user, "content": one} for one in contents if one]


def event(sealed: object, id: str = "$1", **more: Any) -> dict[str, Any]:
    return {"type": "m.room.encrypted", "event_id": id, "origin_server_ts": 1, "content": sealed, **more}


def words(machine: Machine, text: str) -> dict[str, Any]:
    sealed = machine.seal(ROOM, MESSAGE, {"body": text})
    assert sealed is not None
    return sealed


def test_who_was_given_the_key_reads_also_after_a_restart(opens: Opens) -> None:
    """Keys and sessions are on disk before anything else happens."""
    world = World()
    ann, bot = world.enter(opens("ann")), world.enter(opens("bot"))
    keys, wrong = bot.take(to(bot, ann, world.agree(ann, bot)))
    sealed = words(ann, "hello")
    assert keys == {Key(ROOM, sealed["session_id"])}
    assert not wrong
    bot.close()
    again = opens("bot")
    said = again.open(ROOM, event(sealed))
    assert said is not None
    assert (said["type"], said["content"]) == (MESSAGE, {"body": "hello"})
    assert again.fingerprint == bot.fingerprint


def test_what_we_encrypted_ourselves_we_read_after_a_restart(opens: Opens) -> None:
    """An edit is compared with what stands."""
    world = World()
    bot = world.enter(opens("bot"))
    world.agree(bot, bot)
    sealed = words(bot, "hello")
    bot.close()
    said = opens("bot").open(ROOM, event(sealed))
    assert said is not None
    assert said["content"] == {"body": "hello"}


def test_a_message_without_its_key_says_which_one_it_needs(opens: Opens) -> None:
    """It waits for that one; clients that name no device of the sender are no exception."""
    world = World()
    ann, bot = world.enter(opens("ann")), world.enter(opens("bot"))
    shares = world.agree(ann, bot)
    sealed = words(ann, "hello")
    del sealed["sender_key"], sealed["device_id"]
    with pytest.raises(Locked) as locked:
        bot.open(ROOM, event(sealed))
    assert not bot.has(locked.value.key)
    assert bot.take(to(bot, ann, shares))[0] == {locked.value.key}
    assert bot.has(locked.value.key)
    assert bot.open(ROOM, event(sealed)) is not None


def test_newcomers_get_the_key_in_use_and_those_who_left_make_a_new_one(opens: Opens) -> None:
    """Whoever comes reads from then on; whoever is gone reads nothing more."""
    world = World()
    bot, ann, ben = (world.enter(opens(name)) for name in ("bot", "ann", "ben"))
    assert reached(world.agree(bot, bot, ann)) == {ann.user}
    first = words(bot, "one")["session_id"]
    shares = world.agree(bot, bot, ann, ben)
    assert reached(shares) == {ben.user}
    second = words(bot, "two")
    assert second["session_id"] == first
    ben.take(to(ben, bot, shares))
    assert ben.open(ROOM, event(second)) is not None
    assert reached(world.agree(bot, bot, ann)) == {ann.user}
    assert words(bot, "three")["session_id"] != first


def test_a_key_serves_a_hundred_messages(opens: Opens) -> None:
    """Then the room has to agree on another one."""
    world = World()
    bot = world.enter(opens("bot"))
    world.agree(bot, bot)
    assert all(bot.seal(ROOM, MESSAGE, {}) for _ in range(100))
    assert bot.seal(ROOM, MESSAGE, {}) is None
    world.agree(bot, bot)
    assert bot.seal(ROOM, MESSAGE, {}) is not None


def test_what_makes_no_sense_stops_nothing(opens: Opens) -> None:
    """Anybody may send a device anything, and offer any keys."""
    world = World()
    ann, bot = world.enter(opens("ann")), world.enter(opens("bot"))
    [good] = to(bot, ann, world.agree(ann, bot))
    cipher = {key: {"type": 0, "body": "no base64!"} for key in good["content"]["ciphertext"]}
    bad: list[dict[str, Any]] = [
        {
            "type": "m.room.encrypted",
            "sender": "@eve:example.org",
            "content": {**good["content"], "ciphertext": cipher},
        },
        {"type": "m.room.encrypted", "sender": "@eve:example.org", "content": {"algorithm": 3}},
        {"type": "m.room.encrypted"},
        {"type": "m.key.verification.start", "sender": "@eve:example.org", "content": {}},
        {},
    ]
    keys, wrong = bot.take([*bad, good])
    assert len(keys) == 1
    assert wrong
    strange = {"EVE": {"algorithms": [], "device_id": "EVE", "user_id": "@eve:example.org", "keys": {}}}
    wrong = bot.learn({"@eve:example.org": strange, "@odd:example.org": 3, ann.user: world.devices[ann.user]})
    assert [one.partition(": ")[0] for one in wrong] == ["@odd:example.org"]
    assert bot.strangers([ann.user, "@eve:example.org"]) == {}, "whoever wrote to us can be answered"
    bot.meet({"@eve:example.org": {"EVE": {}}, "@odd:example.org": 3, ann.user: {"ANN": {"odd": {"key": "x"}}}})
    assert reached(world.agree(bot, bot, ann)) == {ann.user}


@pytest.mark.parametrize(
    "content", [{}, None, {"algorithm": MEGOLM}, {"algorithm": "other", "ciphertext": "", "session_id": ""}]
)
def test_what_no_key_would_open_is_nothing_for_us(opens: Opens, content: object) -> None:
    """It does not wait; a redacted message is one of these."""
    assert opens("bot").open(ROOM, event(content)) is None


def test_a_key_tells_nothing_but_what_people_say_in_its_room(opens: Opens) -> None:
    """Neither another room's words, nor an upgrade of the room, nor words that were said before."""
    world = World()
    bot = world.enter(opens("bot"))
    world.agree(bot, bot)
    upgrade = bot.seal(ROOM, "m.room.tombstone", {"replacement_room": "!other:example.org"})
    assert bot.open(ROOM, event(upgrade, state_key="")) is None
    sealed = words(bot, "hello")
    with pytest.raises(Locked):
        bot.open("!other:example.org", event(sealed))
    assert bot.open(ROOM, event(sealed)) is not None
    assert bot.open(ROOM, event(sealed)) is not None, "the same event may be read again"
    assert bot.open(ROOM, event(sealed, "$2")) is None, "under another id it is a forgery"


def test_a_full_disk_loses_no_key(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of what came is on disk then, so that it can be taken in again."""
    world = World()
    ann, bot = world.enter(opens("ann")), world.enter(opens("bot"))
    came = to(bot, ann, world.agree(ann, bot))
    peewee = pytest.importorskip("peewee")

    def full(*_: object) -> None:
        raise peewee.OperationalError("database or disk is full")

    monkeypatch.setattr(bot._store, "save_inbound_group_session", full)
    with pytest.raises(Unwritten, match="full"):
        bot.take(came)
    bot.close()
    again = opens("bot")
    assert len(again.take(came)[0]) == 1
    assert again.open(ROOM, event(words(ann, "hello"))) is not None


def test_the_file_is_for_its_owners_eyes_and_a_strange_one_is_not_touched(opens: Opens, tmp_path: Path) -> None:
    """What is in it opens everything that was said."""
    opens("bot")
    assert (tmp_path / "bot" / FILE).stat().st_mode & 0o777 == 0o600
    strange = tmp_path / "ann" / FILE
    strange.parent.mkdir()
    strange.write_bytes(b"not a database at all" * 100)
    with pytest.raises(Exception, match="database"):
        opens("ann")
    assert strange.read_bytes().startswith(b"not a database")


def test_one_time_keys_are_on_disk_before_anybody_can_use_one(opens: Opens, tmp_path: Path) -> None:
    """What is encrypted for a key that was lost, nobody reads."""
    world = World()
    ann, bot = world.enter(opens("ann")), opens("bot")
    offered = bot.offer(0)
    assert offered is not None
    bot.close()  # killed before it heard that they had arrived
    bot = opens("bot")
    world.devices[bot.user] = {bot.device: offered["device_keys"]}
    world._once[bot.user] = offered["one_time_keys"]
    assert len(bot.take(to(bot, ann, world.agree(ann, bot)))[0]) == 1
    with sqlite3.connect(tmp_path / "bot" / FILE) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()
