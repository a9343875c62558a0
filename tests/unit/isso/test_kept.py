"""The cookies that let us change our comments: kept while they are worth something, and no longer."""

from __future__ import annotations

from pathlib import Path

from adapters.forums.isso.kept import QUEUED, Kept, Ours
from bot.model import DAY, PostKey, ThreadKey

NOW = 1_795_500_000_000
FIRST, SECOND, THIRD = PostKey("1:1"), PostKey("2:2"), PostKey("3:3")
PAGE = ThreadKey("/t1/")


async def test_they_outlive_the_process(tmp_path: Path) -> None:
    file = tmp_path / "isso" / "comments.json"
    one = Ours(PAGE, "signed", NOW)
    await Kept(file).keep(FIRST, one, NOW)
    assert Kept(file).get(FIRST) == one
    assert file.stat().st_mode & 0o777 == 0o600


async def test_what_ran_out_is_forgotten_a_day_later_and_what_waits_much_later(tmp_path: Path) -> None:
    """The server's clock decides, and ours may be ahead; a moderator takes weeks."""
    kept = Kept(tmp_path / "comments.json")
    await kept.keep(FIRST, Ours(PAGE, "signed", NOW), NOW)
    await kept.keep(SECOND, Ours(PAGE, "signed", NOW, waits=True), NOW + DAY)
    assert kept.get(FIRST) is not None
    await kept.keep(THIRD, Ours(PAGE, "signed", NOW + QUEUED), NOW + DAY + 1)
    assert (kept.get(FIRST), kept.get(SECOND) is not None) == (None, True)
    await kept.keep(THIRD, Ours(PAGE, "signed", NOW + QUEUED), NOW + QUEUED + 1)
    assert kept.get(SECOND) is None


async def test_what_waits_is_told_by_its_page(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "comments.json")
    await kept.keep(FIRST, Ours(PAGE, "signed", NOW, waits=True), NOW)
    await kept.keep(SECOND, Ours("/t2/", "signed", NOW, waits=True), NOW)
    await kept.keep(THIRD, Ours(PAGE, "signed", NOW), NOW)
    assert [post for post, _ in kept.waiting(PAGE)] == [FIRST]


async def test_what_is_forgotten_is_gone_from_the_disk(tmp_path: Path) -> None:
    file = tmp_path / "comments.json"
    kept = Kept(file)
    await kept.keep(FIRST, Ours(PAGE, "signed", NOW), NOW)
    await kept.forget(FIRST)
    await kept.forget(SECOND)
    assert b"signed" not in file.read_bytes()


async def test_a_file_that_holds_something_else_is_none(tmp_path: Path) -> None:
    file = tmp_path / "comments.json"
    file.write_bytes(b"[1, 2")
    assert Kept(file).get(FIRST) is None
