"""The web admin: pages and the HTTP API over the gateway's queries and commands.

Reading order: ``front`` (the server), ``app`` (what it serves), ``access`` (who may see what),
``pages`` and the packages beside it (the areas), ``api``, ``templates``, ``catalogues``.
"""
