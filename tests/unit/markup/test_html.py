"""The HTML of forum engines, as they write it, and the HTML that nobody should write."""

from pathlib import Path

import pytest

from bot import markup
from bot.markup.html_pieces import attributes, pieces
from bot.markup.nodes import Kind, walk

PAGES = Path(__file__).parents[2] / "data" / "markup"
BASE = "https://forum.example/t/1"


def read(source):
    return markup.read(source, "html", BASE)


def kinds(source):
    return [node.kind for node in walk(read(source))][1:]


def markdown(source):
    return markup.write(read(source), "markdown")


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.html")), ids=lambda page: page.stem)
def test_what_an_engine_draws_is_read_as_what_it_means(page):
    """Quotes, spoilers, code and videos are drawn differently everywhere, and are the same to a reader."""
    assert markdown(page.read_text(encoding="utf-8")) + "\n" == page.with_suffix(".md").read_text(encoding="utf-8")


def test_an_inline_element_ends_where_its_tag_says():
    """Old posts nest them wrongly; what is bold on the page is bold in the chat."""
    assert markdown("<b>one <i>two</b> three</i> four") == "**one _two_** _three_ four"


def test_formatting_goes_on_over_paragraphs():
    """It does on the page, too."""
    assert markdown("<b>one<p>two</p></b>three") == "**one**\n\n**two**\n\nthree"


def test_what_is_not_closed_is_closed_by_the_next_of_its_kind():
    """Items, rows and cells have always been written without their ends."""
    assert markdown("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>") == "- a\n- b\n  + c\n- d"
    assert markdown("<table><tr><th>a<th>b<tr><td>1<td>2</table>") == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_an_end_tag_in_a_cell_ends_nothing_around_the_table():
    """A stray one would tear the table apart."""
    assert kinds("<div class=spoiler><table><tr><td>a</div>b</td><td>c</td></tr></table></div>").count(Kind.CELL) == 2


def test_a_quoted_attribute_may_hold_tags():
    """Titles of pictures do."""
    assert markdown('<a title="x > <b>y</b>" href="/z">z</a>') == "[z](https://forum.example/z)"


def test_a_quote_that_is_never_closed_ends_with_its_tag():
    """Else the rest of the post would be its attribute."""
    assert markdown('<a href="/z>word</a> more') == "word more"


def test_comments_and_declarations_are_no_words():
    """WordPress marks its pages with them."""
    assert pieces("a<!--more-->b<!doctype html>c<?php x ?>d<![CDATA[e]]>f") == ["abcdf"]
    assert pieces("a<!-->b") == ["ab"]


def test_a_comment_that_is_never_closed_is_words():
    """Its author meant them as such, and a browser would lose the rest of the post."""
    assert markup.words(read("a <!-- b")) == "a <!-- b"


def test_attributes_are_read_however_they_are_quoted():
    """The first of two that share a name counts, as in browsers."""
    assert attributes(" HREF='a&amp;b' class = \"x y\" id=z checked id=q") == {
        "href": "a&b",
        "class": "x y",
        "id": "z",
        "checked": "",
    }


@pytest.mark.parametrize("end", ["", " ", "/", " /"])
def test_attributes_are_the_same_however_plainly_they_are_written(end):
    """Those in double quotes are read in a shorter way."""
    assert attributes(f' class="x y" alt="it\'s" href="/a?b=c" class="z"{end}') == {
        "class": "x y",
        "alt": "it's",
        "href": "/a?b=c",
    }
    assert attributes(f' class="x" href="a&amp;b"{end}') == {"class": "x", "href": "a&b"}
    assert attributes(f' class="x" open href="a"{end}') == {"class": "x", "open": "", "href": "a"}


@pytest.mark.parametrize("tag", ["b", "em", "sup", "a href='/z'"])
def test_an_element_of_words_alone_ends_with_its_tag(tag):
    """What stands behind it is not formatted."""
    name = tag.split()[0]
    once = read(f"x <{tag}>y &amp; z</{name}> end")
    assert once == read(f"x <{tag}>y &amp; z<wbr></{name}> end")
    assert markup.words(once) == "x y & z end"
    assert [node.kind for node in walk(once)].count(Kind.TEXT) == 3
    assert read(f"<{tag}></{name}>x") == read("x")


def test_characters_in_writing_are_cleaned_too():
    """What turns a line around does so however it was written."""
    assert markup.words(read("a&#8238;b")) == "ab"


@pytest.mark.parametrize(
    ("player", "page"),
    [
        ("https://www.youtube.com/embed/dQw4w9WgXcQ?rel=0", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("//www.youtube-nocookie.com/embed/dQw4w9WgXcQ", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("https://player.vimeo.com/video/42", "https://vimeo.com/42"),
        ("https://other.example/embed/1", "https://other.example/embed/1"),
    ],
)
def test_a_player_becomes_the_page_of_its_video(player, page):
    """Chats preview pages; a player shows nothing there."""
    [media] = [node for node in walk(read(f'<iframe src="{player}">old browsers</iframe>')) if node.kind is Kind.MEDIA]
    assert media.target == page


def test_a_picture_in_a_lightbox_is_the_large_one():
    """It is what a reader would open."""
    [image] = [
        node
        for node in walk(read('<a class="lightbox" href="/large.png"><img src="/small.png" alt="a"></a>'))
        if node.kind in (Kind.IMAGE, Kind.LINK)
    ]
    assert (image.kind, image.target, image.label) == (Kind.IMAGE, "https://forum.example/large.png", "a")


def test_a_title_without_a_quote_is_words():
    """Whatever stood there, somebody said it."""
    assert markdown('<aside class="quote"><div class="title">bob:</div></aside>') == "bob:"


@pytest.mark.parametrize("name", ["div", "b", "ul><li", "blockquote", "table><td", "cite", "a href=x", "span"])
def test_the_work_grows_with_the_length_and_not_with_the_depth(name):
    """A tree that is bounded by its depth has as many nodes for ten thousand levels as for a thousand."""
    sizes = [sum(1 for _ in walk(read(f"<{name}>" * many + "word"))) for many in (400, 4000)]
    assert sizes[0] == sizes[1]
    assert markup.words(read(f"<{name}>" * 4000 + "word")) == "word"
