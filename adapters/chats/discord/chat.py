"""The chat port over one bot: what is sent, changed and taken away in channels, and what is found there again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

from adapters.chats.discord import markers, names, render
from adapters.chats.discord.channels import Channels
from adapters.chats.discord.checking import Checking
from adapters.chats.discord.files import Files
from adapters.chats.discord.forums import LASTS, Forums
from adapters.chats.discord.hooks import Hooks
from adapters.chats.discord.invite import address
from adapters.chats.discord.pictures import Pictures, Shown
from adapters.chats.discord.places import Place, Places, Spot
from adapters.chats.discord.receiving import Receiving
from adapters.chats.discord.refusals import THREAD_EXISTS, Denied, Missing, Shut
from adapters.chats.discord.rest import Rest, route
from adapters.chats.discord.settings import Settings
from adapters.chats.discord.titles import Titles
from adapters.chats.discord.writing import MESSAGE, TOO_LARGE, Writing, without_files
from bot.errors import Gone
from bot.model import (
    NO_MESSAGE,
    Attached,
    Batch,
    Card,
    ChannelRef,
    ChannelWish,
    ChatCapabilities,
    Found,
    MessageId,
    Offer,
    Payload,
    Reaction,
    ThreadRef,
    UserId,
    Where,
)
from bot.ports import Context, Observation, ShownIn

WINDOW = 120.0
"""Seconds during which a nonce is known: Discord says "a few minutes", and this is the least that that can mean."""

AT_ONCE = 64
"""Places that are written to at the same time; most of them wait for the limits of their channel."""


class DiscordChat:
    """Channels and forum channels are channels, threads are chat threads, keys are nonces."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._webhook = settings.identity == "webhook"
        self._rest = Rest(settings, context)
        self._places = Places(self._rest)
        self._channels = Channels(self._rest, self._places, settings)
        self._checking = Checking(self._rest, settings)
        hooks = Hooks(self._rest)
        self._writing = Writing(self._rest, self._places, self._checking, hooks, self._webhook)
        self._forums = Forums(self._rest, hooks, self._webhook)
        self._titles = Titles(self._rest, self._writing)
        self._pictures = Pictures(context.media, settings.images)
        self._files = Files(self._rest, context.net)
        self._receiving = Receiving(settings, context, self._rest)
        self._caps = ChatCapabilities(
            key_window=None if self._webhook else WINDOW,
            # Without the content intent a webhook's messages are shown blank, and nothing tells whose they are.
            read_back="none" if self._webhook and not settings.message_content else "proof",
            at_once=AT_ONCE,
            media="upload",
        )

    @property
    def caps(self) -> ChatCapabilities:
        return self._caps

    async def key_window(self, where: Where) -> float | None:
        """None also for posts of a forum channel, which are made without a key."""
        forum = not where.thread and (await self._places.of(where.channel)).forum
        return None if forum else self._caps.key_window

    # ------------------------------------------------------------------------------------------------------- channels

    async def channel(self, name: str, make: ChannelWish | None) -> ChannelRef:
        return await self._channels.find(name, make)

    def channel_name(self, channel: ChannelRef) -> str:
        return self._places.called(channel)

    async def community(self, channel: ChannelRef) -> str:
        return (await self._places.of(channel)).guild

    def within(self, community: str, name: str) -> str:
        return names.within(community, name)

    def named(self, link: str) -> MessageId:
        return names.message_named(link)

    # --------------------------------------------------------------------------------------------------------- sending

    def render(self, card: Card, most: int | None = None) -> tuple[Payload, ...]:
        return render.render(card, most, self._webhook)

    async def send(self, where: Where, payload: Payload, key: str) -> MessageId:
        home = await self._places.of(where.channel)
        thread = names.channel_of(where.thread) if where.thread else ""
        shown = await self._pictures.shown(payload, markers.address(home.guild, thread or home.id, key))
        try:
            try:
                return await self._sent(home, thread, payload, shown, key)
            except Denied as error:
                if error.code != TOO_LARGE or not shown.files:
                    raise
                return await self._sent(home, thread, payload, without_files(shown), key)
        except (Missing, Denied, Shut) as error:
            raise await self._writing.explained(error, where, home) from error

    async def _sent(self, home: Place, thread: str, payload: Payload, shown: Shown, key: str) -> MessageId:
        if not home.forum or thread:
            return await self._writing.say(home, thread or home.id, payload, shown, key)
        if not payload.get("part"):
            return await self._forums.post(home, payload, shown)
        # A further part of a long text stands in the post that the text began.
        post = await self._forums.newest(home)
        return names.in_post(post, await self._writing.say(home, post, payload, shown, key))

    async def open_thread(self, where: Where, message: MessageId, title: str, key: str) -> ThreadRef:
        """Open it where there is none yet: it has the id of the message that it hangs on."""
        spot = await self._places.spot(where, message)
        if spot.home.forum:
            return ThreadRef(spot.channel)
        wanted = {"name": names.title_of(title), "auto_archive_duration": LASTS}
        at = route("POST", f"{MESSAGE}/threads", channel=spot.channel, message=spot.message)
        try:
            await self._rest.call(at, wanted)
        except Denied as error:
            if error.code != THREAD_EXISTS:
                raise
        except (Missing, Shut) as error:
            raise await self._writing.explained(error, where, spot.home) from error
        return ThreadRef(spot.message)

    async def tell(
        self,
        where: Where,
        person: UserId,
        text: str,
        key: str,
        about: MessageId = NO_MESSAGE,
        offers: Sequence[Offer] = (),
    ) -> None:
        await self._receiving.tell(where, person, text, key, about, offers)

    # -------------------------------------------------------------------------------------------------------- changing

    async def edit(self, where: Where, message: MessageId, payload: Payload) -> None:
        """Replace a message; images that stand in it already are kept."""
        spot = await self._places.spot(where, message)
        try:
            await self._writing.change(spot, payload, await self._changed(spot, where, message, payload))
        except (Missing, Denied, Shut) as error:
            raise await self._explained(error, where, spot) from error

    async def _changed(self, spot: Spot, where: Where, message: MessageId, payload: Payload) -> Shown:
        before = await self._writing.read(spot) if self._pictures.wanted(payload) else None
        url = markers.address(spot.home.guild, spot.channel, "")
        return await self._pictures.shown(payload, url, ShownIn(where, message), before)

    async def retitle(self, where: Where, title: str) -> None:
        home = await self._places.of(where.channel)
        try:
            await self._titles.give(names.channel_of(where.thread), title)
        except (Missing, Denied, Shut) as error:
            raise await self._writing.explained(error, where, home) from error

    async def delete(self, where: Where, message: MessageId) -> None:
        spot = await self._places.spot(where, message)
        self._receiving.taking(spot.message)
        try:
            await self._writing.remove(spot)
        except (Denied, Shut) as error:
            raise await self._explained(error, where, spot) from error

    async def confides(self, where: Where, person: UserId) -> bool:
        """What is typed behind a slash command is shown to nobody."""
        return True

    async def file(self, attached: Attached, most: int) -> bytes:
        return await self._files.content(attached, most)

    async def pin(self, where: Where, message: MessageId) -> None:
        spot = await self._places.spot(where, message)
        try:
            await self._writing.pin(spot)
        except (Missing, Denied, Shut) as error:
            raise await self._explained(error, where, spot) from error

    async def react(self, where: Where, message: MessageId, reaction: Reaction | None) -> None:
        spot = await self._places.spot(where, message)
        try:
            await self._writing.react(spot, reaction)
        except (Missing, Denied, Shut) as error:
            raise await self._explained(error, where, spot) from error

    async def _explained(self, error: Missing | Denied | Shut, where: Where, spot: Spot) -> Exception:
        if isinstance(error, Missing):
            return Gone("The message was removed on Discord.")
        return await self._writing.explained(error, where, spot.home)

    # --------------------------------------------------------------------------------------------------------- finding

    async def read_back(self, where: Where, after: MessageId) -> tuple[Found, ...]:
        home = await self._places.of(where.channel)
        try:
            behind = names.message_of(after)
        except Gone:
            behind = names.At("0")
        if home.forum and not where.thread:
            return await self._forums.read_back(home, behind)
        channel = names.channel_of(where.thread) if where.thread else home.id
        try:
            said = await self._writing.history(home, channel, behind.message)
        except (Missing, Shut) as error:
            raise await self._writing.explained(error, where, home) from error
        me, application = await self._rest.me(), await self._rest.application() if self._webhook else ""
        ours = [one for one in said if markers.ours(one, me, application)]
        return tuple(Found(MessageId(str(one["id"])), markers.key_of(one)) for one in ours)

    async def probe(self) -> str:
        account = await self._rest.account()
        guilds = await self._rest.call(route("GET", "/users/@me/guilds"))
        if not guilds:
            leads = await address(self._rest, self._settings)
            return f"{account.get('username')}, in no server yet: open {leads} and let it into yours"
        return f"{account.get('username')}, in {len(guilds)} server{'' if len(guilds) == 1 else 's'}"

    async def examine(self) -> tuple[Observation, ...]:
        return await self._checking.examine()

    async def lacking(self, channel: ChannelRef) -> tuple[str, ...]:
        lacks = await self._checking.lacking(await self._places.of(channel))
        return (lacks,) if lacks else ()

    # --------------------------------------------------------------------------------------------------------- hearing

    async def events(self, cursor: str) -> AsyncIterator[Batch]:
        async with aclosing(self._receiving.events(cursor)) as batches:
            async for batch in batches:
                yield batch

    def remarks(self) -> tuple[str, ...]:
        return (*self._rest.remarks, *self._receiving.remarks)

    async def close(self) -> None:
        await self._receiving.close()
        await self._rest.close()
