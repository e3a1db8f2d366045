"""Where the master keys of cards are kept: a sealed file, or a token behind PKCS #11.

Reading order: ``key_store`` (the port and its rules), ``key_version``, ``held``, ``sealed_file``,
``pkcs11``. docs/keys.md is for the people who make and keep the keys.
"""
