"""The checks behind ``gateway.program.doubts``, each file about one part of the rules. Pure."""
