"""Files on the disk: what stays, what leaves, and who can read them."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest

from bot.media.cache import NAME_BYTES, Cache
from bot.media.kinds import Type

PNG = Type("image", "image/png", "png")
ROOM = 10 * (1000 + NAME_BYTES)
"""Room for ten files of 1,000 bytes."""


def fill(cache: Cache, *names: int, size: int = 1000, now: int = 0) -> None:
    for name in names:
        cache.keep(f"https://a.example/{name}", f"{name:04}".encode() * (size // 4), PNG, "kite", now + name)


def here(cache: Cache, *names: int, now: int = 1000) -> list[int]:
    return [name for name in names if cache.find(f"https://a.example/{name}", now) is not None]


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "media", ROOM)


def test_a_file_is_found_by_its_address_and_named_by_what_it_holds(cache):
    kept = cache.keep("https://a.example/x?key=1", b"some bytes", PNG, "kite", 5)
    assert cache.find("https://a.example/x?key=1", 6) == kept
    assert (kept.kind, kept.mime, kept.size, kept.name) == ("image", "image/png", 10, "kite.png")
    assert kept.path.name == kept.digest
    assert kept.path.read_bytes() == b"some bytes"
    assert cache.find("https://a.example/x?key=2", 6) is None


def test_files_are_their_owner_s_alone_and_addresses_stand_nowhere(cache, tmp_path):
    """An address may be a secret; what people post is not for other users of the machine."""
    cache.keep("https://a.example/x?key=canary-4711", b"some bytes", PNG, "kite", 5)
    paths = [tmp_path / "media", *(tmp_path / "media").rglob("*")]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()}
    assert modes == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o700}
    told = b"".join(bytes(path) + (path.read_bytes() if path.is_file() else b"") for path in paths)
    assert b"canary-4711" not in told


def test_what_was_used_longest_ago_leaves_first(cache):
    fill(cache, *range(10))
    assert here(cache, 0) == [0]
    fill(cache, 10, 11, now=2000)
    assert here(cache, *range(12), now=3000) == [0, *range(3, 12)]
    assert cache.held().bytes <= ROOM


def test_a_file_larger_than_many_makes_room_for_itself(cache):
    fill(cache, *range(10))
    fill(cache, 10, size=20_000)
    assert 10 in here(cache, *range(11))
    assert cache.held().bytes <= ROOM


def test_equal_files_are_kept_once_until_their_last_address_leaves(cache, tmp_path):
    for n in range(3):
        cache.keep(f"https://a.example/{n}", b"the same", PNG, "kite", n)
    assert cache.held().files == 1
    cache.sweep(2)
    assert here(cache, 0, 1, 2) == [2]
    assert cache.sweep(2000) == 1
    assert not list((tmp_path / "media" / "files").iterdir())


def test_many_addresses_of_one_small_file_are_bounded_too(cache, tmp_path):
    """Whoever writes a post chooses its addresses."""
    for n in range(100):
        cache.keep(f"https://a.example/?{n}", b"x", PNG, "kite", n)
    assert len(list((tmp_path / "media" / "names").iterdir())) <= ROOM // NAME_BYTES


def test_use_is_remembered_over_a_restart(cache, tmp_path):
    fill(cache, *range(10))
    here(cache, 0, 1)
    again = Cache(tmp_path / "media", ROOM)
    assert again.held() == cache.held()
    fill(again, 10, 11, now=2000)
    assert here(again, *range(12), now=3000) == [0, 1, *range(4, 12)]


def test_a_smaller_limit_is_kept_to_after_a_restart(cache, tmp_path):
    fill(cache, *range(10))
    again = Cache(tmp_path / "media", ROOM // 2)
    fill(again, 10, now=2000)
    assert again.held().bytes <= ROOM // 2


def test_what_was_not_used_for_long_is_swept(cache):
    fill(cache, *range(10))
    assert cache.sweep(5) == 5
    assert here(cache, *range(10)) == [5, 6, 7, 8, 9]


def test_a_file_that_was_torn_or_removed_is_not_given(cache, tmp_path):
    """A power cut leaves a name without its bytes; it is fetched again."""
    fill(cache, 1, 2, 3)
    paths = [cache.find(f"https://a.example/{n}", 9).path for n in (1, 2)]
    paths[0].write_bytes(b"")
    paths[1].unlink()
    assert here(cache, 1, 2, 3) == [3]
    assert here(Cache(tmp_path / "media", ROOM), 1, 2, 3) == [3]


def test_what_belongs_to_nothing_is_removed_at_the_start(cache, tmp_path):
    fill(cache, 1)
    for stray in ("files/0123.new", "files/beef", "names/odd"):
        (tmp_path / "media" / stray).write_bytes(b"half")
    again = Cache(tmp_path / "media", ROOM)
    assert here(again, 1) == [1]
    assert len(list((tmp_path / "media").rglob("*"))) == 4


def test_an_address_that_gives_another_file_now_gives_that(cache):
    fill(cache, 1)
    kept = cache.keep("https://a.example/1", b"another", PNG, "kite", 9)
    assert cache.find("https://a.example/1", 9) == kept
    assert cache.held().files == 1


def test_a_disk_that_takes_nothing_leaves_no_half_of_a_file(cache, tmp_path):
    """A file without a name would lie there until the next start, counted by nobody."""
    fill(cache, 1)
    name = hashlib.sha256(b"https://a.example/2").hexdigest()
    (tmp_path / "media" / "names" / f"{name}.new").mkdir()
    with pytest.raises(IsADirectoryError):
        fill(cache, 2)
    assert len(list((tmp_path / "media" / "files").iterdir())) == 1
    assert cache.held().files == 1
