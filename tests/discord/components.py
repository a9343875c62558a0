"""What may stand below a message and in a modal: rows, buttons, selects, inputs, and the newer layouts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.discord.refusals import Form

ROW, BUTTON, SELECT, INPUT, SECTION, TEXT, CONTAINER, LABEL = 1, 2, 3, 4, 9, 10, 17, 18
SELECTS = (3, 5, 6, 7, 8)
_LAYOUTS = (SECTION, TEXT, 11, 12, 13, 14, CONTAINER)
_LINK, _PREMIUM = 5, 6
ROWS, IN_A_ROW, ALTOGETHER, TEXTS_TOGETHER = 5, 5, 40, 4000
CUSTOM_ID = 100


def every(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All components, also those within others."""
    for component in components:
        yield component
        inner = [*(component.get("components") or [])]
        inner += [component[key] for key in ("accessory", "component") if component.get(key)]
        yield from every(inner)


def texts_of(components: list[dict[str, Any]]) -> list[str]:
    """What the components of a message say as text of its own."""
    return [str(one.get("content") or "") for one in every(components) if one.get("type") == TEXT]


def with_custom_id(components: list[dict[str, Any]], custom_id: str) -> dict[str, Any] | None:
    """The component that reports under this id."""
    return next((one for one in every(components) if one.get("custom_id") == custom_id), None)


