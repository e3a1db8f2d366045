"""Accounts, postings, lots and holds, and the store that keeps them.

Reading order: ``rows`` (what is kept), ``book`` and ``posting`` (how points move), ``batch`` and
``store`` (the port), then ``schema``, ``sql_store`` and ``memory_store`` (who keeps it),
``queries`` (what may be asked) and ``checks`` (what must hold).
"""
