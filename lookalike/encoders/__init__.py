"""Pictures to codes."""
