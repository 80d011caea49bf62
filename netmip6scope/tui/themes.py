"""Three themes; what their colours tell, signs and words tell as well.

Lists look up the styles of their spans here. Style sheets could name them too, but then Textual
would match them for every list whenever another one gets the focus, which takes longer than a key
may.
"""

from __future__ import annotations

from functools import cache

from rich.style import Style
from textual.theme import Theme

DARK = Theme(
    name="scope-dark",
    primary="#7aa2f7",
    secondary="#9ece6a",
    accent="#7dcfff",
    foreground="#c8ccd8",
    background="#16181f",
    surface="#16181f",
    panel="#232734",
    success="#9ece6a",
    warning="#e0af68",
    error="#f7768e",
    dark=True,
    variables={"soft": "#a3aac0", "cursor": "#2b3550", "idle": "#232734"},
)
LIGHT = Theme(
    name="scope-light",
    primary="#1f5fbf",
    secondary="#3d6b1c",
    accent="#0a6a8a",
    foreground="#22252e",
    background="#fbfbf8",
    surface="#fbfbf8",
    panel="#ececea",
    success="#3d6b1c",
    warning="#704600",
    error="#b3203b",
    dark=False,
    variables={"soft": "#50555f", "cursor": "#cfe0f8", "idle": "#e6e6e3"},
)
CONTRAST = Theme(
    name="scope-contrast",
    primary="#ffff00",
    secondary="#00ff00",
    accent="#00ffff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    success="#00ff00",
    warning="#ffff00",
    error="#ffa0a0",
    dark=True,
    variables={"soft": "#ffffff", "cursor": "#000080", "idle": "#1c1c1c"},
)
THEMES = (DARK, LIGHT, CONTRAST)


@cache
def span_styles(name: str) -> dict[str, Style]:
    """The styles of `spans.STYLES` and of the cursor, in a theme; DARK for one that is not ours."""
    theme = next((theme for theme in THEMES if theme.name == name), DARK)
    own = theme.variables
    return {
        "soft": Style(color=own["soft"]),
        "strong": Style(bold=True),
        "title": Style(color=own["soft"]),
        "active": Style(color=theme.primary, bold=True),
        "head": Style(color=own["soft"], underline=True),
        "accent": Style(color=theme.accent),
        "error": Style(color=theme.error, bold=True),
        "warning": Style(color=theme.warning),
        "note": Style(color=own["soft"]),
        "match": Style(color=theme.success, bold=True),
        "picked": Style(reverse=True),
        "cursor": Style(bgcolor=own["cursor"], bold=True),
        "cursor-idle": Style(bgcolor=own["idle"]),
    }


def following(name: str) -> str:
    """The next theme; the first one after one that is not ours."""
    names = [theme.name for theme in THEMES]
    at = names.index(name) + 1 if name in names else 0
    return names[at % len(names)]
