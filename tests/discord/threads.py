"""Threads: from a message, free, in a forum; joined, archived, locked, and how many may be active."""

from __future__ import annotations

from typing import Any

from tests.discord import wire
from tests.discord.nouns import (
    FORUMS,
    HAS_THREAD,
    NEWS,
    NEWS_THREAD,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    REQUIRE_TAG,
    TEXT,
    THREAD_CREATED,
    THREAD_STARTER,
    THREADS,
    Channel,
    Message,
    Thread,
    Upload,
    User,
    Webhook,
)
from tests.discord.permissions import (
    CREATE_PRIVATE_THREADS,
    CREATE_PUBLIC_THREADS,
    MANAGE_THREADS,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
)
from tests.discord.refusals import Form, Refusal, bad_form, missing_permissions, unknown
from tests.discord.talk import Talk
from tests.discord.world import World

ARCHIVE_AFTER = (60, 1440, 4320, 10080)


class Threads:
    """All that is done to threads."""

    def __init__(self, world: World, talk: Talk) -> None:
        self._world = world
        self._talk = talk

    def from_message(self, who: User, message: Message, body: dict[str, Any]) -> Channel:
        """The thread that hangs on a message, and has its id; there is one at most."""
        parent = self._world.channel(message.channel)
        self._world.need(who.id, parent, CREATE_PUBLIC_THREADS)
        if parent.kind not in (TEXT, NEWS):
            raise Refusal(400, 50024, "Cannot execute action on this channel type")
        if message.id in self._world.channels or message.flags & HAS_THREAD:
            raise Refusal(400, 160004, "A thread has already been created for this message")
        kind = NEWS_THREAD if parent.kind == NEWS else PUBLIC_THREAD
        thread = self._new(parent, who.id, kind, body, id=message.id)
        self._join(thread, who)
        self._created(thread)
        self._talk.changed_flags(message, message.flags | HAS_THREAD)
        reference = {"type": 0, "message_id": message.id, "channel_id": parent.id, "guild_id": parent.guild}
        self._talk.note(thread, message.author, THREAD_STARTER, reference=reference)
        return thread

    def free(self, who: User, parent: Channel, body: dict[str, Any]) -> Channel:
        """A thread in a text channel that hangs on nothing; a private one, unless the request names another kind."""
        kind = body.get("type", PRIVATE_THREAD)
        if kind not in THREADS or parent.kind not in (TEXT, NEWS):
            raise bad_form("type", "BASE_TYPE_CHOICES", f"Value must be one of {THREADS}.")
        self._world.need(who.id, parent, CREATE_PRIVATE_THREADS if kind == PRIVATE_THREAD else CREATE_PUBLIC_THREADS)
        thread = self._new(parent, who.id, kind, body)
        self._join(thread, who)
        self._created(thread)
        if kind != PRIVATE_THREAD:
            reference = {"type": 0, "channel_id": thread.id, "guild_id": parent.guild, "message_id": thread.id}
            self._talk.note(parent, who, THREAD_CREATED, reference=reference, content=thread.name)
        return thread

    def post(
        self,
        who: User,
        forum: Channel,
        body: dict[str, Any],
        files: list[Upload],
        *,
        hook: Webhook | None = None,
        avatar: str | None = None,
    ) -> tuple[Channel, Message]:
        """A post in a forum: a thread and its first message, which have the same id."""
        if forum.kind not in FORUMS:
            raise Refusal(400, 50024, "Cannot execute action on this channel type")
        if hook is None:
            self._world.need(who.id, forum, SEND_MESSAGES)
        tags = self._tags(who, forum, body.get("applied_tags") or [], free=hook is not None)
        newest = forum.last_message
        thread = self._new(forum, who.id, PUBLIC_THREAD, body, tags=tags)
        try:
            with self._world.whole():
                self._created(thread)
                first = body.get("message") or {}
                message = self._talk.say(thread, who, first, files, hook=hook, id=thread.id, avatar=avatar, opens=True)
        except Refusal:
            del self._world.channels[thread.id]
            forum.last_message = newest
            raise
        return thread, message

    def _new(
        self,
        parent: Channel,
        owner: str,
        kind: int,
        body: dict[str, Any],
        *,
        id: str | None = None,
        tags: list[str] | None = None,
    ) -> Channel:
        form = Form()
        form.long("name", body.get("name"), 100, 1)
        if (after := body.get("auto_archive_duration")) is not None and after not in ARCHIVE_AFTER:
            form.wrong("auto_archive_duration", "BASE_TYPE_CHOICES", f"Value must be one of {ARCHIVE_AFTER}.")
        form.check()
        world = self._world
        guild = world.guilds[parent.guild]
        threads = [one.thread for one in world.channels.values() if one.guild == guild.id and one.thread]
        if sum(not thread.archived for thread in threads) >= guild.most_threads:
            raise Refusal(400, 160006, "Maximum number of active threads reached")
        now = world.clock.now()
        details = Thread(owner, now, archive_after=after or 4320, archived_at=now, tags=tags or [])
        details.invitable = body.get("invitable", True)
        slow = body.get("rate_limit_per_user") or 0
        made = Channel(id or world.ids.new(), parent.guild, kind, body["name"], parent.id, slow=slow, thread=details)
        world.channels[made.id] = made
        if parent.kind in FORUMS:
            # A forum's newest post counts as its newest message.
            parent.last_message = made.id
            if owner in world.users:
                details.members[owner] = now
        return made

    def _created(self, thread: Channel) -> None:
        data = {**wire.channel(self._world, thread), "newly_created": True}
        self._world.in_channel("THREAD_CREATE", thread, data)

    def _tags(self, who: User, forum: Channel, wanted: list[Any], *, free: bool) -> list[str]:
        tags = [str(one) for one in wanted]
        known = {tag.id: tag for tag in forum.tags}
        if len(tags) > 5:
            raise bad_form("applied_tags", "BASE_TYPE_MAX_LENGTH", "Must be 5 or fewer in length.")
        if any(tag not in known for tag in tags):
            raise unknown("Forum Tag")
        if not tags and forum.flags & REQUIRE_TAG:
            raise Refusal(400, 40067, "A tag is required to create a forum post in this channel")
        if any(known[tag].moderated for tag in tags) and (free or not self._world.may(who.id, forum) & MANAGE_THREADS):
            raise missing_permissions()
        return tags

    # ----------------------------------------------------------------------------------------------------- changing

    def change(self, who: User, channel: Channel, body: dict[str, Any]) -> Channel:
        """Archive, lock, open, rename or tag a thread."""
        thread = channel.thread
        assert thread is not None, f"{channel.id} is no thread"
        world = self._world
        manages = bool(world.need(who.id, channel) & MANAGE_THREADS)
        opens = body.get("archived") is False
        if not manages:
            # Anybody who may speak there may open what is not locked; its owner may archive, rename and tag it.
            if opens and thread.archived:
                world.need(who.id, channel, SEND_MESSAGES_IN_THREADS)
            elif thread.owner != who.id or "locked" in body or "rate_limit_per_user" in body:
                raise missing_permissions()
            if thread.locked:
                raise missing_permissions()
        if thread.archived and not opens and set(body) - {"archived", "locked"}:
            raise Refusal(400, 50083, "Thread is archived")
        if "name" in body:
            form = Form()
            form.long("name", body["name"], 100, 1)
            form.check()
        if "applied_tags" in body:
            forum = world.channel(channel.parent or "")
            thread.tags = self._tags(who, forum, body["applied_tags"], free=False)
        channel.name = body.get("name", channel.name)
        channel.slow = body.get("rate_limit_per_user", channel.slow)
        channel.flags = body.get("flags", channel.flags)
        thread.archive_after = body.get("auto_archive_duration", thread.archive_after)
        thread.locked = body.get("locked", thread.locked)
        if "archived" in body and body["archived"] != thread.archived:
            thread.archived, thread.archived_at = body["archived"], world.clock.now()
        world.changed(channel)
        return channel

    def archive_quiet(self) -> None:
        """Archive what nobody has spoken in for as long as it says."""
        now = self._world.clock.now()
        for channel in list(self._world.channels.values()):
            if (thread := channel.thread) is None or thread.archived:
                continue
            newest = self._world.messages[channel.id].get(channel.last_message or "")
            if now - max(newest.sent if newest else thread.made, thread.archived_at) >= thread.archive_after * 60:
                thread.archived, thread.archived_at = True, now
                self._world.changed(channel)

    # ------------------------------------------------------------------------------------------------ members, lists

    def join(self, who: User, channel: Channel, whom: User) -> None:
        """Somebody enters a thread, or is brought into it."""
        thread = channel.thread
        if thread is None:
            raise Refusal(400, 50024, "Cannot execute action on this channel type")
        self._world.need(who.id, channel, *([SEND_MESSAGES_IN_THREADS] if who is not whom else []))
        if thread.archived:
            raise Refusal(400, 50083, "Thread is archived")
        self._join(channel, whom)

    def leave(self, who: User, channel: Channel, whom: str) -> None:
        """Somebody leaves a thread, or is taken out of it."""
        thread = channel.thread
        if thread is None:
            raise Refusal(400, 50024, "Cannot execute action on this channel type")
        self._world.need(who.id, channel, *([MANAGE_THREADS] if who.id != whom else []))
        if thread.archived:
            raise Refusal(400, 50083, "Thread is archived")
        if thread.members.pop(whom, None) is not None:
            data = {"id": channel.id, "guild_id": channel.guild, "member_count": len(thread.members)}
            self._world.in_channel("THREAD_MEMBERS_UPDATE", channel, {**data, "removed_member_ids": [whom]})

    def _join(self, channel: Channel, whom: User) -> None:
        assert channel.thread is not None, f"{channel.id} is no thread"
        if whom.id in channel.thread.members:
            return
        channel.thread.members[whom.id] = self._world.clock.now()
        guild = self._world.guilds[channel.guild]
        data = {"id": channel.id, "guild_id": channel.guild, "member_count": len(channel.thread.members)}
        added = {**wire.thread_member(channel, whom.id), "member": wire.member(guild, guild.members[whom.id])}
        self._world.in_channel("THREAD_MEMBERS_UPDATE", channel, {**data, "added_members": [added]})

    def archived(self, who: User, parent: Channel, kinds: tuple[int, ...], before: float | None) -> list[Channel]:
        """Archived threads of a channel that somebody may see, those first that were archived last."""
        found = [
            (one.thread.archived_at, one)
            for one in self._world.threads_of(parent.id)
            if one.kind in kinds and one.thread and one.thread.archived and self._world.may(who.id, one)
        ]
        found.sort(key=lambda pair: (pair[0], int(pair[1].id)), reverse=True)
        return [one for at, one in found if before is None or at < before]

    def active(self, who: User, guild: str) -> list[Channel]:
        """Active threads of a guild that somebody may see, newest first."""
        there = [one for one in self._world.channels.values() if one.guild == guild and one.thread]
        seen = [one for one in there if one.thread and not one.thread.archived and self._world.may(who.id, one)]
        return sorted(seen, key=lambda one: int(one.id), reverse=True)
