"""What a forum is given for a chat message: whose words, under which title, calling whom, quoting what."""

import msgspec
import pytest

from bot.drafting import LONGEST_TITLE, answering, draft, one_title
from bot.errors import Refused
from bot.jobs import Quoted, ReplyRow
from bot.markup.calling import CALLS_NOBODY
from bot.model import EMPTY, Attached, Body, BodyState, ChatName, ForumCapabilities, Login, PostKey, ThreadKey, body
from bot.rendering import words_digest

TITLED = ForumCapabilities(format="markdown", titled_replies=True, parents="exact")
UNTITLED = ForumCapabilities(format="markdown", parents="exact")
FLAT = ForumCapabilities(format="markdown", parents="none")


def said(text, format="markdown", **more):
    row = ReplyRow(
        id=1,
        name="Zoe",
        text=text,
        format=format,
        revision=1,
        sent_revision=0,
        gone=False,
        post=PostKey(""),
        thread=ThreadKey("t"),
        parent=PostKey("p"),
        parent_title="Soup",
        chat=ChatName("web"),
    )
    return msgspec.structs.replace(row, **more)


# --------------------------------------------------------------------------------------------------------------- titles


def test_a_reply_answers_the_title_of_its_parent():
    assert draft(said("hello"), TITLED).title == "Re: Soup"
    assert draft(said("hello"), UNTITLED).title == ""


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("# Salt\nmore of it", "markdown"),
        ("# Salt #\n\nmore of it", "markdown"),
        ("Salt\n====\n\nmore of it", "markdown"),
        ("# Salt\nmore of it", "discord"),
        ("<h1>Salt</h1><p>more of it</p>", "matrix"),
        ("<h1><em>Salt</em></h1>\nmore of it", "matrix"),
    ],
)
def test_a_message_that_begins_with_a_heading_of_the_first_level_says_its_title(text, format):
    made = draft(said(text, format), TITLED)
    assert (made.title, made.text) == ("Salt", "more of it")


def test_where_replies_have_no_titles_the_heading_stays_in_the_text():
    made = draft(said("# Salt\nmore of it"), UNTITLED)
    assert (made.title, made.text) == ("", "# Salt\n\nmore of it")


@pytest.mark.parametrize("text", ["## Salt\nmore", "more\n\n# Salt", "> # Salt\n\nmore", "#Salt\nmore"])
def test_no_other_heading_is_a_title(text):
    assert draft(said(text), TITLED).title == "Re: Soup"


def test_a_title_alone_is_a_post_without_a_text():
    """Law 6: what is called n/t is said in the title, and its text is empty."""
    made = draft(said("# Salt it!"), TITLED)
    assert (made.title, made.text) == ("Salt it!", "")
    assert draft(said("# Salt it"), UNTITLED).text == "# Salt it"


def test_a_title_is_one_line_of_plain_text_and_bounded():
    made = draft(said(f"# **Salt** `it` [now](https://x.example/) \u202e{'and ' * 200}\nwords"), TITLED)
    assert made.title.startswith("Salt it now and and")
    assert made.title.endswith("and…")
    assert len(made.title) <= LONGEST_TITLE
    assert one_title(" a\n\tb\u200b\u202ec ") == "a bc"
    assert one_title("\u200b ") == ""


@pytest.mark.parametrize(
    "title",
    [
        *("Re: Soup", "RE: Soup", "re : Soup", "AW: Soup", "Re[2]: Soup", "Re^3: Soup", "Re(4): Soup", "Sv: Soup"),
        *("VS: Soup", "Antw: Soup", "Odp: Soup", "Отв: Soup", "回复\uff1aSoup"),
    ],
)
def test_an_answer_to_an_answer_says_so_once(title):
    assert answering(title) == title


@pytest.mark.parametrize("title", ["Reading: Soup", "Soup", "Re Soup", "Rest: Soup", "Residue", "Advert: a", "[2]: a"])
def test_whatever_else_a_title_begins_with_is_answered(title):
    assert answering(title) == f"Re: {title}"


def test_an_answer_to_a_thread_of_unknown_title_has_none():
    assert answering("") == ""


def test_the_title_of_an_answer_stays_bounded():
    assert len(answering("long " * 100)) <= LONGEST_TITLE


def test_words_of_one_post_that_were_said_in_several_messages_follow_each_other():
    made = draft(said("# Salt\nfirst", more=(("*second*", "markdown"), ("<b>third</b>", "matrix"))), TITLED)
    assert (made.title, made.text) == ("Salt", "first\n\n_second_\n\n**third**")


# ------------------------------------------------------------------------------------------------------------- nothing


@pytest.mark.parametrize("text", ["", " \n ", "> ", "\u202e", "<!-- -->"])
def test_what_says_nothing_is_not_posted(text):
    with pytest.raises(Refused, match="no words"):
        draft(said(text, "matrix" if "<" in text else "markdown"), UNTITLED)


