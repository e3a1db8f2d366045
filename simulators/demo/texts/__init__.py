"""What the demonstration's screen says around the tills' own displays, in both languages."""
