"""The journal: what "accepted" on the screen stands on. One SQLite file per terminal and epoch.

Reading order: ``values``, ``schema``, ``lock``, ``database``, ``integrity``, ``settling``,
``archive``, ``holds``, ``export``, and ``journal``, which is the door to all of them.
"""
