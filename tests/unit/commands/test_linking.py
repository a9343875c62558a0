"""Two logins become one reader by a code that one shows and the other types, and can be two again."""

from __future__ import annotations

import pytest

from bot.app import OPERATOR
from bot.commands import carry_out
from bot.commands.suggesting import suggest
from bot.model import MINUTE, Answer, Caller, ChannelRef, ChatName, Offer, UserId, Where
from bot.store.alerts import add_alert
from bot.store.marks import mark_thread, unread_in
from bot.store.persons import person_of
from bot.store.readers import Wishes, wish, wishes
from bot.store.unit import Unit

WORKSHOP = Where(ChannelRef("workshop"))


class People:
    """Readers with logins in chats, who give commands."""

    def __init__(self, here, community: int) -> None:
        self.here = here
        self.community = community

    def caller(self, name: str, chat: str = "web") -> Caller:
        return Caller(ChatName(chat), self.community, name, where=WORKSHOP, id=UserId(name.lower()))

    async def say(self, name: str, *words: str, chat: str = "web") -> Answer:
        return await carry_out(self.here.app, self.caller(name, chat), "forum", words)

    async def did(self, name: str, *words: str, chat: str = "web") -> Answer:
        answer = await self.say(name, *words, chat=chat)
        assert answer.ok, answer.text
        return answer

    async def failed(self, name: str, *words: str, chat: str = "web") -> str:
        answer = await self.say(name, *words, chat=chat)
        assert not answer.ok, answer.text
        return answer.text

    async def code(self, name: str, chat: str = "web") -> str:
        return str((await self.did(name, "link", chat=chat)).data["code"])

    async def person(self, name: str, chat: str = "web") -> int | None:
        return await self.here.app.store.read(person_of, chat, name.lower())

    async def met(self, *names: str, chat: str = "web") -> list[int]:
        """Who they are, once they have asked for something."""
        for name in names:
            await self.say(name, "unlink", chat=chat)
        found = [await self.person(name, chat) for name in names]
        return [one for one in found if one is not None]

    async def follows(self, person: int, thread: int) -> None:
        """They follow a thread."""
        sql = "INSERT INTO follow (person, thread, level, community) VALUES ($1, $2, 'follow', $3)"
        await self.here.rows(sql, person, thread, self.community)

    async def told(self) -> list[tuple[str, str]]:
        """Who is owed which private words."""
        return [(who, text) for who, text in await self.here.rows("SELECT person, text FROM whisper ORDER BY id")]


@pytest.fixture
async def people(mirrored) -> People:
    return People(mirrored, (await mirrored.community()).community)


async def test_who_types_a_code_is_one_reader_with_whom_it_was_shown_to(people):
    """Both hear what happened, in private, and how to undo it."""
    await people.met("Ann", "Zoe")
    shown = await people.did("Ann", "link")
    assert str(shown.data["code"]) in shown.text
    answer = await people.did("Zoe", "link", str(shown.data["code"]))
    assert await people.person("Ann") == await people.person("Zoe")
    assert "You and Ann" in answer.text
    assert answer.offers == (Offer("Unlink", "forum", ("unlink", "web")),)
    [(who, text)] = await people.told()
    assert who == "ann"
    assert "Zoe" in text
    assert "forum unlink" in text


async def test_a_code_is_read_however_it_is_typed(people):
    """It is copied by hand from one screen to the other."""
    code = await people.code("Ann")
    assert len(code) == 9
    assert code[4] == "-"
    await people.did("Zoe", "link", code[:4].lower(), code[5:].lower())
    assert await people.person("Ann") == await people.person("Zoe")


async def test_a_code_works_once_for_ten_minutes_and_only_the_newest(people):
    """Whoever finds it later is nobody's other self."""
    before, code = await people.code("Ann"), await people.code("Ann")
    assert "no code that works" in await people.failed("Eve", "link", before)
    await people.did("Zoe", "link", code)
    assert "no code that works" in await people.failed("Eve", "link", code)
    late = await people.code("Ann")
    people.here.clock.advance(10 * MINUTE)
    assert "no code that works" in await people.failed("Eve", "link", late)
    assert await people.person("Eve") != await people.person("Ann")


