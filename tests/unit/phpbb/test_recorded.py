"""Pages of a real board of 3.3.15 read as what was done there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from adapters.forums.phpbb import adapter, addresses, drafts, feeds, forms, listing, parse
from adapters.forums.phpbb.settings import Rules, Settings
from adapters.forums.phpbb.signs import version
from bot import markup
from bot.model import ParentState
from tests.phpbb import drawing
from tests.phpbb.board import Board

RECORDED = Path(__file__).parents[4] / "shared" / "fixtures" / "phpbb"
RULES = Rules("http://127.0.0.1:8088")

pytestmark = pytest.mark.skipif(not (RECORDED / "index.json").exists(), reason="the recordings of phpBB are not here")


def recorded(name: str) -> bytes:
    [file] = RECORDED.glob(f"{name}-*")
    return file.read_bytes()


def text(name: str) -> str:
    return parse.decoded(recorded(name))


def asked(name: str) -> dict[str, Any]:
    told: list[dict[str, Any]] = json.loads((RECORDED / "index.json").read_text("utf-8"))
    return next(one for one in told if str(one["file"]).startswith(name))


def test_a_thread_is_read_as_a_guest_sees_it() -> None:
    """Titles with everything in them, texts without furniture, exact times."""
    found = parse.topic(recorded("016"), RULES)
    assert found.thread.title == 'First <topic> & "quotes" 🎉'
    assert found.thread.board is not None
    assert found.thread.board.path == ("Your first category", "Your first forum")
    assert [(post.key, post.author.name, post.author.id) for post in found.posts] == [
        ("3", "alice", "58"),
        ("4", "bob", "59"),
        ("5", "alice", "58"),
        ("6", "zoe", "60"),
    ]
    assert [post.created.earliest for post in found.posts] == [
        1_795_424_272_000,
        1_795_424_273_000,
        1_795_424_274_000,
        1_795_424_277_000,
    ]
    assert [post.title for post in found.posts] == ["", "", "", ""], "they repeat that of the thread"
    assert "emoji 🎉" in markup.words(markup.read(found.posts[3].body.text, "html"))
    assert "sid=" not in repr(found)


def test_a_quote_is_the_parent() -> None:
    """The recorded one has a date, as the board's own have: it stays in the text."""
    found = parse.topic(recorded("009"), RULES)
    last = found.posts[-1]
    assert (last.parent.state, last.parent.key) == (ParentState.KNOWN, "4")
    assert markup.words(markup.read(last.body.text, "html")) == "bob Bob replies"


def test_pages_follow_each_other_and_the_last_one_is_repeated() -> None:
    """Asked for what is behind the end, the board shows the last page once more."""
    first, second, third, beyond = (
        parse.topic(recorded(f"03{n}"), RULES, start) for n, start in enumerate((0, 10, 20, 30))
    )
    assert [(one.start, one.next, one.total) for one in (first, second, third)] == [
        (0, 10, 24),
        (10, 20, 24),
        (20, None, 24),
    ]
    assert (beyond.start, beyond.posts) == (third.start, third.posts)
    keys = [post.key for one in (first, second, third) for post in one.posts]
    assert len(set(keys)) == 24


def test_what_guests_do_not_see_is_not_there() -> None:
    """Deleted posts vanish for guests; a moderator's page holds them."""
    assert [post.key for post in parse.topic(recorded("026"), RULES).posts] == ["3", "4", "5"]
    assert forms.message(text("029")) is not None
    assert [asked(name)["status"] for name in ("029", "048")] == [404, 404]


def test_a_line_about_edits_is_no_text() -> None:
    """It counts."""
    found = parse.topic((RECORDED / "extra" / "003-viewtopic-edited.html").read_bytes(), RULES)
    assert found.posts[0].body.text == "op body EDITED while not last"


def test_a_board_and_the_index_are_read() -> None:
    """Rows with their newest posts, boards with their categories."""
    found = listing.board(recorded("035"), RULES, "2")
    assert [(row.thread.key, row.last, row.thread.replies) for row in found.rows] == [
        ("4", 32, 23),
        ("3", 5, 2),
        ("2", 2, 0),
        ("1", 1, 0),
    ]
    assert found.rows[1].thread.title == 'First <topic> & "quotes" 🎉'
    assert found.rows[0].starter == ("alice", "58")
    [board] = listing.boards(recorded("034"), RULES)
    assert (board.key, board.path) == ("2", ("Your first category", "Your first forum"))


def test_forms_are_found_with_what_they_send_along() -> None:
    """And what they say is wrong."""
    reply = forms.posting(text("006"))
    assert reply is not None
    assert (reply.thread, reply.error, reply.fields["topic_cur_post_id"]) == ("3", "", "3")
    assert {"creation_time", "form_token", "show_panel"} <= set(reply.fields)
    assert reply.subject == 'Re: First <topic> & "quotes" 🎉'
    assert {"b", "i", "quote", "code"} <= reply.tags
    sent = asked("007")["body"]
    assert {*reply.fields, "subject", "message", "post"} == set(sent)
    quoting = forms.posting(text("008"))
    assert quoting is not None
    pointer = drafts.pointer(quoting.text)
    assert pointer == "[quote=bob post_id=4 user_id=59]Bob replies[/quote]\n"
    assert drafts.pointing(pointer + "I agree") == pointer
    assert drafts.pointing(quoting.text) == ""
    edit = forms.posting(text("010"))
    assert edit is not None
    assert {"edit_post_message_checksum", "edit_post_subject_checksum"} <= set(edit.fields)


