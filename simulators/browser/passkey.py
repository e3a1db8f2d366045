"""A passkey that is not hardware: Chromium's virtual authenticator."""

from __future__ import annotations

from playwright.sync_api import Page


class VirtualPasskey:
    """An authenticator inside the machine that always finds its owner present.

    Args:
        page: the tab it is plugged into.
    """

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        made = self._session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        self._id = made["authenticatorId"]

    def credentials(self) -> int:
        """How many keys it keeps."""
        kept = self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id})
        return len(kept["credentials"])
