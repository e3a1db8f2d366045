"""Programmes to begin with, one for each trade; ``gateway.programme_file.trade`` fills them in.

``<<500|2000000>>`` in a file is five euros in euros and two million rials in rials: what is a fair
price depends on the country and not on the rate of the day, so both are written down.
"""
