"""Laws of the texts between formats, for any text and any tree."""

import re
import unicodedata
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import markup
from bot.markup import nodes
from bot.markup.nodes import MAX_DEPTH, Kind, Node

# ------------------------------------------------------------------------------------------------------ any tree

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Cn", "Co"]), max_size=12)
MARKS = st.text(alphabet="ab1 *_`~[]()<>#+-.!|\\&;:=\"'\n\u00a0é€。", max_size=12)
MEANT = st.sampled_from(
    [
        "1. a",
        "- b",
        "+ c",
        "# d",
        "> e",
        "```",
        "~~~",
        "---",
        "===",
        "***",
        "| a |",
        "|---|",
        ":--|",
        "[a]: b",
        "[x](y)",
        "![x](y)",
        "&amp;",
        "&#35;",
        "<b>",
        "<!-- c -->",
        "http://x.y/a_b*c",
        "\\",
        "`",
        "a\\",
        "#",
        "x #",
        "    y",
        "1)",
        "_a_",
    ]
)
SAID = WORDS | MARKS | MEANT
ADDRESSES = st.sampled_from(
    [
        "http://a.b/",
        "https://a.b/c_(d)?e=1&amp;f=*#[g]",
        "mailto:a@b.c",
        "https://a.b/|\\<",
        "javascript:alert(1)",
        "/c",
        "",
    ]
) | st.text(alphabet="ab:/?#[]@!$&'()*+,;=%-_~.", max_size=12).map("https://a.b/".__add__)
NAMES = st.text("ab c_*", max_size=6)


def inline(children):
    many = st.lists(children, max_size=4).map(tuple)
    spans = [Kind.BOLD, Kind.ITALIC, Kind.STRIKE, Kind.UNDERLINE, Kind.SUPERSCRIPT, Kind.SUBSCRIPT, Kind.SPOILER]
    return st.builds(Node, st.sampled_from(spans), children=many) | st.builds(
        Node, st.just(Kind.LINK), target=ADDRESSES, children=many
    )


LEAVES = (
    st.builds(Node, st.just(Kind.TEXT), text=SAID)
    | st.just(Node(Kind.BREAK))
    | st.builds(Node, st.sampled_from([Kind.CODE, Kind.MENTION]), text=SAID)
    | st.builds(Node, st.sampled_from([Kind.IMAGE, Kind.MEDIA]), target=ADDRESSES, label=SAID)
)
INLINE = st.recursive(LEAVES, inline, max_leaves=8)
LINES = st.lists(INLINE, max_size=5).map(tuple)
SIMPLE_BLOCKS = (
    st.builds(Node, st.just(Kind.PARAGRAPH), children=LINES)
    | st.builds(Node, st.just(Kind.HEADING), level=st.integers(0, 7), children=LINES)
    | st.builds(Node, st.just(Kind.CODE_BLOCK), text=SAID, label=NAMES)
    | st.just(Node(Kind.RULE))
)


def blocks(children):
    many = st.lists(children | INLINE, max_size=3).map(tuple)
    items = st.lists(st.builds(Node, st.just(Kind.ITEM), children=many), max_size=3).map(tuple)
    cells = st.lists(
        st.builds(Node, st.just(Kind.CELL), level=st.integers(0, 1), children=LINES | many), max_size=3
    ).map(tuple)
    rows = st.lists(st.builds(Node, st.just(Kind.ROW), children=cells), max_size=3).map(tuple)
    return (
        st.builds(Node, st.just(Kind.QUOTE), label=NAMES, target=ADDRESSES, children=many)
        | st.builds(Node, st.just(Kind.FOLD), label=SAID, children=many)
        | st.builds(
            Node,
            st.just(Kind.LIST),
            level=st.integers(0, 1),
            label=st.sampled_from(["", "1", "7", "x"]),
            children=items,
        )
        | st.builds(Node, st.just(Kind.TABLE), children=rows)
    )


TREES = st.lists(st.recursive(SIMPLE_BLOCKS, blocks, max_leaves=6), max_size=4).map(
    lambda children: Node(Kind.DOCUMENT, children=tuple(children))
)


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
HOSTILE = st.lists(
    MARKS
    | MEANT
    | st.builds("<{}{}>".format, st.sampled_from(TAGS), ATTRIBUTES)
    | st.sampled_from(["<!--", "<![CDATA[", "</", "<?", "&#x202e;", "&#0", "\x00", "\ud800"]),
    max_size=30,
).map("".join)
SEEN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf"]) | st.sampled_from("\n\n "), max_size=80)


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


@given(
    st.lists(st.from_regex(r"w[0-9]{1,3}", fullmatch=True) | MEANT, max_size=30),
    st.sampled_from([" ", "\n", "\n\n", "\n  ", "\n> "]),
)
def test_no_word_of_markdown_is_lost(said, between):
    """Chat people do not know all of Markdown; what they did not mean as a mark must not vanish as one."""
    words = markup.words(markup.read(between.join(said), "markdown"))
    for word in (piece for piece in said if piece.startswith("w")):
        assert word in words


@given(TREES)
def test_markdown_reads_back_as_the_same_words(tree):
    """Read-back recognises a post by its words: a mark that came out as a word would make it a stranger's."""
    written = markup.write(tree, "markdown")
    assert markup.words(markup.read(written, "markdown")) == markup.words(tree), written


@given(TREES)
def test_a_web_page_holds_nothing_but_our_own_elements(tree):
    """Posts are strangers' words: on our pages they are never more than that."""
    checker = Checker()
    checker.feed(markup.write(tree, "web"))
    checker.close()


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
