"""Printer models and what their code page numbers mean, one TOML file a family."""
