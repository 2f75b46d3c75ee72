"""The order of a short list."""
