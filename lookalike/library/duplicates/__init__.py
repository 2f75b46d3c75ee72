"""Which pictures of a library are there twice, and which of them to keep."""
