"""The HTTP API: read-only, for programs with a token. ``app`` makes it; docs/api.md tells of it.

Reading order: ``problems``, ``limits``, ``guard``, ``asked`` (what may be asked), ``answers`` (the
shapes of answers), then one module for each kind of thing, ``description`` and ``app``.
"""
