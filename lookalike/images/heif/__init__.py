"""What HEIF files are made of: boxes, items, tiles, thumbnails. Read with distrust."""
