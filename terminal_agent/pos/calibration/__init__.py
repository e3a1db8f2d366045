"""From a few marked recordings to a shop profile, proved on the recordings themselves. Pure."""
