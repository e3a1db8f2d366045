"""Mistakes in what rules beyond the base give, lapse, convert and count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from gateway.ledger.posting import Posting
from gateway.ledger.posting_lots import LotGrant
from gateway.ledger.rows_lots import LotRow
from gateway.model.ids import MemberId, WalletId
from gateway.model.member_facts import MemberFacts, Used
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.tiers import TierScheme
from gateway.model.sale import Sale
from gateway.program.evaluation import Evaluation
from gateway.program.facts import Place
from gateway.program.nightly import MoveTier, NightAction, WalletView
from gateway.program.standing import Standing, Visit
from gateway.program.stored import GiftCard
from gateway.program.tiers import TierState
from gateway.writer.awarding import Rated
from gateway.writer.bench import Bench
from simulators.planted.bug import Checker, Part, plant

# -- what is given ----------------------------------------------------------------------------


@plant(
    "caps-forgotten",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.rating:_used",
)
def caps_forgotten(_original: object) -> Callable[..., tuple[Used, ...]]:
    """A sale is rated without a look at how much of the limits was used before."""

    def _used(
        bench: Bench,  # noqa: ARG001 - as the true one
        rules: Programme,  # noqa: ARG001
        member_id: MemberId | None,  # noqa: ARG001
        place: Place,  # noqa: ARG001
    ) -> tuple[Used, ...]:
        return ()

    return _used


@plant(
    "hold-out-ignored",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.judge_sales:evaluate",
    home="gateway.program.earning",
)
def hold_out_ignored(original: Callable[..., Evaluation]) -> Callable[..., Evaluation]:
    """Offers are given to the members as well whom the draw leaves out to measure by."""

    def evaluate(programme: Programme, sale: Sale, facts: MemberFacts, place: Place) -> Evaluation:
        rules = programme.rules
        offers = tuple(replace(one, holdout_percent=0) for one in rules.offers)
        to_all = replace(programme, rules=replace(rules, offers=offers))
        return original(to_all, sale, facts, place)

    return evaluate


@plant(
    "pending-spent-early",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.awarding:lot_grants",
)
def pending_spent_early(
    original: Callable[[Rated, int], dict[Unit, list[LotGrant]]],
) -> Callable[[Rated, int], dict[Unit, list[LotGrant]]]:
    """What a sale earns can be spent at once, whatever the rules say of waiting."""

    def lot_grants(rated: Rated, now_ms: int) -> dict[Unit, list[LotGrant]]:
        made = original(rated, now_ms)
        return {unit: [replace(one, pending=False) for one in lots] for unit, lots in made.items()}

    return lot_grants


@plant(
    "referral-paid-twice",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.judge_sales:_reward_referrer",
)
def referral_paid_twice(original: Callable[..., None]) -> Callable[..., None]:
    """Whoever brought a member is rewarded for the first purchase twice over."""

    def _reward_referrer(
        bench: Bench, posting: Posting, rated: Rated, sale: Sale, facts: MemberFacts
    ) -> None:
        original(bench, posting, rated, sale, facts)
        original(bench, posting, rated, sale, facts)

    return _reward_referrer


@plant(
    "sliding-forgotten",
    part=Part.LEDGER,
    checker=Checker.RULES,
    where="gateway.ledger.posting_lots:PostingLots.slide",
)
def sliding_forgotten(_original: object) -> Callable[..., None]:
    """A purchase does not make older points last longer, though their rule wants it so."""

    def slide(
        self: Posting,  # noqa: ARG001 - as the true one
        wallet_id: WalletId,  # noqa: ARG001
        expires_at_ms: int,  # noqa: ARG001
        *,
        sources: object = None,  # noqa: ARG001
    ) -> None:
        return

    return slide


@plant(
    "visit-for-each-sale",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.judge_sales:with_sale",
    home="gateway.program.standing",
)
def visit_for_each_sale(original: Callable[..., Any]) -> Callable[..., Any]:
    """Two sales of one day at one branch are counted as two visits."""

    def with_sale(
        standing: Standing, visit: Visit, *, amount_minor: int, points: int
    ) -> tuple[Standing, Visit]:
        after, day = original(standing, visit, amount_minor=amount_minor, points=points)
        return replace(after, visits=standing.visits + 1), day

    return with_sale


# -- levels -----------------------------------------------------------------------------------


@plant(
    "tier-never-lowered",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.levels:tier_after",
    home="gateway.program.tiers",
)
def tier_never_lowered(original: Callable[..., TierState]) -> Callable[..., TierState]:
    """A level that was reached once is never lost again."""

    def tier_after(
        scheme: TierScheme, state: TierState | None, basis: int, day: date, joined_on: date
    ) -> TierState:
        after = original(scheme, state, basis, day, joined_on)
        if state is None:
            return after
        order = [None, *(level.id for level in scheme.levels)]
        lost = state.level in order and order.index(after.level) < order.index(state.level)
        return state if lost else after

    return tier_after


@plant(
    "night-judges-nobody",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.night_part:plan_night",
    home="gateway.program.nightly",
)
def night_judges_nobody(original: Callable[..., Any]) -> Callable[..., Any]:
    """The night lets points begin, lapse and turn into credit, and leaves levels as they are."""

    def plan_night(
        programme: Programme, wallet: WalletView, night: date
    ) -> tuple[NightAction, ...]:
        return tuple(
            one for one in original(programme, wallet, night) if not isinstance(one, MoveTier)
        )

    return plan_night


# -- lots and money ---------------------------------------------------------------------------


@plant(
    "expiry-ignored-on-spend",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.settling:_has_lapsed",
)
def expiry_ignored_on_spend(_original: object) -> Callable[[LotRow, int], bool]:
    """What has lapsed can be spent until the night that closes it."""

    def _has_lapsed(lot: LotRow, now_ms: int) -> bool:  # noqa: ARG001 - as the true one
        return False

    return _has_lapsed


@plant(
    "converted-and-kept",
    part=Part.LEDGER,
    checker=Checker.RULES,
    where="gateway.ledger.posting:Posting.convert",
)
def converted_and_kept(_original: object) -> Callable[..., None]:
    """Points become credit and stay where they are."""

    def convert(
        self: Posting,
        source: WalletId,  # noqa: ARG001 - as the true one
        amount: int,  # noqa: ARG001
        target: WalletId,
        grant: LotGrant,
    ) -> None:
        self.top_up(target, grant)

    return convert


@plant(
    "blocked-gift-card-pays",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.reserving:quote_gift_card",
    home="gateway.program.stored",
)
def blocked_gift_card_pays(original: Callable[..., Any]) -> Callable[..., Any]:
    """A gift card that was reported lost still pays."""

    def quote_gift_card(
        programme: Programme,
        card: GiftCard | None,
        *,
        due_minor: int,
        at_ms: int,
        cards_before: int = 0,
    ) -> Any:  # noqa: ANN401 - as the true one
        free = None if card is None else replace(card, blocked=False)
        asked = {"due_minor": due_minor, "at_ms": at_ms, "cards_before": cards_before}
        return original(programme, free, **asked)

    return quote_gift_card


@plant(
    "gift-card-overspent",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.reserving:quote_gift_card",
    home="gateway.program.stored",
)
def gift_card_overspent(original: Callable[..., Any]) -> Callable[..., Any]:
    """A gift card pays the whole sale, whatever is left on it."""

    def quote_gift_card(
        programme: Programme,
        card: GiftCard | None,
        *,
        due_minor: int,
        at_ms: int,
        cards_before: int = 0,
    ) -> Any:  # noqa: ANN401 - as the true one
        rich = card
        if card is not None and card.balance_minor:
            rich = replace(card, balance_minor=card.balance_minor + due_minor)
        asked = {"due_minor": due_minor, "at_ms": at_ms, "cards_before": cards_before}
        return original(programme, rich, **asked)

    return quote_gift_card


@plant(
    "joiner-keeps-points",
    part=Part.GATEWAY,
    checker=Checker.RULES,
    where="gateway.writer.judge_households:_bring",
)
def joiner_keeps_points(_original: object) -> Callable[..., None]:
    """Whoever founds or joins a household leaves the points in the wallet of before."""

    def _bring(
        bench: Bench,  # noqa: ARG001 - as the true one
        posting: Posting,  # noqa: ARG001
        member_id: MemberId,  # noqa: ARG001
        wallet_id: WalletId,  # noqa: ARG001
    ) -> None:
        return

    return _bring
