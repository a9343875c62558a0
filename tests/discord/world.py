"""What is there and what happens to it: guilds, roles, channels, people. Whatever changes is told to the gateway."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.discord import permissions, wire
from tests.discord.nouns import (
    CATEGORY,
    DM,
    FORUM,
    FORUMS,
    TEXT,
    THREADS,
    Channel,
    File,
    Guild,
    Member,
    Message,
    Overwrite,
    Ping,
    Role,
    Tag,
    User,
    Webhook,
)
from tests.discord.refusals import bad_form, missing_access, missing_permissions, unknown
from tests.discord.snowflakes import Clock, Snowflakes


class Event(NamedTuple):
    """Something that the gateway tells, to whom its channel may be seen; `message` is what intents may blank."""

    name: str
    data: dict[str, Any]
    guild: str = ""
    channel: Channel | None = None
    message: Message | None = None


class World:
    """Everything on the stand-in; `bot` is the account of the one application there is."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.ids = Snowflakes(clock)
        self.address = ""
        """Where files are had."""
        self.bot = User(self.ids.new(), "threadline", bot=True)
        self.users: dict[str, User] = {self.bot.id: self.bot}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: dict[str, dict[str, Message]] = defaultdict(dict)
        """By channel and id, oldest first."""
        self.webhooks: dict[str, Webhook] = {}
        self.files: dict[str, File] = {}
        self.pings: list[Ping] = []
        """Whom each message called, sent or changed, in that order."""
        self.reads_content = True
        """Whether the application was given the content intent; without it, others' words are blank everywhere."""
        self.slow_mode_binds_bots = False
        """Discord says that it does not; where it does, they are refused like people."""
        self._ears: list[Callable[[Event], None]] = []
        self._untold: list[Event] | None = None

    # ------------------------------------------------------------------------------------------------------ telling

    def listen(self, ear: Callable[[Event], None]) -> None:
        """Tell somebody of all that happens."""
        self._ears.append(ear)

    def tell(self, event: Event) -> None:
        """It happened."""
        if self._untold is not None:
            self._untold.append(event)
            return
        for ear in self._ears:
            ear(event)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """What is told in the block is told when it is done; nothing of it, if that is refused."""
        untold: list[Event] = []
        self._untold = untold
        try:
            yield
        finally:
            self._untold = None
        for event in untold:
            self.tell(event)

    def in_channel(self, name: str, channel: Channel, data: dict[str, Any], message: Message | None = None) -> None:
        """Tell what happened in a channel."""
        self.tell(Event(name, data, channel.guild, channel, message))

    # ------------------------------------------------------------------------------------------------------ finding

    def channel(self, channel: str) -> Channel:
        """The channel; raises 10003."""
        if channel not in self.channels:
            raise unknown("Channel")
        return self.channels[channel]

    def message(self, channel: str, message: str) -> Message:
        """The message in that channel; raises 10008."""
        if message not in self.messages[channel]:
            raise unknown("Message")
        return self.messages[channel][message]

    def guild(self, guild: str) -> Guild:
        """The guild; raises 10004."""
        if guild not in self.guilds:
            raise unknown("Guild")
        return self.guilds[guild]

    def threads_of(self, channel: str) -> list[Channel]:
        """The threads in a channel, oldest first."""
        return [one for one in self.channels.values() if one.kind in THREADS and one.parent == channel]

    def may(self, user: str, channel: Channel) -> int:
        """What somebody may do there."""
        if not channel.guild:
            return permissions.ALL if user in channel.people else 0
        parent = self.channels.get(channel.parent or "")
        return permissions.in_channel(self.guilds[channel.guild], user, channel, parent)

    def need(self, user: str, channel: Channel, *needed: int) -> int:
        """What somebody may do there; raises 50001 if he may not see it, 50013 if he lacks what is needed."""
        may = self.may(user, channel)
        if not may & permissions.VIEW_CHANNEL:
            raise missing_access()
        if any(not may & one for one in needed):
            raise missing_permissions()
        return may

    def need_in_guild(self, user: str, guild: Guild, *needed: int) -> None:
        """Raise 50001 if he is not in it, 50013 if he lacks what is needed."""
        if user not in guild.members:
            raise missing_access()
        if any(not permissions.in_guild(guild, user) & one for one in needed):
            raise missing_permissions()

    # ------------------------------------------------------------------------------------------------------- people

    def new_user(self, name: str, *guilds: Guild) -> User:
        """Somebody new, who enters these guilds."""
        user = User(self.ids.new(), name)
        self.users[user.id] = user
        for guild in guilds:
            self.enter(guild, user)
        return user

    def enter(self, guild: Guild, user: User) -> Member:
        """Somebody enters a guild; for the bot, the guild becomes visible."""
        member = guild.members[user.id] = Member(user, self.clock.now())
        if user is self.bot:
            mine = Role(self.ids.new(), user.name, 0, bot=user.id)
            guild.roles[mine.id] = mine
            member.roles.append(mine.id)
            self.tell(Event("GUILD_CREATE", wire.whole_guild(self, guild, new=True), guild.id))
        else:
            data = {**wire.member(guild, member), "guild_id": guild.id}
            self.tell(Event("GUILD_MEMBER_ADD", data, guild.id))
        return member

    def leave(self, guild: Guild, user: User) -> None:
        """Somebody is in it no more; for the bot, the guild is gone."""
        if user is self.bot:
            self.tell(Event("GUILD_DELETE", {"id": guild.id}, guild.id))
        member = guild.members.pop(user.id)
        for role in [role for role in guild.roles.values() if role.bot == user.id]:
            del guild.roles[role.id]
        if user is not self.bot:
            data = {"guild_id": guild.id, "user": wire.user(member.user)}
            self.tell(Event("GUILD_MEMBER_REMOVE", data, guild.id))

    # ------------------------------------------------------------------------------------------------------- guilds

    def new_guild(
        self, name: str, *, bot: bool = True, everyone: int = permissions.EVERYONE, shard: tuple[int, int] = (0, 1)
    ) -> Guild:
        """A guild that somebody owns whom nobody plays; the bot is in it, with nobody's permissions but everybody's.

        `shard` is which of how many hears of it.
        """
        owner = self.new_user(f"owner of {name}")
        guild = Guild(self.ids.new(shard), name, owner.id, self.clock.now())
        guild.roles[guild.id] = Role(guild.id, "@everyone", everyone, position=0)
        guild.members[owner.id] = Member(owner, self.clock.now())
        self.guilds[guild.id] = guild
        if bot:
            self.enter(guild, self.bot)
        return guild

    def outage(self, guild: Guild, *, over: bool = False) -> None:
        """Discord cannot show a guild for a while, which is no goodbye; or can again."""
        if over:
            guild.hidden = False
            self.tell(Event("GUILD_CREATE", wire.whole_guild(self, guild), guild.id))
        else:
            self.tell(Event("GUILD_DELETE", {"id": guild.id, "unavailable": True}, guild.id))
            guild.hidden = True

    def bots_role(self, guild: Guild) -> Role:
        """The role that came with the bot: what its invitation asked for."""
        return next(role for role in guild.roles.values() if role.bot == self.bot.id)

    def new_role(self, guild: Guild, name: str, may: int = 0, *, mentionable: bool = False) -> Role:
        """A role."""
        role = Role(self.ids.new(), name, may, mentionable=mentionable)
        guild.roles[role.id] = role
        self.tell(Event("GUILD_ROLE_CREATE", {"guild_id": guild.id, "role": wire.role(role)}, guild.id))
        return role

    def change_role(self, guild: Guild, role: Role, may: int) -> None:
        """Let a role do this and no more."""
        role.permissions = may
        self.tell(Event("GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": wire.role(role)}, guild.id))

    def remove_role(self, guild: Guild, role: Role) -> None:
        """There is no such role any more."""
        del guild.roles[role.id]
        for member in guild.members.values():
            member.roles = [one for one in member.roles if one != role.id]
        self.tell(Event("GUILD_ROLE_DELETE", {"guild_id": guild.id, "role_id": role.id}, guild.id))

    def give_roles(self, guild: Guild, user: User, roles: list[str]) -> None:
        """Somebody has these roles and no others."""
        member = guild.members[user.id]
        member.roles = roles
        data = {**wire.member(guild, member), "guild_id": guild.id}
        self.tell(Event("GUILD_MEMBER_UPDATE", data, guild.id))

    # ----------------------------------------------------------------------------------------------------- channels

    def new_channel(self, guild: Guild, name: str, kind: int = TEXT, **more: Any) -> Channel:
        """A channel, or a category."""
        position = sum(channel.guild == guild.id for channel in self.channels.values())
        channel = Channel(self.ids.new(), guild.id, kind, name, position=position, **more)
        self.channels[channel.id] = channel
        self.in_channel("CHANNEL_CREATE", channel, wire.channel(self, channel))
        return channel

    def direct(self, user: User) -> Channel:
        """Where the bot and somebody talk."""
        for channel in self.channels.values():
            if channel.kind == DM and user.id in channel.people:
                return channel
        channel = Channel(self.ids.new(), "", DM, people=[self.bot.id, user.id])
        self.channels[channel.id] = channel
        return channel

    def overwrite(self, channel: Channel, target: str, allow: int = 0, deny: int = 0) -> None:
        """Let a role or a member do other things there than elsewhere."""
        kind = int(target not in self.guilds[channel.guild].roles)
        channel.overwrites[target] = Overwrite(target, kind, allow, deny)
        self.in_channel("CHANNEL_UPDATE", channel, wire.channel(self, channel))

    def clear_overwrite(self, channel: Channel, target: str) -> None:
        """Let it do there what it may do elsewhere."""
        channel.overwrites.pop(target, None)
        self.in_channel("CHANNEL_UPDATE", channel, wire.channel(self, channel))

    def changed(self, channel: Channel) -> None:
        """Tell that a channel is not as it was."""
        name = "THREAD_UPDATE" if channel.kind in THREADS else "CHANNEL_UPDATE"
        self.in_channel(name, channel, wire.channel(self, channel))

    def set_tags(self, channel: Channel, tags: list[dict[str, Any]]) -> None:
        """Give a forum these tags; those that bring an id stay the ones they are."""
        if channel.kind not in FORUMS or len(tags) > 20:
            raise bad_form("available_tags", "BASE_TYPE_MAX_LENGTH", "Must be 20 or fewer in length.")
        if any(not 1 <= len(tag["name"]) <= 20 for tag in tags):
            raise bad_form("available_tags", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 20 in length.")
        channel.tags = [
            Tag(str(tag.get("id") or self.ids.new()), tag["name"], tag.get("moderated", False), tag.get("emoji_name"))
            for tag in tags
        ]

    def remove_channel(self, channel: Channel) -> None:
        """It is gone, and what is in it; of its threads nothing is said."""
        event = "THREAD_DELETE" if channel.kind in THREADS else "CHANNEL_DELETE"
        data = wire.gone_thread(channel) if channel.kind in THREADS else wire.channel(self, channel)
        self.in_channel(event, channel, data)
        for one in [channel, *self.threads_of(channel.id)]:
            del self.channels[one.id]
            self.messages.pop(one.id, None)
        for hook in [hook for hook in self.webhooks.values() if hook.channel == channel.id]:
            del self.webhooks[hook.id]
        for one in self.channels.values():
            if channel.kind == CATEGORY and one.parent == channel.id:
                one.parent = None

    def new_forum(self, guild: Guild, name: str, tags: list[str] | None = None, **more: Any) -> Channel:
        """A forum channel."""
        named = [Tag(self.ids.new(), tag) for tag in tags or []]
        return self.new_channel(guild, name, FORUM, tags=named, **more)
