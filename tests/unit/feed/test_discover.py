"""From the address of a page to the feed that is meant."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.forums.feed import page
from adapters.forums.feed.discover import REQUESTS, Discovered, discover, signs
from bot.errors import Gone, LoginRejected, NotAllowed, RateLimited, Unparsable, Unreachable
from bot.net import Answer

RSS = b'<?xml version="1.0"?><rss version="2.0"><channel><title>A feed</title></channel></rss>'
ATOM = b'<feed xmlns="http://www.w3.org/2005/Atom"><title>A feed</title></feed>'
HERE = "https://blog.example/"


def html(*head: str, body: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head><title>A page</title>{''.join(head)}</head><body>{body}</body></html>".encode()


def link(href: str, title: str = "", kind: str = "application/rss+xml") -> str:
    return f'<link rel="alternate" type="{kind}" title="{title}" href="{href}">'


class Sites:
    """The web as a test wants it: bodies, statuses and errors by address; 404 for the rest."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.pages: dict[str, bytes | int | Exception] = {}
        self.moved: dict[str, str] = {}

    async def fetch(self, address: str) -> Answer:
        self.asked.append(address)
        there = self.moved.get(address, address)
        found = self.pages.get(there, 404)
        if isinstance(found, Exception):
            raise found
        if isinstance(found, int):
            return Answer(found, there, {}, html(link("/site.xml", "The whole site")))
        return Answer(200, there, {"content-type": "text/html; charset=utf-8"}, found)

    async def feed(self, address: str) -> Discovered:
        """What an address leads to."""
        found = await discover(self.fetch, asyncio.to_thread, address)
        assert len(self.asked) <= REQUESTS
        return found


@pytest.fixture
def sites() -> Sites:
    return Sites()


@pytest.mark.parametrize(
    ("body", "sign"),
    [
        (RSS, "feed"),
        (ATOM, "feed"),
        (b"\xef\xbb\xbf \n" + RSS, "feed"),
        (RSS.decode().encode("utf-16"), "feed"),
        (ATOM.decode().encode("utf-16-be"), "feed"),
        (b"<!-- <html> --><?xml-stylesheet href='a'?><rdf:RDF xmlns='a'>", "feed"),
        (b'<!DOCTYPE rss PUBLIC "a" "b"><rss version="0.91">', "feed"),
        (b'{ "version" : "https://jsonfeed.org/version/1.1", "items": []}', "feed"),
        (b'{"version": "https:\\/\\/jsonfeed.org\\/version\\/1"}', "feed"),
        (b'<?xml version="1.0"?><opml version="2.0">', "opml"),
        (html(link("/rss")), "html"),
        (b"<html lang='en'>", "html"),
        (b'{"version": 3}', ""),
        (b"<svg xmlns='a'><feed/></svg>", ""),
        (b"", ""),
        (b"plain words <rss>", ""),
    ],
)
def test_a_body_is_known_by_how_it_begins(body: bytes, sign: str) -> None:
    """Servers send feeds under any content type, and pages under that of feeds."""
    assert signs(body) == sign


async def test_the_address_of_a_feed_is_that_feed(sites: Sites) -> None:
    """It is asked once; what it answered is handed on."""
    sites.pages["https://blog.example/any"] = RSS
    found = await sites.feed("blog.example/any")
    assert found.feed.address == "https://blog.example/any"
    assert found.answer.body == RSS
    assert sites.asked == ["https://blog.example/any"]


async def test_a_page_leads_to_the_feed_that_it_names(sites: Sites) -> None:
    """People give the address that stands in their browser."""
    sites.pages = {HERE: html('<base href="/deep/">', link("rss?a=1&amp;b=2#top", "News &amp; more"))}
    sites.pages["https://blog.example/deep/rss?a=1&b=2"] = RSS
    found = await sites.feed("blog.example")
    assert found.feed.address == "https://blog.example/deep/rss?a=1&b=2"
    assert found.title == "News & more"


