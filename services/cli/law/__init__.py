"""`quanheng law …`: the law offline."""
