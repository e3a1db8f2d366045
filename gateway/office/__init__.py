"""The back office of a gateway: what people at a desk may ask of it, and who they are.

``commands`` are values for the one writer; ``house`` is all that pages and the HTTP API are given.
"""
