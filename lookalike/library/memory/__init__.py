"""A library that lives in this process alone, without a file."""
