"""Accounts, postings, lots and holds, and the store that keeps them.

Reading order: ``accounts`` (what is called and numbered how), ``rows`` and the modules beside it
(what is kept), ``book`` and ``posting`` (how points and money move), ``batch`` and ``store`` (the
port), then ``schema``, ``sql_store`` and ``memory_store`` (who keeps it),
``queries`` (what may be asked) and ``checks`` (what must hold).
"""
