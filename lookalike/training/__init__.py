"""Training and exporting encoders: the only part that imports torch."""
