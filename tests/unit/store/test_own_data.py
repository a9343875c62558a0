"""Whoever asks is given all that is kept of them, and can have all of it gone: of every table, also of later ones."""

from __future__ import annotations

import itertools
import re
from typing import Any

import msgspec
import pytest

from bot.model import ChannelRef, ChatPerson, Commanded, MessageId, Said, UserId, Where
from bot.store import run
from bot.store.linking import ALPHABET, LENGTH, keep_code
from bot.store.own_data import SECTIONS, forget, own_data
from bot.store.persons import ensure_person, join
from bot.store.places import ensure_channel
from bot.store.said import tell_author
from bot.store.sessions import DATA, READER, issue, sign_in
from bot.store.whispers import whisper
from bot.testing.store_rig import BEGINNING, StoreRig, answer, op

PERSONAL = {"person", "user_id", "identity_user", "maker", "made_by", "who"}
"""What columns are called that say who somebody is."""

LOUNGE = Where(ChannelRef("lounge"))

REASONS = {
    "hidden": "what admins decided belongs to their community",
    "proposal": "what admins are about to decide; it leaves within the day",
}
"""Tables that name people and are neither given nor emptied, and why. Of the audit that holds for what admins decided,
with the names that they had; what was done in people's names is theirs."""


class Kept(StoreRig):
    """A store in which everything is kept that ever is, of Rae, who has two logins, and of Zoe."""

    async def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.store.write(run, sql, *params)]

    async def people(self) -> Kept:
        self.ids = itertools.count(1)
        await self.arrive(op(), answer("p1", "p0"))
        self.place = await self.store.write(ensure_channel, self.community, "web", "lounge", "lounge")
        [[self.thread]] = await self.rows("SELECT id FROM thread")
        [[self.post, *_], *_] = await self.rows("SELECT id FROM post ORDER BY id")
        self.zoe = await self.store.write(ensure_person, "web", "u-zoe", "Zoe", 1)
        self.rae = await self.store.write(ensure_person, "web", "u-rae", "Rae", 1)
        other = await self.store.write(ensure_person, "matrix", "@rae", "Rae of Matrix", 1)
        await self.store.write(join, self.rae, other)
        for person, user, chat in (
            (self.rae, "u-rae", "web"),
            (self.rae, "@rae", "matrix"),
            (self.zoe, "u-zoe", "web"),
        ):
            await self.keep(person, user, chat)
        return self

    async def keep(self, person: int, user: str, chat: str) -> None:
        """Everything that the program ever keeps of somebody, in each table."""
        here = self.place, self.thread, self.post, self.forum, self.board, self.community
        place, thread, post, forum, board, community = here
        mark = f"{person}-of-{user}"
        for sql, *values in (
            (
                "INSERT INTO member (chat, user_id, community, channel, seen_at) VALUES ($1, $2, $3, 'lounge', 1)",
                *(chat, user, community),
            ),
            ("INSERT INTO reader (person, zone) VALUES ($1, 'Asia/Tokyo') ON CONFLICT DO NOTHING", person),
            (
                """INSERT INTO follow (person, thread, level, community) VALUES ($1, $2, 'follow', $3)
                   ON CONFLICT DO NOTHING""",
                *(person, thread, community),
            ),
            ("INSERT INTO alert (person, community, words, since) VALUES ($1, $2, $3, 0)", person, community, mark),
            (
                """INSERT INTO alert_hit (person, post, community, words, due_at) VALUES ($1, $2, $3, $4, 1)
                   ON CONFLICT DO NOTHING""",
                *(person, post, community, mark),
            ),
            (
                """INSERT INTO digest (person, community, minute, days, next_at) VALUES ($1, $2, 480, 127, 1)
                   ON CONFLICT DO NOTHING""",
                *(person, community),
            ),
            ("INSERT INTO board_mark VALUES ($1, $2, 1) ON CONFLICT DO NOTHING", person, board),
            ("INSERT INTO thread_mark VALUES ($1, $2, 1, 1, 0) ON CONFLICT DO NOTHING", person, thread),
            ("INSERT INTO post_mark VALUES ($1, $2, 2) ON CONFLICT DO NOTHING", person, thread),
            (
                """INSERT INTO receipt (chat, user_id, place, everywhere, message, read_at)
                   VALUES ($1, $2, $3, 0, $4, 1)""",
                *(chat, user, place, f"read-{mark}"),
            ),
            (
                """INSERT INTO forum_account (person, forum, native, name) VALUES ($1, $2, $3, $3)
                   ON CONFLICT DO NOTHING""",
                *(person, forum, f"account-{mark}"),
            ),
            ("INSERT INTO invitation VALUES ($1, $2, $3, 1) ON CONFLICT DO NOTHING", person, forum, b"sealed"),
            (
                "INSERT INTO untold (person, thread, forum) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                *(person, thread, forum),
            ),
            (
                "INSERT INTO told (person, thread, post, native) VALUES ($1, $2, $3, '') ON CONFLICT DO NOTHING",
                *(person, thread, post),
            ),
            (
                """INSERT INTO reply (place, message, thread, identity_chat, identity_user, name, text, format, fate,
                     said_at, account) VALUES ($1, $2, $3, $4, $5, $6, $7, 'plain', 'refused', 1, $8)""",
                *(place, f"m{next(self.ids)}", thread, chat, user, f"name-{mark}", f"words-{mark}", f"account-{mark}"),
            ),
            (
                """INSERT INTO mirror (community, thread, place, layout, replies, start_seq, state, made_by, maker_chat,
                     maker, maker_channel, made_at)
                   VALUES ($1, $2, $3, 'threads', 'all', 1, 'removed', $4, $5, $6, 'lounge', 1)""",
                *(community, thread, place, f"name-{mark}", chat, user),
            ),
            ("INSERT INTO mistyped VALUES ($1, $2, 1, 1)", chat, user),
            (
                """INSERT INTO audit (community, who, what, new, done_at, chat, user_id)
                   VALUES ($1, $2, 'posted', $3, 1, $4, $5)""",
                *(community, f"name-{mark}", f"as account-{mark}", chat, user),
            ),
            (
                """INSERT INTO opener (board, community, identity_chat, identity_user, asked, name, title, text, format,
                     fate, made_at, account) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'plain', 'refused', 1, $9)""",
                *(board, community, chat, user, f"event-{next(self.ids)}", f"name-{mark}", f"title-{mark}"),
                *(f"words-{mark}", f"account-{mark}"),
            ),
            (
                """INSERT INTO granted (community, forum, chat, user_id, person, native, name, made_by, maker, operator,
                     made_at) VALUES ($1, $2, $3, $4, $5, $6, $6, $5, $4, 0, 1)""",
                *(community, forum, chat, user, f"name-{mark}", f"granted-{mark}"),
            ),
        ):
            await self.rows(str(sql), *values)
        await self.store.write(whisper, chat, "lounge", "", user, f"told-{mark}", f"key{next(self.ids)}", 1)
        for opens in (READER, DATA):
            await self.store.write(issue, f"{opens}-{mark}", opens, chat, user, community, self.now)
        await self.store.write(sign_in, chat, user, community, f"session-{mark}", self.now)
        await self.store.write(keep_code, ALPHABET[next(self.ids)] * LENGTH, chat, user, LOUNGE, self.now)
        who = ChatPerson(UserId(user), f"name-{mark}")
        early = Said(f"e{next(self.ids)}", LOUNGE, MessageId("early"), who, f"early-{mark}", "plain", BEGINNING)
        await self.waits(chat, early, "said")

    async def waits(self, chat: str, event: Said | Commanded, kind: str) -> None:
        """What somebody did waits for its turn."""
        body = msgspec.json.encode(event).decode()
        await self.rows(
            "INSERT INTO inbox (chat, event, kind, body, state, received_at) VALUES ($1, $2, $3, $4, 'waiting', 1)",
            *(chat, event.id, kind, body),
        )

    async def tables(self) -> dict[str, list[str]]:
        """Every table and its columns."""
        rows = await self.rows(
            """SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type='table'
                 AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid"""
        )
        found: dict[str, list[str]] = {}
        for table, column in rows:
            found.setdefault(table, []).append(column)
        return found

    async def personal(self) -> set[str]:
        """The tables that say who somebody is."""
        return {table for table, columns in (await self.tables()).items() if PERSONAL & set(columns)}

    async def of(self, *whose: object) -> dict[str, int]:
        """In which tables how many rows name somebody, by any of their names, wherever it stands."""
        found: dict[str, int] = {}
        for table, columns in (await self.tables()).items():
            rows = await self.rows(f"SELECT * FROM {table}")
            count = sum(
                any(_names(column, value, whose) for column, value in zip(columns, row, strict=True)) for row in rows
            )
            if count:
                found[table] = count
        return found

    async def given(self, person: int) -> str:
        return (await self.store.read(own_data, person)).decode()


