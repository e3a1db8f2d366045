"""Benches: how fast the product is, measured with the real parts, beside the bare cost of the work.

``cli`` is the command ``mohr bench``; each bench is a module of its own that returns a
``figures.BenchResult``. A bench never judges: the targets stand in ``docs/performance.md``.
"""
