"""Other people's style sheets, scripts, fonts and icons: fetched by name, locked by hash.

They are committed, so that a checkout is whole without a network.

``vendor.toml`` says what is wanted, ``vendor.lock.toml`` what was got. Nothing of this runs when
the gateway does.
"""
