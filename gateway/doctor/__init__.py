"""The doctor: looks at a gateway and its machine, and says what is wrong and what to do.

Facts are collected by a shell (``collect``, ``collect_machine``, ``collect_books``); the checks
(``checks_*``) are pure functions from facts to findings. Reading order: ``finding``, ``facts``,
``checks``.
"""
