"""Laws of the texts between formats, for any text and any tree."""

import re
import unicodedata
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import markup
from bot.markup import inline, nodes
from bot.markup.calling import calling
from bot.markup.nodes import MAX_DEPTH, Kind, Node
from bot.markup.wording import named, shown
from tests.property.trees import ADDRESSES, LINES, MARKS, MEANT, TREES, USUAL_LINES


class Checker(HTMLParser):
    """Fails on any element, attribute or address that the web writer may not write."""

    ATTRIBUTES = {"a": {"href", "class", "rel", "target"}, "ol": {"start"}, "span": {"class"}}  # noqa: RUF012

    def __init__(self):
        super().__init__()
        self.text = []

    def handle_starttag(self, tag, attrs):
        assert tag not in ("script", "style", "img", "iframe", "video", "object", "form", "svg", "meta", "link"), tag
        assert {name for name, _ in attrs} <= self.ATTRIBUTES.get(tag, set()), (tag, attrs)
        given = dict(attrs)
        if tag == "a":
            assert urlsplit(given["href"]).scheme in ("http", "https", "mailto")
            assert given["rel"] == "nofollow noopener noreferrer"
            assert given["target"] == "_blank"

    def handle_data(self, data):
        self.text.append(data)

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


class SpecChecker(HTMLParser):
    """Fails on what Matrix does not list; knows how deep the elements stand in each other."""

    ELEMENTS = frozenset(
        {"del", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "p", "a", "ul", "ol", "sup", "sub", "li", "b", "i"}
        | {"u", "strong", "em", "s", "code", "hr", "br", "div", "table", "thead", "tbody", "tr", "th", "td", "caption"}
        | {"pre", "span", "img", "details", "summary"}
    )
    ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "span": {"data-mx-spoiler"}, "code": {"class"}}  # noqa: RUF012

    def __init__(self):
        super().__init__()
        self.open = self.deepest = 0

    def handle_starttag(self, tag, attrs):
        assert tag in self.ELEMENTS
        assert {name for name, _ in attrs} <= self.ATTRIBUTES.get(tag, set()), (tag, attrs)
        given = dict(attrs)
        assert urlsplit(given.get("href", "http:")).scheme in ("http", "https", "mailto")
        assert given.get("class", "language-").startswith("language-")
        self.open += tag not in ("br", "hr")
        self.deepest = max(self.deepest, self.open)

    def handle_endtag(self, tag):
        self.open -= 1

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


