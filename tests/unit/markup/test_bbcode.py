"""BBCode, as forum engines write and take it."""

import pytest

from bot import markup

BASE = "https://forum.example/"


@pytest.mark.parametrize(
    ("source", "meant"),
    [
        ("[b]bold [i]x[/b] y[/i]", "**bold _x_** _y_"),
        ("[B]x[/B] [s]y[/s]", "**x** ~~y~~"),
        ('[quote="bob, post: 1, member: 2"]hi\nthere[/quote]\nanswer', "> **bob**\n>\n> hi\\\n> there\n\nanswer"),
        ("[quote=bob post_id=1 time=3 user_id=4]x[/quote]y", "> **bob**\n>\n> x\n\ny"),
        ('[quote="a b"]x[/quote]', "> **a b**\n>\n> x"),
        ("[quote author=bob link=m.1 date=3]x[/quote]", "> **[bob](https://forum.example/m.1)**\n>\n> x"),
        ("[list=1][*]one\n[*]two\n[list][*]in[/list][/list]", "1. one\n2. two\n   - in"),
        ("[ul][li]a[/li][li]b[/li][/ul]", "- a\n- b"),
        ("[list][*]a[/*][*]b[/*][/list]", "- a\n- b"),
        ("[url=http://a.b/c]w[/url] [url]http://a.b[/url]", "[w](http://a.b/c) <http://a.b>"),
        ("[url=javascript:x]evil[/url]", "evil (javascript:x)"),
        ("[email]a@b.c[/email]", "[a@b.c](mailto:a@b.c)"),
        ("[code=python]a[b]c[/b]\n  d[/code]", "```python\na[b]c[/b]\n  d\n```"),
        ("a [icode]x[0][/icode] b", "a `x[0]` b"),
        ("[noparse][b]x[/b][/noparse]", "\\[b\\]x\\[/b\\]"),
        ('[img alt="pic"]http://a.b/x.png[/img]', "![pic](http://a.b/x.png)"),
        ("[youtube]dQw4w9WgXcQ[/youtube]", "<https://www.youtube.com/watch?v=dQw4w9WgXcQ>"),
        ("[media=youtube]dQw4w9WgXcQ[/media]", "<https://www.youtube.com/watch?v=dQw4w9WgXcQ>"),
        ("[spoiler=The end]x[/spoiler]", "**The end**\n\nx"),
        ("[size=5][color=red]r[/color][/size]", "r"),
        (
            "[table][tr][th]a[/th][th]b[/th][/tr][tr][td]1[/td][td]2[/td][/tr][/table]",
            "| a | b |\n| --- | --- |\n| 1 | 2 |",
        ),
        ("[h2]t[/h2]x[hr]y", "## t\n\nx\n\n___\n\ny"),
        ("one\n\ntwo\nthree", "one\n\ntwo\\\nthree"),
    ],
)
def test_a_tag_is_read_as_what_it_means(source, meant):
    """Each engine has its own way to say who is quoted, and shares the rest."""
    assert markup.write(markup.read(source, "bbcode", BASE), "markdown") == meant


@pytest.mark.parametrize("source", ["[sic] a[i] = 3", "[quote]x", "x[/b]", "[foo]bar[/foo]", "[*] x", "[ b ]x", "[]"])
def test_what_is_no_tag_is_words(source):
    """People put things in brackets; without the tag that would close it, it was none."""
    assert markup.words(markup.read(source, "bbcode")) == source


@pytest.mark.parametrize("words", ["[b]x[/b]", "[/code]", "[quote=a]x[/quote]", "[*]", "a[i]"])
def test_what_only_looks_like_a_tag_never_becomes_one(words):
    """A chat user must not be able to break out of the quote that a post is put in."""
    for format in ("plain", "markdown"):
        source = words if format == "plain" else words.replace("[", "\\[")
        written = markup.write(markup.read(f"{source}", format), "bbcode")
        assert "[b]" not in written.replace("\u200b", "\u200b!")
        assert markup.words(markup.read(written, "bbcode")) == words


def test_a_tree_is_written_with_the_tags_that_engines_share():
    """What an engine does not know it would show in brackets."""
    source = (
        "# T\n\n**b** _i_ ~~s~~ `c` [l](https://a.b/?x[]=1)\n\n> q\n\n1. a\n2. b\n\n```py\nx[0]\n```\n\n"
        "![p](https://a.b/p.png)\n\n| a |\n| --- |\n| 1 |"
    )
    assert markup.write(markup.read(source, "markdown"), "bbcode") == (
        "[b]T[/b]\n\n[b]b[/b] [i]i[/i] [s]s[/s] c [url=https://a.b/?x%5B%5D=1]l[/url]\n\n[quote]q[/quote]\n\n"
        "[list=1]\n[*]a\n[*]b\n[/list]\n\n[code=py]x[0][/code]\n\np[img]https://a.b/p.png[/img]\n\n"
        "[table][tr][th]a[/th][/tr][tr][td]1[/td][/tr][/table]"
    )
