"""What Isso answers becomes posts and threads: of recordings where they are, and of small answers of our own."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from adapters.forums.isso import adapter, parse, rows
from adapters.forums.isso.page import read
from adapters.forums.isso.parse import Where
from adapters.forums.isso.settings import Settings
from bot.errors import Unparsable
from bot.model import BodyState, ParentState, PostState, ThreadPage
from tests.unit.isso.standing import CONFIG, comment

OWN = Path(__file__).parents[2] / "data" / "isso"
RECORDED = Path(__file__).parents[4] / "shared" / "fixtures" / "isso"
NOW = 1_795_500_000_000
WHERE = Where("/t1/", "https://blog.example/t1/", NOW)

recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"the recordings in {RECORDED} are not here")


def saved(page: bytes, address: str = "https://isso.example/?uri=/t1/") -> ThreadPage:
    return adapter.saved(page, address, Settings())


@recorded
def test_a_recorded_page_s_comments_are_read_with_what_they_answer() -> None:
    first, bob, zoe = parse.branch((RECORDED / "006-fetch-thread-plain.json").read_bytes(), WHERE).posts
    assert (first.author.name, first.body.text) == ("alice", "Opening comment **markdown** <b>html</b>")
    assert first.parent.state is ParentState.THREAD
    assert [(one.author.name, one.parent.key) for one in (bob, zoe)] == [("bob", first.key), ("Zoë", first.key)]
    assert first.link == "https://blog.example/t1/#isso-1"
    assert first.created.earliest == 1_795_424_444_785


@recorded
def test_a_saved_answer_is_read_in_either_of_its_forms() -> None:
    """Browsers are given the comments as they are drawn; we ask for them as they were written."""
    for name, format in (("005-fetch-thread.json", "html"), ("006-fetch-thread-plain.json", "markdown")):
        page = saved((RECORDED / name).read_bytes())
        assert {post.body.format for post in page.posts if not post.op} == {format}


@recorded
def test_a_recorded_comment_that_was_deleted_under_its_answers_is_a_deleted_post() -> None:
    """And one that was a leaf is missing from a list that is whole."""
    stub, *answers = parse.branch((RECORDED / "008-fetch-after-delete.json").read_bytes(), WHERE).posts
    assert (stub.state, stub.body.state, len(answers)) == (PostState.DELETED, BodyState.EMPTY, 2)
    after = parse.branch((RECORDED / "011-fetch-after-leaf-delete.json").read_bytes(), WHERE)
    assert [post.key for post in after.posts] == [stub.key, answers[0].key]
    assert not after.rest
    assert not after.short


@recorded
def test_a_recorded_id_that_was_given_again_is_another_post() -> None:
    before = rows.comment((RECORDED / "003-new-reply-to-reply.json").read_bytes(), "a comment")
    after = rows.comment((RECORDED / "015-rate-limit-0.json").read_bytes(), "a comment")
    assert before.id == after.id
    assert before.key != after.key


@recorded
def test_the_stand_in_tells_what_the_server_told() -> None:
    """The tests of what is wrong or large rely on its shape."""
    told = msgspec.json.decode((RECORDED / "006-fetch-thread-plain.json").read_bytes())
    top = told["replies"][0]
    assert list(told["config"]) == list(CONFIG)
    assert set(top) == {*comment(1), "total_replies", "hidden_replies", "replies"}
    assert set(top["replies"][0]) == set(comment(2, parent=1))


def test_comments_stand_in_the_order_in_which_they_were_written() -> None:
    """Not in that of the tree: what arrives last comes last, also where it answers the first."""
    page = saved((OWN / "tree.json").read_bytes())
    assert [post.key.partition(":")[0] for post in page.posts] == ["page", "4", "5", "6", "8", "9"]
    positions = [post.position for post in page.posts]
    assert positions == sorted(positions)
    assert page.complete


def test_names_are_read_as_they_were_written() -> None:
    """Isso stores them escaped; one who gave no name is called as Isso calls them."""
    names = [post.author.name for post in saved((OWN / "tree.json").read_bytes()).posts]
    assert names == ["isso.example", "Ann & Co", "", "Anonymous", "Bo", "Olga"]


def test_a_vote_is_no_edit() -> None:
    raw = (OWN / "tree.json").read_bytes()
    assert saved(raw.replace(b'"likes": 3', b'"likes": 4')).posts == saved(raw).posts


def test_an_edit_is_seen_by_its_words_alone() -> None:
    """An owner's edit leaves no time: what Isso calls `modified` would hide it."""
    assert {post.version for post in saved((OWN / "tree.json").read_bytes()).posts} == {""}


def test_an_id_that_becomes_a_string_is_the_same_post() -> None:
    raw = (OWN / "tree.json").read_bytes()
    assert saved(raw.replace(b'"id": 9, "parent": 4', b'"id": "9", "parent": "4"')).posts == saved(raw).posts


