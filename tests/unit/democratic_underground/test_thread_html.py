"""HTML pages: the same words as in the page text give the same thread, with bodies that keep their markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.forums.democratic_underground.parse_html import Tag, from_html, pieces
from bot.model import BodyState, ThreadPage

BASE = "https://www.democraticunderground.com"


@pytest.fixture
def page(read, data) -> ThreadPage:
    return read((data / "thread.html").read_bytes())


def texts(html: str) -> list[str]:
    return [line.text for line in from_html(html, BASE)[0] if line.text]


def test_an_html_page_and_its_text_give_the_same_posts(read, page, text):
    """A thread may be fetched as one and was saved as the other."""
    written = read(text)
    assert page.thread.key == written.thread.key
    assert page.complete
    assert [post.key for post in page.posts] == [post.key for post in written.posts]
    assert [post.created for post in page.posts] == [post.created for post in written.posts]
    assert [post.title for post in page.posts] == [post.title for post in written.posts]
    assert page.damaged == ()


def test_the_address_that_a_browser_noted_counts(read, data):
    """A saved page then is the thread that it was, and not a second one."""
    html = (data / "thread.html").read_text(encoding="utf-8")
    noted = "<!-- saved from url=(0052)http://en.democraticunderground.org/10331234567 -->\n<html>"
    assert read(html.replace("<html>", noted, 1)).thread.key == "10331234567"
    assert read("\ufeff" + html.replace("<html>", noted, 1)).thread.key == "10331234567"
    quoted = html.replace("a new roof.", "a new roof. " + "x" * 1024 + noted.replace("<html>", ""))
    assert read(quoted).thread.key.startswith("saved-")


def test_a_row_is_split_by_its_link(page):
    """The title is the link, so that names of any shape are known."""
    assert page.posts[4].author.name == "Dr. Overdue Jr"


def test_the_board_is_known_by_the_link_at_the_foot(page):
    """Its key is the one under which the board itself is read."""
    assert page.thread.board is not None
    assert page.thread.board.key == "1033"
    assert page.thread.board.path == ("Region Forums", "Elmsbury")


def test_a_body_keeps_its_markup_and_nothing_of_the_page(page):
    """Emphasis, quotes, lists, links and pictures are the author's; cells and divisions are the page's."""
    assert page.posts[0].body.format == "html"
    assert page.posts[0].body.text == (
        "<p>The doors open again on <b>Monday</b>.</p><p>There will be tea &amp; a new roof.</p>"
        "<blockquote><p>Come one, <i>come all.</i><br>"
        f'<i>Bring a <a href="{BASE}/10014567">friend</a></i></p></blockquote>'
        f'<p><img src="{BASE}/img/tea.png" alt="tea"></p>'
    )
    assert page.posts[2].body.text == (
        "<p>We met there <b>every</b><br><b>week</b> &lt;3</p><ul><li><p>tea</p></li><li><p>cake</p></li></ul>"
    )
    assert page.posts[1].body.state is BodyState.EMPTY


def test_a_picture_alone_is_a_body(read, data):
    """A post without words is not an empty one."""
    html = (data / "thread.html").read_text(encoding="utf-8")
    post = read(html.replace("<div>Oct 2015</div><div></div>", '<div>Oct 2015</div><img src="x.png">')).posts[1]
    assert post.body.text == f'<p><img src="{BASE}/x.png" alt=""></p>'


def test_what_a_post_leaves_open_ends_with_it(read, data):
    """One unclosed tag must not reach into the next post."""
    html = (data / "thread.html").read_text(encoding="utf-8")
    page = read(html.replace("a new roof.", "a new roof.<blockquote><b><i>"))
    assert page.posts[2].body.text.startswith("<p>We met there <b>every</b>")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//[", "x" * 3000, ""])
def test_addresses_that_are_not_of_the_web_are_dropped(address):
    """A link to anything else is of no use in a chat."""
    lines, _ = from_html(f'<a href="{address}">here</a><img src="{address}">', BASE)
    assert [line.raw for line in lines] == ["here"]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("one<br>two<p>three<div>four</div>five", ["one", "two", "three", "four", "five"]),
        ("<table><tr><td>a<td>b<tr><th>c</table>d", ["a", "b", "c", "d"]),
        ("a\n\n  b&nbsp;<b> c</b>", ["a b c"]),
        ("<pre>a\n b</pre>c", ["a", "b", "c"]),
        ("a<!-- b --> c<!-- d", ["a c"]),
        ("<script>if (a<b) '</p>'</script>x<STYLE>y</STYLE >z", ["xz"]),
        ("<script>never closed", []),
        ("2 < 3 and <3 &lt;b&gt; &amp;amp;", ["2 < 3 and <3 <b> &amp;"]),
        ('<a title="a > b" href="/x">y</a>', ["y"]),
        ("<b title='>unclosed quote", ["<b title='>unclosed quote"]),
        ("</div></b></p>x", ["x"]),
    ],
)
def test_lines_end_where_a_browser_ends_them(html, expected):
    """The grammar reads lines."""
    assert texts(html) == expected


def test_a_line_of_no_break_spaces_is_a_divider():
    """It ends the outline."""
    lines, _ = from_html("<div>a</div><div>&nbsp; &#160;</div><div>b</div>", BASE)
    assert [(line.text, line.divider) for line in lines] == [("a", False), ("", True), ("b", False)]


@given(st.text(alphabet="<>/abp \"'=!-&;\n", max_size=200))
def test_any_text_is_taken_apart_without_loss_of_order(page):
    """Tags and words come as they stand; nothing raises."""
    last = 0
    for kind, _, words in pieces(page):
        if kind is Tag.TEXT:
            last = page.index(words, last) + len(words)
    from_html(page, BASE)
