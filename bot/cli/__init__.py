"""The program's commands; each is a thin door to what the app does."""

# In the order in which `--help` lists them; what adapters bring comes last, and takes no name that is taken.
from bot.cli import running

# isort: split
from bot.cli import mirroring

# isort: split
from bot.cli import deciding

# isort: split
from bot.cli import looking

# isort: split
from bot.cli import own
from bot.cli.main import main

__all__ = ["deciding", "looking", "main", "mirroring", "own", "running"]
