"""Backups of a gateway: taken while it runs, proved before they are trusted, and restored.

Reading order: ``contents``, ``manifest``, ``archive``, ``database_copy``, ``take``, ``verify``,
``restore``; ``shelf`` looks after a folder of them, ``verify_apart`` keeps the proof's work off a
running gateway.
"""
