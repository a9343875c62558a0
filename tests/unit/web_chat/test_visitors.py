"""Who signed in with a login of another chat: speaks as that login, and nobody who chose a name can be them."""

from __future__ import annotations

from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from adapters.chats.web import entries, rules
from adapters.chats.web.state import State
from bot.errors import Forbidden, Refused
from bot.model import ChannelRef, Commanded, Reacted, Said, Where
from bot.ports import SIGN_OUT
from tests.unit.web_chat.conftest import VISITORS

ANN = VISITORS["ann"]
LOUNGE = Where(ChannelRef("lounge"))
PAGE = "/chat/c/lounge"
BEYOND = ("chat.example",)


async def shown(browser: Any, path: str = PAGE) -> Any:
    answer = await browser.get(path)
    assert answer.status == 200, await answer.text()
    return LexborHTMLParser(await answer.text())


async def sends(browser: Any, path: str = PAGE, status: int = 303, **fields: str) -> None:
    answer = await browser.post(path, data=fields, allow_redirects=False)
    assert answer.status == status, await answer.text()


def words(parsed: Any, where: str) -> str:
    found = parsed.css_first(where)
    assert found is not None, where
    return " ".join(found.text().split())


async def heard(chat: Any) -> list[Any]:
    return list((await chat.room.state()).events(0, 100)[0])


async def test_beyond_loopback_the_chat_is_open_to_who_signed_in_and_shut_for_all_others(chat, browse):
    """Anybody could take any name at the door: there is none."""
    signed, other = await browse(hosts=BEYOND, signed="ann"), await browse(hosts=BEYOND)
    assert "You are Ann, signed in with your login in matrix." in words(await shown(signed), "form.you")
    await sends(signed, text="hello")
    for browser in (other, await browse(hosts=BEYOND, signed="made-up")):
        for path in ("/chat/", PAGE, "/chat/door", "/chat/live/lounge"):
            answer = await browser.get(path)
            assert (answer.status, "/forum web" in await answer.text()) == (403, True)
        browser.cookie_jar.update_cookies({"threadline_name": "Ann"})
        await sends(browser, status=403, text="I am Ann")
        await sends(browser, "/chat/door", 403, name="Ann")
    assert [one.text for one in heard_said(await heard(chat))] == ["hello"]


def heard_said(events: list[Any]) -> list[Said]:
    return [one for one in events if isinstance(one, Said)]


async def test_what_they_do_is_done_by_their_id(chat, browse):
    """The core knows by it whose marks and accounts these are; the name is what people read."""
    browser = await browse(signed="ann")
    await sends(browser, text="hello")
    await sends(browser, text="/forum unread")
    await sends(browser, "/chat/m/m1/react", reaction="+👍")
    await sends(browser, "/chat/m/m1/edit", text="hello all")
    await sends(browser, "/chat/read/lounge", 204, message="m1")
    await sends(browser, "/chat/m/m1/delete")
    events = await heard(chat)
    assert {type(one) for one in events} >= {Said, Commanded, Reacted}
    people = [one.person for one in (*events, *chat.room.read_since())]
    assert len(people) == 6
    assert {(one.id, one.name) for one in people} == {(ANN.id, "Ann")}


async def test_a_name_alone_is_never_somebody_who_signed_in(chat, browse):
    """Not for their messages, not for their private words; and everybody sees who is who."""
    signed, bare = await browse(signed="ann"), await browse("Ann")
    await sends(signed, text="I am signed in")
    await sends(bare, text="I say that I am Ann")
    await sends(signed, text="/forum unread")
    await chat.room.tell("lounge", ANN.id, "for Ann alone", "k1")
    await sends(bare, "/chat/m/m1/edit", 403, text="changed")
    await sends(bare, "/chat/m/m1/delete", 403)
    await sends(signed, "/chat/m/m2/edit", 403, text="changed")
    for browser in (bare, signed):
        page = await shown(browser)
        assert words(page, "#m1 .post-head").startswith("Ann signed in")
        assert "signed in" not in words(page, "#m2 .post-head")
        assert ("for Ann alone" in words(page, "#private")) is (browser is signed)
    assert (await shown(signed)).css_first("#m1.own") is not None
    assert (await shown(signed)).css_first("#m2.own") is None


async def test_reactions_of_two_of_one_name_are_two(chat, browse):
    """Who signed in takes nothing away that another one put there."""
    signed, bare = await browse(signed="ann"), await browse("Ann")
    await sends(bare, text="hello")
    for browser in (signed, bare):
        await sends(browser, "/chat/m/m1/react", reaction="+👍")
    await sends(bare, "/chat/m/m1/react", reaction="-👍")
    button = (await shown(signed)).css_first("#m1 .reaction.mine")
    assert " ".join(button.text().split()) == "👍 1"


