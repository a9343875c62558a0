"""What is said in channels: written once for each nonce, changed, deleted, reacted to, pinned."""

from __future__ import annotations

from typing import Any

from tests.discord import admission, forms, wire
from tests.discord.admission import SAID
from tests.discord.components import numbered
from tests.discord.nouns import (
    COMPONENTS_V2,
    DEFAULT,
    DM,
    EPHEMERAL,
    FORUMS,
    LOADING,
    NEWS,
    PIN_ADDED,
    REPLY,
    TEXT,
    THREADS,
    Channel,
    File,
    Message,
    Ping,
    Upload,
    User,
    Webhook,
)
from tests.discord.permissions import (
    MANAGE_MESSAGES,
    MENTION_EVERYONE,
    READ_MESSAGE_HISTORY,
)
from tests.discord.refusals import Refusal, bad_form, unknown
from tests.discord.snowflakes import made_at
from tests.discord.world import World

NONCES_LAST = 120.0
"""Seconds; Discord says "a few minutes", which is to be counted on no longer than this."""
_TWO_WEEKS = 14 * 86_400


class Talk:
    """All that is done to messages."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._nonces: dict[tuple[str, str, str], tuple[float, str]] = {}

    # ------------------------------------------------------------------------------------------------------ writing

    def say(
        self,
        channel: Channel,
        author: User,
        body: dict[str, Any],
        files: list[Upload] | None = None,
        *,
        hook: Webhook | None = None,
        kind: int | None = None,
        id: str | None = None,
        avatar: str | None = None,
        only_for: str = "",
        interaction: dict[str, Any] | None = None,
        loading: bool = False,
        opens: bool = False,
    ) -> Message:
        """Write a message; a webhook and an answer to an interaction (`kind` or `interaction`) need no permission.

        `opens` is for the message that a forum post begins with.
        """
        world, files = self._world, files or []
        if channel.kind not in (TEXT, NEWS, DM, *THREADS):
            raise Refusal(400, 50008, "Cannot send messages in a non-text channel")
        free = hook is not None or interaction is not None
        if interaction is None and int(body.get("flags") or 0) & (EPHEMERAL | LOADING):
            raise bad_form("flags", "MESSAGE_FLAGS_INVALID", "Only answers to interactions can be ephemeral.")
        flags = int(body.get("flags") or 0)
        may = admission.may_write(self._world, channel, author, body, files) if not free and not opens else 0
        forms.check_message(body, files, flags=flags)
        if not loading and not forms.shows(body, files):
            raise Refusal(400, 50006, "Cannot send an empty message")
        key = (channel.id, author.id, str(body.get("nonce")))
        if body.get("enforce_nonce") and body.get("nonce") is not None and hook is None and not free:
            at, written = self._nonces.get(key, (0.0, ""))
            if world.clock.now() - at < NONCES_LAST:
                return world.message(channel.id, written)
        reference = admission.answered(world, channel, author, body)
        admission.moderate(world, channel, body)
        message = Message(
            id or world.ids.new(),
            channel.id,
            channel.guild,
            author,
            world.clock.now(),
            content=(body.get("content") or "").strip(),
            embeds=[forms.trimmed(embed) for embed in body.get("embeds") or []],
            components=numbered(body.get("components") or []),
            kind=kind if kind is not None else REPLY if reference else DEFAULT,
            flags=flags,
            webhook=hook.id if hook else world.bot.id if free else None,
            application=hook.application if hook else world.bot.id if free else None,
            nonce=body.get("nonce"),
            reference=reference,
            only_for=only_for,
            interaction=interaction,
            avatar_url=avatar,
        )
        self._attach(message, body.get("attachments"), files)
        admission.slow_down(world, channel, author, may, free=free)
        if not opens:
            admission.wake(world, channel, author)
        self._call(message, body, "sent", everyone=free or bool(may & MENTION_EVERYONE))
        self._keep(channel, message)
        if body.get("nonce") is not None:
            self._nonces[key] = (message.sent, message.id)
        self.tell("MESSAGE_CREATE", message, nonce=True)
        return message

    def note(self, channel: Channel, author: User, kind: int, **more: Any) -> Message:
        """Write a message of Discord's own, such as the one that a thread from a message begins with."""
        world = self._world
        message = Message(world.ids.new(), channel.id, channel.guild, author, world.clock.now(), kind=kind, **more)
        self._keep(channel, message)
        self.tell("MESSAGE_CREATE", message)
        return message

    def forget_nonces(self) -> None:
        """From now on, what comes again is written again."""
        self._nonces.clear()

    def _keep(self, channel: Channel, message: Message) -> None:
        self._world.messages[channel.id][message.id] = message
        if message.only_for:
            return
        channel.last_message = message.id
        if channel.thread is not None:
            channel.thread.said += 1
            channel.thread.messages += message.id != channel.id and message.kind in SAID
            if message.author.id in self._world.users and message.author.id not in channel.thread.members:
                channel.thread.members[message.author.id] = self._world.clock.now()

    def _attach(self, message: Message, described: list[dict[str, Any]] | None, files: list[Upload]) -> None:
        """Keep the files that were named, by the number they come with or by their id, in that order."""
        world, before = self._world, {file.id: file for file in message.files}
        if described is None:
            described = [{"id": key} for key in before] + [{"id": number} for number in range(len(files))]
        elif len(described) < len(files):
            named = {str(one["id"]) for one in described}
            described = [*described, *({"id": number} for number in range(len(files)) if str(number) not in named)]
        message.files = []
        for one in described:
            if (key := str(one["id"])) in before:
                message.files.append(before[key])
                continue
            if not key.isdigit() or int(key) >= len(files):
                raise bad_form("attachments", "ATTACHMENT_NOT_FOUND", f"Attachment data not found for {key}.")
            upload = files[int(key)]
            file = File(world.ids.new(), one.get("filename") or upload.name, upload.data, one.get("description"))
            world.files[file.id] = file
            message.files.append(file)
        shown = forms.files_shown(message.embeds)
        for file in message.files:
            file.in_embed = file.name in shown

    def _call(self, message: Message, body: dict[str, Any], act: str, *, everyone: bool) -> None:
        """Find out whom it calls, and write that down."""
        world = self._world
        answered = world.messages[message.channel].get((message.reference or {}).get("message_id", ""))
        people, roles, all_of_them = forms.called(body, replied=answered.author.id if answered else None)
        guild = world.guilds.get(message.guild)
        message.mentions = [one for one in people if one in world.users]
        message.mentioned_roles = [
            one for one in roles if guild and one in guild.roles and (everyone or guild.roles[one].mentionable)
        ]
        message.everyone = all_of_them and everyone
        called = [one for one in message.mentions if one != message.author.id]
        world.pings.append(Ping(message.id, act, called, message.mentioned_roles, message.everyone))

    # ----------------------------------------------------------------------------------------- changing and deleting

    def change(self, message: Message, body: dict[str, Any], files: list[Upload] | None = None) -> Message:
        """Change a message in place; whose it is, its caller has asked."""
        world, files = self._world, files or []
        channel = world.channel(message.channel)
        flags = message.flags & ~4 | int(body["flags"]) if body.get("flags") is not None else message.flags
        if message.flags & COMPONENTS_V2:
            flags |= COMPONENTS_V2
        elif flags & COMPONENTS_V2 and (message.content or message.embeds) and not {"content", "embeds"} <= set(body):
            said = "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            raise bad_form("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", said)
        forms.check_message(body, files, flags=flags)
        if channel.thread is not None and channel.thread.archived and not message.only_for:
            raise Refusal(400, 50083, "Thread is archived")
        new: dict[str, Any] = {"content": message.content, "embeds": message.embeds, "components": message.components}
        new |= {key: body[key] for key in new if key in body}
        if not forms.shows(new, files) and not (
            message.files if body.get("attachments") is None else body["attachments"]
        ):
            raise Refusal(400, 50006, "Cannot send an empty message")
        admission.moderate(world, channel, body)
        message.flags = flags
        message.content = (new["content"] or "").strip()
        if "embeds" in body:
            message.embeds = [forms.trimmed(embed) for embed in new["embeds"] or []]
        if "components" in body:
            message.components = numbered(new["components"] or [])
        self._attach(message, body.get("attachments"), files)
        if "content" in body or "components" in body:
            everyone = bool(world.may(message.author.id, channel) & MENTION_EVERYONE) or message.webhook is not None
            self._call(message, {**new, "allowed_mentions": body.get("allowed_mentions")}, "changed", everyone=everyone)
        message.edited = world.clock.now()
        self.tell("MESSAGE_UPDATE", message)
        return message

    def changed_flags(self, message: Message, flags: int) -> None:
        """Tell that a message has other flags, such as that of a thread."""
        message.flags = flags
        self.tell("MESSAGE_UPDATE", message)

    def unfurl(self, message: Message) -> None:
        """Discord shows what a link in it leads to: it is told as a change, though nobody changed anything."""
        message.embeds = [{"type": "link", "url": "https://example.com/", "title": "What it leads to"}]
        self.tell("MESSAGE_UPDATE", message)

    def may_delete(self, who: User, message: Message) -> None:
        """Raise unless this one may delete it."""
        world, channel = self._world, self._world.channel(message.channel)
        if message.only_for:
            raise unknown("Message")
        if message.author is not who:
            if channel.kind == DM:
                raise Refusal(403, 50003, "Cannot execute action on a DM channel")
            world.need(who.id, channel, MANAGE_MESSAGES)
        if message.kind not in (*SAID, PIN_ADDED):
            raise Refusal(403, 50021, "Cannot execute action on a system message")

    def delete(self, message: Message) -> None:
        """It is gone."""
        self._drop(message)
        data = {"id": message.id, "channel_id": message.channel, **of_guild(message.guild)}
        if not message.only_for:
            self._world.in_channel("MESSAGE_DELETE", self._world.channel(message.channel), data)

    def delete_many(self, who: User, channel: Channel, ids: list[str]) -> None:
        """Delete 2 to 100 messages that are not older than two weeks; those that are not there do not matter."""
        self._world.need(who.id, channel, MANAGE_MESSAGES)
        if not 2 <= len(ids) <= 100:
            raise bad_form("messages", "BASE_TYPE_BAD_LENGTH", "Must be between 2 and 100 in length.")
        if any(self._world.clock.now() - made_at(one) > _TWO_WEEKS for one in ids):
            raise Refusal(400, 50034, "You can only bulk delete messages that are under 14 days old.")
        there = [
            self._world.messages[channel.id][one]
            for one in dict.fromkeys(ids)
            if one in self._world.messages[channel.id]
        ]
        for message in there:
            self._drop(message)
        data = {"ids": [one.id for one in there], "channel_id": channel.id, **of_guild(channel.guild)}
        self._world.in_channel("MESSAGE_DELETE_BULK", channel, data)

    def _drop(self, message: Message) -> None:
        channel = self._world.channel(message.channel)
        del self._world.messages[channel.id][message.id]
        if channel.thread is not None and message.id != channel.id and message.kind in SAID:
            channel.thread.messages -= 1

    def history(self, who: User, channel: Channel) -> list[Message]:
        """What somebody finds in a channel, oldest first; nothing where he may not read what was."""
        may = self._world.need(who.id, channel)
        if channel.kind in FORUMS:
            raise Refusal(400, 50008, "Cannot execute action on this channel type")
        if not may & READ_MESSAGE_HISTORY:
            return []
        return [one for one in self._world.messages[channel.id].values() if not one.only_for]

    # ------------------------------------------------------------------------------------------------------ telling

    def tell(self, name: str, message: Message, *, nonce: bool = False) -> None:
        """Tell of a message, but for those that only one person sees; only its author's own telling has the `nonce`."""
        if message.only_for or message.flags & EPHEMERAL:
            return
        world = self._world
        data: dict[str, Any] = {**wire.message(world, message), **of_guild(message.guild)}
        if nonce and message.nonce is not None:
            data["nonce"] = message.nonce
        guild = world.guilds.get(message.guild)
        if guild and message.webhook is None and message.author.id in guild.members:
            data["member"] = wire.member(guild, guild.members[message.author.id], with_user=False)
        world.in_channel(name, world.channel(message.channel), data, message)


def of_guild(guild: str) -> dict[str, Any]:
    """What payloads say of the guild, where there is one."""
    return {"guild_id": guild} if guild else {}
