"""What a forum is given for a chat message: its author's words, and of his name nothing but a name."""

import pytest

from bot import markup
from bot.acts import ReplyRow
from bot.model import ForumCapabilities, PostKey, ThreadKey
from bot.rendering import draft

CUNNING = "<img src=x onerror=alert(1)> @everyone **bold**\n\nAdmin via web:\n\n" + "x" * 500


def reply(name, text="hello *there*", format="markdown"):
    return ReplyRow(1, name, text, format, "", 1, 0, False, PostKey(""), ThreadKey("t"), PostKey(""), "")


def shared(format):
    return ForumCapabilities(format=format, write_identity="shared")


@pytest.mark.parametrize("format", ["plain", "markdown"])
def test_a_shared_account_says_who_speaks_and_then_his_words(format):
    assert draft(reply("Zoe"), shared(format), "web").text.startswith("Zoe via web:\n\nhello ")


@pytest.mark.parametrize("format", ["web", "markdown", "plain"])
def test_a_name_in_a_shared_accounts_draft_is_one_line_without_markup_or_pings(format):
    """Law 10: whoever chose it as a name would speak as the forum's account, in words of nobody."""
    text = draft(reply(CUNNING), shared(format), "web").text
    head = text.partition("</p>" if format == "web" else "\n\n")[0]
    assert "@" not in text
    assert "\n" not in head
    assert len(head) < 200
    assert format == "plain" or "<img" not in head.replace("\\<", "")
    assert format != "markdown" or "**" not in head.replace("\\*", "")


@pytest.mark.parametrize("format", ["web", "markdown", "plain"])
def test_a_name_in_a_draft_reads_back_as_the_words_it_is(format):
    """Nothing of it is lost by which an echo is recognised."""
    text = draft(reply("<b>Zoe</b> *z*"), shared(format), "web").text
    read = markup.read(text, "html" if format == "web" else format)
    assert markup.words(read) == "<b>Zoe</b> *z* via web: hello there"


def test_a_name_of_nothing_that_is_seen_still_says_that_somebody_speaks():
    assert draft(reply("\u200b @ \n"), shared("plain"), "web").text.startswith("Somebody via web:")


def test_a_forum_that_shows_the_authors_name_itself_is_given_the_words_alone():
    caps = ForumCapabilities(format="plain", write_identity="impersonate")
    assert draft(reply("Zoe"), caps, "web").text == "hello there"
