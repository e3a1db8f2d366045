"""What became of a transaction or a request: a value with a reason, never an exception."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """The four ends a well-formed, well-sealed message can come to."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    HELD = "held"
    REFUSED = "refused"


class Reason(StrEnum):
    """Why a message was held, refused or quarantined. Faces translate these by code.

    A refused id stays refused: the terminal tries again under a new id or not at all.
    """

    NONE = "none"
    # Held: nothing is lost, the points wait for their member.
    UNKNOWN_CARD = "unknown_card"
    # Held: a person looks at the paper first.
    IN_REVIEW = "in_review"
    # Refused business.
    CARD_BLOCKED = "card_blocked"
    CARD_ALREADY_ENROLLED = "card_already_enrolled"
    CURRENCY_MISMATCH = "currency_mismatch"
    PROGRAMME_UNKNOWN = "programme_unknown"
    SALE_ALREADY_RECORDED = "sale_already_recorded"
    SALE_NOT_FOUND = "sale_not_found"
    SALE_ALREADY_REFUNDED = "sale_already_refunded"
    HOLD_NOT_FOUND = "hold_not_found"
    # For terminals only: the gateway honours a sealed redemption whose hold has run out (ADR 4).
    HOLD_EXPIRED = "hold_expired"
    HOLD_ALREADY_RESOLVED = "hold_already_resolved"
    HOLD_MISMATCH = "hold_mismatch"
    INSUFFICIENT_POINTS = "insufficient_points"
    BELOW_MINIMUM = "below_minimum"
    REQUEST_EXPIRED = "request_expired"
    REQUEST_ID_REUSED = "request_id_reused"
    # Rewards, coupons and offers.
    REWARD_UNKNOWN = "reward_unknown"
    REWARD_NOT_AVAILABLE = "reward_not_available"
    COUPON_NOT_AVAILABLE = "coupon_not_available"
    OFFER_NOT_AVAILABLE = "offer_not_available"
    LIMIT_REACHED = "limit_reached"
    # Stored credit and gift cards.
    CREDIT_NOT_OFFERED = "credit_not_offered"
    INSUFFICIENT_CREDIT = "insufficient_credit"
    GIFT_CARD_NOT_OFFERED = "gift_card_not_offered"
    GIFT_CARD_UNKNOWN = "gift_card_unknown"
    GIFT_CARD_EXPIRED = "gift_card_expired"
    GIFT_CARD_EMPTY = "gift_card_empty"
    GIFT_CARD_BLOCKED = "gift_card_blocked"
    LINE_ALREADY_RETURNED = "line_already_returned"
    RETURN_TOO_LARGE = "return_too_large"
    RETURN_TOO_LATE = "return_too_late"
    # Households.
    HOUSEHOLD_NOT_OFFERED = "household_not_offered"
    HOUSEHOLD_FULL = "household_full"
    NOT_HOUSEHOLD_FOUNDER = "not_household_founder"
    NOT_INVITED = "not_invited"
    NOT_IN_HOUSEHOLD = "not_in_household"
    ALREADY_IN_HOUSEHOLD = "already_in_household"
    # What a card proved, or did not.
    CARD_COPIED = "card_copied"
    CARD_PROOF_WRONG = "card_proof_wrong"
    CARD_TOO_WEAK = "card_too_weak"
    # Codes that are sent to a phone.
    CODE_NOT_SENT = "code_not_sent"
    CODE_TOO_SOON = "code_too_soon"
    CODE_WRONG = "code_wrong"
    CODE_ENDED = "code_ended"
    # Papers that a person settles.
    REVIEW_CHANGED = "review_changed"
    REVIEW_CLOSED = "review_closed"
    CARD_MISSING = "card_missing"
    # Quarantined: kept byte for byte for a person to look at; the gateway goes on.
    UNKNOWN_KEY = "unknown_key"
    KEY_NOT_VALID = "key_not_valid"
    BAD_SEAL = "bad_seal"
    MALFORMED = "malformed"
    WRONG_TERMINAL = "wrong_terminal"
    CLONE = "clone"
    CHAIN_BROKEN = "chain_broken"
    EPOCH_UNKNOWN = "epoch_unknown"
    QUARANTINE_FULL = "quarantine_full"
