"""What a site may answer instead of a sound feed: each has its error class, nothing escapes, neighbours go on."""

from contextlib import suppress

import pytest

from adapters.forums.feed import nouns
from adapters.forums.feed.items import MOST
from adapters.forums.feed.nouns import Source
from adapters.forums.feed.parse import parse
from bot import markup
from bot.errors import Unparsable
from tests.unit.feed.written import ADDRESS, NOW, Reader, ago, answer, atom, entry, posts, rss, texts


def titles(body: bytes, content_type: str = "application/rss+xml") -> list[str]:
    return [item.title for item in parse(body, content_type, ADDRESS).items]


# ------------------------------------------------------------------------------------------------------- no feed at all


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!DOCTYPE html><title>Welcome</title><p>A page", "an HTML page"),
        (b'\xef\xbb\xbf\n<!-- x --><HTML><form><input name="p" type="password"></form>', "asks for a login"),
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"Just words", "no feed"),
        (b'{"error": "not found"}', "no JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "no list of items"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [', "JSON"),
        (b"[" * 100_000, None),
        (b'{"version": ' + b"[" * 100_000, None),
        (b'<?xml version="1.0"?><note><to>You</to></note>', "no feed"),
        (b"\x00\x01\x02\xff" * 1000, "no feed"),
        (b"<" * 100_000, None),
        (b"&#99999999999;" * 1000, None),
    ],
    ids=[
        "page",
        "login",
        "empty",
        "blank",
        "words",
        "json",
        "items",
        "cut",
        "deep",
        "nested",
        "xml",
        "bytes",
        "lt",
        "ref",
    ],
)
def test_what_is_no_feed_is_unparsable(body, said):
    with pytest.raises(Unparsable, match=said) as caught:
        parse(body, "application/xml", ADDRESS)
    assert caught.value.looked_for, "who repairs it needs to know what was looked for"


def test_a_feed_that_is_called_a_page_is_read():
    """Servers know little about feeds."""
    assert titles(rss(entry("a", title="T")), "text/html; charset=utf-8") == ["T"]


# ------------------------------------------------------------------------------------------------------------ encodings

RUSSIAN = "Цитата"


@pytest.mark.parametrize(
    ("encoding", "declared", "header"),
    [
        ("windows-1251", "windows-1251", "application/xml"),
        ("windows-1251", "windows-1251", "application/xml; charset=utf-8"),
        ("windows-1251", "UTF-8", "text/xml; charset=windows-1251"),
        ("utf-8", "windows-1251", "text/xml"),
        ("utf-8", "iso-8859-1", "text/xml; charset=iso-8859-1"),
        ("utf-8", "punycode", "text/xml; charset=idna"),
        ("utf-16", "utf-16", "application/xml"),
        ("koi8-r", "koi8-r", ""),
    ],
)
def test_the_encoding_is_found_whatever_is_declared(encoding, declared, header):
    text = rss(entry("a", title=RUSSIAN)).decode().replace("UTF-8", declared)
    assert titles(text.encode(encoding), header) == [RUSSIAN]


def test_latin_text_that_is_called_utf_8_is_read():
    text = rss(entry("a", title="Anaïs and Jürgen")).decode()
    assert titles(text.encode("iso-8859-1")) == ["Anaïs and Jürgen"]


def test_a_bad_byte_in_utf_8_costs_one_character():
    body = rss(entry("a", title="Größe übrig, Füße"), entry("b", title="XX")).replace(b"XX", b"\xff")
    assert titles(body) == ["Größe übrig, Füße", "\ufffd"]


def test_characters_that_xml_forbids_cost_nothing_else():
    """A strict parser would give up the rest."""
    assert titles(rss(entry("a", title="one\x0b\x00two"), entry("b", title="B"))) == ["onetwo", "B"]


# ----------------------------------------------------------------------------------------------------------------- cut


def test_a_feed_that_breaks_off_is_read_without_its_last_entry():
    """The last one may be half a text: it would be an edit later."""
    whole = [entry(f"id-{n}", f"text {n}", at=ago(n)) for n in range(4)]
    reader = Reader()
    body = rss(*whole)
    cut = body[: body.index(b"text 3") + 4]
    page = reader.board(cut)
    assert texts(page) == ["text 0", "text 1", "text 2"]
    assert ["breaks off" in item.why for item in page.damaged] == [True]
    page = reader.board(body)
    assert texts(page) == ["text 3"]
    assert page.damaged == ()


def test_a_feed_that_is_no_sound_xml_is_read():
    """Bozo is no failure."""
    body = rss(entry("a", title="A"), entry("b", title="B")).replace(
        b"<title>A</title>", b"<title>A &nbsp; & so</title>"
    )
    assert titles(body)[1:] == ["B"]


