"""Contact sheets, drawings and small pictures."""
