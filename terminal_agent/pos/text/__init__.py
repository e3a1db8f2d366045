"""Bytes on paper to text in reading order: code pages that Python has not, direction, forms."""
