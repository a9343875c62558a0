"""The commands of admins and readers: one model, rendered by every chat and by the command line."""

from bot.commands.catalogue import CATALOGUE, Desk, Parsed, carry_out, parse

__all__ = ["CATALOGUE", "Desk", "Parsed", "carry_out", "parse"]
