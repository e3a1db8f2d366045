"""What a member reads who is sent a code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.codes.sender import CodeMessage
from gateway.formatting.numbers import Language, write_number

#: A phone offers to copy the digits that stand alone on the second line, in either language.
_TEXTS: Final[Mapping[Language, str]] = {
    Language.EN: (
        "{organisation}: your code is\n{code}\n"
        "It is good for {minutes} minutes. Tell it to the cashier, and to nobody else."
    ),
    Language.FA: (
        "{organisation}: کد شما\n{code}\n"
        "تا {minutes} دقیقه اعتبار دارد. آن را فقط به صندوق‌دار بگویید."
    ),
}


def message_of(
    code: str, to: str, *, organisation: str, language: Language, minutes: int
) -> CodeMessage:
    """Write a message.

    The code is written in ASCII digits in every language: phones find those in a text, and a till
    takes either.

    Args:
        code: the ASCII digits.
        to: whose phone, in the kept form.
        organisation: who writes, as people read it.
        language: the member's, or else the organisation's.
        minutes: how long the code counts.
    """
    text = _TEXTS[language].format(
        organisation=organisation, code=code, minutes=write_number(minutes, language)
    )
    return CodeMessage(to=to, code=code, text=text, language=language)
