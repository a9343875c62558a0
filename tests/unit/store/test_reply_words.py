"""What a chat message is about on its forum: the words that it answers, and the accounts of those whom it mentions."""

import pytest

from bot.model import (
    EMPTY,
    Batch,
    BodyState,
    ChannelRef,
    ChatPerson,
    Login,
    MessageId,
    PostState,
    Said,
    ThreadRef,
    UserId,
    Where,
)
from bot.store import run
from bot.store.communities import ensure_community
from bot.store.forums import ensure_forum
from bot.store.inbox import receive
from bot.store.persons import ensure_person
from bot.store.replies import reply_row
from bot.store.report import held
from bot.testing.store_rig import StoreRig, answer, op, text

ADA = ChatPerson(UserId("u1"), "Ada")
BOB = "[@Bob](https://discord.com/users/2)"


async def says(house: StoreRig, words: str, answers: str = "", format: str = "discord") -> int:
    """Somebody says something in the chat thread; the reply that it is."""
    [[channel, thread]] = await house.rows("SELECT channel, thread_ref FROM place WHERE parent IS NOT NULL")
    where, count = Where(ChannelRef(channel), ThreadRef(thread)), await house.value("SELECT count(*) FROM reply")
    said = Said(f"s{count}", where, MessageId(f"s{count}"), ADA, words, format, house.now, MessageId(answers))
    await house.store.write(receive, "web", Batch((said,), said.id), house.now)
    return int(await house.value("SELECT MAX(id) FROM reply"))


async def message_of(house: StoreRig, post: str) -> str:
    """The message that shows a post."""
    return str(
        await house.value(
            "SELECT m.message FROM copy_message m JOIN copy c ON c.id=m.copy JOIN post p ON p.id=c.post WHERE p.key=$1",
            post,
        )
    )


async def knows(house: StoreRig, person: int, forum: int, native: str, name: str) -> None:
    """Somebody let us use their account."""
    await house.store.write(
        run,
        "INSERT INTO forum_account (person, forum, native, name) VALUES ($1, $2, $3, $4)",
        person,
        forum,
        native,
        name,
    )


async def is_here(house: StoreRig, user: str, community: int) -> None:
    """Somebody gave a command in a community."""
    await house.store.write(
        run,
        "INSERT INTO member (chat, user_id, community, channel, seen_at) VALUES ('web', $1, $2, 'lounge', $3)",
        user,
        community,
        house.now,
    )


@pytest.fixture
async def shown(mirrored: StoreRig) -> StoreRig:
    """A thread of an OP, and a reply to it."""
    await mirrored.arrive(op(), answer("p1", "p0", body=text("Boil it.", "markdown"), link="https://f.example/p1"))
    await mirrored.send()
    return mirrored


async def test_what_is_answered_comes_with_its_words(shown: StoreRig) -> None:
    """A forum without parents shows by a quote what is answered."""
    row = await shown.store.read(reply_row, await says(shown, "why?", await message_of(shown, "p1")))
    assert row is not None
    assert row.quoted is not None
    assert (row.quoted.author, row.quoted.body.text, row.quoted.link) == ("Ada", "Boil it.", "https://f.example/p1")


async def test_the_op_is_not_quoted(shown: StoreRig) -> None:
    """Whoever answers it answers the thread, and everybody there has read it."""
    for answers in ("", await message_of(shown, "p0")):
        row = await shown.store.read(reply_row, await says(shown, "why?", answers))
        assert row is not None
        assert row.quoted is None


async def test_what_was_deleted_meanwhile_is_not_said_again(shown: StoreRig) -> None:
    """Law 10: its text is on its way out of everything we keep."""
    reply = await says(shown, "why?", await message_of(shown, "p1"))
    await shown.read_thread(op(), answer("p1", "p0", state=PostState.DELETED, body=EMPTY))
    row = await shown.store.read(reply_row, reply)
    assert row is not None
    assert row.quoted is None


async def test_an_edit_of_what_is_answered_is_quoted_as_it_is_now(shown: StoreRig) -> None:
    reply = await says(shown, "why?", await message_of(shown, "p1"))
    await shown.read_thread(op(), answer("p1", "p0", body=text("Fry it."), version="2"))
    row = await shown.store.read(reply_row, reply)
    assert row is not None
    assert row.quoted is not None
    assert (row.quoted.body.text, row.quoted.body.state) == ("Fry it.", BodyState.PRESENT)


async def test_what_somebody_in_the_chat_said_is_quoted_before_the_forum_was_read_again(shown: StoreRig) -> None:
    first = await says(shown, "*why?*")
    await shown.store.write(run, "UPDATE reply SET post_key='p9', fate='posted' WHERE id=$1", first)
    row = await shown.store.read(reply_row, await says(shown, "because", "s0"))
    assert row is not None
    assert row.quoted is not None
    assert (row.parent, row.quoted.author, row.quoted.body.format) == ("p9", "Ada", "discord")
    await shown.store.write(run, "UPDATE reply SET gone=1 WHERE id=$1", first)
    row = await shown.store.read(reply_row, row.id)
    assert row is not None
    assert row.quoted is None


async def test_who_is_mentioned_and_has_an_account_there_is_known_by_it(shown: StoreRig) -> None:
    """By the forum's name alone: what opens the account is nobody's business here."""
    bob = await shown.store.write(ensure_person, "web", "2", "Bob", shown.now)
    other = await shown.store.write(ensure_person, "other", "3", "Cleo", shown.now)
    for person, native, name in ((bob, "17", "bobby"), (other, "18", "cleo")):
        await knows(shown, person, shown.forum, native, name)
    await is_here(shown, "2", shown.community)
    row = await shown.store.read(reply_row, await says(shown, f"hi {BOB} and [@Cleo](https://discord.com/users/3)"))
    assert row is not None
    assert row.calls == {"2": Login("17", "bobby", "")}


async def test_whom_another_community_knows_nobody_here_can_have_named(shown: StoreRig) -> None:
    """Law 12: a mention would tell which account somebody of another community has."""
    bob = await shown.store.write(ensure_person, "web", "2", "Bob", shown.now)
    await knows(shown, bob, shown.forum, "17", "bobby")
    await is_here(shown, "2", await shown.store.write(ensure_community, "web", "theirs", "Theirs"))
    row = await shown.store.read(reply_row, await says(shown, f"hi {BOB}"))
    assert row is not None
    assert row.calls == {}


async def test_an_account_on_another_forum_says_nothing_here(shown: StoreRig) -> None:
    bob = await shown.store.write(ensure_person, "web", "2", "Bob", shown.now)
    elsewhere = await shown.store.write(ensure_forum, "elsewhere", "none")
    await knows(shown, bob, elsewhere, "17", "bobby")
    row = await shown.store.read(reply_row, await says(shown, f"hi {BOB}"))
    assert row is not None
    assert row.calls == {}


async def test_what_is_held_is_called_by_its_words(shown: StoreRig) -> None:
    """An admin reads it in a list; how the chat writes mentions is nothing to read."""
    reply = await says(shown, f"hi {BOB}, **why?**")
    await shown.store.write(
        run, "UPDATE delivery SET state='held', reason='x' WHERE subject='reply' AND subject_id=$1", reply
    )
    [one] = await shown.store.read(held, None)
    assert one.what == "reply create hi @Bob, why?"
