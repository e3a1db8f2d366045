"""The first run: from a blank directory to a first tap, in the browser.

Reading order: ``draft`` (what was said so far), ``desk`` (who may say it), ``steps`` (in which
order), ``forms``, ``words``, ``finish`` (making it true), ``routes``, ``tap`` (the last step).
"""
