"""Images on the chat's pages: fetched by us, shown in their place, and whatever cannot be had says why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from selectolax.lexbor import LexborHTMLParser

from adapters.chats.web import adapter
from adapters.chats.web.chat import WebChat
from adapters.chats.web.pictures import name_of, placed
from bot import markup
from bot.model import Card, CardKind, ChannelRef, ChatName, MessageId, Where
from bot.ports import Context, Media, Missing, ShownIn
from bot.web.pages import TemplatePages

LOUNGE = Where(ChannelRef("lounge"))
KITE = "https://files.example/kite.png?a=1&b=2"
FACE = "https://forum.example/face.png"
PNG = b"\x89PNG\r\n\x1a\n"


class Shelf:
    """Obeys `bot.ports.Fetches`: gives what was put there, and notes what it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Media | Missing] = {}
        self.asked: list[tuple[str, ShownIn | None]] = []

    def put(self, address: str, kind: str = "image", mime: str = "image/png") -> None:
        path = self.folder / name_of(address)
        path.write_bytes(PNG)
        self.files[address] = Media("d" * 64, kind, mime, len(PNG), "kite.png", path)

    async def fetch(self, address: str, shown: ShownIn | None = None, within: float = 0) -> Media | Missing:
        self.asked.append((address, shown))
        return self.files.get(address, Missing("files.example answered 404 Not Found."))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
async def chat(tmp_path: Path, clock, shelf: Shelf) -> AsyncIterator[WebChat]:
    """As the program opens it, with a shelf of files behind it."""
    context = Context(
        name="web",
        net=None,  # type: ignore[arg-type]
        now=clock,
        work=None,  # type: ignore[arg-type]
        log=None,  # type: ignore[arg-type]
        folder=tmp_path / "chat",
        pages=TemplatePages("adapters.chats.web", now=clock),
        media=shelf,
    )
    made = adapter.open(ChatName("web"), adapter.settings(), context)
    yield made
    await made.close()


def card(html: str = "", **more) -> Card:
    html = html or f'<p>before <img src="{KITE}" alt="a &quot;red&quot; kite"> behind</p>'
    return Card(CardKind.POST, author="ann", body=markup.read(html, "html"), **more)


async def show(chat: WebChat, shown: Card, key: str = "k1") -> MessageId:
    return await chat.send(LOUNGE, chat.render(shown)[0], key)


async def read(browser, path: str = "/chat/c/lounge"):
    answer = await browser.get(path)
    assert answer.status == 200
    return LexborHTMLParser(await answer.text())


def address(message: str, original: str) -> str:
    return f"/chat/media/{message}/{name_of(original)}"


# ---------------------------------------------------------------------------------------------------------- the page


async def test_an_image_stands_in_its_place_and_leads_to_the_original(chat, browse):
    """The page asks us for it, only when it comes into view, and words say what it shows."""
    message = await show(chat, card())
    parsed = await read(await browse())
    image = parsed.css_first(".body a.picture > img")
    assert image.attributes == {"src": address(message, KITE), "alt": 'a "red" kite', "loading": "lazy"}
    assert image.parent.attributes["href"] == KITE
    assert "noopener" in image.parent.attributes["rel"]
    assert " ".join(parsed.css_first(".body").text().split()) == "before behind"


async def test_a_page_loads_nothing_from_elsewhere(chat, browse, shelf):
    """Law 10; and nothing is fetched for a page whose images nobody looks at."""
    await show(chat, card(avatar=FACE))
    answer = await (await browse()).get("/chat/c/lounge")
    assert "img-src 'self'" in answer.headers["Content-Security-Policy"]
    parsed = LexborHTMLParser(await answer.text())
    asked = [str(node.attributes["src"]) for node in parsed.css("[src], [srcset], [poster]")]
    assert [source for source in asked if not source.startswith("/")] == []
    assert len(asked) >= 2
    assert shelf.asked == []


async def test_an_image_inside_of_a_link_stands_behind_the_text(chat, browse):
    """Links do not nest: the text keeps its link with the words, the image comes after it."""
    message = await show(chat, card(f'<p><a href="https://a.example/full"><img src="{KITE}" alt="a kite"></a></p>'))
    parsed = await read(await browse())
    assert parsed.css_first(".body").text().strip() == "a kite"
    assert parsed.css_first(".pictures img").attributes["src"] == address(message, KITE)


async def test_what_an_author_hid_is_not_shown_beside_the_text(chat, browse):
    html = f'<p><span class="spoiler"><a href="https://a.example"><img src="{KITE}" alt="the end"></a></span></p>'
    await show(chat, card(html))
    parsed = await read(await browse())
    assert parsed.css(".pictures") == []


async def test_recordings_stay_links(chat, browse):
    await show(chat, card('<p><video src="https://files.example/v.mp4"></video></p>'))
    parsed = await read(await browse())
    assert parsed.css("img, video") == []
    assert parsed.css_first(".body a.media").attributes["href"] == "https://files.example/v.mp4"


