"""Whole libraries from one place to another, and codes to and from files of other programs."""