class Balance(HTMLParser):
    """Fails on an end tag that does not end what was opened last; knows what is open."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def depth(node):
    deepest, waiting = 0, [(node, 1)]
    while waiting:
        current, level = waiting.pop()
        deepest = max(deepest, level)
        waiting.extend((child, level + 1) for child in current.children)
    return deepest


# ---------------------------------------------------------------------------------------------------- any source

TAGS = [
    "p",
    "div",
    "b",
    "i",
    "em",
    "strong",
    "s",
    "del",
    "u",
    "sup",
    "sub",
    "font",
    "code",
    "pre",
    "blockquote",
    "cite",
    "ul",
    "ol",
    "li",
    "table",
    "tr",
    "td",
    "th",
    "caption",
    "thead",
    "details",
    "summary",
    "h1",
    "h6",
    "a",
    "span",
    "aside",
    "section",
    "dl",
    "dt",
    "dd",
    "center",
    "body",
    "html",
    "head",
    "form",
    "button",
    "label",
    "title",
    "textarea",
    "option",
    "select",
    "svg",
    "math",
    "p/",
    "br",
    "hr",
    "img",
    "input",
    "frameset",
    "nobr",
    "marquee",
    "object",
]
ATTRIBUTES = st.sampled_from(
    [
        "",
        " class=spoiler",
        " class='quote mention'",
        ' href="http://a.b/"',
        " href=javascript:x()",
        " c=1",
        " alt=x",
        " start=9",
        " <",
        "='",
        '="',
    ]
)
SOUP = st.lists(
    st.from_regex(r"w[0-9]{1,3}", fullmatch=True)
    | st.builds(
        "<{}{}>".format,
        st.sampled_from(TAGS),
        st.sampled_from(["", " class=spoiler", " href='http://a.b/?c'", " start=3"]),
    )
    | st.builds("</{}>".format, st.sampled_from(TAGS)),
    max_size=40,
)
BBCODE_TAGS = (
    "b",
    "i",
    "u",
    "s",
    "quote",
    "code",
    "list",
    "*",
    "url",
    "img",
    "spoiler",
    "table",
    "td",
    "size",
    "h1",
    "no",
)
BRACKETS = st.lists(
    st.from_regex(r"w[0-9]{1,3}", fullmatch=True)
    | st.builds("[{}{}]".format, st.sampled_from(BBCODE_TAGS), st.sampled_from(["", "=1", "=http://a.b/", '="x y"']))
    | st.builds("[/{}]".format, st.sampled_from(BBCODE_TAGS)),
    max_size=40,
)
HOSTILE = st.lists(
    MARKS
    | MEANT
    | st.builds("<{}{}>".format, st.sampled_from(TAGS), ATTRIBUTES)
    | st.builds("[{}]".format, st.sampled_from(["b", "/b", "quote", "/quote", "code", "/code", "list", "*", "url"]))
    | st.sampled_from(["<!--", "<![CDATA[", "</", "<?", "&#x202e;", "&#0", "\x00", "\ud800"]),
    max_size=30,
).map("".join)
SEEN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf"]) | st.sampled_from("\n\n "), max_size=80)


CALLS = st.lists(
    st.sampled_from(["@", "admin", "a", " ", "**", "_", "~~", "||", "<u>", "</u>", "<b>", "</b>", "`", "\\", "é"])
    | st.sampled_from(
        ["&#64;", "[", "](https://x.y/)", "<a href='https://x.y/'>", "</a>", "\n", '"', '"#1', "https://x.y/@a"]
    ),
    max_size=12,
).map("".join)
CALLED = re.compile(r"(?<![A-Za-z0-9_])@[\w\-.@\"“]")

# ------------------------------------------------------------------------------------------------------- the laws


@pytest.mark.parametrize("format", markup.READERS)
@given(source=HOSTILE | st.text(), base=ADDRESSES)
def test_any_text_is_read_into_a_bounded_tree(format, source, base):
    """A post that cannot be read would stop its thread; a deep one would stop whoever walks it."""
    tree = markup.read(source, format, base)
    assert depth(tree) <= MAX_DEPTH
    for written in markup.WRITERS:
        markup.write(tree, written).encode()
    assert not re.search("[\x00\u202a-\u202e\u2066-\u2069]", markup.words(tree))


@given(SEEN)
def test_plain_text_keeps_all_its_characters(source):
    """Nothing in it is a mark: what was typed is what is shown."""
    assert markup.words(markup.read(source, "plain")) == " ".join(source.split())


@given(SEEN)
def test_plain_text_is_written_as_it_was_read(source):
    """Read-back on forums without markup compares exactly this."""
    tree = markup.read(source, "plain")
    assert markup.words(markup.read(markup.write(tree, "plain"), "plain")) == markup.words(tree)


@given(
    USUAL_LINES | LINES, st.sampled_from([{Kind.LINK}, {Kind.LINK, Kind.BOLD, Kind.ITALIC}, set(Kind)]), st.booleans()
)
def test_what_needs_no_change_is_given_as_it_is(children, spans, breaks):
    """The short way of the usual line must say what the long one says."""
    short = inline.even(children, frozenset(spans), breaks)
    if short is not None:
        assert said(short) == said(inline.evened(children, frozenset(spans), breaks))


@pytest.mark.parametrize("format", ["markdown", "bbcode", "matrix"])
@given(USUAL_LINES)
def test_a_usual_line_reads_back_as_the_same_words(format, children):
    """Most lines are like these, and are written in a shorter way."""
    tree = Node(Kind.DOCUMENT, children=(Node(Kind.PARAGRAPH, children=children),))
    reader = "html" if format == "matrix" else format
    assert markup.words(markup.read(markup.write(tree, format), reader)) == markup.words(tree)


def said(pieces):
    """Pieces with the words in one that stand side by side, however they are cut."""
    run: list[object] = []
    for step, node in pieces:
        words = node.text if node.kind is Kind.TEXT else None
        if words is not None and run and isinstance(run[-1], str):
            run[-1] += words
        else:
            run.append(words if words is not None else (step, node.kind, node.text, node.target))
    return run


@given(TREES)
def test_plain_text_of_a_tree_has_its_words_in_their_order(tree):
    """Marks and addresses are added around the words, never put in their place."""
    written = iter(re.findall(r"\w+", markup.write(tree, "plain")))
    runs = re.findall(r"\w+", markup.words(tree))
    assert "".join(runs) in "".join(written) or all(
        character in written_characters
        for written_characters in ["".join(re.findall(r"\w+", markup.write(tree, "plain")))]
        for character in "".join(runs)
    )


@given(SOUP)
def test_no_word_of_a_page_is_lost(soup):
    """However broken the HTML of a post is, its author's words are in it."""
    words = markup.words(markup.read(" ".join(soup), "html"))
    for word in (piece for piece in soup if piece.startswith("w")):
        assert word in words


