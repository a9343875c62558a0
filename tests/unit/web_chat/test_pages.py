"""The pages as a browser without scripts meets them."""

from __future__ import annotations

from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from bot.errors import Gone
from bot.markup.nodes import document, paragraph
from bot.model import (
    Card,
    CardKind,
    ChannelRef,
    ChannelWish,
    Commanded,
    MessageId,
    Offer,
    Quote,
    Reaction,
    UserId,
    Where,
)

LOUNGE = Where(ChannelRef("lounge"))
LIVE = {"X-Threadline": "live"}


def read(text: str) -> Any:
    return LexborHTMLParser(text)


async def page(browser, path: str, status: int = 200) -> Any:
    answer = await browser.get(path)
    assert answer.status == status
    return read(await answer.text())


async def post(browser, path: str, status: int = 303, headers=None, **fields):
    answer = await browser.post(path, data=fields, allow_redirects=False, headers=headers)
    assert answer.status == status
    return answer


def words(parsed: Any, where: str) -> str:
    node = parsed.css_first(where)
    assert node is not None, where
    return " ".join(node.text().split())


async def op(chat, **more) -> MessageId:
    card = Card(CardKind.POST, author="pscot", badge="OP", number="OP", title="China moves", **more)
    return await chat.send(LOUNGE, chat.render(card)[0], f"k{more}")


# ---------------------------------------------------------------------------------------------------------------- door


async def test_beyond_loopback_every_page_is_shut_and_says_what_to_do(chat, browse):
    """There is no sign-in yet: whoever reaches the chat could be anybody."""
    browser = await browse(hosts=("chat.example",))
    for route in chat.routes():
        path = "/chat" + route.path.format(channel="lounge", thread="m1", message="m1", file="chat.js")
        answer = await browser.request(route.method, path)
        assert answer.status == 403
        assert "127.0.0.1" in await answer.text()
    assert (await chat.room.state()).position == 0


async def test_the_door_asks_for_a_name_and_remembers_it(browse):
    """No registration stands between a newcomer and the first message."""
    browser = await browse()
    parsed = await page(browser, "/chat/")
    assert parsed.css_first("input[name=name]") is not None
    answer = await post(browser, "/chat/door", name="  Ann  B ", to="/c/lounge")
    assert answer.headers["Location"] == "/chat/c/lounge"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/chat" in cookie
    assert "You are Ann B." in words(await page(browser, "/chat/"), "form.you")
    await post(browser, "/chat/leave")
    assert (await page(browser, "/chat/")).css_first("input[name=name]") is not None


@pytest.mark.parametrize("name", ["", "   ", "Threadline", "x" * 41, "x" * 100_000])
async def test_the_door_says_what_is_wrong_with_a_name(browse, name):
    """A refused form keeps what was typed and says what to do."""
    answer = await post(await browse(), "/chat/door", 400, name=name)
    assert "Set-Cookie" not in answer.headers
    assert words(read(await answer.text()), "[role=alert]")


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/c/\r\nX: y", "/../admin", "/c/ä"])
async def test_the_door_leads_only_inside(browse, to):
    """A form must not become a way to send people elsewhere."""
    answer = await post(await browse(), "/chat/door", name="Ann", to=to)
    assert answer.headers["Location"] == "/chat/"


async def test_a_forged_cookie_is_no_name(browse):
    """A cookie is input like any other."""
    browser = await browse()
    for forged in ("Threadline", "%00", "x" * 1000):
        browser.cookie_jar.update_cookies({"threadline_name": forged})
        assert (await page(browser, "/chat/")).css_first("input[name=name]") is not None


async def test_the_start_page_shows_the_only_channel_or_the_list_of_them(chat, browse):
    """Somebody who looks for the first time should see a chat, not a question."""
    browser = await browse()
    for path in ("/chat/c/lounge", "/chat/"):
        assert (await page(browser, "/")).css_first("iframe").attributes["src"] == path
        assert (await browser.get(path)).status == 200
        await chat.channel("attic", make=ChannelWish())


# ------------------------------------------------------------------------------------------------------------- reading


async def test_an_empty_channel_says_what_will_appear_and_what_to_do(browse):
    """An empty page is a question; this is its answer."""
    browser = await browse("Ann")
    assert "/mirror add" in words(await page(browser, "/chat/c/lounge"), ".empty")
    assert "Nothing was said here yet" in words(await page(browser, "/chat/"), ".channels")


