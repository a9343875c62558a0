"""Any text and any tree: what the tests of the texts between formats are given."""

from hypothesis import strategies as st

from bot.markup.nodes import Kind, Node

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
USUAL_WORDS = st.sampled_from(
    [
        "a",
        "b c",
        "a ",
        " b",
        "c  d",
        "a! ",
        "x!",
        "&",
        "&amp ",
        "*",
        "_c_",
        "1. ",
        "http://x.y/a_b",
        "e\u00a0f",
        " ",
        "",
    ]
).map(lambda words: Node(Kind.TEXT, words))
USUAL_LINES = st.lists(
    USUAL_WORDS
    | inline(USUAL_WORDS)
    | st.just(Node(Kind.BREAK))
    | st.builds(Node, st.just(Kind.LINK), target=st.just("https://a.b/"), children=st.tuples(USUAL_WORDS)),
    max_size=5,
).map(tuple)
"""Lines as most posts have them: words, and elements with words in them."""
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
