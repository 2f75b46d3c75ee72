"""A library as one SQLite file, with its codes once more in mapped files beside it."""
