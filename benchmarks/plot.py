"""A line chart as SVG: logarithmic both ways, one line a name, its label at the right end."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 820, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 250, 40, 50
FONT = 'font-family="sans-serif" font-size="12"'
COLOURS = (
    "#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#0a7ea4", "#bf3989", "#57606a",
    "#116329", "#953800",
)  # fmt: skip


def lines(
    path: Path,
    *,
    title: str,
    across: str,
    up: str,
    found: Mapping[str, Sequence[tuple[float, float]]],
) -> None:
    """`found`: name → (x, y), both above zero."""
    xs = [x for some in found.values() for x, _ in some]
    ys = [y for some in found.values() for _, y in some]
    low, high = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    left, right = math.log10(min(xs)), math.log10(max(xs))

    def at(x: float, y: float) -> tuple[float, float]:
        wide, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return (
            LEFT + (math.log10(x) - left) / max(right - left, 1e-9) * wide,
            HEIGHT - BOTTOM - (math.log10(y) - low) / max(high - low, 1) * tall,
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
        '<rect width="100%" height="100%" fill="white"/>',
        _text(LEFT, 22, title, size=15),
        _text(LEFT, HEIGHT - 10, across),
        _text(8, TOP - 6, up),
    ]
    for power in range(low, high + 1):
        _, y = at(min(xs), 10**power)
        parts.append(
            f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#d0d7de" stroke-width="1"/>'
        )
        parts.append(_text(8, y + 4, f"{10**power:g}"))
    parts += [
        _text(at(x, 10**low)[0] - 14, HEIGHT - BOTTOM + 18, f"{x:,.0f}") for x in sorted(set(xs))
    ]
    ends: list[float] = []
    by_height = sorted(found.items(), key=lambda one: -one[1][-1][1])
    for colour, (name, some) in zip(COLOURS * 4, by_height, strict=False):
        points = " ".join("{:.1f},{:.1f}".format(*at(x, y)) for x, y in some)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        label = at(*some[-1])[1] + 4
        while any(abs(label - other) < 14 for other in ends):
            label += 3
        ends.append(label)
        said = f"{name}: {some[-1][1]:,.0f}"
        parts.append(_text(WIDTH - RIGHT + 10, label, said, colour=colour))
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")


def _text(x: float, y: float, text: str, *, size: int = 12, colour: str = "#24292f") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}">{escape(text)}</text>'
