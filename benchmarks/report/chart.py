"""A bar chart as SVG, readable on light and dark pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH = 860
_LEFT = 300
_RIGHT = 150
_ROW = 30
_TOP = 64

_INK, _FAINT = "#1f2328", "#59636e"
_WALL, _CPU = "#0969da", "#9a6700"


@dataclass(frozen=True, slots=True)
class Bar:
    """One contestant.

    Attributes:
        label: Its name.
        wall: Seconds.
        cpu: Seconds.
        memory: MiB.
        ours: Whether to point it out.
    """

    label: str
    wall: float
    cpu: float
    memory: float
    ours: bool


def draw(title: str, bars: Sequence[Bar]) -> str:
    """Wall and CPU seconds as bars, memory as a number."""
    height = _TOP + _ROW * len(bars) + 14
    longest = max(max(bar.wall, bar.cpu) for bar in bars)
    scale = (_WIDTH - _LEFT - _RIGHT) / longest
    lines = [
        _tag("title", title),
        f'<rect width="{_WIDTH}" height="{height}" rx="6" fill="#ffffff"/>',
        _tag("text", title, x=16, y=26, font_size=16, font_weight=600, fill=_INK),
        *_key(16, _WALL, "wall time"),
        *_key(110, _CPU, "CPU time"),
    ]
    for row, bar in enumerate(bars):
        lines += _draw_bar(bar, _TOP + _ROW * row, scale)
    content = "\n".join(lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="system-ui, sans-serif" font-size="13" role="img">\n{content}\n</svg>\n'
    )


def _draw_bar(bar: Bar, top: int, scale: float) -> list[str]:
    weight = 600 if bar.ours else 400
    opacity = 1 if bar.ours else 0.45
    end = _LEFT + 8 + max(bar.wall, bar.cpu) * scale
    figures = f"{bar.wall:.2f} s · {bar.memory:.0f} MiB"
    words = {"y": top + 16, "font_weight": weight}
    return [
        _tag("text", bar.label, **words, x=_LEFT - 10, text_anchor="end", fill=_INK),
        _rectangle(top + 3, bar.wall * scale, 11, _WALL, opacity),
        _rectangle(top + 15, bar.cpu * scale, 5, _CPU, opacity),
        _tag("text", figures, **words, x=f"{end:.1f}", fill=_FAINT),
    ]


def _rectangle(top: int, width: float, height: int, color: str, opacity: float) -> str:
    return (
        f'<rect x="{_LEFT}" y="{top}" width="{width:.1f}" height="{height}" '
        f'fill="{color}" opacity="{opacity}"/>'
    )


def _key(left: int, color: str, text: str) -> list[str]:
    return [
        f'<rect x="{left}" y="42" width="10" height="10" fill="{color}"/>',
        _tag("text", text, x=left + 16, y=52, fill=_FAINT),
    ]


def _tag(name: str, content: str, **attributes: str | float) -> str:
    words = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in attributes.items())
    return f"<{name}{words}>{escape(content)}</{name}>"
