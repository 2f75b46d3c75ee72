"""Asking a server of lookalike from Python, without a library on this machine."""

from __future__ import annotations

from lookalike.client.client import Client
from lookalike.client.records import Hit, Hits, Job, Picture, SentPicture

__all__ = ["Client", "Hit", "Hits", "Job", "Picture", "SentPicture"]