async def test_what_a_page_names_is_seen_from_where_it_moved_to(sites: Sites) -> None:
    """Links are relative to the page that was read in the end."""
    sites.moved[HERE] = "https://www.blog.example/en/"
    sites.pages = {"https://www.blog.example/en/": html(link("rss")), "https://www.blog.example/en/rss": RSS}
    assert (await sites.feed(HERE)).feed.address == "https://www.blog.example/en/rss"


def test_entries_go_before_comments_and_what_tells_more_before_what_tells_less() -> None:
    """The first that works is taken."""
    found = page.read(
        html(
            link("/comments/feed/", "Blog » Comments Feed"),
            link("/rss"),
            link("/feed.json", kind="application/feed+json"),
            link("/atom", kind="application/atom+xml; charset=utf-8"),
            link("/rss"),
        ).decode(),
        HERE,
    )
    assert [one.address.removeprefix(HERE) for one in found.feeds] == ["atom", "rss", "feed.json", "comments/feed/"]


def test_the_feed_of_the_page_itself_goes_before_those_of_its_site() -> None:
    """Who gives a post wants what is said about it; who gives a category wants that."""
    found = page.read(
        html(link("/feed/"), link("/comments/feed/", "Comments"), link("/news/feed/", "Comments on: News")).decode(),
        "https://blog.example/news/",
    )
    assert found.feeds[0].address == "https://blog.example/news/feed/"


async def test_links_that_look_like_feeds_are_the_last_resort(sites: Sites) -> None:
    """Many sites say it to people alone; what another site offers is not this site's."""
    page_ = html(body='<a href="/about">About</a><a href="https://else.example/rss">x</a><a href=feed.xml>Follow</a>')
    sites.pages = {HERE: page_, f"{HERE}feed.xml": ATOM}
    assert (await sites.feed(HERE)).feed.address == f"{HERE}feed.xml"


def test_what_is_commented_out_or_stands_in_a_script_is_not_there() -> None:
    """Pages carry leftovers."""
    hidden = f"<!-- {link('/1')} --><script>'{link('/2')}'</script><SCRIPT>{link('/3')}</script>"
    text = html(hidden, f"<style>{link('/4')}</style>", link("/5")).decode()
    assert [one.address for one in page.read(text, HERE).feeds] == [f"{HERE}5"]


async def test_an_engine_is_known_by_its_addresses(sites: Sites) -> None:
    """Forums that name one feed for all pages have others all the same."""
    sites.pages = {"https://f.example/viewtopic.php?t=5": html(), "https://f.example/feed.php?t=5": ATOM}
    found = await sites.feed("https://f.example/viewtopic.php?f=1&t=5")
    assert found.feed.address == "https://f.example/feed.php?t=5"
    assert found.feed.engine == "phpBB"


async def test_who_asks_for_one_thread_does_not_get_the_whole_site(sites: Sites) -> None:
    """A mirror of everything, where one thread was asked for, floods a channel."""
    for address in ("https://f.example/viewtopic.php?t=5", "https://f.example/showthread.php?tid=5"):
        sites.asked.clear()
        sites.pages = {address: html(link("/site.xml", "All")), "https://f.example/site.xml": RSS}
        with pytest.raises(Unparsable, match=r"names https://f\.example/site\.xml \(All\): give one of them"):
            await sites.feed(address)


async def test_what_the_page_confirms_is_asked_first(sites: Sites) -> None:
    """Each request counts."""
    address = "https://f.example/viewtopic.php?t=5"
    sites.pages = {address: html(link("/site.xml"), link("feed.php?t=5")), "https://f.example/feed.php?t=5": ATOM}
    await sites.feed(address)
    assert sites.asked == [address, "https://f.example/feed.php?t=5"]


async def test_two_engines_with_one_form_are_told_apart_by_the_page(sites: Sites) -> None:
    """Lemmy and Discourse call their users the same."""
    lemmy = "https://l.example/feeds/u/ann.xml?sort=New"
    sites.pages = {"https://l.example/u/ann": html('<meta name="generator" content="Lemmy 0.19">'), lemmy: RSS}
    await sites.feed("https://l.example/u/ann")
    assert sites.asked[1] == lemmy


