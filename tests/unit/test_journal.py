"""The journal: what it acknowledged is there after anything, and what is there can be read or is named."""

import asyncio
import errno
import fcntl
import itertools
import os
import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.journal import LEAST_DEAD, Journal, JournalDamaged, JournalInUse
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


# ---------------------------------------------------------------------------------------------------------- compacting


def without_text(entry: dict) -> dict:
    return {**entry, "text": ""}


BARE = [without_text(entry) for entry in ENTRIES]


async def opened(path: Path) -> Journal:
    journal = Journal(path)
    list(journal.replay())
    return journal


async def test_a_compacted_file_holds_what_is_left_and_nothing_else(path):
    """Law 10: what was deleted leaves the file; order and commits stay."""
    await filled(path)
    journal = await opened(path)
    await asyncio.gather(*(journal.append({"n": n, "text": "together"}) for n in range(5, 8)))
    lines = len(content(path).splitlines())
    await asyncio.to_thread(journal.compact, without_text)
    assert journal.length == path.stat().st_size
    assert b"entry" not in content(path)
    assert len(content(path).splitlines()) == lines
    await journal.append({"n": 8, "text": "afterwards"})
    await journal.close()
    assert await kept(path) == [*BARE, *({"n": n, "text": ""} for n in range(5, 8)), {"n": 8, "text": "afterwards"}]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


async def test_appends_made_while_the_file_is_written_anew_are_in_the_new_one(path):
    await filled(path)
    journal = await opened(path)
    reached, go = threading.Event(), threading.Event()

    def slowly(entry: dict) -> dict:
        reached.set()
        go.wait()
        return without_text(entry)

    compacting = asyncio.create_task(asyncio.to_thread(journal.compact, slowly))
    await asyncio.to_thread(reached.wait)
    append = asyncio.create_task(journal.append({"n": 5, "text": "meanwhile"}))
    await asyncio.sleep(0)
    assert not append.done()
    go.set()
    await compacting
    await append
    await journal.close()
    assert await kept(path) == [*BARE, {"n": 5, "text": "meanwhile"}]


async def test_a_journal_that_is_not_open_is_not_compacted(path):
    await filled(path)
    journal = Journal(path)
    with pytest.raises(OSError, match="not open"):
        journal.compact(without_text)
    list(journal.replay())
    await journal.close()
    with pytest.raises(OSError, match="not open"):
        journal.compact(without_text)


async def test_a_compacted_file_is_still_kept_from_others(path):
    """The lock goes with the name, not with the file that lost it."""
    await filled(path)
    journal = await opened(path)
    await asyncio.to_thread(journal.compact, without_text)
    script = "import sys, pathlib, adapters.journal as j; list(j.Journal(pathlib.Path(sys.argv[1])).replay())"
    answer = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", script, str(path)], capture_output=True, text=True
    )
    assert JournalInUse.__name__ in answer.stderr
    await journal.close()


async def test_who_opened_the_old_file_in_the_same_moment_gets_the_new_one(path, monkeypatch):
    """Between its opening and its lock the owner may have written the file anew, and have gone."""
    await filled(path)
    real, first = fcntl.lockf, [True]

    def late(fd: int, how: int) -> None:
        if first and first.pop():
            path.with_name("other").write_bytes(b'[{"n":0}]\n')
            path.with_name("other").replace(path)
        real(fd, how)

    monkeypatch.setattr(fcntl, "lockf", late)
    assert await kept(path) == [{"n": 0}]


async def test_a_file_is_compacted_when_more_than_half_of_it_is_dead(path):
    journal = await opened(path)
    for n in range(4):
        await journal.append({"n": n, "text": "x" * LEAST_DEAD})
    assert not journal.outweighed(2 * LEAST_DEAD)
    assert journal.outweighed(3 * LEAST_DEAD)
    await asyncio.to_thread(journal.compact, without_text)
    assert not journal.outweighed(journal.length), "what is not worth it waits for the next start"
    await journal.close()


@pytest.mark.parametrize("leftover", [b"", b'[{"n":0,"te', b'[{"n":0,"text":""}]\n'])
async def test_what_a_kill_left_of_a_new_file_is_cleared_away(path, leftover):
    """It holds words, too, and nobody would ever look at it again."""
    await filled(path)
    path.with_name("journal.jsonl.new").write_bytes(leftover)
    assert await kept(path) == ENTRIES
    assert [one.name for one in path.parent.iterdir()] == [path.name]


CALLS = ("open", "pwrite", "fsync", "replace", "close", "unlink")
"""What the journal asks of the system, other than to read."""


