"""The journal: what it acknowledged is there after anything, and what is there can be read or is named."""

import asyncio
import errno
import os
import resource
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.journal import Journal, JournalDamaged, JournalInUse
from bot.errors import AdapterError

ENTRIES = [{"n": n, "text": f"entry {n} \n with a line break, ü and \x00"} for n in range(5)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "sandbox" / "journal.jsonl"


async def kept(path: Path) -> list[dict]:
    journal = Journal(path)
    try:
        return list(journal.replay())
    finally:
        await journal.close()


async def filled(path: Path, entries: list[dict] = ENTRIES) -> bytes:
    journal = Journal(path)
    assert list(journal.replay()) == []
    for entry in entries:
        await journal.append(entry)
    await journal.close()
    return content(path)


def content(path: Path) -> bytes:
    return path.read_bytes()


async def test_what_was_appended_is_replayed_in_order(path):
    await filled(path)
    assert await kept(path) == ENTRIES


async def test_appends_go_on_behind_what_was_replayed(path):
    await filled(path, ENTRIES[:2])
    journal = Journal(path)
    assert list(journal.replay()) == ENTRIES[:2]
    await journal.append(ENTRIES[2])
    await journal.close()
    assert await kept(path) == ENTRIES[:3]


async def test_file_and_folder_are_for_their_owner_alone(path):
    """Everything that people say stands in it."""
    await filled(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_an_append_before_the_replay_is_a_mistake(path):
    """The end of the file is only known, and mended, by a replay."""
    with pytest.raises(RuntimeError, match="replay"):
        await Journal(path).append({})


async def test_an_append_after_close_is_refused(path):
    journal = Journal(path)
    list(journal.replay())
    await journal.close()
    with pytest.raises(OSError, match="closed"):
        await journal.append({})
    assert path.read_bytes() == b""


async def test_appends_at_the_same_time_share_a_sync_and_keep_their_order(path, monkeypatch):
    """A hundred people posting at once must not wait for a hundred syncs."""
    journal = Journal(path)
    list(journal.replay())
    syncs, real = [], os.fsync

    def fsync(fd: int) -> None:
        syncs.append(fd)
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    entries = [{"n": n} for n in range(100)]
    await asyncio.gather(*(journal.append(entry) for entry in entries))
    await journal.close()
    assert len(syncs) <= 3  # the first may go alone, then batches of 64
    assert await kept(path) == entries


async def test_an_append_returns_only_after_the_sync(path, monkeypatch):
    """Durable when it returns: nothing may be acknowledged that a power cut could take."""
    journal = Journal(path)
    list(journal.replay())
    reached, go, real = threading.Event(), threading.Event(), os.fsync

    def fsync(fd: int) -> None:
        reached.set()
        go.wait()
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    append = asyncio.create_task(journal.append({"n": 1}))
    await asyncio.to_thread(reached.wait)
    assert not append.done()
    go.set()
    await append
    await journal.close()


async def test_a_cancelled_append_does_not_disturb_its_neighbours(path):
    journal = Journal(path)
    list(journal.replay())
    first, second = (asyncio.create_task(journal.append({"n": n})) for n in (1, 2))
    await asyncio.sleep(0)
    first.cancel()
    await second
    await journal.close()
    assert (await kept(path))[-1] == {"n": 2}


@pytest.mark.parametrize("lost", range(1, 40))
async def test_a_torn_last_line_is_cut_off(path, lost):
    """A power cut may leave any part of a line that nobody was told of; what came before is whole."""
    data = await filled(path)
    path.write_bytes(data[:-lost])
    journal = Journal(path)
    assert list(journal.replay()) == ENTRIES[:4]
    assert journal.cut > 0
    await journal.append(ENTRIES[4])
    await journal.close()
    assert path.read_bytes() == data


@pytest.mark.parametrize("tail", [b"\0" * 600, b"\0" * 30 + b'"}]\n', b"{}\n", b"[1]\n", b"\xff\xfe\n", b"\n"])
async def test_blocks_that_the_disk_never_filled_are_cut_off(path, tail):
    """File systems may grow a file before they write its blocks, and write the blocks in any order."""
    data = await filled(path)
    path.write_bytes(data + tail)
    assert await kept(path) == ENTRIES
    assert path.read_bytes() == data


@pytest.mark.parametrize("line", [1, 3])
async def test_an_earlier_damaged_line_is_named_and_nothing_is_changed(path, line):
    """That is no power cut but a broken disk or a hand in the file: a person has to look."""
    lines = (await filled(path)).splitlines(keepends=True)
    lines[line - 1] = lines[line - 1][5:]
    path.write_bytes(b"".join(lines))
    journal = Journal(path)
    with pytest.raises(JournalDamaged, match=rf"Line {line} of .*journal\.jsonl") as caught:
        list(journal.replay())
    await journal.close()
    assert isinstance(caught.value, AdapterError)
    assert path.read_bytes() == b"".join(lines)


async def test_a_full_disk_reaches_the_caller_and_leaves_the_file_as_it_was(path):
    """A real short write: the limit on file sizes lets a part of the line in, then refuses the rest."""
    data = await filled(path)
    journal = Journal(path)
    list(journal.replay())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(data) + 100, hard))
    try:
        answers = await asyncio.gather(*(journal.append({"text": "x" * 300}) for _ in range(3)), return_exceptions=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [type(answer) for answer in answers] == [OSError] * 3
    assert path.read_bytes() == data
    assert not journal.unsure
    await journal.append({"after": "there is room again"})
    await journal.close()
    assert await kept(path) == [*ENTRIES, {"after": "there is room again"}]


async def test_a_failed_sync_takes_the_entry_back(path, monkeypatch):
    """After a failed fsync nobody knows what the disk holds, so the bytes must go."""
    data = await filled(path)
    journal = Journal(path)
    list(journal.replay())
    real, failures = os.fsync, [OSError(errno.EIO, "broken")]

    def fsync(fd: int) -> None:
        if failures:
            raise failures.pop()
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="broken"):
        await journal.append({"n": 1})
    assert path.read_bytes() == data
    assert not journal.unsure
    await journal.append({"n": 2})
    await journal.close()
    assert await kept(path) == [*ENTRIES, {"n": 2}]


