"""For the tests of other packages: a pytest plug-in and the contract suite of ``Reader``.

Nothing here is imported by the product. ``docs/readers/drivers.md`` shows how to use it.
"""