@pytest.mark.parametrize("format", ["markdown", "discord", "discourse", "flarum"])
@given(
    said=st.lists(st.from_regex(r"w[0-9]{1,3}", fullmatch=True) | MEANT | st.just("||"), max_size=30),
    between=st.sampled_from([" ", "\n", "\n\n", "\n  ", "\n> "]),
)
def test_no_word_of_markdown_is_lost(format, said, between):
    """Chat people do not know all of Markdown; what they did not mean as a mark must not vanish as one."""
    words = markup.words(markup.read(between.join(said), format))
    for word in (piece for piece in said if piece.startswith("w")):
        assert word in words


@given(BRACKETS)
def test_no_word_of_bbcode_is_lost(soup):
    """Whatever is wrongly nested, never closed or no tag at all: what was said is shown."""
    words = markup.words(markup.read(" ".join(soup), "bbcode"))
    for word in (piece for piece in soup if piece.startswith("w")):
        assert word in words


@given(TREES)
def test_bbcode_reads_back_as_the_same_words(tree):
    """Read-back recognises a post by its words, and nothing that somebody said may become a tag."""
    written = markup.write(tree, "bbcode")
    assert markup.words(markup.read(written, "bbcode")) == markup.words(tree), written


@given(TREES)
def test_matrix_reads_back_as_the_same_words(tree):
    """What is escaped comes out again, and nothing is shown twice."""
    if not any(node.kind is Kind.IMAGE and not node.label.strip() for node in nodes.walk(tree)):
        written = markup.write(tree, "matrix")
        assert markup.words(markup.read(written, "html")) == markup.words(tree), written


@given(TREES)
def test_matrix_is_given_nothing_but_what_its_specification_lists(tree):
    """Clients drop the rest, and a stranger's words must not reach one as anything but words."""
    checker = SpecChecker()
    checker.feed(markup.write(tree, "matrix"))
    checker.close()
    assert checker.deepest <= 100


@given(TREES)
def test_discord_shows_every_word(tree):
    """Marks and addresses are added around the words, never put in their place."""
    written = markup.write(tree, "discord")
    for node in nodes.walk(tree):
        said = node.text if node.kind is Kind.CODE_BLOCK else named(node) or shown(node)
        assert all(run in written for run in re.findall(r"[^\W_]+", said)), (said, written)


