"""What the adapter writes on Discord: where it stands, what becomes of it when something goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.chats.discord import adapter, rest
from adapters.chats.discord.chat import DiscordChat
from bot import markup
from bot.errors import Gone, NotAllowed, OutcomeUnknown, RateLimited, Refused, Unreachable
from bot.model import NO_MESSAGE, Card, CardKind, ChannelRef, ChannelWish, ChatName, Found, MessageId, Reaction, Where
from bot.ports import Media, Missing, Secret, ShownIn
from bot.testing.context import context
from tests.discord import permissions
from tests.discord.faults import Drop, Fail, Hold, Limit, LoseAnswer
from tests.discord.nouns import REQUIRE_TAG, Channel, Guild, Message
from tests.discord.people import Person
from tests.discord.stand_in import StandIn

LINK = "https://forum.example/t/1#p1"
KEY = "abcdefghijklmnopqrstuvwx"
LONG = "\n\n".join(" ".join(f"w{n}" for n in range(start, start + 40)) for start in range(0, 2000, 40))
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


class Files:
    """The images that can be had, and which were asked for."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        self.gone: set[str] = set()
        self._path = folder / "file"
        self._path.write_bytes(PNG)

    async def fetch(self, address: str, shown: ShownIn | None = None, within: float = 10.0) -> Media | Missing:
        self.asked.append(address)
        if address in self.gone:
            return Missing("nothing is there")
        return Media("0" * 64, "image", "image/png", len(PNG), "image.png", self._path)


Opener = Callable[..., Awaitable[DiscordChat]]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
async def opened(stand_in: StandIn, tmp_path: Path, files: Files) -> AsyncIterator[Opener]:
    """Opens the adapter's chat: `await opened(identity="webhook")`."""
    async with AsyncExitStack() as stack:

        async def open_(**more: Any) -> DiscordChat:
            given = context(tmp_path, "discord", media=files)
            settings = adapter.settings(**{"token": Secret(stand_in.token), "message_content": True, **more})
            chat = adapter.open(ChatName("discord"), settings, given)
            stack.push_async_callback(given.net.close)
            stack.push_async_callback(chat.close)
            return chat

        yield open_


@pytest.fixture
async def chat(opened: Opener) -> DiscordChat:
    return await opened()


@pytest.fixture
async def hooked(opened: Opener) -> DiscordChat:
    """The chat in which webhooks speak."""
    return await opened(identity="webhook")


def post(text: str = "Words", **more: Any) -> Card:
    given = {"author": "Ann", "author_key": "f/ann", "link": LINK, "body": markup.read(text, "markdown"), **more}
    return Card(CardKind.POST, **given)


async def send(chat: DiscordChat, where: Where, card: Card, key: str = KEY) -> MessageId:
    [payload] = chat.render(card)
    return await chat.send(where, payload, key)


def place(channel: Channel, thread: str = "") -> Where:
    return Where(ChannelRef(channel.id), thread)  # type: ignore[arg-type]


def only(ann: Person, channel: Channel) -> Message:
    [message] = ann.sees(channel)
    return message


# ------------------------------------------------------------------------------------------------------ text channels


