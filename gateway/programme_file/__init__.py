"""Programme files: how rules stand in TOML, where in a file something is, files to begin with."""