async def test_a_card_shows_author_badge_title_text_link_and_time(chat, browse):
    """A mirrored post must be recognisable as what it is and where it came from."""
    body = document(paragraph("As if <b>proof</b> were needed"))
    message = await op(chat, body=body, link="https://forum.example/t/1", path=("Main", "Good Reads"))
    parsed = await page(await browse(), "/chat/c/lounge")
    assert words(parsed, f"#{message} .author") == "pscot"
    assert [n.text() for n in parsed.css(f"#{message} .badge")] == ["OP"]
    assert words(parsed, f"#{message} .title") == "China moves"
    assert words(parsed, f"#{message} .body") == "As if <b>proof</b> were needed"
    assert words(parsed, f"#{message} .path") == "Main › Good Reads"
    assert parsed.css_first(f"#{message} a[href='https://forum.example/t/1']") is not None
    assert parsed.css_first(f"#{message} time").attributes["datetime"] == "2026-01-01T12:00:00Z"
    assert parsed.css_first("img") is None


async def test_a_thread_hangs_on_its_message_and_every_reply_names_its_parent(chat, browse):
    """The tree of a discussion must be readable in a flat list."""
    root = await op(chat)
    inside = Where(LOUNGE.channel, await chat.open_thread(LOUNGE, root, "China moves", "t"))
    assert words(await page(await browse(), "/chat/c/lounge"), ".thread-line") == "No replies yet"
    first = await chat.send(
        inside, chat.render(Card(CardKind.POST, author="villager", title="Free trade", reply_to=root))[0], "k1"
    )
    second = await chat.room.say("lounge", root, "Ann", "Not *required* exactly", reply_to=first)
    browser = await browse("Ann")
    assert words(await page(browser, "/chat/c/lounge"), ".thread-line") == "2 replies · last by Ann"
    parsed = await page(browser, f"/chat/c/lounge/{root}")
    assert [n.attributes["id"] for n in parsed.css(".message")] == [root, first, second]
    assert words(parsed, f"#{first} .quoted") == "↳ pscot OP: China moves"
    quoted = parsed.css_first(f"#{second} .quoted a")
    assert (quoted.text(), quoted.attributes["href"]) == ("villager: Free trade", f"/chat/m/{first}")


async def test_a_quote_does_not_keep_what_was_removed(chat, browse):
    """A removed text must be gone everywhere."""
    parent = await chat.room.say("lounge", "", "Ann", "regretted words")
    await chat.room.say("lounge", "", "Bob", "well", reply_to=parent)
    await chat.room.delete(parent, "Ann")
    text = (await page(await browse(), "/chat/c/lounge")).text()
    assert "regretted" not in text
    assert "a message that was removed" in text


async def test_a_quote_that_the_card_carries_is_shown(chat, browse):
    """Where the parent stands in another place, the card itself tells of it."""
    message = await op(chat, quote=Quote("villager", "Free trade", "#1", "https://forum.example/t/1#1"))
    parsed = await page(await browse(), "/chat/c/lounge")
    assert words(parsed, f"#{message} .quoted") == "↳ villager #1: Free trade"


async def test_a_removed_root_stands_as_removed_while_its_thread_lives(chat, browse):
    """Replies need something to hang on; a removed message without replies is just gone."""
    root, plain = await op(chat), MessageId(await chat.room.say("lounge", "", "Ann", "hi"))
    await chat.open_thread(LOUNGE, root, "", "t")
    for message in (root, plain):
        await chat.delete(LOUNGE, message)
    parsed = await page(await browse(), "/chat/c/lounge")
    assert "This message was removed" in words(parsed, f"#{root}")
    assert "China moves" not in parsed.text()
    assert parsed.css_first(f"#{plain}") is None


async def test_a_long_channel_pages_back_and_every_message_has_an_address(chat, browse):
    """Memory and pages are bounded; links from outside must go on working."""
    ids = [await chat.room.say("lounge", "", "Ann", f"line {n}") for n in range(130)]
    browser = await browse()
    seen: list[str] = []
    path = "/chat/c/lounge"
    while path:
        parsed = await page(browser, path)
        found = [n.attributes["id"] for n in parsed.css(".message")]
        assert len(found) <= 50
        seen = found + seen
        path = next((a.attributes["href"] for a in parsed.css(".pager a") if "before" in a.attributes["href"]), "")
    assert seen == ids
    for message in ids:
        answer = await browser.get(f"/chat/m/{message}")
        assert answer.status == 200
        assert f'id="{message}"' in await answer.text()