@given(TREES)
def test_discord_previews_one_address_at_most(tree):
    """A preview of everything that is linked would bury the chat."""
    written = re.sub(r"```.*?```", "", markup.write(tree, "discord"), flags=re.DOTALL)
    written = re.sub(r"(`+)[^`].*?\1", "", written)
    assert len(re.findall(r"https?://", re.sub(r"<[^<>]*>", "", written))) <= 1, written


@pytest.mark.parametrize("format", ["markdown", "discourse", "flarum"])
@given(TREES)
def test_markdown_reads_back_as_the_same_words(format, tree):
    """Read-back recognises a post by its words: a mark that came out as a word would make it a stranger's."""
    written = markup.write(tree, format)
    assert markup.words(markup.read(written, format)) == markup.words(tree), written


@pytest.mark.parametrize("chat", ["discord", "matrix", "markdown"])
@given(source=HOSTILE | CALLS)
def test_nobody_is_called_by_words_from_a_chat(chat, source):
    """Law 10: whatever stands around an @, and whatever of it is left out on the way."""
    tree = calling(markup.read(source, chat), dict[str, str]().get)
    # BBCode has no code within a line, whose words stand bare there; phpBB, which reads it, knows no mentions.
    for forum in ("discourse", "flarum", "markdown", *(() if "`" in source else ("bbcode",))):
        # Words in code are none to an engine, and an address is one.
        written = re.sub(r"(`+)[^`].*?\1|\[code.*?\[/code\]", "", markup.write(tree, forum), flags=re.DOTALL)
        if forum != "bbcode":
            written = re.sub(r"<https?://[^<>]*>", "", written)
            written = re.sub(r"(?<!\\)\]\((?:\\.|[^()])*\)", "", written)
        written = re.sub(r"https?://[^\s\[\]]*", "", written)
        assert not CALLED.search(written), written


@given(TREES)
def test_a_web_page_holds_nothing_but_our_own_elements(tree):
    """Posts are strangers' words: on our pages they are never more than that."""
    checker = Checker()
    checker.feed(markup.write(tree, "web"))
    checker.close()


@pytest.mark.parametrize("format", ["web", "matrix"])
@given(TREES)
def test_every_element_that_is_opened_is_closed(format, tree):
    """An open one would go on behind the post; the gate does not look for it."""
    balance = Balance()
    balance.feed(markup.write(tree, format))
    balance.close()
    assert not balance.open


def test_code_in_a_line_stays_in_its_line_on_a_web_page():
    """Its line break is white space there; as a block it would tear the words around it apart."""
    line = Node(Kind.PARAGRAPH, children=(Node(Kind.TEXT, "0"), Node(Kind.CODE, "1\n1")))
    tree = Node(Kind.DOCUMENT, children=(line,))
    assert markup.words(markup.read(markup.write(tree, "web"), "html")) == "01 1"


@given(TREES)
def test_a_web_page_shows_the_same_words(tree):
    """What is escaped comes out again, and nothing is shown twice."""
    seen = {node.kind for node in nodes.walk(tree) if node.kind is Kind.IMAGE and not node.label.strip()}
    if not seen:
        read_back = markup.words(markup.read(markup.write(tree, "web"), "html"))
        assert read_back == markup.words(tree)


@given(TREES, st.integers(-1, 60))
def test_an_excerpt_is_one_line_and_fits(tree, limit):
    """It stands in lists, notices and phones."""
    line = markup.excerpt(tree, limit)
    assert len(line) <= max(limit, 0)
    assert line == " ".join(line.split())


@given(st.text(), st.integers(-1, 40))
def test_a_name_shows_all_that_is_in_it(name, limit):
    """Two names that look alike are alike; none turns around the line it stands in."""
    shown = markup.clean_name(name, limit)
    assert len(shown) <= max(limit, 0)
    assert shown == " ".join(shown.split())
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Cn"}
    assert markup.clean_name(shown, limit) == shown
