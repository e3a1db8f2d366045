"""Stand-ins for all hardware: cards, readers, tills, brokers and whole shops, from a seed.

Nothing imports this package. A simulated reader reaches the agent by the entry point
``mohr.readers``, exactly like any outside driver.
"""
