"""What the pages about members are made of: finding them, their words, their form, their file.

Reading order: ``finding``, ``words``, ``profile_form``, ``statement_file``; the routes are in
``web_admin.pages.members``.
"""
