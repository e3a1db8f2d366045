"""Mistakes in what a redenomination does to money and to goods that come back after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.ledger.book import Book
from gateway.ledger.kinds import SystemAccount
from gateway.ledger.posting_currencies import PostingCurrencies
from gateway.ledger.rows_members import WalletRow
from gateway.model.transaction import Returned
from simulators.planted.bug import Checker, Part, plant


@plant(
    "residue-lost",
    part=Part.LEDGER,
    checker=Checker.RULES,
    where="gateway.ledger.posting_currencies:PostingCurrencies._leave",
)
def residue_lost(_original: object) -> Callable[..., None]:
    """All that leaves the old currency is said to be counted in the new one, the rest included."""

    def _leave(
        self: PostingCurrencies,
        wallet: WalletRow,
        account: int,
        had: int,
        worth: int,  # noqa: ARG001 - as the true one
    ) -> None:
        self._transfer(account, self._system(SystemAccount.REDENOMINATED, wallet), had)

    return _leave


@plant(
    "rounded-lot-by-lot",
    part=Part.LEDGER,
    checker=Checker.RULES,
    where="gateway.ledger.posting_currencies:converted",
    home="gateway.program.succession",
)
def rounded_lot_by_lot(_original: object) -> Callable[..., tuple[int, ...]]:
    """Each part of a wallet is rounded by itself, so that their sum is another one."""

    def converted(amounts: Sequence[int], factor: int) -> tuple[int, ...]:
        return tuple(round(amount / factor) for amount in amounts)

    return converted


@plant(
    "late-money-stays",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.judge:let_follow",
    home="gateway.writer.succeeding",
)
def late_money_stays(_original: object) -> Callable[..., None]:
    """What is told late in the old currency stays in it until somebody touches it again."""

    def let_follow(
        book: Book,  # noqa: ARG001 - as the true one
        first_index: int,  # noqa: ARG001
        now_ms: int,  # noqa: ARG001
    ) -> None:
        return

    return let_follow


@plant(
    "late-return-not-scaled",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.judge_returns:in_older_unit",
    home="gateway.program.succession",
)
def late_return_not_scaled(_original: object) -> Callable[..., Returned]:
    """Goods of a sale in the old currency come back for as many old units as there are new ones."""

    def in_older_unit(
        returned: Returned,
        factor: int,  # noqa: ARG001 - as the true one
        *,
        left_minor: int,  # noqa: ARG001
        earlier: int,  # noqa: ARG001
    ) -> Returned:
        return returned

    return in_older_unit