def _names(column: str, value: object, whose: tuple[object, ...]) -> bool:
    if isinstance(value, str):
        return any(isinstance(one, str) and one in value for one in whose)
    return column == "person" and value in whose


@pytest.fixture
async def kept(mirrored):
    there = Kept(mirrored.store)
    await there.furnish()
    return await there.people()


async def test_what_is_kept_of_people_is_known_to_this_test(kept):
    """A new table that names people is given and emptied, or there is a reason not to; then it is kept here too."""
    named = await kept.personal()
    filled = set(await kept.of(kept.rae, "u-rae", "@rae"))
    assert named - set(REASONS) <= filled, "say in Kept.keep what stands there"
    assert not set(REASONS) & filled
    assert set(REASONS) <= named


async def test_everything_is_given_to_whom_it_is_about(kept):
    """Each of these tables is one section of the file, or more."""
    text = " ".join(f"{columns} {rest}" for columns, rest in SECTIONS.values())
    for table in await kept.personal() - set(REASONS):
        assert re.search(rf"\b{table} [xi]\b", text), table
    found = msgspec.json.decode(await kept.given(kept.rae))
    assert not [section for section, rows in found.items() if not rows]
    for words in (
        "u-rae",
        "@rae",
        "words-",
        "told-",
        "read-",
        "early-",
        "account-",
        "Asia/Tokyo",
        "A thread",
        "Lounge",
    ):
        assert words in str(found), words
    assert len(found["said"]) == len(found["waiting"]) == 2, "of each login"


