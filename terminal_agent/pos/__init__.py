"""The till: ports that carry its bytes, framers that cut them, interpreters that read sales."""
