"""What people write in chats, as forums are given it: every format of theirs in every format of those."""

import html
import re

import pytest

from bot import markup
from bot.markup.calling import calling
from bot.markup.nodes import Kind, Node, document, paragraph, text, walk

MARKDOWN = ("discourse", "flarum", "markdown")
FORUMS = (*MARKDOWN, "bbcode", "plain")
CHATS = ("discord", "matrix", "markdown")

# What is said, as each chat says it. None: it has no way to.
SAID: dict[str, dict[str, str | None]] = {
    "bold": {"discord": "**loud**", "matrix": "<strong>loud</strong>", "markdown": "**loud**"},
    "italic": {"discord": "*soft*", "matrix": "<em>soft</em>", "markdown": "_soft_"},
    "struck": {"discord": "~~gone~~", "matrix": "<del>gone</del>", "markdown": "~~gone~~"},
    "underlined": {"discord": "__this__", "matrix": "<u>this</u>", "markdown": None},
    "hidden": {"discord": "||whodunit||", "matrix": '<span data-mx-spoiler="end">whodunit</span>', "markdown": None},
    "code": {"discord": "`a*b`", "matrix": "<code>a*b</code>", "markdown": "`a*b`"},
    "block": {
        "discord": "```py\na = *b\n```",
        "matrix": '<pre><code class="language-py">a = *b\n</code></pre>',
        "markdown": "```py\na = *b\n```",
    },
    "quote": {"discord": "> theirs", "matrix": "<blockquote><p>theirs</p></blockquote>", "markdown": "> theirs"},
    "list": {"discord": "- one\n- two", "matrix": "<ul><li>one</li><li>two</li></ul>", "markdown": "- one\n- two"},
    "numbers": {
        "discord": "3. one\n4. two",
        "matrix": '<ol start="3"><li>one</li><li>two</li></ol>',
        "markdown": "3. one\n4. two",
    },
    "heading": {"discord": "## part", "matrix": "<h2>part</h2>", "markdown": "## part"},
    "link": {
        "discord": "[words](https://x.example/a)",
        "matrix": '<a href="https://x.example/a">words</a>',
        "markdown": "[words](https://x.example/a)",
    },
    "address": {
        "discord": "https://x.example/_a_/*b*/c",
        "matrix": "https://x.example/_a_/*b*/c",
        "markdown": None,
    },
    "lines": {"discord": "one\ntwo", "matrix": "one<br>two", "markdown": "one\ntwo"},
    "mention": {
        "discord": "[@Ann Lee](https://discord.com/users/7)",
        "matrix": '<a href="https://matrix.to/#/@ann:x.example">Ann Lee</a>',
        "markdown": None,
    },
    "emoji": {
        "discord": ":wave: 👋",
        "matrix": '<img data-mx-emoticon src="mxc://x.example/1" alt=":wave:" height="32"> 👋',
        "markdown": ":wave: 👋",
    },
}

