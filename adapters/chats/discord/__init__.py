"""Discord: a bot that speaks in channels, threads and forum channels, by its own name or by those of authors."""

from __future__ import annotations

from adapters.chats.discord import render
from adapters.chats.discord.chat import DiscordChat
from adapters.chats.discord.invite import invite, needs
from adapters.chats.discord.settings import Settings, checked
from bot.model import Card, ChatName, Payload
from bot.ports import Context, Question, Subcommand


class DiscordAdapter:
    """Opens bots, and shows what their cards look like."""

    name = "discord"
    settings = Settings
    questions = (Question("token", "the bot's token (developer portal → your application → Bot → Reset Token)"),)
    subcommands = (Subcommand("invite", "Print the address that lets the bot into a server.", invite, needs),)

    def open(self, name: ChatName, settings: Settings, context: Context) -> DiscordChat:
        """The bot, ready to be used; raises `SettingsError`."""
        return DiscordChat(checked(settings), context)

    def render(self, card: Card, most: int | None = None) -> tuple[Payload, ...]:
        return render.render(card, most)

    def sketch(self, payload: Payload) -> str:
        return render.sketch(payload)


adapter = DiscordAdapter()
"""The adapter that the entry point names."""
