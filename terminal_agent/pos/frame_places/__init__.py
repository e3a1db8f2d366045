"""Where whole frames stand in a line's bytes, and what in them a mask must leave as it is. Pure."""