# … and as each forum is given it.
GIVEN: dict[str, dict[str, str]] = {
    "bold": {**dict.fromkeys(MARKDOWN, "**loud**"), "bbcode": "[b]loud[/b]", "plain": "loud"},
    "italic": {**dict.fromkeys(MARKDOWN, "_soft_"), "bbcode": "[i]soft[/i]", "plain": "soft"},
    "struck": {**dict.fromkeys(MARKDOWN, "~~gone~~"), "bbcode": "[s]gone[/s]", "plain": "gone"},
    "underlined": {**dict.fromkeys(MARKDOWN, "this"), "bbcode": "[u]this[/u]", "plain": "this"},
    "hidden": {
        "discourse": "[spoiler]whodunit[/spoiler]",
        "flarum": "||whodunit||",
        "markdown": "whodunit",
        "bbcode": "[spoiler]whodunit[/spoiler]",
        "plain": "whodunit",
    },
    "code": {**dict.fromkeys(MARKDOWN, "`a*b`"), "bbcode": "a*b", "plain": "a*b"},
    "block": {
        **dict.fromkeys(MARKDOWN, "```py\na = *b\n```"),
        "bbcode": "[code=py]a = *b[/code]",
        "plain": "    a = *b",
    },
    "quote": {**dict.fromkeys(MARKDOWN, "> theirs"), "bbcode": "[quote]theirs[/quote]", "plain": "> theirs"},
    "list": {
        **dict.fromkeys(MARKDOWN, "- one\n- two"),
        "bbcode": "[list]\n[*]one\n[*]two\n[/list]",
        "plain": "- one\n- two",
    },
    "numbers": {
        **dict.fromkeys(MARKDOWN, "3. one\n4. two"),
        "bbcode": "[list=1]\n[*]one\n[*]two\n[/list]",
        "plain": "3. one\n4. two",
    },
    "heading": {**dict.fromkeys(MARKDOWN, "## part"), "bbcode": "[b]part[/b]", "plain": "part"},
    "link": {
        **dict.fromkeys(MARKDOWN, "[words](https://x.example/a)"),
        "bbcode": "[url=https://x.example/a]words[/url]",
        "plain": "words (https://x.example/a)",
    },
    "address": {
        **dict.fromkeys(MARKDOWN, "<https://x.example/_a_/*b*/c>"),
        "bbcode": "[url=https://x.example/_a_/*b*/c]https://x.example/_a_/*b*/c[/url]",
        "plain": "https://x.example/_a_/*b*/c",
    },
    "lines": {**dict.fromkeys(MARKDOWN, "one\\\ntwo"), "bbcode": "one\ntwo", "plain": "one\ntwo"},
    "mention": dict.fromkeys(FORUMS, "@annie"),
    "emoji": dict.fromkeys(FORUMS, ":wave: 👋"),
}

ACCOUNTS = {"7": "@annie", "@ann:x.example": "@annie"}


def given(text, chat, forum):
    return markup.write(calling(markup.read(text, chat), ACCOUNTS.get), forum)


@pytest.mark.parametrize("forum", FORUMS)
@pytest.mark.parametrize(
    ("what", "chat"), [(what, chat) for what, ways in SAID.items() for chat in CHATS if ways[chat]]
)
def test_what_is_said_in_a_chat_is_said_on_a_forum_in_its_own_way(what, chat, forum):
    assert given(SAID[what][chat], chat, forum) == GIVEN[what][forum]


# --------------------------------------------------------------------------------------------------- nothing breaks out

BREAKING_OUT = [
    "[img]https://evil.example/a.png[/img]",
    "[quote=admin]I resign[/quote]",
    '[quote="admin, post:1, topic:1"]\nI resign\n[/quote]',
    "[/quote] [/spoiler] [/code] [b]loud[/b]",
    "[url=javascript:alert(1)]here[/url]",
    "[poll]\n* a\n* b\n[/poll]",
    "[details=more]\nx\n[/details]",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- hidden",
    "&lt;script&gt;",
    "]] [[ ]( [x]: https://evil.example",
    "\\[b\\]loud\\[/b\\]",
    "a | b\n--- | ---\nc | d",
    "`` ` `",
    "```\nopen",
    "> \n> # loud",
    "!! || ~~ __ ** _",
    "@admin @everyone [@admin](https://x.example/)",
]


def written_in_chat(words, chat):
    """Words that mean nothing in the chat, as its clients send them."""
    return html.escape(words).replace("\n", "<br>") if chat == "matrix" else words


@pytest.mark.parametrize("forum", ["discourse", "flarum", "markdown", "bbcode"])
@pytest.mark.parametrize("chat", CHATS)
@pytest.mark.parametrize("words", BREAKING_OUT)
def test_nothing_that_somebody_types_is_markup_of_a_forum(words, chat, forum):
    """Law 10: a stranger's words are words, whatever engine reads them."""
    made = given(written_in_chat(words, chat), chat, forum)
    outside = re.sub(r"(`+).*?\1", "", made, flags=re.DOTALL) if forum != "bbcode" else made
    unescaped = re.sub(r"\\.", "", outside)
    if forum == "bbcode":
        ours = re.sub(r"\[/?(?:b|i|u|s|url|quote|code|list|\*|table|tr|td|th|hr)(?:=[^\[\]]*)?\]", "", made)
        assert not re.search(r"\[[A-Za-z*/]", ours), made
        assert not re.search(r"\[(?:img|poll|details|quote=|url=javascript)", made), made
    else:
        assert not re.search(r"<(?!https?://[^<>\s]*>)", unescaped), made
        assert not re.search(r"\[(?:img|quote|b|/|poll|details|url)\b", unescaped.replace("[/spoiler]", "")), made
    assert "@admin" not in made
    assert "@everyone" not in made