@pytest.mark.parametrize("at", range(0, 900, 37))
def test_wherever_a_feed_is_cut_nothing_but_unparsable_leaves(at):
    body = rss(entry("a", "text <b>", at=ago(1), link="https://site.example/1"), entry("b", "x", at=ago(2)))
    with suppress(Unparsable):
        parse(body[:at], "application/xml", ADDRESS)


# ------------------------------------------------------------------------------------------------------- bombs and size


def test_entities_that_grow_are_not_expanded():
    laughs = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    body = rss(entry("a", title="A")).replace(b"<rss", f'<!DOCTYPE x [<!ENTITY e0 "ha">{laughs}]><rss'.encode())
    body = body.replace(b"<title>A</title>", b"<title>A &e11;</title>")
    found = parse(body, "application/xml", ADDRESS)
    assert all(len(item.title) < 1000 for item in found.items)


def test_a_long_entity_that_is_named_often_is_bounded():
    body = rss(entry("a", title="A")).replace(b"<rss", b'<!DOCTYPE x [<!ENTITY e "' + b"x" * 50_000 + b'">]><rss')
    body = body.replace(b"<title>A</title>", b"<title>" + b"&e;" * 2_000 + b"</title>")
    try:
        found = parse(body, "application/xml", ADDRESS)
    except Unparsable:
        return
    assert sum(len(item.title) for item in found.items) < 200_000


