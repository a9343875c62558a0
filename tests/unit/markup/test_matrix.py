"""What Matrix is given, and the gate that everything passes that becomes HTML."""

import nh3

from bot import markup
from bot.markup.html_out import ADDRESS, Gate
from bot.markup.nodes import Kind, Node, document, paragraph


def matrix(source):
    return markup.write(markup.read(source, "html", "https://forum.example/"), "matrix")


def test_a_post_is_written_with_the_elements_of_the_specification():
    """Clients drop all others, often with what is in them."""
    assert matrix(
        '<blockquote><cite><a href="/u">bob</a> wrote:</cite>q</blockquote><p><s>a</s> <span class="spoiler">b</span>'
        '<br><a href="/c">c</a> <img src="/d.png" alt="d"></p><pre><code class="lang-py">e &lt; f</code></pre>'
        '<ol start="3"><li>g</li></ol><details><summary>h</summary>i</details>'
    ) == (
        '<blockquote><p><strong><a href="https://forum.example/u">bob</a></strong></p><p>q</p></blockquote>'
        '<p><del>a</del> <span data-mx-spoiler>b</span><br><a href="https://forum.example/c">c</a> '
        '<a href="https://forum.example/d.png">d</a></p><pre><code class="language-py">e &lt; f</code></pre>'
        '<ol start="3"><li>g</li></ol><details><summary>h</summary><p>i</p></details>'
    )


def test_nothing_stands_deeper_than_the_specification_allows():
    """A client may refuse the whole message."""
    written = matrix("<blockquote>" * 200 + "word")
    assert written.count("<blockquote>") <= 100
    assert "word" in written


def gate():
    return Gate(
        nh3.Cleaner(tags={"p", "a"}, attributes={"a": {"href"}}, link_rel=None), (), f'<a href="{ADDRESS}">|</a>'
    )


def test_the_gate_lets_pass_what_it_can_prove():
    """Parsing it again costs more than writing it did."""
    html = '<p>a <a href="https://a.b/?c=1&amp;d">b</a> &lt;c&gt;</p>'
    assert gate().pass_on(html) == html


def test_the_gate_sanitises_whatever_it_cannot_prove():
    """If the writer should ever be wrong, a stranger's HTML still reaches nobody."""
    for wrong in (
        "<script>x</script>",
        '<p onclick="x">y</p>',
        '<a href="javascript:x">y</a>',
        "<a href='https://a.b/'>y</a>",
        '<a href="https://a.b/" onclick="x">y</a>',
        "<p>a <",
        "<p<p>>",
        "<img src=x onerror=y>",
        "<!-- x -->",
    ):
        passed = gate().pass_on(wrong)
        assert passed != wrong
        assert passed == nh3.clean(passed, tags={"p", "a"}, attributes={"a": {"href"}}, link_rel=None)


def test_an_address_never_leaves_its_quotes():
    """Trees are made by readers, and a reader may be wrong."""
    tree = document(paragraph(Node(Kind.LINK, target='https://a.b/"onclick="x', children=(Node(Kind.TEXT, "y"),))))
    for format in ("matrix", "web"):
        assert "onclick" not in markup.write(tree, format)