async def test_an_author_s_picture_stands_beside_the_name(chat, browse, shelf):
    """It says nothing that the name does not say: it has no words."""
    message = await show(chat, card(avatar=FACE))
    shelf.put(FACE)
    browser = await browse()
    image = (await read(browser)).css_first(".post-head img.avatar")
    assert (image.attributes["src"], image.attributes["alt"]) == (address(message, FACE), "")
    assert (await browser.get(address(message, FACE))).status == 200


async def test_cards_of_an_older_program_are_shown_as_before(chat, browse):
    payload = {name: value for name, value in chat.render(card())[0].items() if name != "media"}
    await chat.send(LOUNGE, payload, "k1")
    parsed = await read(await browse())
    assert parsed.css("img") == []
    assert parsed.css_first(".body a.media").text() == 'a "red" kite'


def test_only_the_links_of_images_become_images():
    """Words that look like one are words."""
    html, rest = placed('<a href="https://a.example">a.png</a> &lt;a class="media"&gt;', {"media": []}, str)
    assert (html, rest) == ('<a href="https://a.example">a.png</a> &lt;a class="media"&gt;', ())


# --------------------------------------------------------------------------------------------------------- the image


async def test_an_image_is_given_under_its_own_type_and_can_do_nothing(chat, browse, shelf):
    """Whatever else stands in the file: it is that image, for our own pages alone."""
    message = await show(chat, card())
    shelf.put(KITE)
    answer = await (await browse()).get(address(message, KITE))
    assert (answer.status, await answer.read()) == (200, PNG)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Content-Disposition"] == 'inline; filename="kite.png"'
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert shelf.asked == [(KITE, ShownIn(LOUNGE, message))]


async def test_only_what_stands_in_a_card_is_fetched(chat, browse, shelf):
    """This is no proxy: nobody can name an address, only one that a message shows."""
    first, second = await show(chat, card()), await show(chat, Card(CardKind.POST, author="ben"), "k2")
    said = MessageId(await chat.room.say("lounge", "", "Ann", f"![mine]({KITE})"))
    browser = await browse()
    for path in (
        address(second, KITE),
        address(said, KITE),
        address(first, "https://elsewhere.example/1.png"),
        f"/chat/media/{first}/https:%2F%2Felsewhere.example",
        address("m99", KITE),
    ):
        answer = await browser.get(path)
        assert (answer.status, answer.content_type) == (404, "text/html")
    assert shelf.asked == []


async def test_an_image_goes_with_its_post(chat, browse, shelf):
    """Deleted on the forum, edited, removed by hand: what does not stand is not given, though it be kept."""
    shelf.put(KITE)
    browser = await browse()
    for n, end in enumerate(("tombstone", "edited", "removed")):
        message = await show(chat, card(avatar=FACE), f"k{n}")
        assert (await browser.get(address(message, KITE))).status == 200
        if end == "removed":
            await chat.delete(LOUNGE, message)
        else:
            kind = CardKind.TOMBSTONE if end == "tombstone" else CardKind.POST
            await chat.edit(LOUNGE, message, chat.render(Card(kind, note="gone"))[0])
        assert (await browser.get(address(message, KITE))).status == 404
        assert (await browser.get(address(message, FACE))).status == 404


async def test_an_image_that_cannot_be_had_says_so_in_its_place(chat, browse, shelf):
    """A browser draws what it is answered: the words of the image, and why it is not there."""
    html = f'<p><img src="{KITE}" alt="a &lt;red&gt; kite"></p>'
    message = await show(chat, card(html))
    browser = await browse()
    for status, why in ((404, Missing("It is gone & lost.")), (503, Missing("It is gone & lost.", later=True))):
        shelf.files[KITE] = why
        answer = await browser.get(address(message, KITE))
        assert (answer.status, answer.content_type) == (status, "image/svg+xml")
        assert answer.headers["Cache-Control"] == "no-store"
        drawn = " ".join(ElementTree.fromstring(await answer.text()).itertext())
        assert "a <red> kite" in drawn
        assert "Not shown: It is gone & lost." in drawn


async def test_long_words_about_a_missing_image_are_bounded(chat, browse, shelf):
    """Description and reason come from strangers; control characters are no XML."""
    message = await show(chat, card(f'<p><img src="{KITE}" alt="{"kite " * 500}"></p>'))
    shelf.files[KITE] = Missing("why \x1b " * 500)
    drawn = ElementTree.fromstring(await (await (await browse()).get(address(message, KITE))).text())
    assert len(list(drawn)) <= 7


async def test_what_is_no_image_is_not_shown_as_one(chat, browse, shelf):
    message = await show(chat, card())
    shelf.put(KITE, "file", "application/octet-stream")
    answer = await (await browse()).get(address(message, KITE))
    assert (answer.status, answer.content_type) == (404, "image/svg+xml")


async def test_without_a_face_there_is_nothing_in_its_place(chat, browse):
    message = await show(chat, card(avatar=FACE))
    answer = await (await browse()).get(address(message, FACE))
    assert (answer.status, answer.content_type) == (404, "text/plain")
