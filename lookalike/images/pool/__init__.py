"""Decoding in child processes, with limits on what one picture may cost."""