def test_every_way_to_save_nothing_is_told_from_a_success() -> None:
    """All of them are answered with 200."""
    quick, flood, overtaken = (forms.posting(text(name)) for name in ("013", "051", "052"))
    assert quick is not None
    assert forms.stale(quick.error)
    assert flood is not None
    assert forms.floods(flood.error)
    assert overtaken is not None
    assert overtaken.error == ""
    assert overtaken.fields["topic_cur_post_id"] != asked("052")["body"]["topic_cur_post_id"]
    assert forms.login(text("047")) is not None
    wrong = forms.login(text("049"))
    assert wrong is not None
    assert wrong.error.startswith("You have specified an incorrect password")
    assert not wrong.guarded
    for name, key in (("007", "4"), ("009", "5"), ("011", "5"), ("015", "6")):
        place = forms.shown(asked(name)["final_url"])
        assert place is not None
        assert place.post == key
    started = forms.shown(asked("005")["final_url"])
    assert started is not None
    assert started.thread == "3"


def test_a_deletion_asks_and_tells() -> None:
    """What was done leads on by itself; what was refused does not."""
    asks = forms.confirming(text("023"))
    assert asks is not None
    assert "confirm_key=" in asks.action
    assert asks.fields["mode"] == "delete"
    told = forms.message(text("024"))
    assert told is not None
    assert told.refresh
    missing = forms.message(text("048"))
    assert missing is not None
    assert not missing.refresh


def test_a_feed_tells_times() -> None:
    """Of the fifteen newest posts."""
    found = feeds.times(recorded("039"))
    assert len(found) == 15
    assert found["32"].earliest == 1_795_424_308_000
    assert feeds.times(recorded("041")) == {}


def test_every_page_tells_its_engine() -> None:
    """Whatever page of the site was pasted."""
    for name in ("001", "016", "029", "034", "035", "041", "047"):
        page = recorded(name)
        assert version(page) == "3.3", name
        found = adapter.recognise("http://127.0.0.1:8088/ucp.php?mode=login", page)
        assert found is not None
        assert (found.certainty, found.why) == (0.95, "the page is one of phpBB 3.3")
        assert found.settings == {"address": "http://127.0.0.1:8088"}
        assert found.forum == "127.0.0.1-8088"


def test_a_saved_page_is_a_thread() -> None:
    """Its own address is in it."""
    page = adapter.saved(recorded("016"), "", Settings())
    assert (page.thread.key, page.complete, len(page.posts)) == ("3", True, 4)
    assert page.posts[1].link == "http://127.0.0.1:8088/viewtopic.php?t=3&p=4#p4"
    assert not adapter.saved(recorded("031"), "", Settings()).complete


def test_the_same_page_is_the_same_for_guests_and_at_each_visit() -> None:
    """Sessions and counts differ."""
    page = recorded("016")
    other = re.sub(rb"sid=[0-9a-f]{32}", b"sid=" + b"0" * 32, page).replace(
        b"has-profile bg2 online", b"has-profile bg2"
    )
    other = other.replace(b'sr=posts">3</a>', b'sr=posts">4</a>').replace(b'"sid=', b'"sid=')
    assert parse.stable(other.replace(b"?sid=" + b"0" * 32, b"?sid=" + b"1" * 32)) == parse.stable(page)
    assert parse.stable(page.replace(b"Bob replies", b"Bob replied")) != parse.stable(page)


def elements(page: str) -> set[str]:
    """The elements with classes and ids by which pages are read."""
    found = re.findall(r'<(\w+)[^<>]*?\s(id|class|name)="([^"]+)"', page)
    return {f"{tag} {kind}={re.sub('[0-9]+', '0', one)}" for tag, kind, value in found for one in value.split()}


def test_the_board_of_the_tests_draws_what_the_engine_draws() -> None:
    """A stand-in that knows elements of its own would prove nothing."""
    board = Board()
    topic = board.start("Plain talk", "The [b]opening[/b] words")
    board.post(topic.id, "ben", board.quote(1) + "An answer")
    users = board.users
    drawn = {
        "016": drawing.topic_page("http://x", topic, "General", 0, 10, users, guest=True),
        "035": drawing.forum_page("http://x", 2, "General", [topic], 0, 25, users, True),
        "034": drawing.index_page(board.forums, True),
        "006": drawing.posting_page("mode=reply&t=1", topic, "Re", "", {"topic_cur_post_id": "2"}, "", ""),
        "023": drawing.confirm_page("mode=delete", {"p": "1"}),
        "024": drawing.message_page("Done", "http://x/viewtopic.php?t=1"),
        "049": drawing.login_page({"creation_time": "1", "form_token": "x"}, "Wrong"),
    }
    ours_alone = {"div id=sig0", "div class=signature"}  # nobody of the recorded ones had a signature
    for name, page in drawn.items():
        assert elements(page) - elements(text(name)) <= ours_alone, name
    assert addresses.named_in(asked("007")["final_url"]).post == "4"
