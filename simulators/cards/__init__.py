"""Simulated cards with their real cryptography, one module for each product.

``simulators.card`` has what they share: ``VirtualCard``, and ``FaultyCard`` for what goes wrong.
"""