async def test_wordpress_is_asked_for_the_form_that_tells_what_a_comment_answers(sites: Sites) -> None:
    """Its RSS form does not; where the Atom form is switched off, that is taken."""
    at, sign = "https://blog.example/a-post/", '<meta name="generator" content="WordPress 6.1.9">'
    sites.pages = {at: html(sign, link("/feed/"), link(f"{at}feed/", "A post Comments Feed")), f"{at}feed/atom/": ATOM}
    assert (await sites.feed(at)).feed.address == f"{at}feed/atom/"
    sites.asked.clear()
    del sites.pages[f"{at}feed/atom/"]
    sites.pages[f"{at}feed/"] = RSS
    assert (await sites.feed(at)).feed.address == f"{at}feed/"


async def test_where_the_feed_must_be_its_page_is_not_asked(sites: Sites) -> None:
    """Reddit's pages are closed to programs, and each request counts against its limit."""
    feed = "https://www.reddit.com/r/a/new/.rss?limit=100"
    sites.pages[feed] = ATOM
    assert (await sites.feed("reddit.com/r/a")).feed.pause == 50
    assert sites.asked == [feed]


async def test_where_there_can_be_no_feed_nobody_is_asked(sites: Sites) -> None:
    """The address tells it all."""
    with pytest.raises(Unparsable, match="front page alone"):
        await sites.feed("news.ycombinator.com/item?id=1")
    assert sites.asked == []


@pytest.mark.parametrize("broken", [Unreachable("down"), 404, 403, 429])
async def test_where_the_feed_must_be_what_it_answers_is_told_as_it_is(sites: Sites, broken: int | Exception) -> None:
    """A site that is down is asked again; an address that leads to no feed is given up."""
    sites.pages["https://www.reddit.com/r/a/new/.rss?limit=100"] = broken
    with pytest.raises((Unreachable, Gone, NotAllowed, RateLimited)):
        await sites.feed("reddit.com/r/a")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (html(), "is a page that names no feed"),
        (html(body='<form><input type="password" name="p"></form>'), "asks for a login"),
        (b"\x89PNG", "neither a feed nor a page"),
        (b"", "neither a feed nor a page"),
        (b"<opml version='2.0'>", "a list of feeds"),
        (html(link("/gone.xml", "Old")), r"tried https://blog\.example/gone\.xml; the page names"),
        (html(link("javascript:alert(1)"), link("file:///etc/passwd")), "names no feed"),
    ],
)
async def test_an_address_without_a_feed_is_refused_saying_what_was_found(sites: Sites, body: bytes, why: str) -> None:
    """Whoever typed it has to learn what to try next."""
    sites.pages[HERE] = body
    with pytest.raises(Unparsable, match=why) as refused:
        await sites.feed(HERE)
    assert "feed" in refused.value.looked_for


async def test_a_page_in_place_of_the_feed_is_no_feed(sites: Sites) -> None:
    """A site that is down for maintenance answers 200 to everything."""
    sites.pages = {HERE: html(link("/rss"), link("/atom")), f"{HERE}rss": html(), f"{HERE}atom": ATOM}
    assert (await sites.feed(HERE)).feed.address == f"{HERE}atom"


@pytest.mark.parametrize(
    ("status", "error"), [(404, Gone), (410, Gone), (401, LoginRejected), (403, NotAllowed), (500, Unreachable)]
)
async def test_an_error_of_the_address_is_told_as_it_is(sites: Sites, status: int, error: type[Exception]) -> None:
    """What its error page names is the site's, and not what was asked for."""
    sites.pages = {HERE: status, f"{HERE}site.xml": RSS}
    with pytest.raises(error):
        await sites.feed(HERE)


async def test_a_page_that_is_closed_to_programs_does_not_hide_its_feed(sites: Sites) -> None:
    """Forums shut out programs from pages, and leave feeds open."""
    sites.pages = {"https://d.example/t/title/42": 403, "https://d.example/t/-/42.rss": RSS}
    assert (await sites.feed("https://d.example/t/title/42")).feed.address == "https://d.example/t/-/42.rss"


