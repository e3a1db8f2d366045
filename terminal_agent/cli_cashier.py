"""``mohr terminal …``: what the cashier asks of the running agent."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

if TYPE_CHECKING:
    from gateway.model.sale import SaleLine
    from terminal_agent.commands import Command
    from terminal_agent.control import Answer

#: A command that the agent did not carry out. Faults of ours end with 2 (``gateway.cli.main``).
NOT_DONE_EXIT: Final = 1

#: AMOUNTxPIECES:LABEL, the pieces left out where it is one.
_LINE: Final = re.compile(r"(?P<amount>[0-9]{1,18})(?:x(?P<pieces>[0-9]{1,6}))?:(?P<label>.+)")
_MAX: Final = "max"
_SEND: Final = "send"

DirOption: TypeAlias = Annotated[
    Path,
    typer.Option("--dir", envvar="MOHR_TERMINAL_DIR", help="The terminal's data directory."),
]
LineOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--line",
        help="One line of goods, AMOUNTxPIECES:LABEL, such as 900x2:Espresso; repeat it.",
    ),
]
UnitsArgument: TypeAlias = Annotated[
    str, typer.Argument(help="In the currency's smallest unit; 'max' for as much as can be.")
]
MoneyArgument: TypeAlias = Annotated[
    int, typer.Argument(min=1, help="In the currency's smallest unit.")
]
TimesOption: TypeAlias = Annotated[int, typer.Option(min=1, max=1_000, help="How often.")]

app = typer.Typer(add_completion=False)


@app.command()
def total(
    amount: Annotated[int, typer.Argument(min=0, help="In the currency's smallest unit.")],
    directory: DirOption,
    *,
    line: LineOption = None,
) -> None:
    """Key the sale's total in, where the till tells it only at the end."""
    from terminal_agent.commands import Total  # noqa: PLC0415 - not needed for --help

    _tell(directory, Total(total_minor=amount, lines=_lines(line)))


@app.command()
def redeem(
    directory: DirOption,
    points: Annotated[
        str, typer.Argument(help="How many points; 'max' for as many as can be.")
    ] = _MAX,
) -> None:
    """Pay with points: for the card and the total now on the screen."""
    from terminal_agent.commands import Redeem  # noqa: PLC0415 - not needed for --help

    _tell(directory, Redeem(points=_units(points, "points")))


@app.command()
def reward(
    reward_id: Annotated[str, typer.Argument(help="The reward's id in the programme.")],
    directory: DirOption,
    *,
    times: TimesOption = 1,
) -> None:
    """Take a reward for points on the sale on the screen."""
    from terminal_agent.commands import Reward  # noqa: PLC0415 - not needed for --help

    _tell(directory, Reward(reward=reward_id, times=times))


@app.command()
def coupon(
    reward_id: Annotated[str, typer.Argument(help="The id of the reward that the coupon is for.")],
    directory: DirOption,
    *,
    times: TimesOption = 1,
) -> None:
    """Use a coupon of the member on the sale on the screen."""
    from terminal_agent.commands import Coupon  # noqa: PLC0415 - not needed for --help

    _tell(directory, Coupon(reward=reward_id, times=times))


@app.command()
def offers(directory: DirOption) -> None:
    """Ask once more what offers take off the sale on the screen."""
    from terminal_agent.commands import Offers  # noqa: PLC0415 - not needed for --help

    _tell(directory, Offers())


@app.command()
def decline(directory: DirOption) -> None:
    """Use no offer on this sale: for tills that cannot take a discount off."""
    from terminal_agent.commands import Decline  # noqa: PLC0415 - not needed for --help

    _tell(directory, Decline())


@app.command()
def credit(directory: DirOption, amount: UnitsArgument = _MAX) -> None:
    """Pay with stored credit: for the card and the total now on the screen."""
    from terminal_agent.commands import Credit  # noqa: PLC0415 - not needed for --help

    _tell(directory, Credit(amount_minor=_units(amount, "amount")))


@app.command()
def gift(directory: DirOption, amount: UnitsArgument = _MAX) -> None:
    """Pay with the gift card that is presented next."""
    from terminal_agent.commands import Gift  # noqa: PLC0415 - not needed for --help

    _tell(directory, Gift(amount_minor=_units(amount, "amount")))


@app.command(name="top-up")
def top_up(amount: MoneyArgument, directory: DirOption) -> None:
    """Put money that was paid in into the credit of the card on the screen."""
    from terminal_agent.commands import TopUp  # noqa: PLC0415 - not needed for --help

    _tell(directory, TopUp(amount_minor=amount))


@app.command(name="load-gift")
def load_gift(amount: MoneyArgument, directory: DirOption) -> None:
    """Put money that was paid in onto the gift card that is presented next."""
    from terminal_agent.commands import LoadGift  # noqa: PLC0415 - not needed for --help

    _tell(directory, LoadGift(amount_minor=amount))


@app.command()
def event(
    name: Annotated[str, typer.Argument(help="What the member did, as the programme calls it.")],
    directory: DirOption,
    *,
    source: Annotated[
        str, typer.Option(help="Which one: the same of the same source counts once for a member.")
    ],
) -> None:
    """Record something that the member on the screen did and that is no purchase."""
    from terminal_agent.commands import RecordEvent  # noqa: PLC0415 - not needed for --help

    _tell(directory, RecordEvent(name=name, source=source))