async def test_the_fate_of_a_reply_is_said_in_words(chat, browse):
    """A sign alone says nothing to whoever cannot see it."""
    message = MessageId(await chat.room.say("lounge", "", "Ann", "hello"))
    await chat.react(LOUNGE, message, Reaction.POSTED)
    fate = (await page(await browse(), "/chat/c/lounge")).css_first(".fate")
    assert (fate.text(), fate.attributes["title"], fate.attributes["aria-label"]) == (
        "✅ posted",
        "posted to the forum",
        "posted to the forum",
    )


@pytest.mark.parametrize("path", ["/c/attic", "/c/lounge/m9", "/m/m9", "/m/x", "/static/../pages.py", "/static/x.js"])
async def test_what_is_not_there_is_said_to_be_not_there(browse, path):
    """A dead link must not look like a fault of the reader's."""
    async with (await browse()).get(f"/chat{path}") as answer:
        assert answer.status == 404


async def test_hostile_names_and_texts_stay_text(chat, browse):
    """Everything that people write is hostile."""
    attack = "<script>alert(1)</script>"
    await chat.room.say("lounge", "", attack[:40], attack)
    card = Card(CardKind.POST, author=attack, badge=attack, title=attack, note=attack, path=(attack,), number=attack)
    await chat.send(LOUNGE, chat.render(card)[0], "k")
    parsed = await page(await browse(), "/chat/c/lounge")
    assert all(script.attributes.get("src") for script in parsed.css("script"))


async def test_pages_run_no_script_of_their_own_lines(chat, browse):
    """The house allows neither inline scripts nor inline style."""
    await op(chat)
    parsed = await page(await browse("Ann"), "/chat/c/lounge")
    assert not parsed.css("[style], style, script:not([src])")
    assert not [n for n in parsed.css("*") if any(name.startswith("on") for name in n.attributes)]


# ------------------------------------------------------------------------------------------------------------- writing


async def test_a_form_that_was_sent_leads_to_the_message(chat, browse):
    """Every act is a form that posts; reloading the page after it repeats nothing."""
    browser = await browse("Ann")
    answer = await post(browser, "/chat/c/lounge", text="hello", reply_to="")
    assert answer.headers["Location"] == "/chat/c/lounge#m1"
    answer = await post(browser, "/chat/c/lounge", text="again", reply_to="m1")
    assert (await chat.room.state()).messages["m2"].reply_to == "m1"
    answer = await post(browser, "/chat/m/m1/edit", text="hello all")
    assert answer.headers["Location"] == "/chat/c/lounge#m1"
    assert "edited" in words(await page(browser, "/chat/c/lounge"), "#m1")
    await post(browser, "/chat/m/m1/react", reaction="+👍")
    assert words(await page(browser, "/chat/c/lounge"), "#m1 .reaction.mine") == "👍 1"
    await post(browser, "/chat/m/m1/react", reaction="-👍")
    await post(browser, "/chat/m/m1/delete")
    assert (await page(browser, "/chat/c/lounge")).css_first("#m1") is None


async def test_a_script_that_sends_gets_no_page(browse):
    """The message itself arrives by the live stream."""
    browser = await browse("Ann")
    await post(browser, "/chat/c/lounge", 204, LIVE, text="hello")
    answer = await post(browser, "/chat/c/lounge", 400, LIVE, text=" ")
    assert "Write something first" in await answer.text()


async def test_a_reply_and_a_change_are_chosen_by_links(chat, browse):
    """Without scripts, too, a reply can name what it answers and a message can be changed."""
    for number in range(60):
        await chat.room.say("lounge", "", "Ann", f"line {number}")
    browser = await browse("Ann")
    parsed = await page(browser, "/chat/c/lounge?reply=m60")
    assert parsed.css_first("input[name=reply_to]").attributes["value"] == "m60"
    assert "In reply to Ann" in words(parsed, ".replying")
    parsed = await page(browser, "/chat/m/m3?edit=yes")
    assert words(parsed, "#m3 textarea") == "line 2"
    assert (await page(await browse("Bob"), "/chat/c/lounge?edit=m60")).css_first("#m60 textarea") is None


