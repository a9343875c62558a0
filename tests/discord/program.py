"""The program as its users run it, but for discord.py's two addresses, which lead to a stand-in.

`python -m tests.discord.program http://127.0.0.1:PORT run --home …`: what follows the address is for the program.
"""

from __future__ import annotations

import sys

from bot.cli import main
from tests.discord.gateway import PATH
from tests.discord.rest import PREFIX
from tests.discord.stand_in import addressed

if __name__ == "__main__":
    address = sys.argv.pop(1)
    with addressed(address + PREFIX, address.replace("http", "ws", 1) + PATH):
        main()