@app.command()
def refund(
    directory: DirOption,
    receipt: Annotated[
        str | None, typer.Argument(help="The receipt number of the sale to take back.")
    ] = None,
    *,
    no_receipt: Annotated[
        bool, typer.Option("--no-receipt", help="Nobody can name the sale: the card says whose.")
    ] = False,
    amount: Annotated[
        int | None, typer.Option(min=0, help="The money that went back; else the whole sale.")
    ] = None,
    line: LineOption = None,
) -> None:
    """Correct the points of a sale that the till has refunded, wholly or in part."""
    from terminal_agent.commands import Refund  # noqa: PLC0415 - not needed for --help

    if (receipt is None) is not no_receipt:
        raise typer.BadParameter("name the receipt, or say --no-receipt")
    if amount is None and (line or no_receipt):
        raise typer.BadParameter("a part, or a sale without its receipt, needs --amount")
    _tell(directory, Refund(receipt_number=receipt, amount_minor=amount, lines=_lines(line)))


@app.command()
def phone(
    directory: DirOption,
    number: Annotated[
        str | None,
        typer.Argument(help="With or without the country's code; asked for where it is left out."),
    ] = None,
) -> None:
    """Let a customer without a card earn by the phone number; it spends nothing."""
    from terminal_agent.commands import Phone  # noqa: PLC0415 - not needed for --help

    # Asked for, the number stands in no shell's history and no list of processes.
    said = typer.prompt("Phone number") if number is None else number
    _tell(directory, Phone(number=said))


@app.command()
def code(
    directory: DirOption,
    said: Annotated[
        str | None,
        typer.Argument(
            metavar="[send|CODE]",
            help="'send' has a code sent to the customer's phone; then the code that the customer "
            "says. Asked for where it is left out.",
        ),
    ] = None,
) -> None:
    """Let a card that proves too little spend, by a code on its owner's phone."""
    from terminal_agent.commands import Code  # noqa: PLC0415 - not needed for --help

    told = typer.prompt("Code") if said is None else said
    _tell(directory, Code(said=None if told == _SEND else told))


@app.command()
def enrol(directory: DirOption) -> None:
    """Make the card now on the screen a member's."""
    from terminal_agent.commands import Enrol  # noqa: PLC0415 - not needed for --help

    _tell(directory, Enrol())


@app.command()
def cancel(directory: DirOption) -> None:
    """Take one step back: give up what was held last, or else the visit."""
    from terminal_agent.commands import Cancel  # noqa: PLC0415 - not needed for --help

    _tell(directory, Cancel())


@app.command()
def claim(
    directory: DirOption,
    code: Annotated[
        str | None,
        typer.Argument(help="The code of a receipt; left out, that of the last sale is printed."),
    ] = None,
) -> None:
    """Let the card now or next on the reader earn for a sale that closed without one.

    Without CODE: print the code of the last such sale, for a customer whose card was forgotten.
    """
    from terminal_agent.commands import AskClaim, Claim  # noqa: PLC0415 - not needed for --help

    if code is not None:
        _tell(directory, Claim(code=code))
        return
    told = _tell(directory, AskClaim()).claim
    if told is not None:
        from terminal_agent.claim_picture import print_code  # noqa: PLC0415 - loads segno

        print_code(told, sys.stdout)


def _tell(directory: Path, command: Command) -> Answer:
    """Give the running agent a command.

    Its answer is a text of the counter's language, or the code that was asked for.
    """
    from gateway.formatting.numbers import Language  # noqa: PLC0415 - the same
    from terminal_agent.config import load_settings  # noqa: PLC0415 - not needed for --help
    from terminal_agent.control_socket import SOCKET_NAME, ask_agent  # noqa: PLC0415 - the same
    from terminal_agent.texts.catalogue import load_texts  # noqa: PLC0415 - the same

    texts = load_texts(Language(load_settings(directory).display.language))
    answer = ask_agent(directory / SOCKET_NAME, command)
    typer.echo(answer.claim or texts.write(f"answer.{answer.code}"))
    if not answer.code.well:
        raise typer.Exit(NOT_DONE_EXIT)
    return answer


def _units(text: str, name: str) -> int | None:
    if text == _MAX:
        return None
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise typer.BadParameter(f"{name} must be a whole number above 0, or '{_MAX}'")
    return int(text)


def _lines(texts: list[str] | None) -> tuple[SaleLine, ...]:
    from gateway.model.sale import SaleLine  # noqa: PLC0415 - not needed for --help

    lines = []
    for text in texts or ():
        found = _LINE.fullmatch(text)
        if found is None:
            raise typer.BadParameter(f"{text!r} is no line; write 900x2:Espresso")
        pieces = int(found["pieces"] or 1)
        lines.append(
            SaleLine(
                label=found["label"],
                quantity_milli=pieces * 1_000,
                amount_minor=int(found["amount"]),
            )
        )
    return tuple(lines)