async def test_a_code_is_for_the_other_login(people):
    """Typed where it was shown it is not used up."""
    code = await people.code("Ann")
    assert "other login" in await people.failed("Ann", "link", code)
    await people.did("Zoe", "link", code)


async def test_two_who_are_one_already_are_told_so(people):
    """Nothing is joined twice."""
    await people.did("Zoe", "link", await people.code("Ann"))
    answer = await people.did("Zoe", "link", await people.code("Ann"))
    assert "already" in answer.text
    assert answer.data["linked"] is False


async def test_nobody_finds_a_code_by_trying(people):
    """After five wrong ones a login has to wait; others have not."""
    code = await people.code("Ann")
    for wrong in range(5):
        assert "no code that works" in await people.failed("Eve", "link", f"AAAA-AAA{wrong + 2}")
        people.here.clock.advance(MINUTE)
    assert "too many codes were wrong; try again in 5 minutes" in await people.failed("Eve", "link", code)
    assert await people.person("Eve") != await people.person("Ann")
    await people.did("Zoe", "link", code)
    people.here.clock.advance(5 * MINUTE)
    await people.did("Eve", "link", await people.code("Ann"))


async def test_who_typed_the_code_goes_on_with_their_own_wishes(people):
    """Of two who wish different things, one has to give way; what only one has, stays."""
    ann, zoe = await people.met("Ann", "Zoe")
    store, [[thread]] = people.here.app.store, await people.here.rows("SELECT id FROM thread")
    await store.write(wish, ann, Wishes(3, "Europe/Berlin"))
    await store.write(wish, zoe, Wishes(9))
    await people.follows(ann, thread)
    await people.did("Zoe", "link", await people.code("Ann"))
    assert await store.read(wishes, zoe) == Wishes(9)
    assert await people.here.rows("SELECT person, level FROM follow") == [(zoe, "follow")]


async def test_nobody_is_told_twice_after_that(people):
    """Words that both waited for are waited for once; of two digests of a community, that of who typed stays."""
    ann, zoe = await people.met("Ann", "Zoe")
    for person, words, minute in ((ann, ("tea", "milk"), 480), (zoe, ("tea",), 600)):
        for one in words:
            await people.here.app.store.write(add_alert, person, people.community, one)
        await people.here.rows(
            "INSERT INTO digest (person, community, minute, days, next_at) VALUES ($1, $2, $3, 127, 1)",
            *(person, people.community, minute),
        )
    await people.did("Zoe", "link", await people.code("Ann"))
    assert sorted(await people.here.rows("SELECT person, words FROM alert")) == [(zoe, "milk"), (zoe, "tea")]
    assert await people.here.rows("SELECT person, minute FROM digest") == [(zoe, 600)]
    await people.did("Zoe", "unlink")
    assert {person for (person,) in await people.here.rows("SELECT person FROM alert")} == {await people.person("Ann")}


async def test_both_have_read_what_either_had(people):
    """And when they are two again, both keep that."""
    ann, zoe = await people.met("Ann", "Zoe")
    store = people.here.app.store
    [[thread, top]] = await people.here.rows("SELECT t.id, f.next_seq-1 FROM thread t JOIN forum f ON f.id=t.forum")
    await store.write(mark_thread, ann, thread, top)
    await people.did("Zoe", "link", await people.code("Ann"))
    assert await store.read(unread_in, zoe, thread) == 0
    await people.did("Zoe", "unlink")
    for name in ("Ann", "Zoe"):
        assert await store.read(unread_in, await people.person(name), thread) == 0
    assert await people.person("Ann") != await people.person("Zoe")


