"""People: what they do in channels, and what they see there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.discord import wire
from tests.discord.commands import CHAT, MESSAGE, within
from tests.discord.components import INPUT, SELECT, every, with_custom_id
from tests.discord.interactions import PRESSED, SUBMITTED, TYPING, USED, Use
from tests.discord.nouns import EPHEMERAL, Channel, Guild, Message, Role, Upload, User
from tests.discord.permissions import READ_MESSAGE_HISTORY, VIEW_CHANNEL
from tests.discord.refusals import Refusal

if TYPE_CHECKING:
    from tests.discord.stand_in import StandIn


class NotOffered(Exception):
    """Discord's client would not let anybody do this; says what."""


class Person:
    """Somebody with a client; whatever Discord refuses raises Refusal."""

    def __init__(self, user: User, there: StandIn) -> None:
        self.user = user
        self.id = user.id
        self._world = there.world
        self._talk = there.talk
        self._reactions = there.reactions
        self._threads = there.threads
        self._commands = there.commands
        self._interactions = there.interactions

    # ------------------------------------------------------------------------------------------------------- talking

    def says(
        self,
        channel: Channel,
        text: str = "",
        *,
        to: Message | None = None,
        ping: bool = True,
        files: dict[str, bytes] | None = None,
    ) -> Message:
        """Write, in answer to a message or not; an answer pings whom it answers, unless that is switched off."""
        body: dict[str, Any] = {"content": text}
        if to is not None:
            body["message_reference"] = {"message_id": to.id}
            body["allowed_mentions"] = {"parse": ["users", "roles", "everyone"], "replied_user": ping}
        uploads = [Upload(name, data) for name, data in (files or {}).items()]
        return self._talk.say(channel, self.user, body, uploads)

    def edits(self, message: Message, text: str) -> None:
        """Change what one said."""
        if message.author is not self.user:
            raise NotOffered("edit what somebody else said")
        self._talk.change(message, {"content": text})

    def deletes(self, message: Message) -> None:
        """Take away what one said, or what another said where one may."""
        self._talk.may_delete(self.user, message)
        self._talk.delete(message)

    def deletes_many(self, messages: list[Message]) -> None:
        """Take away many at once, as moderators do."""
        channel = self._world.channel(messages[0].channel)
        self._talk.delete_many(self.user, channel, [message.id for message in messages])

    def reacts(self, message: Message, emoji: str) -> None:
        """Put a reaction on a message."""
        self._reactions.react(self.user, message, emoji)

    def unreacts(self, message: Message, emoji: str) -> None:
        """Take one's reaction off again."""
        self._reactions.unreact(self.user, message, emoji, self.id)

    def opens_thread(self, at: Message | Channel, name: str) -> Channel:
        """Start a thread on a message, or a public one in a channel."""
        if isinstance(at, Message):
            return self._threads.from_message(self.user, at, {"name": name})
        return self._threads.free(self.user, at, {"name": name, "type": 11})

    def posts(self, forum: Channel, title: str, text: str, tags: list[str] | None = None) -> Channel:
        """Start a post in a forum, under tags of these names."""
        ids = [tag.id for tag in forum.tags if tag.name in (tags or [])]
        body = {"name": title, "applied_tags": ids, "message": {"content": text}}
        return self._threads.post(self.user, forum, body, [])[0]

    def changes_thread(self, thread: Channel, **how: Any) -> None:
        """Archive (`archived=True`), lock, open or rename a thread."""
        self._threads.change(self.user, thread, how)

    def writes_to_bot(self, text: str) -> Message:
        """Say something in private."""
        return self.says(self._world.direct(self.user), text)

    # -------------------------------------------------------------------------------------------------------- seeing

    def sees(self, channel: Channel) -> list[Message]:
        """What stands in a channel for this person's eyes, oldest first."""
        may = self._world.may(self.id, channel)
        if not may & VIEW_CHANNEL or not may & READ_MESSAGE_HISTORY:
            return []
        return [one for one in self._world.messages[channel.id].values() if one.only_for in ("", self.id)]

    def reads(self, channel: Channel) -> list[str]:
        """The same, as texts."""
        return [one.content for one in self.sees(channel)]

    def threads_in(self, channel: Channel) -> list[Channel]:
        """The threads of a channel, or the posts of a forum, archived ones too, oldest first."""
        return [one for one in self._world.threads_of(channel.id) if self._world.may(self.id, one)]

    # ---------------------------------------------------------------------------------------------- commands, buttons

    def uses(self, channel: Channel, line: str, **options: Any) -> Use:
        """Use a slash command: `uses(channel, "mirror add", board="general")`. Options may be people and channels."""
        command, target, path = self._command(channel, line)
        known = {one["name"]: one for one in target.get("options") or []}
        for one in known.values():
            if one.get("required") and one["name"] not in options:
                raise NotOffered(f"/{line} without its option {one['name']}")
        given = [self._option(line, known.get(name), name, value) for name, value in options.items()]
        return self._interactions.begin(USED, self.user, channel, self._data(channel, command, path, given, options))

    def completes(self, channel: Channel, line: str, option: str, typed: str, **options: Any) -> Use:
        """Type into an option that is completed; `answered()` then has the `choices`."""
        command, target, path = self._command(channel, line)
        known = {one["name"]: one for one in target.get("options") or []}
        if not known.get(option, {}).get("autocomplete"):
            raise NotOffered(f"completion of {option} in /{line}")
        given = [self._option(line, known.get(name), name, value) for name, value in options.items()]
        given.append({"name": option, "type": known[option]["type"], "value": typed, "focused": True})
        return self._interactions.begin(TYPING, self.user, channel, self._data(channel, command, path, given, options))

    def uses_on(self, message: Message, name: str) -> Use:
        """Choose a command from a message's menu."""
        world, channel = self._world, self._world.channel(message.channel)
        command = self._commands.offered(self.user, channel, name, MESSAGE)
        if command is None:
            raise NotOffered(f"the menu entry {name}")
        data = {"id": command["id"], "name": name, "type": MESSAGE, "target_id": message.id}
        data["resolved"] = {"messages": {message.id: wire.message(world, message)}}
        return self._interactions.begin(USED, self.user, channel, data)

    def presses(self, message: Message, button: str) -> Use:
        """Press a button, by its custom id or by what it says."""
        self._sees(message)
        buttons = [one for one in every(message.components) if one.get("type") == 2]
        found = [one for one in buttons if button in (one.get("custom_id"), one.get("label"))]
        if not found or found[0].get("disabled") or "custom_id" not in found[0]:
            raise NotOffered(f"a button {button}; there are {[one.get('label') for one in buttons]}")
        data = {"custom_id": found[0]["custom_id"], "component_type": 2, "id": found[0]["id"]}
        return self._interactions.begin(PRESSED, self.user, self._world.channel(message.channel), data, message)

    def chooses(self, message: Message, custom_id: str, *values: str) -> Use:
        """Choose from a menu below a message."""
        self._sees(message)
        select = with_custom_id(message.components, custom_id)
        if select is None or select.get("disabled"):
            raise NotOffered(f"a menu {custom_id}")
        if not select.get("min_values", 1) <= len(values) <= select.get("max_values", 1):
            raise NotOffered(f"{len(values)} choices in {custom_id}")
        if select["type"] == SELECT and not set(values) <= {one["value"] for one in select["options"]}:
            raise NotOffered(f"{values} in {custom_id}")
        data = {"custom_id": custom_id, "component_type": select["type"], "id": select["id"], "values": list(values)}
        return self._interactions.begin(PRESSED, self.user, self._world.channel(message.channel), data, message)

    def submits(self, use: Use, values: dict[str, str]) -> Use:
        """Fill in the modal that came in answer, by custom ids, and send it off."""
        if use.modal is None or use.user is not self.user:
            raise NotOffered("a modal, for none came")
        for one in every(use.modal["components"]):
            if one.get("type") != INPUT:
                continue
            value = values.get(one["custom_id"], one.get("value") or "")
            if one.get("required", True) and not value:
                raise NotOffered(f"a modal without its field {one['custom_id']}")
            if value and not (one.get("min_length") or 0) <= len(value) <= (one.get("max_length") or 4000):
                raise NotOffered(f"{len(value)} characters in the field {one['custom_id']}")
        filled = [_filled(one, values) for one in use.modal["components"]]
        data = {"custom_id": use.modal["custom_id"], "components": filled}
        return self._interactions.begin(SUBMITTED, self.user, use.channel, data, use.message)

    def _sees(self, message: Message) -> None:
        if message not in self.sees(self._world.channel(message.channel)):
            raise NotOffered(f"message {message.id}, which is not there or not for {self.user.name}")

    def _command(self, channel: Channel, line: str) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
        name, *path = line.split()
        command = self._commands.offered(self.user, channel, name, CHAT)
        if command is None:
            raise NotOffered(f"/{name} to {self.user.name} there")
        try:
            target = within(command, path)
        except Refusal:
            raise NotOffered(f"/{line}") from None
        if any(one["type"] in (1, 2) for one in target.get("options") or []):
            raise NotOffered(f"/{line} without one of its subcommands")
        return command, target, path

    def _option(self, line: str, known: dict[str, Any] | None, name: str, value: Any) -> dict[str, Any]:
        if known is None:
            raise NotOffered(f"an option {name} of /{line}")
        sent = value.id if isinstance(value, User | Channel | Role | Person) else value
        choices = [one["value"] for one in known.get("choices") or []]
        if choices and sent not in choices:
            raise NotOffered(f"{sent!r} as {name} of /{line}; there are {choices}")
        longest = known.get("max_length", 6000)
        if known["type"] == 3 and not known.get("min_length", 0) <= len(str(sent)) <= longest:
            raise NotOffered(f"{len(str(sent))} characters as {name} of /{line}")
        return {"name": name, "type": known["type"], "value": sent}

    def _data(
        self, channel: Channel, command: dict[str, Any], path: list[str], given: list[Any], options: dict[str, Any]
    ) -> dict[str, Any]:
        for depth, word in reversed(list(enumerate(path))):
            kind = 1 if depth == len(path) - 1 else 2
            given = [{"name": word, "type": kind, "options": given}]
        data: dict[str, Any] = {"id": command["id"], "name": command["name"], "type": CHAT, "options": given}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        if resolved := self._resolved(channel, list(options.values())):
            data["resolved"] = resolved
        return data

    def _resolved(self, channel: Channel, values: list[Any]) -> dict[str, Any]:
        world = self._world
        guild: Guild | None = world.guilds.get(channel.guild)
        found: dict[str, Any] = {}
        for value in values:
            if isinstance(value, Channel):
                told = {**wire.channel(world, value), "permissions": str(world.may(self.id, value))}
                found.setdefault("channels", {})[value.id] = told
            elif isinstance(value, Role):
                found.setdefault("roles", {})[value.id] = wire.role(value)
            elif isinstance(value, User | Person):
                user = value.user if isinstance(value, Person) else value
                found.setdefault("users", {})[user.id] = wire.user(user)
                if guild and user.id in guild.members:
                    told = wire.member(guild, guild.members[user.id], with_user=False)
                    may = str(world.may(user.id, channel))
                    found.setdefault("members", {})[user.id] = told | {"permissions": may}
        return found

    # ------------------------------------------------------------------------------------------------------ oneself

    def dismisses(self, message: Message) -> None:
        """Wipe away an answer that nobody else sees."""
        if not message.flags & EPHEMERAL or message.only_for != self.id:
            raise NotOffered("dismiss what others see")
        self._talk.delete(message)


def _filled(one: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    """A component of a modal as it comes back."""
    if one.get("type") == 1:
        return {
            "type": 1,
            "id": one.get("id", 1),
            "components": [_filled(inner, values) for inner in one["components"]],
        }
    if one.get("type") == 18:
        return {"type": 18, "id": one.get("id", 1), "component": _filled(one["component"], values)}
    told: dict[str, Any] = {"type": one.get("type"), "id": one.get("id", 1)}
    if "custom_id" in one:
        told["custom_id"] = one["custom_id"]
        value = values.get(one["custom_id"], one.get("value") or "")
        told |= {"value": value} if one.get("type") == INPUT else {"values": [value] if value else []}
    return told