async def test_a_refused_text_comes_back_with_the_reason(chat, browse):
    """What somebody typed is never lost by being refused."""
    browser = await browse("Ann")
    answer = await post(browser, "/chat/c/lounge", 400, text="x" * 8001)
    parsed = read(await answer.text())
    assert "8,001 characters" in words(parsed, "[role=alert]")
    assert parsed.css_first("#text").text() == "x" * 8001
    answer = await post(await browse(), "/chat/c/lounge", 403, text="no name yet")
    assert "no name yet" in read(await answer.text()).css_first("#unsent").text()


async def test_a_full_disk_keeps_the_text_and_says_so(chat, browse, monkeypatch):
    """The third state besides full and empty: what happened, what still works, what to do."""
    browser = await browse("Ann")

    async def full(entry):
        raise OSError(28, "No space left on device")

    await chat.room.state()
    monkeypatch.setattr(chat.room._journal, "append", full)
    answer = await post(browser, "/chat/c/lounge", 503, text="precious")
    parsed = read(await answer.text())
    assert "Make room" in words(parsed, "[role=alert]")
    assert parsed.css_first("#text").text() == "precious"


async def test_others_messages_offer_no_change_and_take_none(chat, browse):
    """What a page does not offer must be refused as well."""
    await chat.room.say("lounge", "", "Ann", "hello")
    browser = await browse("Bob")
    parsed = await page(browser, "/chat/c/lounge")
    assert not parsed.css("#m1 form[action$=delete]")
    await post(browser, "/chat/m/m1/delete", 403)
    await post(browser, "/chat/m/m1/edit", 403, text="mine")
    await post(browser, "/chat/m/m1/react", 400, reaction="+💣")
    await post(await browse(), "/chat/m/m1/react", 403, reaction="+👍")


async def test_a_command_and_its_answer_stand_in_the_private_pane_alone(chat, browse):
    """An answer may hold what only its asker may see."""
    ann, bob = await browse("Ann"), await browse("Bob")
    answer = await post(ann, "/chat/c/lounge", text="/forum unread")
    assert answer.headers["Location"] == "/chat/c/lounge#private"
    assert "Waiting for the answer" in words(await page(ann, "/chat/c/lounge"), "#private")
    command = (await anext(chat.events(""))).events[0]
    await chat.tell(command.where, command.person.id, "3 new in <Good Reads>", "a1")
    pane = words(await page(ann, "/chat/c/lounge"), "#private")
    assert "3 new in <Good Reads>" in pane
    assert "Waiting" not in pane
    for browser in (bob, await browse()):
        assert "Good Reads" not in (await page(browser, "/chat/c/lounge")).text()
    assert (await page(bob, "/chat/c/lounge")).css(".message") == []


OFFER = Offer("Show all", "mirror", ("flood", "3", "all"))


def button(parsed: Any, where: str) -> Any:
    """The one button that offers something: its form's address, its field, what it sends and says."""
    [form] = parsed.css(f"{where} form.offers")
    [one] = form.css("button")
    return form.attributes["action"], one.attributes["name"], one.attributes["value"], one.text()


async def test_a_remark_is_quiet_and_nobodys(chat, browse):
    """What befell a thread: the line says who did it, and neither they nor the house speak."""
    remark = Card(CardKind.REMARK, body=document(paragraph("mod: closed the thread")))
    await chat.send(LOUNGE, chat.render(remark)[0], "k1")
    parsed = await page(await browse("Ann"), "/chat/c/lounge")
    assert "mod: closed the thread" in words(parsed, "#m1")
    assert parsed.css("#m1.remark")
    assert parsed.css("#m1 .author") == []


async def test_what_an_answer_offers_is_a_button_that_says_the_command(chat, browse):
    """In the pane of whom it was told; without scripts it is a form like the one below it."""
    ann, ben = await browse("Ann"), await browse("Ben")
    await chat.tell(LOUNGE, UserId("Ann"), "Much came at once.", "k1", offers=(OFFER,))
    action, name, value, label = button(await page(ann, "/chat/c/lounge"), "#private")
    assert (action, name, label) == ("/chat/c/lounge", "text", "Show all")
    assert (await page(ben, "/chat/c/lounge")).css("form.offers") == []
    answer = await post(ann, action, **{name: value})
    assert answer.headers["Location"] == "/chat/c/lounge#private"
    event = (await chat.room.state()).events(0, 10)[0][-1]
    assert isinstance(event, Commanded)
    assert (event.group, event.words, event.person.name) == ("mirror", ("flood", "3", "all"), "Ann")


