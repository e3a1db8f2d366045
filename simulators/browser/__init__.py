"""A visitor with a real browser, who complains about everything a page must not do.

``visitor`` is what tests use; ``rules`` names the complaints; ``chromium`` starts the browser.
"""
