"""What tills say to card terminals by Concert, Transbank and ECR17. Pure."""

from __future__ import annotations

from terminal_agent.pos.framers.stx_settings import FrameSettings
from terminal_agent.pos.stx_listeners import ECR17_FRAME

_PLAIN = FrameSettings()


def concert_request(
    amount_minor: int = 1_895, *, kind: str = "0", delay: str = "A010", card: str = "0"
) -> bytes:
    """A request of Concert E+ in euro.

    Args:
        amount_minor: how much, in cents.
        kind: 0 purchase, 1 refund, 2 reversal.
        delay: A010 to be answered when it is paid, A011 at once.
        card: 1 to be told of the card as well.
    """
    body = f"01{amount_minor:08d}{card}1{kind}978{'':10}{delay}B010"
    return _PLAIN.frame(body.encode("ascii"))


def transbank_sale(amount_minor: int = 15_000, ticket: str = "AB123") -> bytes:
    """A sale of POS Integrado in pesos, without messages on the way."""
    return _PLAIN.frame(f"0200|{amount_minor}|{ticket}|||0|".encode("ascii"))


def ecr17_request(code: str = "P", amount_minor: int = 650) -> bytes:
    """A payment of ECR17 in euro, or what else has its form: ``X``, ``p``."""
    body = f"{'1':0>8}0{code}{'2':0>8}00000{amount_minor:08d}{'':128}00000000"
    return ECR17_FRAME.frame(body.encode("ascii"))


def ecr17_reversal(stan: str = "000000") -> bytes:
    """Takes a payment back by its STAN; six zeros for the last one."""
    return ECR17_FRAME.frame(f"{'1':0>8}0S{'2':0>8}{stan}00".encode("ascii"))
