"""Draws the table for ``docs/session.md``, so that page and code cannot drift apart.

``python -m terminal_agent.session.diagram`` prints the two blocks; a test compares them with the
page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from terminal_agent.session.events import Event
from terminal_agent.session.rows import Row, Target
from terminal_agent.session.states import State
from terminal_agent.session.table import EVERYWHERE, TABLE

#: What ``table.ground`` looks at, in its order.
_BACK_TO: Final = {
    State.RESERVED: "something is held",
    State.PREVIEW: "card and total",
    State.SALE: "a total",
    State.CARD: "a card",
    State.IDLE: "nothing",
}
_WORD_START: Final = re.compile(r"(?<!^)(?=[A-Z])")


def event_words(kind: type[Event]) -> str:
    """``CardTapped`` becomes ``card tapped``."""
    return _WORD_START.sub(" ", kind.__name__).lower()


def mermaid() -> str:
    """The transitions between different states, as a Mermaid state diagram.

    Rows with the same ends and the same event are one arrow. ``back`` is a choice: the state that
    fits what is left.
    """
    arrows: dict[tuple[State, State | Target], list[str]] = {}
    for state, kind, row in _rows():
        if row.to is None or row.to is state:
            continue
        labels = arrows.setdefault((state, row.to), [])
        if event_words(kind) not in labels:
            labels.append(event_words(kind))
    lines = ["stateDiagram-v2", "    state back <<choice>>", f"    [*] --> {State.IDLE}"]
    lines += [f"    {a} --> {_name(b)}: {', '.join(labels)}" for (a, b), labels in arrows.items()]
    lines += [f"    back --> {state}: {why}" for state, why in _BACK_TO.items()]
    return "\n".join(lines)


def _name(target: State | Target) -> str:
    return target.value


def rows_table() -> str:
    """Every row as a Markdown table: state, event, guard, next state, effects, remark."""
    lines = [
        "| state | event | when | then | does | says |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_line(str(state), kind, row) for state, kind, row in _rows()]
    for kind, rows in EVERYWHERE.items():
        lines += [_line("any", kind, row) for row in rows]
    return "\n".join(lines)


def _rows() -> Iterator[tuple[State, type[Event], Row]]:
    for state, by_event in TABLE.items():
        for kind, rows in by_event.items():
            for row in rows:
                yield state, kind, row


def _line(state: str, kind: type[Event], row: Row) -> str:
    guard = "" if row.when is None else row.when.__name__.replace("_", " ")
    effects = ", ".join(effect.__name__.replace("_", " ") for effect in row.do)
    remark = "" if row.say is None else row.say.replace("_", " ")
    then = "stay" if row.to is None else _name(row.to)
    cells = (state, event_words(kind), guard, then, effects or "—", remark)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(mermaid())  # noqa: T201 - a generator for a page, run by hand
    print()  # noqa: T201 - the same
    print(rows_table())  # noqa: T201 - the same
