"""Packed binary codes: packing, Hamming distance, binarisation."""