@pytest.mark.parametrize("name", [ANN.id, "discord:7", "a : b"])
async def test_no_id_can_be_typed_at_the_door(browse, name):
    """Nor brought along as a cookie."""
    browser = await browse()
    answer = await browser.post("/chat/door", data={"name": name})
    assert (answer.status, "“:”" in await answer.text()) == (400, True)
    browser.cookie_jar.update_cookies({"threadline_name": name.replace(" ", "%20")})
    assert (await shown(browser)).css_first("form.you") is None
    with pytest.raises(Refused):
        rules.person_name(name)


@pytest.mark.parametrize(("told", "name"), [("Threadline", "somebody"), ("", "somebody"), ("a:b", "a b")])
def test_what_they_are_called_elsewhere_is_no_way_around_the_rules_of_names(told, name):
    """Nobody speaks as the bot."""
    assert rules.visitor_name(told) == name
    assert rules.person_name(rules.visitor_name("w" * 300)) == "w" * rules.NAME_LIMIT


async def test_who_signed_in_has_a_name_and_needs_no_door(browse):
    """They leave by signing out; the name that was chosen before is theirs again then."""
    browser = await browse("Zoe", signed="ann")
    page = await shown(browser, "/chat/")
    assert page.css_first("input[name=name]") is None
    form = page.css_first("form.you")
    assert (form.attributes["action"], form.css_first("button").text()) == (SIGN_OUT, "Sign out")
    answer = await browser.get("/chat/door?to=/c/lounge", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, PAGE)
    browser.cookie_jar.clear(lambda cookie: cookie.key == "visitor")
    assert words(await shown(browser), "form.you").startswith("You are Zoe.")


def test_admins_who_signed_in_are_named_by_their_id():
    """A name of an admin, and "everybody at the door", are for the door."""
    state = State((), ("Ann", "discord:7"))
    assert state.person("Ann").admin
    assert not state.person("Ann", ANN.id).admin
    assert state.person("Zoe", "discord:7").admin
    assert not State((), ("*",)).person("Ann", ANN.id).admin


async def test_what_they_said_is_theirs_after_a_restart(chat, browse, reopened):
    """The journal says who it was."""
    browser = await browse(signed="ann")
    await sends(browser, text="hello")
    await sends(browser, "/chat/m/m1/react", reaction="+👍")
    again = await reopened()
    [said, _] = await heard(again)
    assert (said.person.id, said.person.name) == (ANN.id, "Ann")
    with pytest.raises(Forbidden):
        await again.room.delete("m1", "Ann")
    await again.room.edit("m1", "Ann of today", "changed", ANN.id)


def test_a_journal_of_before_is_read_as_it_was():
    """Nobody had an id then: each was who their name said, and nothing more is kept of them now."""
    state = State(("lounge",), ())
    lines: list[dict[str, Any]] = [
        {"kind": "said", "channel": "lounge", "name": "Ann", "text": "hello"},
        {"kind": "reacted", "message": "m1", "name": "Bob", "reaction": "👍", "on": True},
        {"kind": "commanded", "channel": "lounge", "name": "Ann", "text": "/forum unread"},
        {"kind": "edited", "message": "m1", "name": "Ann", "text": "hello all"},
        {"kind": "deleted", "message": "m1", "name": "Ann"},
    ]
    for n, line in enumerate(lines, 1):
        kept = {"n": n, "at": n, **line}
        assert entries.written(entries.read(kept)) == kept
        state.apply(entries.read(kept))
        event: Any = state.events(n - 1, 1)[0][0]
        assert event.person.id == line["name"]
    assert [(note.text, note.command) for note in state.pane("Ann", "lounge")] == [("/forum unread", True)]


async def test_an_open_page_of_who_signs_out_hears_nothing_more(chat, browse):
    """It may stand open on another screen, and private words are said beside it."""
    browser = await browse(signed="ann")
    async with browser.get("/chat/live/lounge?after=0") as stream:
        assert await stream.content.readline() == b"retry: 2000\n"
        VISITORS.pop("ann")
        try:
            await chat.room.tell("lounge", ANN.id, "for Ann alone", "k1")
            rest = (await stream.content.read()).decode()
        finally:
            VISITORS["ann"] = ANN
    assert rest.strip() == "event: over\ndata:"
