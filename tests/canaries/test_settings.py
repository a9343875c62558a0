"""What is wrong in the settings is said without what is secret in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.registry import Registry
from bot.settings import load, secret_fields
from tests.canaries.gathering import Canaries, Outputs

WRONG = (
    "{field} = {secret}",
    "{field} = '{secret}",
    "{field} = ['{secret}']",
    "{field} = {{ value = '{secret}' }}",
    "{field}x = '{secret}'",
    "{field} = '{secret}'\n{field} = '{secret}'",
    "{field} '{secret}'",
    "{field}_file = '{secret}'\n{field} = '{secret}'",
    "{field} = '{secret}\x01'",
    "{field} = '{secret}'\nnothing = like it",
    "[{secret}",
)
"""Lines of which each holds a mistake and a secret."""

REGISTRY = Registry()
SECRETS = [
    (kind, adapter, field)
    for kind in ("forum", "chat")
    for adapter in REGISTRY.installed(kind)
    for field in secret_fields(REGISTRY.settings(kind, adapter))  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("kind", "adapter", "field"), SECRETS)
def test_a_mistake_on_the_line_of_a_secret_does_not_show_it(
    tmp_path: Path, kind: str, adapter: str, field: str
) -> None:
    """People put what is said of their settings into their questions to others."""
    canaries, outputs, file = Canaries(), Outputs(), tmp_path / "threadline.toml"
    for n, line in enumerate(WRONG):
        written = line.format(field=field, secret=canaries.mint(f"the secret of {line!r}"))
        file.write_text(f'[{kind}s.one]\nadapter = "{adapter}"\n{written}\n', "utf-8")
        with pytest.raises(SettingsError) as caught:
            load(file, {}, REGISTRY.settings, REGISTRY.installed)
        outputs.add(f"mistake {n}", str(caught.value))
    outputs.assert_clean(canaries, *(f"mistake {n}" for n in range(len(WRONG))))


@pytest.mark.parametrize(("kind", "adapter", "field"), SECRETS)
def test_a_mistake_in_the_environment_does_not_show_it(tmp_path: Path, kind: str, adapter: str, field: str) -> None:
    """Variables hold secrets more often than files do."""
    canaries, outputs, file = Canaries(), Outputs(), tmp_path / "threadline.toml"
    file.write_text(f'[{kind}s.one]\nadapter = "{adapter}"\n', "utf-8")
    name, secret = f"THREADLINE_{kind.upper()}S_ONE_{field.upper()}", canaries.mint("a variable")
    mistakes: list[dict[str, str]] = [
        {f"{name}X": secret},
        {f"{name}_FILE": secret},
        {f"{name}_FILE": f"/{secret}/none"},
        {f"{name}_FILE": secret * 9},
    ]
    for n, given in enumerate(mistakes):
        try:
            load(file, given, REGISTRY.settings, REGISTRY.installed)
        except SettingsError as error:
            outputs.add(f"variable {n}", str(error))
    outputs.assert_clean(canaries, *outputs.given)
