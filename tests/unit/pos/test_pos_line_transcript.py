"""The conversation in docs/pos/line-protocol.md is what the terminal says, word for word."""

from __future__ import annotations

import re
from pathlib import Path

from terminal_agent.pos.interpreters.events import (
    ReceiptEvent,
    RefundSeen,
    SaleClosed,
    TotalSeen,
)
from terminal_agent.pos.line_protocol.decoding import _FORMS
from terminal_agent.pos.line_protocol.replies import (
    Do,
    RefusalCode,
    Result,
    ResultStatus,
    write_reply,
)
from terminal_agent.pos.line_protocol.session import LineSession
from terminal_agent.pos.profile_file import load_profile

PAGE = "docs/pos/line-protocol.md"
#: What the counter of the page's story answers.
RESULTS = {
    "2": Result(id="2", status=ResultStatus.GRANTED, points=500),
    "4": Result(id="4", status=ResultStatus.GRANTED, points=200, amount_minor=200, due_minor=1695),
}


def test_the_transcript_is_what_is_said(project_root: Path) -> None:
    """Each line of the till's is said; the answers, the sale and the refund are the page's."""
    text = (project_root / PAGE).read_text(encoding="utf-8")
    (block,) = re.findall(r"```transcript\n(.*?)```", text, re.DOTALL)
    session = LineSession(load_profile("mohr-lines-eur"))
    told: list[str] = []
    events: list[ReceiptEvent] = []
    for line in block.splitlines():
        who, said = line.split(maxsplit=1)
        if who == "terminal":
            continue
        told.append(line)
        step = session.feed(said.encode() + b"\n", 0)
        replies = [*step.replies]
        for question in step.questions:
            replies += session.answered(RESULTS[question.request_id]).replies
        told += [f"terminal  {write_reply(one).decode().strip()}" for one in replies]
        events += step.events
    assert told == block.splitlines()
    assert [type(event) for event in events] == [TotalSeen, SaleClosed, RefundSeen]


def test_the_page_names_every_message_and_code(project_root: Path) -> None:
    """Each type, field and code that the terminal knows stands in the page."""
    text = (project_root / PAGE).read_text(encoding="utf-8")
    names = {str(code) for code in RefusalCode} | {str(do) for do in Do} | set(_FORMS)
    for _, needed, optional in _FORMS.values():
        names |= {*needed, *optional}
    assert {name for name in names if f"`{name}`" not in text} == set()
