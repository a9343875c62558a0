"""Recorded pages of real forums: every post in them is read whole, and shown whole in every chat."""

import contextlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot import markup
from bot.markup.nodes import Kind, walk

RECORDED = Path(__file__).parents[4] / "shared" / "fixtures"

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"the recordings in {RECORDED} are not here")


class Words(HTMLParser):
    """The words of a post without those that belong to its page."""

    UNSAID = ("meta", "quote-controls")

    def __init__(self):
        super().__init__()
        self.words = []
        self._unsaid = 0

    def handle_starttag(self, tag, attrs):
        classes = (dict(attrs).get("class") or "").split()
        if tag == "div" and (self._unsaid or any(name in self.UNSAID for name in classes)):
            self._unsaid += 1

    def handle_endtag(self, tag):
        if tag == "div" and self._unsaid:
            self._unsaid -= 1

    def handle_data(self, data):
        if not self._unsaid:
            self.words += re.findall(r"[^\W_]+", data)


def html(value, keys):
    """The HTML under these keys, anywhere in a recorded answer, which may be JSON in JSON."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str) and key in keys and "<" in inner:
                yield inner
            elif isinstance(inner, str) and inner[:1] in "{[" and inner[1:]:
                with contextlib.suppress(ValueError):
                    yield from html(json.loads(inner), keys)
            else:
                yield from html(inner, keys)
    elif isinstance(value, list):
        for inner in value:
            yield from html(inner, keys)


def posts(engine, *keys):
    for page in sorted((RECORDED / engine).glob("*.json")):
        yield from html(json.loads(page.read_bytes()), keys)


ENGINES = [
    ("discourse", "cooked"),
    ("nodebb", "content"),
    ("flarum", "contentHtml"),
    ("isso", "text"),
    ("wordpress", "rendered"),
    ("reddit", "body_html"),
]


@pytest.mark.parametrize(("engine", "key"), ENGINES)
def test_no_word_of_a_recorded_post_is_lost(engine, key):
    """Neither in the tree nor on the way into a chat."""
    found = list(posts(engine, key))
    assert found
    for post in found:
        expected = Words()
        expected.feed(post)
        tree = markup.read(post, "html", "https://forum.example/")
        read = markup.words(tree)
        for word in expected.words:
            assert word in read
        for format in ("web", "plain", "markdown", "bbcode", "discord", "matrix"):
            written = markup.write(tree, format)
            for word in expected.words:
                assert word in written, (format, word)


def test_who_is_quoted_is_read_from_recorded_posts():
    """It is all that is known of the parent of many a post."""
    quotes = [
        node
        for post in posts("discourse", "cooked")
        for node in walk(markup.read(post, "html"))
        if node.kind is Kind.QUOTE and "quote" in post
    ]
    assert sum(bool(quote.label) for quote in quotes) >= 100


def test_a_recorded_page_of_phpbb_has_its_quotes_and_its_code():
    """The title of the code and its button belong to the page."""
    page = (RECORDED / "phpbb" / "005-post-topic.html").read_text(encoding="utf-8")
    [post] = re.findall(r'<div class="content">(.*?<blockquote>.*?)</div>\s*<div', page, re.DOTALL)[:1]
    written = markup.write(markup.read(post, "html"), "markdown")
    assert "> **bob**\n>\n> a quote" in written
    assert "```\nprint(1)\n```" in written or "`print(1)`" in written
    assert "Select all" not in written
