"""The wire format: values to canonical CBOR and back, strictly. See ``docs/wire.cddl``."""