async def test_what_a_limit_holds_up_is_known_as_soon_as_it_stands(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """The wait is before a request and not behind it: a program that is killed meanwhile knows what it did."""
    stand_in.limits.on, stand_in.limits.pace = True, 50.0
    for n in range(12):
        sent = await send(chat, place(talk), post(f"line {n}"), f"key-{n}")
        assert ann.sees(talk)[-1].id == sent
    assert stand_in.limits.refused == []


async def test_many_channels_at_once_stay_below_the_global_limit(
    stand_in: StandIn, opened: Opener, guild: Guild, ann: Person
) -> None:
    """Whoever asks more often than Discord takes is refused, and shut out in the end."""
    chat = await opened(budget=45.0)
    channels = [stand_in.channel(guild, f"room-{n}") for n in range(30)]
    stand_in.limits.on = True
    await asyncio.gather(*(send(chat, place(one), post()) for one in channels))
    assert [len(ann.sees(one)) for one in channels] == [1] * 30
    assert stand_in.limits.refused == []


async def test_a_lost_answer_is_found_by_its_nonce_and_later_by_its_marker(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """Inside the window the same message comes back; after it, the message is found by the key that it carries."""
    stand_in.faults.rule(LoseAnswer(), "POST", "/messages")
    with pytest.raises(OutcomeUnknown):
        await send(chat, place(talk), post())
    assert await send(chat, place(talk), post()) == only(ann, talk).id
    stand_in.forward(130)
    assert await chat.read_back(place(talk), NO_MESSAGE) == (Found(MessageId(only(ann, talk).id), KEY),)


async def test_discord_out_of_order_counts_as_no_failure_of_a_message(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """After one write without an answer it is asked first whether Discord is there at all."""
    stand_in.faults.rule(Fail(502, done=False), times=None)
    with pytest.raises(Unreachable):
        await chat.probe()
    stand_in.faults.mend()
    await chat.channel(talk.id, None)
    stand_in.faults.rule(Fail(502, done=False), times=None)
    with pytest.raises(OutcomeUnknown):
        await send(chat, place(talk), post())
    with pytest.raises(Unreachable):
        await send(chat, place(talk), post())
    stand_in.faults.mend()
    await send(chat, place(talk), post())
    assert len(ann.sees(talk)) == 1


async def test_a_message_that_somebody_removed_is_not_sent_anew_by_its_key(
    chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """It was sent, and a moderator took it away: it stays away."""
    await chat.delete(place(talk), await send(chat, place(talk), post()))
    with pytest.raises(Gone):
        await send(chat, place(talk), post())
    assert ann.sees(talk) == []


async def test_what_nobody_can_answer_stops_no_message(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """Discord refuses the whole message for a reference to a line of its own."""
    first = await send(chat, place(talk), post(), "k-1")
    stand_in.reactions.pin(stand_in.world.bot, stand_in.world.message(talk.id, first), pinned=True)
    line = ann.sees(talk)[-1]
    sent = await send(chat, place(talk), post(reply_to=line.id), "k-2")
    assert [one.id for one in ann.sees(talk)] == [first, line.id, sent]


async def test_a_post_shows_who_wrote_it_and_where_it_stands(chat: DiscordChat, talk: Channel, ann: Person) -> None:
    """Name, picture and badge of the author, and a link to the post, on every copy."""
    face = "https://forum.example/a.png"
    await send(chat, place(talk), post(title="A title", avatar=face, badge="staff", number="#3", path=("Home", "Talk")))
    [embed] = only(ann, talk).embeds
    assert embed["author"] == {"name": "Ann", "url": LINK, "icon_url": face}
    assert embed["footer"] == {"text": "staff · #3"}
    assert embed["description"] == f"Home › Talk\n\n### [A title](<{LINK}>)\n\nWords"


async def test_a_deleted_post_becomes_a_tombstone_and_comes_back(chat: DiscordChat, talk: Channel, ann: Person) -> None:
    """In place, without its words; they can be shown there again."""
    sent = await send(chat, place(talk), post("Secret words"))
    [gone] = chat.render(Card(CardKind.TOMBSTONE, note="deleted on the forum", number="#3", link=LINK))
    await chat.edit(place(talk), sent, gone)
    assert "Secret" not in str(only(ann, talk).embeds)
    assert "deleted on the forum" in str(only(ann, talk).embeds)
    await chat.edit(place(talk), sent, chat.render(post("Words again"))[0])
    assert "Words again" in str(only(ann, talk).embeds)


# ---------------------------------------------------------------------------------------------------- forum channels


async def test_a_forum_channel_gets_a_post_for_each_thread(
    stand_in: StandIn, chat: DiscordChat, board: Channel, ann: Person
) -> None:
    """Its title is the thread's, its tags are those that are called like the board; replies stand in it."""
    first = await send(chat, place(board), post(title="A certain title", path=("Home", "News")))
    thread = await chat.open_thread(place(board), first, "A certain title", "k-2")
    [made] = ann.threads_in(board)
    assert (made.id, made.name) == (thread, "A certain title")
    assert made.thread is not None
    assert made.thread.tags == [tag.id for tag in board.tags if tag.name == "news"]
    reply = await send(chat, place(board, thread), post("An answer", reply_to=first), "k-3")
    assert [one.id for one in ann.sees(made)] == [first, reply]
    assert (ann.sees(made)[1].reference or {})["message_id"] == first
    await chat.edit(place(board), first, chat.render(post("Changed", title="A certain title"))[0])
    assert "Changed" in str(ann.sees(made)[0].embeds)


async def test_a_long_opening_post_goes_on_in_its_forum_post(chat: DiscordChat, board: Channel, ann: Person) -> None:
    """A second message of it must not become a second post."""
    parts = [await chat.send(place(board), one, f"k-{n}") for n, one in enumerate(chat.render(post(LONG, title="T")))]
    [made] = ann.threads_in(board)
    assert len(ann.sees(made)) == len(parts) > 1
    await chat.edit(place(board), parts[1], chat.render(post("Changed"))[0])
    assert "Changed" in str(ann.sees(made)[1].embeds)
    await chat.delete(place(board), parts[1])
    assert len(ann.sees(made)) == len(parts) - 1
    assert [one.marker for one in await chat.read_back(place(board), parts[0])] == ["k-2"][: len(parts) - 2]


async def test_a_forum_post_without_an_answer_is_found_by_looking(
    stand_in: StandIn, chat: DiscordChat, board: Channel, talk: Channel, ann: Person
) -> None:
    """It is made without a key: repeating it would make a second one. It is found also when it was archived since."""
    assert (await chat.key_window(place(board)), await chat.key_window(place(talk))) == (None, 120.0)
    earlier = await send(chat, place(board), post(title="Earlier"), "k-0")
    stand_in.faults.rule(LoseAnswer(), "POST", "/threads")
    with pytest.raises(OutcomeUnknown):
        await send(chat, place(board), post(title="Lost"))
    lost = ann.threads_in(board)[-1]
    assert await chat.read_back(place(board), earlier) == (Found(MessageId(lost.id), KEY),)
    stand_in.forward(30 * 86_400)
    assert await chat.read_back(place(board), earlier) == (Found(MessageId(lost.id), KEY),)
    assert [one.marker for one in await chat.read_back(place(board), NO_MESSAGE)] == ["k-0", KEY]
    assert await chat.key_window(place(board, lost.id)) == 120.0


async def test_peoples_posts_are_none_of_ours(chat: DiscordChat, board: Channel, ann: Person) -> None:
    """Read-back tells what we wrote."""
    ann.posts(board, "Mine", "Hello")
    assert await chat.read_back(place(board), NO_MESSAGE) == ()


async def test_the_tags_of_the_forum_come_before_its_boards(chat: DiscordChat, board: Channel, ann: Person) -> None:
    """Five at the most; those that the channel does not have are left out."""
    await send(chat, place(board), post(title="Tagged", tags=("Old", "unknown"), path=("News",)))
    [made] = ann.threads_in(board)
    assert made.thread is not None
    assert [tag.name for one in made.thread.tags for tag in board.tags if tag.id == one] == ["old", "news"]


async def test_tags_that_only_moderators_give_are_left_to_them(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, board: Channel, ann: Person
) -> None:
    """Discord would refuse the whole post."""
    stand_in.bot_may(guild, permissions.EVERYONE)
    board.tags[0].moderated = True
    await send(chat, place(board), post(title="Tagged", tags=("News", "Help")))
    [made] = ann.threads_in(board)
    assert made.thread is not None
    assert made.thread.tags == [board.tags[1].id]


async def test_a_forum_channel_that_wants_a_tag_says_so(
    stand_in: StandIn, chat: DiscordChat, board: Channel, ann: Person
) -> None:
    """Its admins can do something about it; the place waits for them."""
    board.flags |= REQUIRE_TAG
    with pytest.raises(NotAllowed, match="tag"):
        await send(chat, place(board), post(title="Untagged"))
    await send(chat, place(board), post(title="Tagged", path=("Help",)))
    assert [one.name for one in ann.threads_in(board)] == ["Tagged"]


# ---------------------------------------------------------------------------------------------------------- webhooks


async def test_webhooks_speak_under_the_names_of_authors(
    stand_in: StandIn, hooked: DiscordChat, talk: Channel, ann: Person
) -> None:
    """One webhook of ours does for a channel, also after a restart; names that Discord refuses are made fit."""
    first = await send(hooked, place(talk), post(author="Ben Author", avatar="https://forum.example/b.png"), "k-1")
    for n, name in enumerate(("everyone", "The Discord Clyde", "")):
        await send(hooked, place(talk), post(author=name), f"k-2{n}")
    shown = ann.sees(talk)
    assert [one.author.name for one in shown] == ["Ben Author", "everyone·", "The Di·scord Cl·yde", "Threadline"]
    assert "author" not in shown[0].embeds[0]
    await hooked.edit(place(talk), first, hooked.render(post("Changed"))[0])
    assert "Changed" in str(ann.sees(talk)[0].embeds)
    await hooked.delete(place(talk), first)
    assert len(ann.sees(talk)) == 3
    assert len(stand_in.world.webhooks) == 1


async def test_a_webhook_answers_in_words_and_speaks_in_threads(
    stand_in: StandIn, hooked: DiscordChat, talk: Channel, guild: Guild, ann: Person
) -> None:
    """Webhooks have no native replies: the line that says what is answered leads there."""
    root = await send(hooked, place(talk), post(), "k-1")
    inside = place(talk, await hooked.open_thread(place(talk), root, "A thread", "k-2"))
    first = await send(hooked, inside, post("first"), "k-3")
    await send(hooked, inside, post("answer", reply_to=first), "k-4")
    said = [one for one in ann.sees(stand_in.world.channel(root)) if one.webhook]
    assert [one.id for one in said][:1] == [first]
    assert f"https://discord.com/channels/{guild.id}/{root}/{first}" in said[1].embeds[0]["description"]
    await hooked.edit(inside, first, hooked.render(post("changed"))[0])
    assert "changed" in str(said[0].embeds)


async def test_what_a_webhook_said_without_an_answer_is_found_by_looking(
    stand_in: StandIn, hooked: DiscordChat, talk: Channel, board: Channel
) -> None:
    """Webhooks have no keys: said again, it would stand there twice."""
    assert (hooked.caps.key_window, hooked.caps.read_back) == (None, "proof")
    for where in (place(talk), place(board)):
        stand_in.faults.rule(Fail(502), "POST", "/webhooks/")
        with pytest.raises(OutcomeUnknown):
            await send(hooked, where, post(title="T"))
        assert [one.marker for one in await hooked.read_back(where, NO_MESSAGE)] == [KEY]


async def test_a_webhook_that_cannot_be_read_back_says_so(opened: Opener) -> None:
    """Without the content intent Discord shows its messages blank."""
    assert (await opened(identity="webhook", message_content=False)).caps.read_back == "none"


async def test_what_was_said_under_the_other_identity_is_changed_all_the_same(
    stand_in: StandIn, chat: DiscordChat, hooked: DiscordChat, talk: Channel, ann: Person
) -> None:
    """Somebody changed the setting; posts go on being edited and deleted where they stand."""
    first = await send(chat, place(talk), post("by the bot"), "k-1")
    second = await send(hooked, place(talk), post("by a webhook"), "k-2")
    await hooked.edit(place(talk), first, hooked.render(post("changed"))[0])
    await chat.edit(place(talk), second, chat.render(post("changed"))[0])
    assert ["changed" in str(one.embeds) for one in ann.sees(talk)] == [True, True]
    with pytest.raises(Gone):
        await chat.edit(place(talk), MessageId(ann.says(talk, "mine").id), chat.render(post("changed"))[0])
    await chat.delete(place(talk), second)
    await hooked.delete(place(talk), first)
    assert ann.reads(talk) == ["mine"]


async def test_a_webhook_that_somebody_deleted_is_replaced(
    stand_in: StandIn, hooked: DiscordChat, talk: Channel, ann: Person
) -> None:
    """Discord says so before anything was done."""
    await send(hooked, place(talk), post(), "k-1")
    [hook] = stand_in.world.webhooks.values()
    stand_in.hooks.remove(hook)
    await send(hooked, place(talk), post(), "k-2")
    assert len(ann.sees(talk)) == 2


# ------------------------------------------------------------------------------------------- places that refuse us


async def test_an_archived_thread_is_opened_for_a_change(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """Threads fall asleep after a week; posts are edited all the same."""
    root = await send(chat, place(talk), post(), "k-1")
    inside = place(talk, await chat.open_thread(place(talk), root, "T", "k-2"))
    sent = await send(chat, inside, post("before"), "k-3")
    for act in (
        lambda: chat.edit(inside, sent, chat.render(post("afterwards"))[0]),
        lambda: chat.react(inside, sent, Reaction.POSTED),
        lambda: send(chat, inside, post("more"), "k-4"),
    ):
        stand_in.forward(30 * 86_400)
        await act()
    said = [one for one in ann.sees(stand_in.world.channel(root)) if one.embeds]
    assert "afterwards" in str(said[0].embeds)
    assert len(said) == 2


async def test_a_locked_thread_pauses_until_it_is_unlocked(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel
) -> None:
    """A moderator ended the talk there; what waits is not lost."""
    root = await send(chat, place(talk), post(), "k-1")
    inside = place(talk, await chat.open_thread(place(talk), root, "T", "k-2"))
    sent = await send(chat, inside, post("before"), "k-3")
    stand_in.bot_may(guild, permissions.EVERYONE)
    owner = stand_in.person("mod", guild, may=permissions.MANAGE_THREADS)
    thread = stand_in.world.channel(root)
    for closed in ({"locked": True}, {"archived": True}):
        owner.changes_thread(thread, **closed)
        with pytest.raises(NotAllowed, match="locked"):
            await send(chat, inside, post("more"), "k-4")
    with pytest.raises(NotAllowed, match="locked"):
        await chat.edit(inside, sent, chat.render(post("changed"))[0])
    owner.changes_thread(thread, archived=False, locked=False)
    await send(chat, inside, post("more"), "k-4")


async def test_a_channel_that_is_gone_pauses_and_a_thread_that_is_gone_ends(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel
) -> None:
    """Nobody knows whether a channel was deleted by mistake; a thread that a moderator deleted stays deleted."""
    root = await send(chat, place(talk), post(), "k-1")
    inside = place(talk, await chat.open_thread(place(talk), root, "T", "k-2"))
    stand_in.world.remove_channel(stand_in.world.channel(root))
    with pytest.raises(Gone):
        await send(chat, inside, post(), "k-3")
    stand_in.world.remove_channel(talk)
    for _ in range(2):
        with pytest.raises(NotAllowed, match="no channel"):
            await send(chat, place(talk), post(), "k-4")


@pytest.mark.parametrize(
    ("bit", "name"),
    [
        (permissions.VIEW_CHANNEL, "View Channels"),
        (permissions.SEND_MESSAGES, "Send Messages"),
        (permissions.EMBED_LINKS, "Embed Links"),
    ],
)
async def test_a_refusal_names_the_permission_and_where_to_grant_it(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel, bit: int, name: str
) -> None:
    """An admin who reads "Missing Permissions" has to guess; once it is granted, it goes on by itself."""
    stand_in.bot_may(guild, permissions.EVERYONE)
    await chat.channel(talk.id, None)
    stand_in.deny(talk, bit)
    with pytest.raises(NotAllowed, match=rf"{name}.*Permissions"):
        await send(chat, place(talk), post())
    stand_in.world.clear_overwrite(talk, stand_in.world.bot.id)
    await send(chat, place(talk), post())


async def test_nothing_is_taken_for_missing_where_nothing_may_be_read(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel
) -> None:
    """Discord shows whoever may not read the history an empty one: sent again, the message would stand twice."""
    stand_in.bot_may(guild, permissions.EVERYONE)
    await send(chat, place(talk), post())
    stand_in.deny(talk, permissions.READ_MESSAGE_HISTORY)
    with pytest.raises(NotAllowed, match="Read Message History"):
        await chat.read_back(place(talk), NO_MESSAGE)


async def test_slow_mode_is_waited_out(stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel) -> None:
    """It asks for a pause like any other limit."""
    stand_in.world.slow_mode_binds_bots, talk.slow = True, 30
    stand_in.bot_may(guild, permissions.EVERYONE)
    await send(chat, place(talk), post(), "k-1")
    with pytest.raises(RateLimited) as caught:
        await send(chat, place(talk), post(), "k-2")
    assert 0 < caught.value.seconds <= 30


async def test_moderation_refuses_a_post_for_good(chat: DiscordChat, guild: Guild, talk: Channel, ann: Person) -> None:
    """The server's own rule; repeating it helps nobody."""
    guild.banned_words.add("casino")
    with pytest.raises(Refused, match="AutoMod"):
        await send(chat, place(talk), post("a casino"))
    await send(chat, place(talk), post("a garden"), "k-2")
    assert len(ann.sees(talk)) == 1


@pytest.mark.parametrize(
    ("limit", "least"),
    [
        (Limit(40.0, hidden=True), 40),
        (Limit(40.0, scope="shared"), 40),
        (Limit(40.0, scope="global"), 40),
        (Limit(40.0, via=False), 3600),
    ],
)
async def test_a_pause_that_is_asked_for_is_kept_without_asking_again(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, limit: Limit, least: int
) -> None:
    """Whoever asks on is shut out; who only hears from Cloudflare stays away for an hour."""
    await send(chat, place(talk), post(), "k-1")
    stand_in.faults.rule(limit, "POST", "/messages")
    for _ in range(2):
        with pytest.raises(RateLimited) as caught:
            await send(chat, place(talk), post(), "k-2")
        assert caught.value.seconds > least - 5
    assert [one.status for one in stand_in.rest.asked if one.method == "POST"].count(429) == 1


async def test_a_pause_of_one_channel_holds_up_no_other(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel, ann: Person
) -> None:
    """One channel never delays another."""
    other = stand_in.channel(guild, "other")
    stand_in.faults.rule(Limit(40.0), "POST", "/messages")
    with pytest.raises(RateLimited):
        await send(chat, place(talk), post(), "k-1")
    await send(chat, place(other), post(), "k-2")
    assert len(ann.sees(other)) == 1


# ------------------------------------------------------------------------------------------------------------ images


async def test_images_of_a_post_are_uploaded_and_kept_when_it_changes(
    chat: DiscordChat, talk: Channel, ann: Person, files: Files
) -> None:
    """Addresses of Discord's files expire, so they are given over; what stands there is not fetched again."""
    text = "before ![a kite](https://forum.example/1.png) and ![](https://forum.example/2.png) behind"
    sent = await send(chat, place(talk), post(text))
    message = only(ann, talk)
    assert [one.description for one in message.files] == ["a kite", None]
    assert [one["image"]["url"].partition(":")[0] for one in message.embeds] == ["attachment", "attachment"]
    assert len({one["url"] for one in message.embeds}) == 1
    assert "[a kite](<https://forum.example/1.png>)" in message.embeds[0]["description"]
    before = [one.id for one in message.files]
    await chat.edit(place(talk), sent, chat.render(post(text + " changed"))[0])
    assert [one.id for one in only(ann, talk).files] == before
    assert len(files.asked) == 2
    await chat.edit(place(talk), sent, chat.render(post("no images"))[0])
    assert (only(ann, talk).files, len(only(ann, talk).embeds)) == ([], 1)


async def test_an_image_that_cannot_be_had_leaves_its_link(
    chat: DiscordChat, talk: Channel, ann: Person, files: Files
) -> None:
    """And the other one is shown."""
    files.gone.add("https://forum.example/1.png")
    await send(chat, place(talk), post("![one](https://forum.example/1.png) ![two](https://forum.example/2.png)"))
    message = only(ann, talk)
    assert [one.description for one in message.files] == ["two"]
    assert "[one](<https://forum.example/1.png>)" in message.embeds[0]["description"]


async def test_only_so_many_images_are_shown_as_the_settings_say(
    opened: Opener, talk: Channel, board: Channel, ann: Person
) -> None:
    """The others stay links; the images of a forum post go with its first message."""
    chat = await opened(images=1)
    text = " ".join(f"![{n}](https://forum.example/{n}.png)" for n in range(3))
    await send(chat, place(talk), post(text))
    assert len(only(ann, talk).files) == 1
    await send(chat, place(board), post(text, title="T"))
    assert len(ann.sees(ann.threads_in(board)[0])[0].files) == 1


# ---------------------------------------------------------------------------------------------------- channels, check


async def test_channels_are_named_in_every_way_that_people_name_them(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel, board: Channel
) -> None:
    """Name, #name, mention, link and id; a forum channel too."""
    link = f"https://discord.com/channels/{guild.id}/{talk.id}"
    for name in ("talk", "#talk", "Talk", f"<#{talk.id}>", link, talk.id, f"{guild.name}/talk", f"{guild.id}/#talk"):
        assert await chat.channel(name, None) == talk.id
    assert await chat.channel("board", None) == board.id
    assert await chat.community(ChannelRef(talk.id)) == guild.id
    assert chat.channel_name(ChannelRef(talk.id)) == "talk"


async def test_a_name_that_several_channels_have_is_asked_about(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel
) -> None:
    """What is meant for one community must not appear in another."""
    other = stand_in.guild("Others")
    there = stand_in.channel(other, "talk")
    with pytest.raises(Refused, match="2 channels"):
        await chat.channel("talk", None)
    assert await chat.channel("Others/talk", None) == there.id
    with pytest.raises(Refused, match="2 servers"):
        await chat.channel("new-one", ChannelWish())


async def test_check_names_what_is_missing_and_where_to_grant_it(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel
) -> None:
    """Of the server as a whole, and of each channel."""
    assert [one.level for one in await chat.examine()] == ["ok", "ok"]
    everyone = guild.roles[guild.id]
    stand_in.world.change_role(guild, everyone, permissions.EVERYONE & ~permissions.ATTACH_FILES)
    stand_in.bot_may(guild, permissions.EVERYONE & ~permissions.ATTACH_FILES)
    stand_in.deny(talk, permissions.EMBED_LINKS)
    told = [(one.level, one.text) for one in await chat.examine()]
    assert [text for level, text in told if level == "bad" and "Attach Files" in text and "Roles" in text]
    assert [text for level, text in told if "#talk" in text and "Embed Links" in text and "Permissions" in text]


async def test_what_is_asked_while_the_program_stops_is_never_sent(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """Also what waited for its turn: it is as if it had not been begun."""
    stand_in.limits.on, stand_in.limits.pace = True, 5.0
    for n in range(5):
        await send(chat, place(talk), post(), f"k-{n}")
    waiting = asyncio.create_task(send(chat, place(talk), post(), "k-5"))
    await asyncio.sleep(0)
    await chat.close()
    with pytest.raises(Unreachable, match="stopping"):
        await waiting
    with pytest.raises(Unreachable, match="stopping"):
        await send(chat, place(talk), post(), "k-6")
    assert len(ann.sees(talk)) == 5


async def test_a_bot_that_is_in_no_server_says_how_to_let_it_in(
    stand_in: StandIn, chat: DiscordChat, tmp_path: Path
) -> None:
    """The exact address, wherever somebody runs into it: probe, check, naming a channel, and the command for it."""
    leads = f"https://discord.com/oauth2/authorize?client_id={stand_in.world.bot.id}&scope=bot+applications.commands"
    assert leads in await chat.probe()
    assert [one for one in await chat.examine() if leads in one.text]
    with pytest.raises(Refused) as caught:
        await chat.channel("talk", ChannelWish())
    assert leads in str(caught.value)
    [command] = adapter.subcommands
    given = context(tmp_path, "discord")
    told = await command.run(adapter.settings(token=Secret(stand_in.token)), given)
    await given.net.close()
    assert leads in told
    assert "Send Messages in Threads" in told
    assert "Manage Webhooks" not in told


async def test_an_answer_that_takes_too_long_has_an_unknown_outcome(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message stands there all the same."""
    await chat.channel(talk.id, None)
    monkeypatch.setattr(rest, "_WRITING", aiohttp.ClientTimeout(total=0.2))
    stand_in.faults.rule(Hold(), "POST", "/messages")
    with pytest.raises(OutcomeUnknown, match="no complete answer within"):
        await send(chat, place(talk), post())
    stand_in.faults.mend()
    await send(chat, place(talk), post())
    assert len(ann.sees(talk)) == 1


async def test_nothing_happened_when_the_line_broke_before_it(
    stand_in: StandIn, chat: DiscordChat, talk: Channel, ann: Person
) -> None:
    """A connection that ends without an answer may have carried the message: its key tells."""
    stand_in.faults.rule(Drop(), "POST", "/messages")
    with pytest.raises(OutcomeUnknown):
        await send(chat, place(talk), post())
    await send(chat, place(talk), post())
    assert len(ann.sees(talk)) == 1
