"""The words of the pages: one ``.po`` file for each area and language, and what keeps them whole.

``mend`` nothing here by machine: a sentence in the code and its two catalogue entries are written
by whoever writes the page. ``python -m web_admin.catalogues check`` says what is missing.
"""
