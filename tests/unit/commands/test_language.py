"""The language that the program speaks is chosen in the settings, at its start."""

from __future__ import annotations

import shutil
from pathlib import Path

from bot import texts
from bot.app import OPERATOR, opened
from bot.commands import carry_out
from bot.home import Home
from bot.registry import Registry
from bot.settings import load
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog


async def test_the_program_speaks_the_language_of_its_settings(tmp_path, monkeypatch):
    """And that of the next settings at the next start."""
    there = tmp_path / "texts"
    shutil.copytree(Path(texts.__file__).parent / "en", there / "en")
    (there / "xx").mkdir()
    (there / "xx" / "held.toml").write_text('nothing = "Nenio atendas."', "utf-8")
    monkeypatch.setattr(texts, "files", lambda package: there)
    texts.catalogue.cache_clear()
    heard = []
    for language in ("xx", "en"):
        file = tmp_path / "threadline.toml"
        file.write_text(f'[community]\nlanguage = "{language}"\n', "utf-8")
        registry = Registry()
        settings = load(file, {}, registry.settings, registry.installed)
        home, log = Home(tmp_path / "home"), RecordingLog()
        async with opened(home, settings, registry, log, clock=FakeClock()) as app:
            heard.append((await carry_out(app, OPERATOR, "mirror", ["held"])).text)
    texts.catalogue.cache_clear()
    assert heard == ["Nenio atendas.", "Nothing is held."]
