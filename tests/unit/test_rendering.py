"""What a chat is shown of a post, and what a forum is given for a chat message."""

import msgspec
import pytest

from bot import markup
from bot.drafting import draft
from bot.jobs import PostRow, ReplyRow
from bot.markup.nodes import Kind, walk
from bot.model import (
    EMPTY,
    Author,
    CardKind,
    ChatName,
    ForumCapabilities,
    Parent,
    ParentState,
    PostKey,
    PostState,
    ThreadKey,
    at,
    body,
)
from bot.rendering import author_key, card

CUNNING = "<img src=x onerror=alert(1)> @everyone **bold**\n\nAdmin via web:\n\n" + "x" * 500


def reply(name, text="hello *there*", format="markdown"):
    return ReplyRow(1, name, text, format, 1, 0, False, PostKey(""), ThreadKey("t"), PostKey(""), "", ChatName("web"))


def shared(format):
    return ForumCapabilities(format=format, write_identity="shared")


@pytest.mark.parametrize("format", ["plain", "markdown"])
def test_a_shared_account_says_who_speaks_and_then_his_words(format):
    assert draft(reply("Zoe"), shared(format)).text.startswith("Zoe via web:\n\nhello ")


@pytest.mark.parametrize("format", ["web", "markdown", "plain"])
def test_a_name_in_a_shared_accounts_draft_is_one_line_without_markup_or_pings(format):
    """Law 10: whoever chose it as a name would speak as the forum's account, in words of nobody."""
    text = draft(reply(CUNNING), shared(format)).text
    head = text.partition("</p>" if format == "web" else "\n\n")[0]
    assert "@" not in text
    assert "\n" not in head
    assert len(head) < 200
    assert format == "plain" or "<img" not in head.replace("\\<", "")
    assert format != "markdown" or "**" not in head.replace("\\*", "")


@pytest.mark.parametrize("format", ["web", "markdown", "plain"])
def test_a_name_in_a_draft_reads_back_as_the_words_it_is(format):
    """Nothing of it is lost by which an echo is recognised."""
    text = draft(reply("<b>Zoe</b> *z*"), shared(format)).text
    read = markup.read(text, "html" if format == "web" else format)
    assert markup.words(read) == "<b>Zoe</b> *z* via web: hello there"


def test_a_thread_begins_with_its_opening_post_as_long_as_that_stands():
    """Chats put what can be done about a thread below its beginning, and below nothing else."""

    def made(**cells):
        return card(msgspec.structs.replace(stored("words"), **cells), answerable=True)

    assert (made(op=True).opener, made(op=True).answerable) == (True, True)
    assert not made(op=False).opener
    assert not made(op=True, state=PostState.DELETED).opener


def test_below_the_beginning_of_a_thread_it_is_offered_to_mark_it_read():
    """One press, wherever it stands; a post of a preview is of no thread, and what was deleted cannot be read."""

    def offered(**cells):
        return [offer.line for offer in card(msgspec.structs.replace(stored("words"), **cells)).offers]

    assert offered(op=True, thread=12) == ["forum markread stands:12"]
    assert offered(op=False, thread=12) == offered(op=True, thread=0) == []
    assert offered(op=True, thread=12, state=PostState.DELETED) == []


def test_a_name_of_nothing_that_is_seen_still_says_that_somebody_speaks():
    assert draft(reply("\u200b @ \n"), shared("plain")).text.startswith("Somebody via web:")


def test_a_forum_that_shows_the_authors_name_itself_is_given_the_words_alone():
    caps = ForumCapabilities(format="plain", write_identity="impersonate")
    assert draft(reply("Zoe"), caps).text == "hello there"


# ------------------------------------------------------------------------------------------------------- posts to chats


@pytest.mark.parametrize(
    ("author", "key"),
    [
        (Author("Zoe", "17"), "du#17"),
        (Author("Zoe the Great", "17"), "du#17"),
        (Author("Zoe"), "du/Zoe"),
        (Author("17"), "du/17"),
        (Author(""), ""),
        (Author("", "17"), ""),
    ],
)
def test_an_author_is_the_same_whatever_they_are_called(author, key):
    """By the id where the forum tells one, and no author's name is another's id; nobody is nobody."""
    assert author_key("du", author) == key


