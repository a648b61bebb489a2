"""What a sender calls itself, as far as it may be kept in the clear."""

import re

from bridge.leads import DIGITS

NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}", re.ASCII)


def source_name(given: str) -> str:
    """The name of a source, right or mistyped; `?` for what may be personal data."""
    plain = NAME.fullmatch(given) and sum(one.isdigit() for one in given) <= DIGITS
    return given if plain else "?"