@pytest.mark.parametrize(
    "broken",
    [
        b'"id": [9]',
        b'"id": "nine"',
        b'"id": -9',
        b'"id": 9.5',
        b'"id": 99999999999999999999',
        b'"id": null',
    ],
)
def test_a_comment_that_makes_no_sense_is_damaged_and_its_neighbours_stand(broken: bytes) -> None:
    page = saved((OWN / "tree.json").read_bytes().replace(b'"id": 9', broken))
    assert len(page.posts) == 5
    assert len(page.damaged) == 1


@pytest.mark.parametrize("created", [b'"yesterday"', b"null", b"-5.0", b"0", b"1e300", b"5000000000"])
def test_a_moment_that_is_none_damages_one_comment(created: bytes) -> None:
    page = saved((OWN / "tree.json").read_bytes().replace(b"1795424600.125", created))
    assert (len(page.posts), len(page.damaged)) == (5, 1)


def test_nobody_wrote_in_the_future() -> None:
    """A server's clock may be ahead; the order is its own, and the key does not follow our clock."""
    raw = msgspec.json.encode(
        {"replies": [comment(1, created=1_795_600_000.5), comment(2)], "hidden_replies": 0, "total_replies": 2}
    )
    ahead, now = parse.branch(raw, WHERE).posts
    assert ahead.created.latest == NOW
    assert ahead.position > now.position
    assert ahead.key == "1:1795600000500000"


def test_a_comment_of_a_megabyte_is_read_whole() -> None:
    raw = msgspec.json.encode({"replies": [comment(1, "x" * 2**20)], "hidden_replies": 0, "total_replies": 1})
    [post] = parse.branch(raw, WHERE).posts
    assert len(post.body.text) == 2**20


def test_half_a_surrogate_pair_costs_no_comment() -> None:
    raw = (OWN / "tree.json").read_bytes().replace(b"Two fingers.", rb"Two \ud83d fingers.")
    assert any(post.body.text == "Two � fingers." for post in saved(raw).posts)


def test_pages_are_listed_by_their_newest_comment_and_have_a_token_that_votes_leave_alone() -> None:
    raw = (OWN / "latest.json").read_bytes()

    def tokens(page: bytes) -> dict[str, str]:
        newest, damaged = rows.latest(page)
        assert not damaged
        return {thread.key: thread.token for thread in parse.threads(newest, "https://isso.example", "")}

    before = tokens(raw)
    assert list(before) == ["/peas/", "/beans/"]
    assert tokens(raw.replace(b'"likes": 9', b'"likes": 10')) == before
    after = tokens(raw.replace(b"All.", b"All of them."))
    assert (after["/peas/"] == before["/peas/"], after["/beans/"] == before["/beans/"]) == (True, False)


def test_a_page_names_its_server_its_title_and_its_author() -> None:
    """What stands in a comment of the page counts for nothing."""
    page = read((OWN / "page.html").read_bytes(), "https://garden.example/2026/seeds/")
    assert page.server == "https://comments.garden.example/isso"
    assert (page.uri, page.title, page.author) == ("/seeds and more/", "Seeds & more", "Olga Olsen")


def test_the_page_itself_is_the_first_post() -> None:
    told = read((OWN / "page.html").read_bytes(), "https://garden.example/2026/seeds/")
    first = parse.opener(told, WHERE, ())
    assert (first.op, first.title, first.author.name, first.body.state) == (
        True,
        "Seeds & more",
        "Olga Olsen",
        BodyState.EMPTY,
    )
    assert first.created.earliest == first.created.latest == 1_795_158_000_000


def test_a_page_without_a_date_may_be_as_old_as_it_likes() -> None:
    """But not younger than its first comment."""
    posts = parse.branch((OWN / "tree.json").read_bytes(), WHERE).posts
    first = parse.opener(read(b"<title>Seeds</title>", ""), WHERE, posts)
    assert first.created.latest == posts[0].created.earliest
    assert not first.created.exact


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"replies": null, "hidden_replies": 0, "total_replies": 0}',
        b"<!DOCTYPE html><title>Log in</title><form><input type=password></form>",
        b"<html><title>Just a moment...</title><p>Checking your browser",
        b'{"replies": [',
        b"[" * 100_000,
        b"\x00\xff" * 100,
    ],
)
def test_what_is_no_answer_of_isso_is_unparsable(page: bytes) -> None:
    """A list without comments would delete them all."""
    with pytest.raises(Unparsable) as caught:
        parse.branch(page, WHERE)
    assert caught.value.looked_for
    with pytest.raises(Unparsable):
        rows.info(page)
    with pytest.raises(Unparsable):
        rows.comment(page, "a comment")


def test_a_saved_answer_is_given_with_an_address_of_comments() -> None:
    with pytest.raises(Unparsable, match="uri="):
        saved((OWN / "tree.json").read_bytes(), "https://isso.example/")
    assert saved((OWN / "tree.json").read_bytes(), "").thread.key
