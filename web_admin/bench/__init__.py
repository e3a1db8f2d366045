"""The simulated counters as pages see them: what the developer's page and the wizard share."""
