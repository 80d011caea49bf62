"""Every key in one table: bindings, the line of hints, the palette, help and docs come from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding, BindingType

ANYWHERE, LIST, ROWS, MAIN, TREE, HEX = "anywhere", "list", "rows", "sessions", "tree", "octets"
WHERE = {
    ANYWHERE: "Everywhere",
    LIST: "In every list",
    ROWS: "In lists of rows",
    MAIN: "On the screen of sessions",
    TREE: "In the tree of fields",
    HEX: "In the octets",
}
"""Where keys work, in the order in which help shows them."""


@dataclass(frozen=True, slots=True)
class Key:
    """keys: Textual's names, joined by commas; shown: what people press; hint: for the footer."""

    where: str
    keys: str
    shown: str
    action: str
    does: str
    hint: str = ""


KEYS: tuple[Key, ...] = (
    Key(ANYWHERE, "question_mark", "?", "app.help", "the keys of this screen", "help"),
    Key(ANYWHERE, "1", "1", "app.show('sessions')", "sessions, with ladder, fields and octets"),
    Key(ANYWHERE, "2", "2", "app.show('messages')", "all messages"),
    Key(ANYWHERE, "3", "3", "app.show('handoffs')", "handoffs, and how their times are spread"),
    Key(ANYWHERE, "4", "4", "app.show('findings')", "findings"),
    Key(ANYWHERE, "5", "5", "app.show('points')", "capture points and clocks"),
    Key(ANYWHERE, "6", "6", "app.show('stats')", "statistics of handoffs"),
    Key(ANYWHERE, "7", "7", "app.show('replay')", "the replay that r asked for"),
    Key(ANYWHERE, "tab", "Tab", "app.focus_next", "next panel"),
    Key(ANYWHERE, "shift+tab", "Shift-Tab", "app.focus_previous", "panel before"),
    Key(ANYWHERE, "t", "t", "app.time_format", "times: relative, between rows, absolute", "time"),
    Key(ANYWHERE, "T", "T", "app.next_theme", "theme: dark, light, high contrast"),
    Key(ANYWHERE, "p", "p", "app.pause", "hold the reading, or go on"),
    Key(ANYWHERE, "ctrl+p", "Ctrl-P", "app.command_palette", "all commands by name"),
    Key(ANYWHERE, "q,ctrl+q", "q Ctrl-Q", "app.quit", "quit", "quit"),
    Key(ANYWHERE, "ctrl+c", "Ctrl-C", "app.quit", "quit, wherever you are"),
    Key(LIST, "down,j", "↓ j", "move(1)", "next line"),
    Key(LIST, "up,k", "↑ k", "move(-1)", "line before"),
    Key(LIST, "pagedown,ctrl+f", "PgDn Ctrl-F", "page(1)", "next page"),
    Key(LIST, "pageup,ctrl+b", "PgUp Ctrl-B", "page(-1)", "page before"),
    Key(LIST, "ctrl+d", "Ctrl-D", "half_page(1)", "half a page down"),
    Key(LIST, "ctrl+u", "Ctrl-U", "half_page(-1)", "half a page up"),
    Key(LIST, "home,g", "Home g", "to_first", "first line"),
    Key(LIST, "end,G", "End G", "to_last", "last line"),
    Key(LIST, "right,l", "→ l", "sideways(1)", "to the right"),
    Key(LIST, "left,h", "← h", "sideways(-1)", "to the left"),
    Key(LIST, "enter", "Enter", "open", "open: go into it, or to what it is about", "open"),
    Key(ROWS, "slash", "/", "screen.filter", "filter; Tab completes the name of a field", "filter"),
    Key(ROWS, "n", "n", "next_match(1)", "next match of the filter"),
    Key(ROWS, "N", "N", "next_match(-1)", "match before"),
    Key(ROWS, "v", "v", "only_matches", "matches alone, or all rows with matches marked »"),
    Key(ROWS, "escape", "Esc", "screen.clear_filter", "take the filter away"),
    Key(ROWS, "m", "m", "mark", "mark the row with *, or take the mark away", "mark"),
    Key(ROWS, "s", "s", "sort(1)", "sort by the next column; a click on its head does too"),
    Key(ROWS, "S", "S", "reverse", "turn the order round"),
    Key(ROWS, "o", "o", "screen.columns", "choose the columns"),
    Key(
        ROWS,
        "c",
        "c",
        "screen.compare",
        "compare two messages: the marked ones, or the marked one and this",
    ),
    Key(ROWS, "e", "e", "screen.export", "export the view: .csv .json .jsonl, .svg of a ladder"),
    Key(ROWS, "w", "w", "screen.write", "write marked rows, or this one, to a capture (pcapng)"),
    Key(
        ROWS,
        "r",
        "r",
        "screen.replay",
        "replay: what was sent beside what should have been",
        "replay",
    ),
    Key(MAIN, "right_square_bracket", "]", "screen.view(1)", "ladder, messages, timing", "view"),
    Key(MAIN, "left_square_bracket", "[", "screen.view(-1)", "the other way round"),
    Key(TREE, "space", "Space", "fold", "fold or unfold"),
    Key(TREE, "right,l", "→ l", "unfold", "unfold, or to the first field inside"),
    Key(TREE, "left,h", "← h", "fold_up", "fold, or to what it is inside of"),
    Key(HEX, "right,l", "→ l", "step(1)", "next octet"),
    Key(HEX, "left,h", "← h", "step(-1)", "octet before"),
)


def bindings(where: str) -> list[BindingType]:
    """What Textual is told of the keys of a place."""
    return [
        Binding(
            key.keys,
            key.action,
            key.does,
            show=False,
            key_display=key.shown,
            priority=key.keys == "ctrl+c",
        )
        for key in KEYS
        if key.where == where
    ]


def keys_of(*places: str) -> Iterator[Key]:
    """The keys of some places, in the order of the table."""
    return (key for key in KEYS if key.where in places)
