"""What Discord is given: its own Markdown, and nothing in it that a stranger's words could mean."""

import pytest

from bot import markup
from bot.markup.nodes import Kind, Node


def discord(source, format="html"):
    return markup.write(markup.read(source, format, "https://forum.example/"), "discord")


@pytest.mark.parametrize(
    "words", ["*a*", "_a_", "~~a~~", "||a||", "`a`", "<@1>", "<#1>", "<t:1>", "</a:1>", "<:a:1>", "[a](b)", "\\a",
              "# a", "-# a", "> a", ">>> a", "- a", "1. a"]
)  # fmt: skip
def test_words_mean_nothing_but_themselves(words):
    """Whatever Discord would make of them, their author did not."""
    written = discord(words, "plain")
    assert written != words
    assert written.replace("\\", "") == words.replace("\\", "")


@pytest.mark.parametrize("name", ["everyone", "here"])
def test_nobody_is_called(name):
    """The chat asks for no pings either; two locks hold better than one."""
    assert f"@{name}" not in discord(f"@{name} look, a @{name}", "plain")


def test_an_address_previews_nothing():
    """A post with ten links would fill the channel with previews."""
    assert discord("see https://a.b/c_d. or xhttps://a.b", "plain") == "see <https://a.b/c_d>. or xhttps\\://a.b"
    assert discord('<a href="https://a.b/c">words</a>') == "[words](<https://a.b/c>)"
    assert discord('<a href="https://a.b/">https://a.b/</a>') == "<https://a.b/>"


def test_a_link_that_looks_like_another_address_shows_where_it_leads():
    """Discord does not take it as a link, and a reader must not take it for the other."""
    assert discord('<a href="https://evil.example/">https://bank.example</a>') == (
        "https\\://bank.example (<https://evil.example/>)"
    )


def test_the_first_picture_stands_alone_where_discord_shows_it():
    """The others are links with their descriptions."""
    assert discord('<p>see <img src="/a.png" alt="a cat"> and <img src="/b.png" alt="b"></p>') == (
        "see\na cat\nhttps://forum.example/a.png\nand [b](<https://forum.example/b.png>)"
    )


def test_the_page_of_a_video_is_shown_like_a_picture():
    """People paste their addresses."""
    assert discord("https://youtu.be/abcdefghijk look", "plain") == "https://youtu.be/abcdefghijk\nlook"


@pytest.mark.parametrize(
    "source",
    [
        '<span class="spoiler"><img src="/a.png"></span>',
        '<details><summary>t</summary><img src="/a.png"></details>',
        '<blockquote><img src="/a.png"></blockquote>',
    ],
)
def test_what_is_hidden_or_quoted_is_not_previewed(source):
    """A preview would show what its author hid, or what another post showed already."""
    assert "<https://forum.example/a.png>" in discord(source)


def test_what_is_folded_is_hidden():
    """Discord folds nothing; a spoiler is what it has."""
    source = "<details><summary>End</summary><p>he <i>lives</i></p><pre>x</pre></details>after"
    assert discord(source) == "**End**\n||he *lives*||\n\n||```\nx\n```||\n\nafter"


def test_code_cannot_close_its_fence():
    """Discord knows no longer ones."""
    assert discord("<pre>a\n```\nb</pre>") == "```\na\n``\u200b`\nb\n```"


def test_headers_are_three():
    """The others are bold."""
    assert discord("<h1>a</h1><h3>b</h3><h4>c</h4>") == "# a\n\n### b\n\n**c**"


def test_a_table_keeps_its_columns():
    """Only characters of one width do that."""
    assert discord("<table><tr><th>a<th>bb<tr><td>11<td>2</table>") == "```\na   bb\n--  --\n11  2\n```"


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("<b>a</b><i>b</i>", "**a**_b_"),
        ("<b>a</b><i>b</i>c", "**a**\u200b*\u200bb\u200b*\u200bc"),
        ("<b><i>a</i></b>", "**_a_**"),
        ("a<i>b</i>c", "a*b*c"),
        ("<u>a</u> <s>b</s>", "__a__ ~~b~~"),
    ],
)
def test_marks_do_not_run_together(source, written):
    """Three stars in a row are read as whatever comes first."""
    assert discord(source) == written


@pytest.mark.parametrize("count", [3, 4, 5, 6, 9])
def test_no_run_of_backticks_ends_a_block_of_code(count):
    """What stands behind it would be read as marks, and its addresses previewed."""
    written = markup.write(Node(Kind.CODE_BLOCK, "a" + "`" * count + "b"), "discord")
    assert written.count("```") == 2
    assert written.replace("\u200b", "") == f"```\na{'`' * count}b\n```"