async def test_what_a_notice_offers_is_a_button_for_whoever_has_a_name(chat, browse):
    """Who may give the command is seen when it is given; who has no name reads what to type."""
    await chat.send(LOUNGE, chat.render(Card(CardKind.NOTICE, offers=(OFFER,)))[0], "k1")
    parsed = await page(await browse("Ann"), "/chat/c/lounge")
    assert button(parsed, "#m1") == ("/chat/c/lounge", "text", "/mirror flood 3 all", "Show all")
    nobody = await page(await browse(), "/chat/c/lounge")
    assert nobody.css("form.offers") == []
    assert "Show all: /mirror flood 3 all" in words(nobody, "#m1")


async def test_what_is_pressed_in_a_chat_thread_is_said_there(chat, browse):
    """As if it had been typed on that page."""
    root = await op(chat)
    await chat.open_thread(LOUNGE, root, "China moves", "t1")
    await chat.tell(LOUNGE, UserId("Ann"), "Much came at once.", "k1", offers=(OFFER,))
    action, *_ = button(await page(await browse("Ann"), f"/chat/c/lounge/{root}"), "#private")
    assert action == f"/chat/c/lounge/{root}"


async def test_an_answer_keeps_its_drawing_and_its_addresses_lead_on(chat, browse):
    """Outlines are drawn with spaces; a link that must be copied by hand is no link."""
    drawing = "OP pscot\n  └ #1   villager"
    ann = await browse("Ann")
    await post(ann, "/chat/c/lounge", text="/forum outline")
    command = (await anext(chat.events(""))).events[0]
    text = f"**1 thread** <here>\n```\n{drawing}\n```\nhttps://forum.example/t/1"
    await chat.tell(command.where, command.person.id, text, "a1")
    told = (await page(ann, "/chat/c/lounge")).css_first("#private .body")
    assert told.css_first("pre").text() == drawing
    assert told.css_first("p").text() == "1 thread <here>"
    assert [a.attributes["href"] for a in told.css("a")] == ["https://forum.example/t/1"]


async def test_a_link_that_people_copy_names_its_message(chat, browse):
    """Who settles what is held says which message is meant by its link."""
    message = await op(chat)
    reply = await chat.room.say("lounge", "", "Ann", "hello")
    parsed = await page(await browse(), "/chat/c/lounge")
    link = parsed.css_first(f"#{reply} a.when").attributes["href"]
    for told in (link, f"http://127.0.0.1:8080{link}", f"http://127.0.0.1:8080/chat/c/lounge#{reply}", f" {reply} "):
        assert chat.named(told) == reply
    for told in ("", "m99", "/chat/c/lounge", "https://forum.example/t/1", f"{message}x"):
        with pytest.raises(Gone):
            chat.named(told)


async def test_a_tombstone_has_no_author_and_offers_nothing(chat, browse):
    """Nobody wrote "deleted on the forum", and nobody can answer it there."""
    card = Card(CardKind.TOMBSTONE, number="#4", note="deleted on the forum")
    message = await chat.send(LOUNGE, chat.render(card)[0], "k")
    reply = await chat.room.say("lounge", "", "Bob", "well", reply_to=message)
    parsed = await page(await browse("Ann"), "/chat/c/lounge")
    assert parsed.css_first(f"#{message} .author") is None
    assert "deleted on the forum" in words(parsed, f"#{message}")
    assert not parsed.css(f"#{message} button, #{message} .acts a")
    assert words(parsed, f"#{reply} .quoted") == "↳ #4: deleted on the forum"


async def test_a_notice_speaks_in_the_name_of_the_house(chat, browse):
    """What the bot has to say is not a post of somebody's."""
    card = Card(CardKind.NOTICE, body=document(paragraph("The forum does not answer.")))
    message = await chat.send(LOUNGE, chat.render(card)[0], "k")
    assert words(await page(await browse(), "/chat/c/lounge"), f"#{message} .author") == "Threadline"


async def test_a_thread_counts_what_still_stands_in_it(chat, browse):
    """A count that includes what was removed promises what is not there."""
    root = await op(chat)
    await chat.open_thread(LOUNGE, root, "", "t")
    first, second = [await chat.room.say("lounge", root, "Ann", text) for text in ("one", "two")]
    await chat.delete(LOUNGE, MessageId(second))
    await chat.room.delete(second, "Ann")
    assert words(await page(await browse(), "/chat/c/lounge"), ".thread-line") == "1 reply · last by Ann"
    await chat.room.delete(first, "Ann")
    assert words(await page(await browse(), "/chat/c/lounge"), ".thread-line") == "No replies yet"