async def test_nobody_is_given_anything_of_others(kept):
    """Nor what opens anything: the file may lie about."""
    text = await kept.given(kept.rae)
    assert "zoe" not in text.casefold()
    assert "sealed" not in text.replace("'sealed'", "")
    [*digests] = await kept.rows(
        "SELECT digest FROM session UNION SELECT digest FROM ticket UNION SELECT digest FROM link_code"
    )
    assert not [one for (one,) in digests if one in text]


async def test_nothing_is_left_of_who_asks_to_be_forgotten(kept):
    """In no table, under none of their names; of others, everything stays."""
    before = await kept.of(kept.zoe, "u-zoe")
    gone = await kept.store.write(forget, kept.rae, kept.now)
    assert [(login.chat, login.user) for login in gone] == [("matrix", "@rae"), ("web", "u-rae")]
    assert await kept.of(kept.rae, "u-rae", "@rae", f"{kept.rae}-of-", "Rae") == {}
    assert await kept.of(kept.zoe, "u-zoe") == before


async def test_what_was_said_stays_what_it_became(kept):
    """A message in the chat is still the copy of its post, and no new one is made."""
    before = await kept.rows("SELECT id, place, message, thread, fate FROM reply ORDER BY id")
    await kept.store.write(forget, kept.rae, kept.now)
    assert await kept.rows("SELECT id, place, message, thread, fate FROM reply ORDER BY id") == before


async def test_nobody_is_told_of_what_somebody_said_who_is_gone(kept):
    """Private words to nobody would wait for ever."""
    await kept.store.write(forget, kept.rae, kept.now)
    [[reply], *_] = await kept.rows("SELECT id FROM reply WHERE identity_user=''")
    await kept.store.write(tell_author, reply, lambda said: f"It was refused{said}.", "refused", kept.now)
    assert await kept.rows("SELECT text FROM whisper WHERE key='refused'") == []


async def test_who_comes_back_is_somebody_new(kept):
    """Their number is never given again."""
    await kept.store.write(forget, kept.rae, kept.now)
    again = await kept.store.write(ensure_person, "web", "u-rae", "Rae", kept.now)
    assert again not in (kept.rae, kept.zoe)
    text = await kept.given(again)
    assert [section for section, rows in msgspec.json.decode(text).items() if rows] == ["what", "person", "logins"]


async def test_commands_that_wait_are_carried_out(kept):
    """The one that is being answered is among them."""
    command = Commanded("c", LOUNGE, ChatPerson(UserId("u-rae"), "Rae"), "forum", ("forgetme", "yes"), BEGINNING)
    await kept.waits("web", command, "commanded")
    await kept.store.write(forget, kept.rae, kept.now)
    assert ("c",) in await kept.rows("SELECT event FROM inbox WHERE state='waiting'")
