"""From the bytes of a file to rows of cells, within limits."""
