"""The identities of the ledger, looked at after every step whatever the scenario expects."""

from __future__ import annotations

from collections.abc import Iterator

from simulators.scenario.port import State, WalletView


def broken_identities(state: State) -> tuple[str, ...]:
    """Say which identities of the ledger do not hold.

    Earned, returned, adjusted and moved, less spent, expired and clawed, is what is active, held
    and pending, less what is owed; what moves between wallets adds up to nothing; and a wallet
    owes only while nothing in it can be spent.
    """
    found = list(_moved(state))
    found += [
        f"the ledger {part.name} is out of balance by {part.amount}" for part in state.unbalanced
    ]
    found += state.faults
    for wallet in state.wallets:
        found += _of_wallet(wallet)
    return tuple(found)


def _moved(state: State) -> Iterator[str]:
    for unit in sorted({wallet.unit for wallet in state.wallets}):
        moved = sum(wallet.sums.moved for wallet in state.wallets if wallet.unit is unit)
        if moved:
            yield f"{moved} {unit} came out of nowhere when they moved between wallets"


def _of_wallet(wallet: WalletView) -> Iterator[str]:
    name = f"{wallet.unit} of {wallet.owner}"
    sums = wallet.sums
    came = sums.earned + sums.returned + sums.adjusted + sums.moved
    went = sums.spent + sums.expired + sums.clawed
    there = wallet.active + wallet.lapsed + wallet.held + wallet.pending - wallet.negative
    if came - went != there:
        yield f"{name}: {came} came and {went} went, but {there} are there"
    if min(wallet.active, wallet.lapsed, wallet.held, wallet.pending, wallet.negative) < 0:
        yield f"{name}: a part is below zero"
    if wallet.negative and wallet.active:
        yield f"{name}: {wallet.negative} are owed while {wallet.active} can be spent"
