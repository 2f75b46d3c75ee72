"""The second look at a pair of pictures: align, compare, name the edits, draw."""
