"""The web admin: pages and the HTTP API over the gateway's queries and commands.

The package is on its floor of the house from the start so that the import contracts already
hold for it; its pages arrive with the issue that builds them.
"""
