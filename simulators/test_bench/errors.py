"""What can go wrong with simulated counters."""

from __future__ import annotations

from gateway.errors import MohrError


class BenchError(MohrError):
    """A simulated counter cannot do what was asked, or did not do it in time; says which."""
