"""What can go wrong with other people's files."""

from __future__ import annotations

from gateway.errors import MohrError


class VendorError(MohrError):
    """A package could not be fetched, or is not what the lock says; the message says which."""
