"""The commands of admins and readers: one model, rendered by every chat and by the command line."""

from bot.commands.callers import Callers
from bot.commands.catalogue import CATALOGUE, Parsed, carry_out, parse
from bot.commands.desk import Desk
from bot.commands.words import worded

__all__ = ["CATALOGUE", "Callers", "Desk", "Parsed", "carry_out", "parse", "worded"]
