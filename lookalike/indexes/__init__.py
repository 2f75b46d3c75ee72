"""Codes to neighbours."""
