"""Picture files to RGB pixels: finding, decoding, thumbnails."""
