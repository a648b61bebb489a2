"""Durations as configuration writes them: "10s", "30m", "72h"."""

import re
from typing import Annotated

from pydantic import BeforeValidator

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)", re.ASCII)


def _seconds(value: object) -> object:
    match = DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or not float(match[1]):
        raise ValueError('is a duration such as "10s", "30m" or "72h"')
    return float(match[1]) * UNITS[match[2]]


Seconds = Annotated[float, BeforeValidator(_seconds)]