async def test_a_site_that_asks_for_a_pause_is_not_asked_on(sites: Sites) -> None:
    """The next request would make it longer."""
    sites.pages = {HERE: html(link("/1"), link("/2")), f"{HERE}1": 429, f"{HERE}2": RSS}
    with pytest.raises(RateLimited):
        await sites.feed(HERE)
    assert sites.asked == [HERE, f"{HERE}1"]


async def test_a_feed_on_a_private_address_stops_nothing(sites: Sites) -> None:
    """The client refuses to go there; the page's next feed may be a good one."""
    sites.pages = {HERE: html(link("http://10.0.0.1/rss"), link("/rss")), f"{HERE}rss": RSS}
    sites.pages["http://10.0.0.1/rss"] = NotAllowed("private")
    assert (await sites.feed(HERE)).feed.address == f"{HERE}rss"


async def test_no_more_is_asked_than_was_promised(sites: Sites) -> None:
    """A page may name any number of feeds."""
    sites.pages[HERE] = html(*(link(f"/{number}") for number in range(2000)))
    with pytest.raises(Unparsable):
        await sites.feed(HERE)
    assert len(sites.asked) == REQUESTS


@given(st.text(alphabet="<>/!-=\"' abilnkmetscrphf\n", max_size=400))
def test_any_text_is_a_page(text: str) -> None:
    """It comes from whoever runs the site."""
    page.read(text, HERE)
    signs(text.encode())


PIECES = ["<", "<a ", '<a "', "<link ", "<link rel='", "<!--", "<script>", "<div>", "<a b=", "a=b "]


@pytest.mark.parametrize("piece", PIECES)
def test_a_hostile_page_is_read_in_one_pass(piece: str) -> None:
    """A reading that looks back again and again would never end."""
    page.read(piece * (2_000_000 // len(piece)), HERE)
    page.read("<link " + piece * (2_000_000 // len(piece)), HERE)
    signs((piece * 2000).encode())


RECORDED = Path(__file__).parents[4] / "shared" / "fixtures"


@pytest.mark.skipif(not RECORDED.is_dir(), reason=f"the recordings in {RECORDED} are not here")
@pytest.mark.parametrize(
    ("file", "address", "feed"),
    [
        ("phpbb/030-viewtopic-long-start-0.html", "https://f.example/viewtopic.php?t=4", "app.php/feed/topic/4"),
        ("phpbb/035-viewforum-anon.html", "https://f.example/viewforum.php?f=2&sid=0a", "app.php/feed/forum/2"),
        ("phpbb/034-index.html", "https://f.example/index.php", "app.php/feed"),
        ("machina/012-forum.html", "https://f.example/forum/forum/a-1/", "forum/feeds/forum/a-1/topics/"),
    ],
)
async def test_recorded_pages_lead_to_their_feeds(sites: Sites, file: str, address: str, feed: str) -> None:
    """As servers really wrote them; phpBB names those of the whole board besides."""
    sites.pages = {address: (RECORDED / file).read_bytes(), f"https://f.example/{feed}": ATOM}
    assert (await sites.feed(address)).feed.address == f"https://f.example/{feed}"


@pytest.mark.skipif(not RECORDED.is_dir(), reason=f"the recordings in {RECORDED} are not here")
def test_recorded_feeds_are_known_as_feeds_and_recorded_pages_are_not() -> None:
    """Of every engine that was recorded."""
    found = {file: signs(file.read_bytes()) for kind in ("xml", "rss", "atom") for file in RECORDED.rglob(f"*.{kind}")}
    assert len(found) > 20
    others = [file.name for file, sign in found.items() if sign != "feed" and file.stat().st_size]
    assert others == ["miniflux_iso88591_utf8_mismatch.xml"]  # a note
    assert {signs(file.read_bytes()) for file in RECORDED.rglob("*.html") if file.stat().st_size} <= {"html", ""}
