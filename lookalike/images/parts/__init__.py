"""Pieces of a picture: what is inside its borders, its panels, and the nine that get codes."""