LINK = "https://forum.example/t/1#p1"


def shown(text, longest=0, link=LINK, state=PostState.LIVE):
    """The text of the card of a post."""
    return card(stored(text, link, state), longest=longest).body


def stored(text, link=LINK, state=PostState.LIVE):
    return PostRow(
        id=1,
        thread=1,
        thread_title="A thread",
        path=(),
        author=Author("Ada"),
        title="",
        body=body(text, "plain"),
        link=link,
        number=1,
        op=False,
        created=at(0),
        state=state,
        revision=1,
        parent=Parent(ParentState.THREAD),
        live_replies=0,
        forum="du",
    )


def test_a_card_says_who_wrote_it_and_a_tombstone_does_not():
    """What was deleted is nobody's any more."""
    assert card(stored("text")).author_key == "du/Ada"
    assert card(stored("text", state=PostState.DELETED)).author_key == ""


def targets(text):
    return [node.target for node in walk(text) if node.kind is Kind.LINK]


def test_a_text_as_long_as_its_mirror_takes_is_shown_whole():
    words = "a " * 49 + "xy"
    assert markup.write(shown(words, 100), "plain") == words


def test_a_text_that_is_longer_than_its_mirror_takes_is_cut_and_leads_to_the_whole():
    """The reader sees that there is more, and where."""
    text = shown("one two three " * 20, 100)
    *said, last = text.children
    assert len(markup.write(markup.nodes.document(*said), "plain")) <= 100
    assert markup.words(last) == markup.CONTINUED
    assert targets(text) == [LINK]


def test_a_text_without_an_address_is_cut_all_the_same():
    text = shown("one two three " * 20, 100, link="")
    assert markup.words(text).endswith(markup.CONTINUED)
    assert targets(text) == []


def test_a_tombstone_has_no_text_to_be_cut():
    assert shown("one two three " * 20, 100, state=PostState.DELETED) is None


def test_a_text_that_is_longer_than_any_text_that_is_read_leads_to_the_whole():
    text = shown("word " * 20_000)
    assert markup.words(text).endswith(markup.CONTINUED)
    assert targets(text) == [LINK]


def test_tags_of_a_thread_stand_on_its_opening_post_alone():
    """Chats that file threads by tags do so where a thread begins."""
    tagged = msgspec.structs.replace(stored("words"), tags=("books", "new"))
    assert card(tagged).tags == ()
    assert card(msgspec.structs.replace(tagged, op=True)).tags == ("books", "new")


def befell(words="closed the thread", **cells):
    return msgspec.structs.replace(stored(words), event=True, number=3, author=Author("mod", "7"), **cells)


def test_what_befell_a_thread_is_a_quiet_remark():
    """It has no number and no author of its own: who did it stands in the line."""
    shown = card(befell(), answerable=True)
    assert shown.kind is CardKind.REMARK
    assert (shown.number, shown.author, shown.author_key, shown.badge, shown.title) == ("", "", "", "", "")
    assert shown.body is not None
    assert markup.words(shown.body) == "mod: closed the thread"
    assert shown.answerable


def test_a_remark_of_several_paragraphs_names_who_did_it_once():
    shown = card(befell("closed the thread\n\nSee you next year."))
    assert shown.body is not None
    assert markup.write(shown.body, "plain").split("\n\n") == ["mod: closed the thread", "See you next year."]


def test_an_event_without_words_says_who_did_it():
    shown = card(befell(body=EMPTY))
    assert shown.body is not None
    assert markup.words(shown.body) == "mod"


def test_a_remark_that_was_taken_back_is_a_tombstone_without_a_number():
    shown = card(befell(state=PostState.DELETED))
    assert (shown.kind, shown.number) == (CardKind.TOMBSTONE, "")
