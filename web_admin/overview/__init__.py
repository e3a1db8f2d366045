"""What the overview is made of: its periods, its tables, and the steps of a new shop."""