def broken(fd: int) -> None:
    raise OSError(errno.EIO, "broken")


async def test_an_entry_that_cannot_be_taken_back_is_said_to_be_unsure(path, monkeypatch):
    """Its caller must not repeat it blindly: after a restart it may be there."""
    await filled(path)
    journal = Journal(path)
    list(journal.replay())
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", broken)
        with pytest.raises(OSError, match="broken"):
            await journal.append({"n": 1})
        unsure = journal.unsure
    assert unsure
    await journal.append({"n": 2})
    assert [journal.unsure] == [False]
    await journal.close()
    assert await kept(path) == [*ENTRIES, {"n": 2}]


async def test_a_second_process_is_kept_out(path):
    """It would cut off what the first one is writing."""
    journal = Journal(path)
    list(journal.replay())
    script = "import sys, pathlib, adapters.journal as j; list(j.Journal(pathlib.Path(sys.argv[1])).replay())"
    second = [sys.executable, "-c", script, str(path)]
    answer = await asyncio.to_thread(subprocess.run, second, capture_output=True, text=True)
    assert JournalInUse.__name__ in answer.stderr
    await journal.close()
    answer = await asyncio.to_thread(subprocess.run, second, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr


KILLED = """
import asyncio, pathlib, sys
from adapters.journal import Journal

async def main():
    journal = Journal(pathlib.Path(sys.argv[1]))
    n = len(list(journal.replay()))
    while True:
        await asyncio.gather(*(journal.append({"n": n + i, "text": "x" * 500}) for i in range(3)))
        n += 3
        print(n, flush=True)

asyncio.run(main())
"""


async def test_what_was_acknowledged_outlives_a_kill(path):
    for _ in range(3):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", KILLED, str(path), stdout=asyncio.subprocess.PIPE
        )
        assert child.stdout is not None
        for _ in range(20):
            acknowledged = int(await child.stdout.readline())
        child.kill()
        rest = await child.stdout.read()
        await child.wait()
        acknowledged = max([acknowledged, *map(int, rest.split())])
        found = [entry["n"] for entry in await kept(path)]
        assert found == list(range(len(found)))
        assert len(found) >= acknowledged


SHREDS = st.lists(st.sampled_from([b"[", b"]", b"{}", b",", b"\n", b"\0"])).map(b"".join)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200) | SHREDS)
def test_whatever_bytes_are_there_a_replay_reads_or_names_the_damage(tmp_path_factory, data):
    """Either entries come out, or file and line are named and nothing is changed."""
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    path.write_bytes(data)
    journal = Journal(path)
    damage = ""
    try:
        list(journal.replay())
    except JournalDamaged as error:
        damage = str(error)
    finally:
        asyncio.run(journal.close())
    if damage:
        assert str(path) in damage
        assert path.read_bytes() == data
    else:
        assert data.startswith(path.read_bytes())
