"""Pure: how boards print days, in the languages that most of them speak."""

from __future__ import annotations


def _months(*names: str) -> dict[str, int]:
    """Each beginning of a month's name with its number; several beginnings of one month are parted by a slash."""
    return {name: number for number, all in enumerate(names, 1) for name in all.split("/")}


MONTHS = {
    "en": _months("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    "de": _months("jan/jän", "feb", "mär/mrz", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez"),
    "fr": _months("jan", "fév/fev", "mar", "avr", "mai", "juin", "juil", "aoû/aou", "sep", "oct", "nov", "déc/dec"),
    "es": _months("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep/set", "oct", "nov", "dic"),
    "it": _months("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"),
    "nl": _months("jan", "feb", "maa/mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"),
    "pl": _months("sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru"),
    "pt": _months("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"),
    "ru": _months("янв", "фев", "мар", "апр", "май/мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"),
}
"""How the names of months begin, in lower case, by language."""

LANGUAGES = tuple(MONTHS)

DAYS = {
    "today": 0,
    "yesterday": -1,
    "tomorrow": 1,
    "heute": 0,
    "gestern": -1,
    "morgen": 1,
    "aujourd'hui": 0,
    "aujourd’hui": 0,
    "hier": -1,
    "demain": 1,
    "hoy": 0,
    "ayer": -1,
    "oggi": 0,
    "ieri": -1,
    "vandaag": 0,
    "gisteren": -1,
    "dzisiaj": 0,
    "dziś": 0,
    "wczoraj": -1,
    "hoje": 0,
    "ontem": -1,
    "сегодня": 0,
    "вчера": -1,
}
"""What stands in place of a date, and how many days that is from now."""
