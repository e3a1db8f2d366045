"""The doctor: looks at a gateway and its surroundings, and says what to do about what it finds."""