def test_under_a_shared_account_too_what_says_nothing_is_not_posted():
    """A post that says who speaks, and then nothing, says less than none."""
    with pytest.raises(Refused):
        draft(said(" "), ForumCapabilities(format="markdown", write_identity="shared"))


def test_a_picture_without_words_is_posted():
    assert draft(said("![](https://x.example/a.png)"), UNTITLED).text == "![](https://x.example/a.png)"


def test_a_file_without_words_is_posted():
    file = Attached("https://x.example/a.png", "a.png")
    assert draft(said("", files=(file,)), UNTITLED).files == (file,)


# ------------------------------------------------------------------------------------------------------------ mentions

ANN = Login("17", "Ann Lee", "")


def test_who_is_mentioned_and_has_an_account_there_is_mentioned_there():
    caps = msgspec.structs.replace(UNTITLED, mention="@{slug}")
    row = said("hi <@1>", "discord", calls={"1": ANN})
    assert draft(msgspec.structs.replace(row, text=mentioned("Ann", "1")), caps).text == "hi @Ann-Lee"


@pytest.mark.parametrize(
    ("mention", "calls"),
    [("", {"1": ANN}), ("@{slug}", {}), ("@{slug}", {"2": ANN})],
    ids=["no way", "nobody", "other"],
)
def test_who_is_mentioned_and_is_not_known_there_is_named_and_calls_nobody(mention, calls):
    """Law 10: whoever has that name on the forum is somebody else."""
    caps = msgspec.structs.replace(UNTITLED, mention=mention)
    made = draft(said(mentioned("Ann", "1"), "discord", calls=calls), caps)
    assert made.text == f"hi @{CALLS_NOBODY}Ann"


def test_a_forum_that_mentions_people_by_number_shows_their_name_alone():
    """An echo is recognised by the words that are shown."""
    caps = msgspec.structs.replace(UNTITLED, format="flarum", mention='@"{name}"#{id}')
    typed = draft(said(mentioned("Ann", "1"), "discord", calls={"1": Login("17", 'Ann "x" Lee', "")}), caps).text
    assert typed == 'hi @"Ann x Lee"#17'
    shown = '<p>hi <a href="/u/17" class="UserMention">@Ann x Lee</a></p>'
    assert words_digest(typed, "flarum") == words_digest(shown, "html")


@pytest.mark.parametrize("shown", [f"hi @{CALLS_NOBODY}admin", "hi @admin"])
def test_an_echo_is_recognised_whether_a_forum_keeps_what_is_not_seen_or_not(shown):
    typed = draft(said("hi @admin"), UNTITLED).text
    assert words_digest(typed, "markdown") == words_digest(f"<p>{shown}</p>", "html")


def test_a_name_that_is_typed_calls_nobody():
    assert draft(said("hi @admin"), UNTITLED).text == f"hi @{CALLS_NOBODY}admin"


def mentioned(name, id):
    return f"hi [@{name}](https://discord.com/users/{id})"


# -------------------------------------------------------------------------------------------------------------- quotes

POST = Quoted("Bob", body("<p>Boil the <b>water</b> first, @ann.</p>", "html"), "https://forum.example/p/3")


def test_where_a_forum_knows_no_parents_an_answer_stands_below_the_first_words_of_what_it_answers():
    text = draft(said("why?", quoted=POST), FLAT).text
    assert text.splitlines()[-1] == "why?"
    assert text.splitlines()[0] == "> **[Bob](https://forum.example/p/3)**"
    assert f"> Boil the water first, @{CALLS_NOBODY}ann." in text


def test_a_quote_in_bbcode_names_who_is_quoted():
    text = draft(said("why?", quoted=POST), msgspec.structs.replace(FLAT, format="bbcode")).text
    assert text == f'[quote="Bob"]Boil the water first, @{CALLS_NOBODY}ann.[/quote]\n\nwhy?'


@pytest.mark.parametrize("parents", ["exact", "quote", "outline"])
def test_a_forum_that_knows_parents_is_given_no_quote(parents):
    assert draft(said("why?", quoted=POST), msgspec.structs.replace(FLAT, parents=parents)).text == "why?"


def test_a_quote_is_short_and_gives_nothing_away():
    """What is hidden until asked for stays so, and a quote in a quote is nobody's words here."""
    html = '<blockquote>older</blockquote><p><span class="spoiler">the end</span> ' + "word " * 200 + "</p>"
    text = draft(said("why?", quoted=Quoted("Bob", body(html, "html"))), FLAT).text
    assert "older" not in text
    assert "the end" not in text
    assert len(text) < 300


@pytest.mark.parametrize("nothing", [EMPTY, Body(BodyState.UNKNOWN)])
def test_a_post_without_words_is_not_quoted(nothing):
    assert draft(said("why?", quoted=Quoted("Bob", nothing)), FLAT).text == "why?"


def test_a_shared_account_says_who_speaks_below_the_quote():
    caps = msgspec.structs.replace(FLAT, write_identity="shared")
    assert draft(said("why?", quoted=POST), caps).text.endswith("\n\nZoe via web:\n\nwhy?")
