"""What a NodeBB answers is read: identities of either type, parents, deletions, what befell a thread."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.engines.packing import REMEMBERED
from adapters.forums.nodebb import memory, parse
from adapters.forums.nodebb.client import pause
from bot.errors import Unparsable
from bot.model import BodyState, ParentState, PostState

DATA = Path(__file__).parents[2] / "data" / "nodebb"
ROOT = "https://talk.example"


def data(name: str) -> bytes:
    return (DATA / name).read_bytes()


def test_a_thread_is_read_whole() -> None:
    topic = parse.topic(data("topic.json"), ROOT)
    head = topic.thread
    assert (head.key, head.title, head.replies, head.closed, head.tags) == ("7", "Bread & butter", 3, True, ("baking",))
    assert head.link == "https://talk.example/topic/7/bread-butter"
    assert head.board is not None
    assert (head.board.key, head.board.path) == ("c/5", ("Home", "Kitchen & garden"))
    assert [post.key for post in topic.posts] == ["21", "22", "e/5", "23", "24"]
    assert topic.ids == {"21": 0, "22": 1, "23": 2, "24": 3}
    assert topic.damaged == ()


def test_an_id_is_the_same_as_number_and_as_string() -> None:
    """What a database stores as text today it stored as a number yesterday."""
    posts = {post.key: post for post in parse.topic(data("topic.json"), ROOT).posts}
    assert posts["22"].parent.key == "21"  # type: ignore[index]
    assert posts["22"].author.id == "4"  # type: ignore[index]
    assert posts["22"].created.earliest == 1_767_268_820_000  # type: ignore[index]


def test_people_are_named_as_the_forum_shows_them() -> None:
    posts = parse.topic(data("topic.json"), ROOT).posts
    assert [post.author.name for post in posts] == ["Ann & co", "ben", "admin", "Guest", "former user"]
    assert (posts[0].author.avatar, posts[0].author.badge) == ("https://talk.example/assets/uploads/3.png", "Baker")


def test_states_and_bodies_are_told_apart() -> None:
    posts = parse.topic(data("topic.json"), ROOT).posts
    assert [post.state for post in posts][3] is PostState.DELETED
    assert [post.body.state for post in posts] == [
        BodyState.PRESENT,
        BodyState.PRESENT,
        BodyState.PRESENT,
        BodyState.EMPTY,
        BodyState.EMPTY,
    ]
    assert posts[0].parent.state is ParentState.NONE
    assert posts[2].event


def test_a_version_is_the_time_of_the_last_edit() -> None:
    """That alone: an unedited post has one too, so that what is drawn anew is no edit."""
    posts = parse.topic(data("topic.json"), ROOT).posts
    assert posts[0].version.startswith("1767268805000.")
    assert posts[1].version == "0"


def test_a_list_has_the_newest_activity_first() -> None:
    """Pinned threads stand where their activity puts them, and scheduled ones are not there yet."""
    found = parse.listing(data("list.json"), ROOT)
    assert [thread.key for thread in found.threads] == ["7", "9"]
    assert (found.newest, found.oldest, found.pages) == (1_767_268_860_000, 1_767_268_860_000, 2)
    assert found.board is not None
    assert found.board.name == "Kitchen & garden"


def test_boards_are_what_has_threads() -> None:
    """A heading gives its name to the way; links to elsewhere and disabled ones are none."""
    boards = parse.boards(data("categories.json"), ROOT)
    assert [(board.key, board.path) for board in boards] == [
        ("c/5", ("Home", "Kitchen & garden")),
        ("c/https://elsewhere.example/c/news", ("News",)),
    ]


def test_names_that_templates_make_words_of_are_readable() -> None:
    page = data("categories.json").replace(b'"News"', b'"[[category:uncategorized]]"')
    assert [board.name for board in parse.boards(page, ROOT)] == ["Kitchen & garden", "Uncategorized"]


def test_a_broken_post_costs_nothing_but_itself() -> None:
    """Its id is kept: it stands there, and is not missing."""
    page = data("topic.json").replace(b'"toPid": "21"', b'"toPid": ["21"]')
    topic = parse.topic(page, ROOT)
    assert [post.key for post in topic.posts] == ["21", "23", "24"]
    assert [one.key for one in topic.damaged] == ["22"]
    assert "22" in topic.ids


def test_the_posts_beside_a_broken_one_are_what_they_were() -> None:
    """A page is read at once where all of its posts are sound, and one by one else."""
    sound = parse.topic(data("topic.json"), ROOT)
    beside = parse.topic(data("topic.json").replace(b'"posts": [', b'"posts": [{"pid": 99, "user": 1},'), ROOT)
    assert [one.key for one in beside.damaged] == ["99"]
    assert (beside.thread, beside.posts) == (sound.thread, sound.posts)


@pytest.mark.parametrize(
    "page", [b"", b"<!DOCTYPE html><p>Just a moment...", b'{"tid": 7, "posts": [{"pid"', b'"/login"']
)
def test_what_is_no_thread_is_unparsable(page: bytes) -> None:
    """A block page, a cut answer, a redirect for browsers: each keeps its bytes."""
    with pytest.raises(Unparsable) as caught:
        parse.topic(page, ROOT)
    assert (caught.value.looked_for, caught.value.sample) == (parse.THREAD, page)


def test_what_is_kept_of_a_bad_answer_opens_no_feeds() -> None:
    """Accounts are shown a token in every page, and what is kept for who repairs the parser lies in the database."""
    with pytest.raises(Unparsable) as caught:
        parse.listing(b'{"rssFeedUrl": "/recent.rss?uid=1&token=b1bb22c4-1083-4b4b", "topics": 1}', ROOT)
    assert b"b1bb22c4" not in caught.value.sample


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("You can only post once every 10 second(s) - please wait before posting again", 10.0),
        ("Sorry, you are required to wait 10 second(s) before making your first post", 10.0),
        ("As a new user, you can only post once every 120 second(s) until you have earned 1 reputation", 120.0),
        ("As a new user, you can only post once every 2 minute(s) until you have earned 3 reputation", 120.0),
        ("You are already posting", 2.0),
        ("You are only allowed to edit posts for 30 second(s) after posting", 0.0),
        ("Please enter a longer post. Posts should contain at least 8 character(s).", 0.0),
        ("Topic locked", 0.0),
        ("", 0.0),
    ],
)
def test_a_pause_is_asked_for_in_a_sentence(words: str, seconds: float) -> None:
    assert pause(words) == seconds


def test_remembered_ids_come_back_in_their_order() -> None:
    ids = [str(n) for n in range(12_000)]
    assert list(memory.unpacked(memory.packed(ids))) == ids[-REMEMBERED:]
    for junk in ("", "x", "💥", "~" * 100):
        assert memory.unpacked(junk) == {}


def test_a_remembered_thread_is_small() -> None:
    """Bookmarks lie in the database, one for each thread."""
    assert len(memory.packed(str(n) for n in range(100_000, 110_000))) < 40_000
