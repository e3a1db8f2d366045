"""Interpreters: a framer's events to what was sold. Pure: values in, values out."""
