"""Answers of a real Discourse are read: identities, gaps, parents, small actions, texts."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.forums.discourse import adapter, parse
from adapters.forums.discourse.posts import Around
from adapters.forums.discourse.settings import Settings
from bot import markup
from bot.errors import Unparsable
from bot.model import BodyState, ParentState, PostKey

RECORDED = Path(__file__).parents[4] / "shared" / "fixtures" / "discourse"
ROOT = "https://discuss.criticalfallibilism.com"


def recorded(name: str) -> bytes:
    file = RECORDED / name
    if not file.exists():
        pytest.skip(f"no recordings of a real Discourse in {RECORDED}")
    return file.read_bytes()


def told(name: str) -> Any:
    return json.loads(recorded(name))


def test_a_threads_last_posts_are_read_whole() -> None:
    page = recorded("t_2108_post_452.json")
    topic = parse.topic(page, ROOT)
    rows = told("t_2108_post_452.json")["post_stream"]["posts"]
    assert topic.thread.title == "Comments on The Boyfriend's Introduction to Feminism"
    assert (topic.thread.replies, topic.highest, topic.bus, topic.category) == (445, 452, 43, 13)
    assert [post.key for post in topic.chunk.posts] == [str(row["id"]) for row in rows]
    assert [post.number for post in topic.chunk.posts] == [row["post_number"] for row in rows]
    assert topic.chunk.damaged == ()
    assert len(topic.stream) == 446


def test_parents_are_known_by_number_and_else_unknown() -> None:
    topic = parse.topic(recorded("t_2108_post_452.json"), ROOT)
    rows = {str(row["id"]): row for row in told("t_2108_post_452.json")["post_stream"]["posts"]}
    ids = {row["post_number"]: key for key, row in rows.items()}
    for post in topic.chunk.posts:
        number = rows[post.key]["reply_to_post_number"]
        if number is None:
            assert post.parent.state is ParentState.THREAD
        elif number in ids:
            assert (post.parent.state, post.parent.key) == (ParentState.KNOWN, ids[number])
        else:
            assert post.parent.state is ParentState.UNKNOWN


def test_posts_that_are_walked_backwards_keep_their_order() -> None:
    page = adapter.saved(recorded("t_2108_posts_pn_61.json"), "", Settings())
    positions = [post.position for post in page.posts]
    assert positions == sorted(positions)
    assert (positions[0], positions[-1]) == (37, 59)
    assert (page.thread.key, page.thread.link) == ("2108", ""), "where it was saved from nobody said"


def test_a_small_action_is_an_event() -> None:
    page = adapter.saved(recorded("t_2108_posts_pn_61.json"), "", Settings())
    [event] = [post for post in page.posts if post.event]
    words = " ".join(markup.words(markup.read(event.body.text, event.body.format)).split())
    assert (event.key, event.number, event.author.name) == ("18922", None, "Elliot")
    assert words.startswith("moved posts out of the thread 5 posts were merged into an existing topic")


def test_every_recorded_text_is_read() -> None:
    """Quotes, oneboxes, pictures, code: whatever stands there, its words are found."""
    rows = told("posts.json")["latest_posts"]
    for row in rows:
        page = json.dumps({"post_stream": {"posts": [row]}}).encode()
        chunk = parse.posts(page, Around(ROOT, row["topic_id"]))
        assert chunk.damaged == ()
        [post] = chunk.posts
        assert post.body.state is BodyState.PRESENT
        tree = markup.read(post.body.text, post.body.format, post.link)
        assert markup.words(tree).strip()
        assert post.version, "the words that were typed tell whether a text is another one"


def test_two_answers_of_one_moment_tell_the_same_posts() -> None:
    """A thread's own page and the list of all posts have the same keys for them."""
    there = {str(row["id"]) for row in told("posts.json")["latest_posts"] if row["topic_id"] == 2108}
    assert there <= {str(id) for id in told("t_2108_post_452.json")["post_stream"]["stream"]}


@pytest.mark.parametrize("name", ["apidocs_posts_get_post_response.json", "apidocs_topics_new_topic_response.json"])
def test_a_post_of_the_documentation_is_read(name: str) -> None:
    row = told(name)
    chunk = parse.posts(json.dumps({"post_stream": {"posts": [row]}}).encode(), Around(ROOT, row["topic_id"]))
    [post] = chunk.posts
    assert (post.key, post.op) == (PostKey(str(row["id"])), row["post_number"] == 1)


def test_a_thread_is_taken_out_of_the_list_of_all_posts() -> None:
    rows = told("posts.json")["latest_posts"]
    wanted = rows[0]["topic_id"]
    page = adapter.saved(recorded("posts.json"), f"{ROOT}/t/-/{wanted}", Settings())
    assert {post.key for post in page.posts} == {str(row["id"]) for row in rows if row["topic_id"] == wanted}
    assert page.thread.title == rows[0]["topic_title"]
    with pytest.raises(Unparsable, match="several threads"):
        adapter.saved(recorded("posts.json"), "", Settings())


def test_a_single_post_is_a_thread_of_one() -> None:
    page = adapter.saved(recorded("apidocs_posts_get_post_response.json"), "", Settings())
    assert [(post.key, post.number) for post in page.posts] == [("33", 4)]


def test_recorded_pages_are_recognised() -> None:
    threads = ("t_2108_post_452.json", "t_2108_posts_pn_61.json")
    for name in (*threads, "posts.json", "apidocs_posts_get_post_response.json"):
        match = adapter.recognise("", recorded(name))
        assert match is not None, name
        assert match.certainty >= 0.9
