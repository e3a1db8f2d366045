"""The programme builder: rules as sentences, the draft of the next version, trying, publishing."""