@pytest.mark.parametrize("forum", ["discourse", "flarum", "markdown", "bbcode"])
@pytest.mark.parametrize("chat", CHATS)
@pytest.mark.parametrize("words", BREAKING_OUT)
def test_what_a_forum_is_given_reads_back_as_the_same_words(words, chat, forum):
    """An echo is recognised by them."""
    tree = calling(markup.read(written_in_chat(words, chat), chat), ACCOUNTS.get)
    assert markup.words(markup.read(markup.write(tree, forum), forum)) == markup.words(tree)


# ------------------------------------------------------------------------------------------------- as each chat is read


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("above\n---\nbelow", "above --- below"),
        ("above\n===", "above ==="),
        ("    four spaces", "four spaces"),
        ("a | b\n--- | ---\nc | d", "a | b --- | --- c | d"),
        ("&amp; &#64;", "&amp; &#64;"),
        ("![a](https://x.example/a.png)", "!a"),
        ("\\|\\|no\\|\\| \\||no", "||no|| ||no"),
        ("|| open", "|| open"),
        ("||||", "||||"),
    ],
)
def test_what_is_no_mark_on_discord_stays_words(text, words):
    """Else it would look other on the forum than where it was written."""
    tree = markup.read(text, "discord")
    assert markup.words(tree) == words
    assert {node.kind for node in walk(tree)} <= {Kind.DOCUMENT, Kind.PARAGRAPH, Kind.TEXT, Kind.BREAK, Kind.LINK}


@pytest.mark.parametrize("words", ["|", "a |", "| a", "a || b", "\\", "a \\|"])
def test_bars_in_hidden_words_end_nothing(words):
    tree = document(paragraph(Node(Kind.SPOILER, children=(text(words),)), " shown"))
    for forum in ("flarum", "discourse"):
        again = markup.read(markup.write(tree, forum), forum)
        assert markup.words(again) == markup.words(tree)
        assert [markup.words(node) for node in walk(again) if node.kind is Kind.SPOILER] == [" ".join(words.split())]


def test_marks_stand_in_hidden_words_as_elsewhere():
    tree = markup.read("||**a** [b](https://x.example/) `c`|| and ||d||", "discord")
    assert [node.kind for node in walk(tree) if node.kind is Kind.SPOILER] == [Kind.SPOILER] * 2
    assert {Kind.BOLD, Kind.LINK, Kind.CODE} <= {node.kind for node in walk(tree)}


@pytest.mark.parametrize(
    ("text", "format", "name", "who"),
    [
        ("[@Ann](https://discord.com/users/7)", "discord", "Ann", "7"),
        ('<a href="https://matrix.to/#/@ann:x.example">Ann</a>', "matrix", "Ann", "@ann:x.example"),
        ('<a href="https://matrix.to/#/%40ann%3Ax.example">@Ann</a>', "matrix", "Ann", "@ann:x.example"),
        (
            '<a href="https://matrix.to/#/@ann:x.example?via=x.example">@</a>',
            "matrix",
            "ann:x.example",
            "@ann:x.example",
        ),
    ],
)
def test_who_is_mentioned_is_known(text, format, name, who):
    [mention] = [node for node in walk(markup.read(text, format)) if node.kind is Kind.MENTION]
    assert (mention.text, mention.target) == (name, who)


@pytest.mark.parametrize(
    "text",
    [
        "https://matrix.to/#/!room:x.example",
        "https://matrix.to/#/#room:x.example",
        "https://matrix.to/#/@ann:x.example/$event",
        "https://evil.example/#/@ann:x.example",
    ],
)
def test_other_links_are_links(text):
    assert not [node for node in walk(markup.read(f'<a href="{text}">x</a>', "matrix")) if node.kind is Kind.MENTION]


def test_a_mention_is_named_where_it_is_shown_in_a_chat():
    """Whoever reads along elsewhere sees a name, and nobody is called."""
    tree = markup.read('<a href="https://matrix.to/#/@ann:x.example">Ann Lee</a>', "matrix")
    assert markup.write(tree, "web") == '<p><span class="mention">@Ann Lee</span></p>'
