"""What open pages hear: everything that concerns them, once, from wherever they stopped."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.chats.web import entries, live, state
from bot.model import Card, CardKind, ChannelRef, ChannelWish, Reaction, Where

LOUNGE = Where(ChannelRef("lounge"))


class Listener:
    """Reads a stream as a browser would: events with kind, id and text; remembers the last id."""

    def __init__(self, answer, last: str) -> None:
        self._answer = answer
        self.last = last

    async def next(self) -> tuple[str, str]:
        kind, data = "", []
        while True:
            line = (await self._answer.content.readline()).decode().rstrip("\n")
            field, _, value = line.partition(": ")
            if field == "event":
                kind = value
            elif field == "id":
                self.last = value
            elif field == "data":
                data.append(value)
            elif not line and kind:
                return kind, "\n".join(data)

    async def until(self, kind: str) -> str:
        while True:
            heard, text = await self.next()
            if heard == kind:
                return text


@contextlib.asynccontextmanager
async def listening(browser, path="/chat/live/lounge", after="0", last=""):
    headers = {"Last-Event-ID": last} if last else {}
    async with browser.get(f"{path}?after={after}", headers=headers) as answer:
        assert answer.status == 200
        yield Listener(answer, last or after)


async def sent(chat, title: str, key: str, where: Where = LOUNGE, **more):
    return await chat.send(where, chat.render(Card(CardKind.POST, author="pscot", title=title, **more))[0], key)


async def test_a_page_hears_messages_appear_change_and_go(chat, browse):
    """Whoever has the page open sees the chat as it is."""
    async with listening(await browse()) as page:
        message = await sent(chat, "China moves", "k1")
        assert 'id="m1"' in await page.until("append")
        await chat.edit(LOUNGE, message, chat.render(Card(CardKind.POST, title="China moved"))[0])
        assert "China moved" in await page.until("replace")
        await chat.delete(LOUNGE, message)
        assert await page.until("remove") == message
        assert page.last == str((await chat.room.state()).position)


async def test_a_page_that_was_away_catches_up_from_its_last_event(chat, browse):
    """A train through a tunnel, a restart of the program: nothing is missed."""
    browser = await browse()
    async with listening(browser) as page:
        await sent(chat, "one", "k1")
        await page.until("append")
    await sent(chat, "two", "k2")
    await chat.room.say("lounge", "", "Ann", "three")
    async with listening(browser, after="0", last=page.last) as page:
        assert "two" in await page.until("append")
        assert "three" in await page.until("append")


async def test_a_page_hears_of_its_own_place_only(chat, browse):
    """A channel shows how many replies a thread has; the thread shows them."""
    root = await sent(chat, "OP", "k1")
    inside = Where(LOUNGE.channel, await chat.open_thread(LOUNGE, root, "OP", "t"))
    await chat.channel("other", make=ChannelWish())
    now = str((await chat.room.state()).position)
    browser = await browse()
    async with listening(browser, after=now) as channel, listening(browser, f"/chat/live/lounge/{root}", now) as thread:
        await chat.room.say("other", "", "Ann", "elsewhere")
        await sent(chat, "first reply", "k2", inside)
        assert "first reply" in await thread.until("append")
        kind, text = await channel.next()
        assert (kind, "1 reply · last by pscot" in text) == ("replace", True)


async def test_a_quote_changes_with_what_it_quotes(chat, browse):
    """An open page must not go on showing what was removed."""
    parent = await chat.room.say("lounge", "", "Ann", "regretted")
    await chat.room.say("lounge", "", "Bob", "well", reply_to=parent)
    async with listening(await browse(), after="2") as page:
        await chat.room.delete(parent, "Ann")
        assert await page.until("remove") == parent
        assert "a message that was removed" in await page.until("replace")


async def test_reactions_and_fates_arrive(chat, browse):
    """The writer waits for the sign that the reply is on the forum."""
    message = await chat.room.say("lounge", "", "Ann", "hello")
    async with listening(await browse(), after="1") as page:
        await chat.react(LOUNGE, message, Reaction.POSTED)
        assert "posted to the forum" in await page.until("replace")
        await chat.room.react(message, "Bob", "👍", True)
        assert "👍 1" in await page.until("replace")


async def test_only_the_asker_hears_the_answer(chat, browse):
    """What is private must not travel to other pages at all."""
    ann, bob = await browse("Ann"), await browse("Bob")
    async with listening(ann) as hers, listening(bob) as his:
        await chat.room.say("lounge", "", "Ann", "/forum unread")
        assert "Waiting for the answer" in await hers.until("pane")
        command = (await anext(chat.events(""))).events[0]
        await chat.tell(command.where, command.person.id, "3 new", "a")
        assert "3 new" in await hers.until("pane")
        await chat.room.say("lounge", "", "Bob", "hello")
        kind, text = await his.next()
        assert (kind, "3 new" in text) == ("append", False)


@pytest.mark.parametrize("after", ["999", "3"])
async def test_a_page_that_cannot_be_brought_up_to_date_is_told_to_load_anew(chat, browse, monkeypatch, after):
    """Half an update would show a chat that never was."""
    monkeypatch.setattr(live, "AT_ONCE", 5)
    for number in range(20):
        await chat.room.say("lounge", "", "Ann", f"line {number}")
    async with listening(await browse(), after=after) as page:
        assert (await page.next())[0] == "reload"
        await chat.room.say("lounge", "", "Ann", "later")
        assert "later" in await page.until("append")


async def test_what_is_too_long_ago_is_not_known_any_more(chat, monkeypatch):
    """The memory for catching up is bounded, and says where it ends."""
    monkeypatch.setattr(state, "CHANGES_KEPT", 3)
    small = state.State(("lounge",), ())
    for number in range(1, 10):
        small.apply(entries.Said(number, 0, "lounge", "Ann", "x"))
    assert [change.n for change in small.since(6) or ()] == [7, 8, 9]
    assert small.since(5) is None
    assert small.since(9) == ()
    assert small.since(10) is None


async def test_a_quiet_page_is_told_that_nothing_is_new(chat, browse, monkeypatch):
    """Without a sign of life neither side notices that the other is gone."""
    monkeypatch.setattr(live, "HEARTBEAT", 0.01)
    async with listening(await browse()) as page:
        assert await page.next() == ("at", "0")


async def test_listening_pages_are_bounded(chat, browse, monkeypatch):
    """Every size has a bound, and a page that goes makes room."""
    monkeypatch.setattr(live, "STREAMS", 1)
    monkeypatch.setattr(live, "HEARTBEAT", 0.01)
    browser = await browse()

    async def status() -> int:
        async with browser.get("/chat/live/lounge") as answer:
            return answer.status

    async with listening(browser):
        assert await status() == 503
    while await status() == 503:
        pass


async def test_closing_the_chat_ends_every_stream(chat, browse):
    """A shutdown must not wait for browsers."""
    browser = await browse()
    async with browser.get("/chat/live/lounge") as answer:
        await chat.close()
        assert b"retry" in await answer.read()


ACTS = st.lists(
    st.tuples(st.sampled_from(["say", "reply", "edit", "delete", "send", "react"]), st.integers(0, 9)), max_size=30
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(acts=ACTS, cuts=st.lists(st.integers(0, 30), max_size=4))
def test_a_page_that_listens_in_any_pieces_ends_like_one_that_loads_anew(acts, cuts):
    """Whenever the connection breaks, the page must show in the end what a fresh one shows."""
    made = state.State(("lounge",), ())
    view = live.View("lounge", "", "")
    page: dict[str, str] = {}
    seen = 0

    def catch_up() -> None:
        nonlocal seen
        for event in feed.news(made, view, seen):
            kind, _, rest = event.removeprefix("event: ").partition("\n")
            body = "\n".join(line.removeprefix("data: ") for line in rest.splitlines() if line.startswith("data"))
            assert kind in ("append", "replace", "remove")
            if kind == "remove":
                page.pop(body, None)
            else:
                name = body.partition(" ")[0]
                assert kind == "append" or name in page
                page[name] = body
        seen = made.position

    feed = live.Live(None, Sketches())  # type: ignore[arg-type]
    for step, (act, target) in enumerate(acts):
        happen(made, act, target)
        if step in cuts:
            catch_up()
    catch_up()
    shown = [m for m in made.channels["lounge"] if m.shown]
    assert page == {m.id: feed._body(made, m, "") for m in shown}


class Sketches:
    """Pages whose fragments are one line: the id and what can change."""

    def url(self, path: str) -> str:
        return path

    def fragment(self, template: str, *, m, named) -> str:
        return f"{m.id} {m.html} {m.edited} {m.quoted} {[(r.sign, r.count) for r in m.reactions]}"


def happen(made: state.State, act: str, target: int) -> None:
    """Let somebody do something to one of the standing messages, or say something where there is none."""
    n = made.position + 1
    standing = [m for m in made.messages.values() if not m.deleted]
    chosen = standing[target % len(standing)] if standing else None
    match act, chosen:
        case "reply", state.Message():
            made.apply(entries.Said(n, 0, "lounge", "Ann", f"reply {n}", reply_to=chosen.id))
        case "edit", state.Message():
            made.apply(entries.Edited(n, 0, chosen.id, "Ann", f"edit {n}"))
        case "delete", state.Message():
            made.apply(entries.Deleted(n, 0, chosen.id, "Ann"))
        case "react", state.Message():
            on = "Bob" not in chosen.reactions.get("👍", {})
            made.apply(entries.Reacted(n, 0, chosen.id, "Bob", "👍", on))
        case "send", _:
            made.apply(entries.Sent(n, 0, "lounge", {"title": f"card {n}", "html": f"card {n}"}, f"k{n}"))
        case _:
            made.apply(entries.Said(n, 0, "lounge", "Ann", f"line {n}"))
