"""Backups of a gateway: taken while it runs, proved before they are trusted, and restored."""
