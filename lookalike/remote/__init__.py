"""Libraries on servers that others run: each engine in a folder of its own."""