def counting(strike: Callable[[int, str, tuple], None]) -> Callable[[pytest.MonkeyPatch], None]:
    """Lets `strike` see every call before it is made: its number, its name, its arguments."""
    count = itertools.count(1)

    def install(patch: pytest.MonkeyPatch) -> None:
        for name in CALLS:
            real = getattr(os, name)

            def call(*args: Any, _real: Callable = real, _name: str = name, **named: Any) -> Any:
                strike(next(count), _name, args)
                return _real(*args, **named)

            patch.setattr(os, name, call)

    return install


async def test_the_new_file_is_durable_before_it_has_the_name_and_the_name_before_it_takes_entries(path, monkeypatch):
    """After a power cut the name leads to a whole file, with everything in it that was acknowledged."""
    await filled(path)
    journal = await opened(path)
    calls: list[str] = []
    with monkeypatch.context() as patch:
        counting(lambda n, name, args: calls.append(name))(patch)
        await asyncio.to_thread(journal.compact, without_text)
        assert calls == ["open", "pwrite", "fsync", "replace", "close", "open", "fsync", "close"]
    await journal.close()


async def test_a_system_that_fails_at_any_step_leaves_a_whole_journal_that_goes_on(path, monkeypatch):
    """A full disk, a broken one: old or new, and nothing that was acknowledged is lost."""
    outcomes = []
    for step in range(1, 9):
        for one in path.parent.glob("*") if path.parent.exists() else ():
            one.unlink()
        await filled(path)
        journal = await opened(path)

        def strike(n: int, name: str, args: tuple, step: int = step) -> None:
            if n == step and name != "close":
                raise OSError(errno.EIO, "broken")

        failed = False
        with monkeypatch.context() as patch:
            counting(strike)(patch)
            try:
                await asyncio.to_thread(journal.compact, without_text)
            except OSError:
                failed = True
        await journal.append({"n": 5, "text": "afterwards"})
        await journal.close()
        found = await kept(path)
        assert found[:-1] in (ENTRIES, BARE)
        assert found[-1] == {"n": 5, "text": "afterwards"}
        assert [one.name for one in path.parent.iterdir()] == [path.name]
        outcomes.append((failed, found[:-1] == BARE))
    assert outcomes == [
        *[(True, False)] * 4,  # open, write, sync, rename
        (False, True),  # closing the old one
        *[(True, True)] * 2,  # the folder: the name may still be lost, so the next append makes sure
        (False, True),
    ]


async def test_nothing_is_acknowledged_in_a_file_whose_name_a_power_cut_could_take(path, monkeypatch):
    """The old file would come back, without what was appended to the new one."""
    await filled(path)
    journal = await opened(path)

    def strike(n: int, name: str, args: tuple) -> None:
        if name == "open" and Path(args[0]) == path.parent:
            raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as patch:
        counting(strike)(patch)
        with pytest.raises(OSError, match="broken"):
            await asyncio.to_thread(journal.compact, without_text)
        with pytest.raises(OSError, match="broken"):
            await journal.append({"n": 5, "text": "lost?"})
    await journal.append({"n": 6, "text": "afterwards"})
    await journal.close()
    assert await kept(path) == [*BARE, {"n": 6, "text": "afterwards"}]


KILLED_COMPACTING = """
import itertools, os, pathlib, signal, sys
from adapters.journal import Journal

journal, at = Journal(pathlib.Path(sys.argv[1])), int(sys.argv[2])
list(journal.replay())
count = itertools.count(1)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def wrap(name):
    real = getattr(os, name)
    def call(*args, **named):
        if next(count) == at:
            die()
        if name == "pwrite" and next(count) == at:
            real(args[0], bytes(args[1])[: len(args[1]) // 2], args[2])
            die()
        return real(*args, **named)
    setattr(os, name, call)

for name in ("open", "pwrite", "fsync", "replace", "close"):
    wrap(name)
journal.compact(lambda entry: {**entry, "text": ""})
"""


async def test_a_kill_at_any_step_of_compacting_leaves_a_whole_journal(path):
    """The old one or the new one, and the next start finishes what was begun."""
    seen, killed = [], 0
    for step in itertools.count(1):
        if path.exists():
            path.unlink()
        await filled(path)
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED_COMPACTING, str(path), str(step))
        if await child.wait() == 0:
            break
        killed += 1
        journal = Journal(path)
        found = list(journal.replay())
        assert found in (ENTRIES, BARE)
        seen.append(found == BARE)
        assert [one.name for one in path.parent.iterdir()] == [path.name]
        await asyncio.to_thread(journal.compact, without_text)
        await journal.append({"n": 5, "text": "afterwards"})
        await journal.close()
        assert await kept(path) == [*BARE, {"n": 5, "text": "afterwards"}]
    assert killed == 9
    assert seen == sorted(seen), "once it is the new one, it stays the new one"
    assert set(seen) == {True, False}