def numbered(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same components, each with the number that Discord gives those that bring none."""
    kept = [dict(one) for one in components]
    _number(kept, iter(range(1, 10_000)))
    return kept


def _number(components: list[dict[str, Any]], numbers: Iterator[int]) -> None:
    for one in components:
        one["id"] = one.get("id") or next(numbers)
        if one.get("components"):
            one["components"] = [dict(inner) for inner in one["components"]]
            _number(one["components"], numbers)
        for key in ("accessory", "component"):
            if one.get(key):
                one[key] = dict(one[key])
                _number([one[key]], numbers)


def check_components(form: Form, at: str, components: Any, *, v2: bool) -> None:
    """Note what is wrong with the components of a message."""
    if not isinstance(components, list):
        form.wrong(at, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        return
    everything = list(every(components))
    if v2:
        if len(everything) > ALTOGETHER:
            form.wrong(
                at, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", f"Total number of components exceeds {ALTOGETHER}"
            )
        if sum(map(len, texts_of(components))) > TEXTS_TOGETHER:
            said = f"The total length of displayable text must be {TEXTS_TOGETHER} or fewer"
            form.wrong(at, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", said)
    elif components:
        form.count(at, components, ROWS, 1)
        for number, one in enumerate(components):
            if one.get("type") != ROW:
                form.wrong(f"{at}.{number}.type", "BASE_TYPE_CHOICES", "Value must be one of (1,).")
    _inside(form, at, components)
    _unique(form, at, everything)


def _inside(form: Form, at: str, components: list[dict[str, Any]]) -> None:
    for number, one in enumerate(components):
        here = f"{at}.{number}"
        match one.get("type"):
            case 1:
                _row(form, here, one)
            case 2:
                _button(form, here, one)
            case kind if kind in SELECTS:
                _select(form, here, one)
            case 10:
                form.long(f"{here}.content", one.get("content"), TEXTS_TOGETHER, 1)
            case 9:
                if form.count(f"{here}.components", one.get("components"), 3, 1):
                    _inside(form, f"{here}.components", one["components"])
                if not one.get("accessory"):
                    form.wrong(f"{here}.accessory", "BASE_TYPE_REQUIRED", "This field is required")
                else:
                    _inside(form, f"{here}.accessory", [one["accessory"]])
            case 17:
                if form.count(f"{here}.components", one.get("components"), ALTOGETHER, 1):
                    _inside(form, f"{here}.components", one["components"])
            case kind if kind not in _LAYOUTS:
                form.wrong(f"{here}.type", "UNION_TYPE_CHOICES", f"Value of field type may not be {kind}.")


def _row(form: Form, at: str, row: dict[str, Any]) -> None:
    inner = row.get("components")
    if not form.count(f"{at}.components", inner, IN_A_ROW, 1) or not isinstance(inner, list):
        return
    kinds = {one.get("type") for one in inner}
    if kinds & set(SELECTS) and len(inner) > 1:
        form.wrong(
            f"{at}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width"
        )
    if not kinds <= {BUTTON, *SELECTS}:
        form.wrong(f"{at}.components", "UNION_TYPE_CHOICES", "Only buttons and selects may stand in a row.")
    _inside(form, f"{at}.components", inner)


def _button(form: Form, at: str, button: dict[str, Any]) -> None:
    form.long(f"{at}.label", button.get("label"), 80)
    if not (button.get("label") or button.get("emoji") or button.get("style") == _PREMIUM):
        form.wrong(at, "BUTTON_COMPONENT_MISSING_LABEL_OR_EMOJI", "A button needs a label or an emoji.")
    if button.get("style") == _LINK:
        form.long(f"{at}.url", button.get("url"), 512, 1)
        if button.get("custom_id"):
            form.wrong(
                at, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A custom id and url cannot both be specified"
            )
    elif button.get("style") not in (1, 2, 3, 4, _PREMIUM):
        form.wrong(f"{at}.style", "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3, 4, 5, 6).")
    else:
        form.long(f"{at}.custom_id", button.get("custom_id"), CUSTOM_ID, 1)


def _select(form: Form, at: str, select: dict[str, Any]) -> None:
    form.long(f"{at}.custom_id", select.get("custom_id"), CUSTOM_ID, 1)
    form.long(f"{at}.placeholder", select.get("placeholder"), 150)
    form.number(f"{at}.min_values", select.get("min_values", 1), 0, 25)
    form.number(f"{at}.max_values", select.get("max_values", 1), 1, 25)
    if select.get("type") != SELECT:
        return
    options = select.get("options")
    if not form.count(f"{at}.options", options, 25, 1) or not isinstance(options, list):
        return
    for number, option in enumerate(options):
        form.long(f"{at}.options.{number}.label", option.get("label"), 100, 1)
        form.long(f"{at}.options.{number}.value", option.get("value"), 100, 1)
        form.long(f"{at}.options.{number}.description", option.get("description"), 100)
    values = [option.get("value") for option in options]
    if len(set(values)) < len(values):
        form.wrong(
            f"{at}.options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used"
        )


def _unique(form: Form, at: str, everything: list[dict[str, Any]]) -> None:
    ids = [one["custom_id"] for one in everything if one.get("custom_id")]
    if len(set(ids)) < len(ids):
        form.wrong(at, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")


def check_modal(form: Form, modal: dict[str, Any]) -> None:
    """Note what is wrong with a modal."""
    form.long("data.title", modal.get("title"), 45, 1)
    form.long("data.custom_id", modal.get("custom_id"), CUSTOM_ID, 1)
    components = modal.get("components")
    if not form.count("data.components", components, 5, 1) or not isinstance(components, list):
        return
    for number, one in enumerate(components):
        at = f"data.components.{number}"
        match one.get("type"):
            case 1:
                inner = one.get("components") or []
                if form.count(f"{at}.components", inner, 1, 1):
                    _input(form, f"{at}.components.0", inner[0], label=True)
            case 18:
                form.long(f"{at}.label", one.get("label"), 45, 1)
                form.long(f"{at}.description", one.get("description"), 100)
                inside = one.get("component") or {}
                if inside.get("type") in SELECTS:
                    _select(form, f"{at}.component", inside)
                else:
                    _input(form, f"{at}.component", inside, label=False)
            case 10:
                form.long(f"{at}.content", one.get("content"), TEXTS_TOGETHER, 1)
            case kind:
                form.wrong(f"{at}.type", "UNION_TYPE_CHOICES", f"Value of field type may not be {kind}.")
    _unique(form, "data.components", list(every(components)))


def _input(form: Form, at: str, one: dict[str, Any], *, label: bool) -> None:
    if one.get("type") != INPUT:
        form.wrong(f"{at}.type", "UNION_TYPE_CHOICES", f"Value of field type may not be {one.get('type')}.")
        return
    form.long(f"{at}.custom_id", one.get("custom_id"), CUSTOM_ID, 1)
    if label:
        form.long(f"{at}.label", one.get("label"), 45, 1)
    form.long(f"{at}.placeholder", one.get("placeholder"), 100)
    form.long(f"{at}.value", one.get("value"), 4000)
    for field in ("min_length", "max_length"):
        if one.get(field) is not None:
            form.number(f"{at}.{field}", one[field], int(field == "max_length"), 4000)
    if one.get("style") not in (1, 2):
        form.wrong(f"{at}.style", "BASE_TYPE_CHOICES", "Value must be one of (1, 2).")
