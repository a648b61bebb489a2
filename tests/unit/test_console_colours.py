"""Every pair of colours that the console uses is readable: WCAG AA, light and dark."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "bridge" / "web" / "console" / "assets" / "console.css"
TEXT, EDGE = 4.5, 3.0  # WCAG 2.2: 1.4.3 for text, 1.4.11 for what shows where a control is
TEXTS = (
    *((ink, ground) for ink in ("ink", "quiet", "accent", "bad") for ground in ("paper", "sheet")),
    ("ink", "sunk"),
    ("on-accent", "accent"),
    ("ink", "plain-tint"),
    ("quiet", "plain-tint"),
    *((name, f"{name}-tint") for name in ("good", "bad", "wait", "ask")),
    ("good", "sheet"),
    ("good", "paper"),
)
EDGES = (("edge", "paper"), ("edge", "sheet"), ("accent", "paper"), ("accent", "sheet"))


def _themes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r":root \{(.*?)\}", CSS.read_text(), re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", one)) for one in blocks)
    return {"light": light, "dark": light | dark}


def _ratio(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pair_of_colours_is_readable(theme: str) -> None:
    known = _themes()[theme]
    pairs = [(pair, TEXT) for pair in TEXTS] + [(pair, EDGE) for pair in EDGES]
    low = {
        pair: round(_ratio(known[pair[0]], known[pair[1]]), 2)
        for pair, needed in pairs
        if _ratio(known[pair[0]], known[pair[1]]) < needed
    }
    assert low == {}


def test_no_colour_stands_outside_the_properties() -> None:
    rules = re.sub(r":root \{.*?\}", "", CSS.read_text(), flags=re.DOTALL)
    assert re.findall(r"#[0-9a-f]{3,8}\b(?![^{]*\{)", rules) == []
    assert "url(" not in rules
    assert "@import" not in rules


def test_known_ratios() -> None:
    assert _ratio("#000000", "#ffffff") == pytest.approx(21)
    assert _ratio("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
