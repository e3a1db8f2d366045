"""Ways to send a one-time code to a member's phone."""
