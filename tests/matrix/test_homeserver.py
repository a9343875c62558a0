"""The homeserver is what tests of Matrix believe it to be."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.environment import NotInstalled, python_of
from tests.matrix.conftest import Own, People
from tests.matrix.homeserver import PORTS, PROGRAM, Homeserver, NotStarted, free_port, kept
from tests.matrix.people import Refused, newcomer

ROOT = Path(__file__).parents[2]
RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


async def test_new_people_meet_in_a_new_room(people: People) -> None:
    """What one test leaves behind cannot be seen in another."""
    ann, bo = await people("ann"), await people("bo")
    room = await ann.room()
    await bo.join(room)
    await ann.say(room, "Hello")
    await bo.say(room, "Hello, Ann")
    assert ann.id != bo.id
    assert await bo.texts(room) == ["Hello", "Hello, Ann"]


async def test_a_room_is_read_back_whole(people: People) -> None:
    """The homeserver gives it in pages; what is compared with what was sent has to be all."""
    ann = await people()
    room = await ann.room()
    for n in range(7):
        await ann.say(room, str(n))
    assert [event["content"]["body"] for event in await ann.events(room, page=3)] == list("0123456")


async def test_many_events_pass_at_once_where_limits_are_lifted(people: People) -> None:
    """Twenty of a person at once are twice what Synapse lets pass by default; tests would wait for minutes."""
    ann = await people()
    room = await ann.room()
    await asyncio.gather(*(ann.say(room, str(n)) for n in range(20)))
    assert len(await ann.events(room)) == 20


async def test_the_limits_are_synapse_s_own_where_they_stand(people: People, limited: Homeserver) -> None:
    """What paces the bot has to be tried on what people have: the answer says in two places how long to wait."""
    ann = await people(at=limited)
    room = await ann.room()
    with pytest.raises(Refused) as refused:
        await asyncio.gather(*(ann.say(room, str(n)) for n in range(20)))
    assert refused.value.status == 429
    assert refused.value.said["errcode"] == "M_LIMIT_EXCEEDED"
    assert int(refused.value.retry_after) * 1000 >= refused.value.said["retry_after_ms"] > 0


@pytest.mark.parametrize("version", ["10", "11", "12"])
async def test_rooms_of_every_version_in_use_can_be_made(people: People, version: str) -> None:
    """Since version 12 an id of a room names no server, and who made it stands in no list of powers."""
    ann = await people()
    room = await ann.room(room_version=version)
    created = (await ann.events(room, "m.room.create"))[0]
    assert created["content"]["room_version"] == version
    assert (":" in room) == (version != "12")


async def test_what_was_accepted_outlives_a_kill(own: Own) -> None:
    """Tests that kill it go on with the same logins, and the same transaction id is still the same event."""
    ann = await newcomer(own)
    try:
        room = await ann.room()
        first = await ann.say(room, "Hello", txn="once")
        own.kill()
        assert not own.running
        await own.begin()
        assert await ann.say(room, "Hello", txn="once") == first
        assert await ann.texts(room) == ["Hello"]
    finally:
        await ann.close()


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv (util-linux)")
def test_it_dies_with_whoever_started_it(synapse: Path, tmp_path: Path) -> None:
    """A run of the tests that is killed leaves no homeserver behind."""
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.matrix.homeserver import Homeserver\n"
        "server = Homeserver(Path(sys.argv[1]), Path(sys.argv[2])); server.launch()\n"
        "print(server.pid, flush=True); sys.stdin.read()\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", script, str(synapse), str(tmp_path / "synapse")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        while Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0] != bytes(synapse):
            time.sleep(0.01)
        starter.kill()
    while alive(pid):
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be asked about does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_one_that_cannot_start_says_why(tmp_path: Path) -> None:
    """What is wrong is found in what it said, not by waiting; here it is the interpreter, which has no Synapse."""
    broken = Homeserver(Path(sys.executable), tmp_path)
    with pytest.raises(NotStarted, match="No module named 'synapse'"):
        broken.start()
    assert not broken.running


@pytest.mark.skipif(not RANGE.is_file(), reason="only Linux says here which ports clients get")
def test_it_never_listens_where_a_client_could_meet_itself() -> None:
    """Whoever calls a port of its own range while nobody listens there may be connected to itself, and block it."""
    first = int(RANGE.read_text("utf-8").split()[0])
    assert max(PORTS) < first
    assert free_port() in PORTS


def test_where_it_cannot_be_installed_the_reason_is_told(tmp_path: Path) -> None:
    """A test that skips without a reason is a test that nobody knows is missing."""
    wishes = tmp_path / "wishes.txt"
    wishes.write_text("no such requirement\n", "utf-8")
    with pytest.raises(NotInstalled, match=r"wishes\.txt: ERROR: Invalid requirement"):
        python_of("synapse", PROGRAM, place=tmp_path / "place", requirements=wishes)
    assert not (tmp_path / "place" / "ready").exists()


def test_what_could_not_be_installed_is_not_tried_for_every_test(tmp_path: Path) -> None:
    """Where there is no network, pip takes its time to say so."""
    wishes, said = tmp_path / "wishes.txt", list[str]()
    wishes.write_text("no such requirement either\n", "utf-8")
    for _ in range(2):
        with pytest.raises(NotInstalled, match="Invalid requirement"):
            python_of("synapse", PROGRAM, place=tmp_path / "place", requirements=wishes, say=said.append)
    assert len(said) == 1


def test_a_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    """One that changed with every start would end every login."""
    file = tmp_path / "secret"
    assert kept(file, "first") == kept(file, "second") == "first"
    assert file.stat().st_mode & 0o777 == 0o600