async def test_who_is_two_again_wishes_and_follows_the_same(people):
    """Nothing that one of them chose is lost by it."""
    ann, _ = await people.met("Ann", "Zoe")
    store, [[thread]] = people.here.app.store, await people.here.rows("SELECT id FROM thread")
    await store.write(wish, ann, Wishes(3, "Europe/Berlin", 60, 120))
    await people.follows(ann, thread)
    await people.did("Zoe", "link", await people.code("Ann"))
    await people.did("Zoe", "unlink")
    for name in ("Ann", "Zoe"):
        assert await store.read(wishes, await people.person(name)) == Wishes(3, "Europe/Berlin", 60, 120)
    assert sorted(await people.here.rows("SELECT person FROM follow")) == sorted(
        [(await people.person("Ann"),), (await people.person("Zoe"),)]
    )


async def test_the_login_in_another_chat_can_be_unlinked_from_here(people):
    """Whose phone is gone does that from where they still are; the other login hears of it."""
    await people.here.rows(
        "INSERT INTO member (chat, user_id, community, channel, seen_at) VALUES ('matrix', 'ann', $1, 'room', 1)",
        people.community,
    )
    await people.did("Zoe", "link", await people.code("Ann", chat="matrix"))
    assert "you are one reader with Ann (matrix)" in await people.failed("Zoe", "unlink", "irc")
    await people.did("Zoe", "unlink", "Matrix")
    assert await people.person("Ann", "matrix") != await people.person("Zoe")
    assert [who for who, text in await people.told() if "unlinked this login" in text] == ["ann"]


async def test_while_it_is_typed_ones_own_logins_are_suggested(people):
    """Of nobody else: whose they are is nobody's business."""
    await people.did("Zoe", "link", await people.code("Ann", chat="matrix"))
    app, zoe, eve = people.here.app, people.caller("Zoe"), people.caller("Eve")
    assert [one.value for one in await suggest(app, zoe, "forum", "chat", "")] == ["matrix", "web"]
    assert [one.value for one in await suggest(app, zoe, "forum", "chat", "ann")] == ["matrix"]
    assert await suggest(app, eve, "forum", "chat", "") == ()


async def test_a_login_that_is_alone_cannot_be_unlinked(people):
    """It learns how to begin."""
    assert "forum link" in await people.failed("Zoe", "unlink")


async def test_no_other_reader_and_no_admin_hears_of_it(people):
    """Law 8: whose logins belong together is their own business; the community's audit says nothing of it."""
    before = await people.here.rows("SELECT what FROM audit")
    await people.did("Zoe", "link", await people.code("Ann"))
    await people.did("Zoe", "unlink")
    assert await people.here.rows("SELECT what FROM audit") == before


async def test_no_code_stands_in_the_database(people):
    """Whoever copies the file joins nobody."""
    code = await people.code("Ann")
    [kept] = await people.here.rows("SELECT * FROM link_code")
    assert code not in str(kept)
    assert code.replace("-", "") not in str(kept)


async def test_the_command_line_has_no_login_to_link(people):
    """It is no reader."""
    for command in ("link", "unlink"):
        assert not (await carry_out(people.here.app, OPERATOR, "forum", [command])).ok


def rows_of(person: int) -> Unit[list[str]]:
    """The tables that hold something of a person, whichever there are."""
    tables = yield "SELECT m.name FROM sqlite_schema m WHERE m.type='table' ORDER BY m.name", ()
    found = []
    for (table,) in tables:
        columns = yield "SELECT name FROM pragma_table_info($1) WHERE name='person' AND type='INTEGER'", (table,)
        if columns and (yield f"SELECT 1 FROM {table} WHERE person=$1 LIMIT 1", (person,)):
            found.append(table)
    return found


async def test_nothing_is_left_of_whom_somebody_is_no_more(people):
    """A row that names them would be nobody's, for ever."""
    ann, _ = await people.met("Ann", "Zoe")
    store, [[thread]] = people.here.app.store, await people.here.rows("SELECT id FROM thread")
    await store.write(wish, ann, Wishes(3))
    await people.follows(ann, thread)
    await store.write(mark_thread, ann, thread, 1)
    assert await store.read(rows_of, ann)
    await people.did("Zoe", "link", await people.code("Ann"))
    assert await store.read(rows_of, ann) == []
