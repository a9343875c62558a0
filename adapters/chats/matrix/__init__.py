"""Matrix: an account of a homeserver, or one for each author, which speaks in rooms and threads."""

from __future__ import annotations

from adapters.chats.matrix import render
from adapters.chats.matrix.chat import MatrixChat
from adapters.chats.matrix.login import log_in, needs
from adapters.chats.matrix.service.registration import register
from adapters.chats.matrix.settings import Settings, checked
from bot.model import Card, ChatName, Payload
from bot.ports import Context, Question, Subcommand


class MatrixAdapter:
    """Opens logins, and shows what their cards look like."""

    name = "matrix"
    settings = Settings
    questions = (
        Question("homeserver", "the homeserver's address, such as https://matrix.example.org"),
        Question("user", "the bot's account there, such as @threadline:example.org"),
        Question("password", "its password"),
        Question("invite", "who is invited into its rooms and may give commands there, such as @you:example.org"),
    )
    subcommands = (
        Subcommand("login", "Log in by password; device and token are kept.", log_in, needs),
        Subcommand("registration", "Write what the homeserver has to know of an application service.", register),
    )

    def open(self, name: ChatName, settings: Settings, context: Context) -> MatrixChat:
        """The login, ready to be used; raises `SettingsError`."""
        return MatrixChat(checked(settings), context)

    def render(self, card: Card, most: int | None = None) -> tuple[Payload, ...]:
        return render.render(card, most)

    def sketch(self, payload: Payload) -> str:
        return render.sketch(payload)


adapter = MatrixAdapter()