def test_a_file_that_a_feed_names_is_not_read():
    body = rss(entry("a", title="A")).replace(b"<rss", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><rss')
    body = body.replace(b"<title>A</title>", b"<title>A&e;</title>")
    assert [title.rstrip("&e;") for title in titles(body)] == ["A"]


def test_a_path_is_no_feed():
    """feedparser opens what looks like one, unless it is given bytes in memory."""
    with pytest.raises(Unparsable):
        parse(b"/etc/hostname", "", ADDRESS)
    with pytest.raises(Unparsable):
        parse(ADDRESS.encode(), "", ADDRESS)


def test_a_feed_of_too_many_entries_is_read_as_far_as_it_is_bounded():
    page = Reader().board(rss(*(f"<item><guid>{n}</guid></item>" for n in range(MOST + 5))))
    assert len(posts(page)) == MOST
    assert ["more than" in item.why for item in page.damaged] == [True]


def test_what_feedparser_stumbles_over_is_unparsable(monkeypatch):
    def stumbles(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr("feedparser.parse", stumbles)
    with pytest.raises(Unparsable, match="RecursionError"):
        parse(rss(), "", ADDRESS)


def test_elements_that_are_nested_deeply_are_read():
    deep = "<b>" * 5_000 + "words" + "</b>" * 5_000
    xhtml = f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{deep}</div></content>'
    body = atom(f"<entry><id>urn:1</id><title>T</title>{xhtml}</entry>", answer("urn:2", "next"))
    with suppress(Unparsable):
        assert len(parse(body, "", ADDRESS).items) == 2


# ---------------------------------------------------------------------------------------------------------- JSON Feed


def json_feed(items: str, more: str = "") -> bytes:
    return f'{{"version": "https://jsonfeed.org/version/1.1", "title": "J", {more} "items": [{items}]}}'.encode()


def test_a_json_feed_is_read():
    page = Reader().board(
        json_feed(
            '{"id": "1", "url": "https://site.example/1", "title": "One", "content_html": "<p>one</p>",'
            ' "date_published": "2026-11-23T09:00:00+01:00", "tags": ["a", 7],'
            ' "authors": [{"name": "ann", "avatar": "https://site.example/ann.png"}]},'
            '{"id": 2, "content_text": "two", "date_published": "2026-11-22T09:00:00Z"}'
        )
    )
    [one, two] = posts(page)
    assert (one.author.name, one.author.avatar, one.body.text) == ("ann", "https://site.example/ann.png", "<p>one</p>")
    assert one.created.latest == 1_795_420_800_000
    assert (two.body.text, two.body.format) == ("two", "plain")
    assert page.pages[0].thread.tags == ("a",)


def test_a_broken_item_of_a_json_feed_stops_no_other():
    page = Reader().board(json_feed('{"id": "1", "content_text": "one"}, 7, null, {"id": "2", "content_text": "two"}'))
    assert sorted(texts(page)) == ["one", "two"]
    assert len(page.damaged) == 2


def test_a_json_feed_names_its_hubs():
    body = json_feed("", '"feed_url": "https://a/f", "hubs": [{"type": "WebSub", "url": "https://hub/"}],')
    assert parse(body, "", ADDRESS).links == (("hub", "https://hub/"), ("self", "https://a/f"))


# ------------------------------------------------------------------------------------------------------- words in full


def test_relative_addresses_are_seen_from_the_base_that_the_feed_names():
    body = atom(
        answer("urn:1", '<a href="a.html">x</a><img src="/i.png">', link="https://elsewhere.example/x").replace(
            "<content ", '<content xml:base="https://site.example/blog/" '
        )
    )
    [item] = parse(body, "", ADDRESS).items
    assert item.text == '<a href="https://site.example/blog/a.html">x</a><img src="https://site.example/i.png">'


def test_without_a_base_they_are_seen_from_the_entry():
    """`Post.link` is what texts are seen from when they are shown."""
    [item] = parse(rss(entry("a", '<a href="a.html">x</a>', link="https://site.example/1/")), "", ADDRESS).items
    assert item.text == '<a href="a.html">x</a>'
    [item] = parse(rss(entry("a", '<a href="a.html">x</a>')), "", ADDRESS).items
    assert item.text == '<a href="https://site.example/a.html">x</a>', "the entry has no page, the feed has one"


def test_what_hangs_on_an_entry_is_shown():
    more = '<enclosure url="https://site.example/a.mp3" type="audio/mpeg"/>'
    more += '<enclosure url="https://site.example/i.png" type="image/png"/>'
    [item] = parse(rss(entry("a", "words", more=more)), "", ADDRESS).items
    assert item.text == (
        'words<p><a href="https://site.example/a.mp3">https://site.example/a.mp3</a></p>'
        '<p><img src="https://site.example/i.png"></p>'
    )


def test_the_whole_text_comes_before_a_summary():
    more = "<content:encoded>&lt;p&gt;all of it&lt;/p&gt;</content:encoded>"
    [item] = parse(rss(entry("a", "a part", more=more)), "", ADDRESS).items
    assert item.text == "<p>all of it</p>"


@pytest.mark.parametrize(
    ("written", "read"),
    [("A &amp;amp; B", "A & B"), ("<![CDATA[Tom & <i>Jerry</i>]]>", "Tom & Jerry"), ("  two\n words ", "two words"),
     ("1 &lt; 2", "1 < 2")],
)  # fmt: skip
def test_titles_are_plain_words(written, read):
    body = rss(entry("a", title="")).replace(b"<item>", f"<item><title>{written}</title>".encode())
    assert titles(body) == [read]


def test_a_plain_title_of_atom_is_taken_as_it_is():
    """Atom says what its titles are."""
    body = atom(answer("urn:1", "words", title="Use &lt;b&gt; for bold"))
    assert titles(body) == ["Use &lt;b&gt; for bold"]
    html = body.replace(b"<title>Use", b'<title type="html">Use')
    assert titles(html) == ["Use <b> for bold"]


def test_what_a_feed_says_is_bounded():
    long = entry("a", "w" * 3_000_000, title="T" * 10_000, link="https://site.example/" + "y" * 9_000)
    [item] = parse(rss(long), "", ADDRESS).items
    assert len(item.title) == 500
    assert item.link == ""
    tree = markup.read(item.text, item.format)
    assert markup.CONTINUED in markup.write(tree, "plain"), "and it is said that there is more"


def test_an_address_that_is_none_of_the_web_is_no_link():
    [item] = parse(rss(entry("a", link="javascript:alert(1)")), "", ADDRESS).items
    assert item.link == ""
    [item] = parse(json_feed('{"id": "1", "url": "javascript:alert(1)"}'), "", ADDRESS).items
    assert item.link == ""


def test_an_entry_without_a_title_is_called_by_its_first_words():
    [leaf] = Reader().board(rss(entry("a", "<p>These are <b>its</b> words.</p>", title="", at=ago(1)))).pages
    assert leaf.thread.title == "These are its words."


@pytest.mark.parametrize("version", ["0.91", "0.92", "2.0"])
def test_old_versions_of_rss_are_read(version):
    assert titles(rss(entry("a", title="T")).replace(b'version="2.0"', f'version="{version}"'.encode())) == ["T"]


def test_rss_1_0_is_read():
    body = (
        b'<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        b'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        b'<channel rdf:about="https://site.example/"><title>F</title></channel>'
        b'<item rdf:about="https://site.example/1"><title>T</title><link>https://site.example/1</link>'
        b"<dc:date>2026-11-23T09:00:00+01:00</dc:date><dc:creator>ann</dc:creator></item></rdf:RDF>"
    )
    [item] = parse(body, "", ADDRESS).items
    assert (item.title, item.author, item.written) == ("T", "ann", 1_795_420_800_000)


def test_a_board_that_is_no_feed_is_unparsable():
    with pytest.raises(Unparsable):
        nouns.listing(b"<html>", Source(ADDRESS), "", NOW)
    with pytest.raises(Unparsable):
        nouns.thread_page(b"<html>", Source(ADDRESS), "", NOW)
