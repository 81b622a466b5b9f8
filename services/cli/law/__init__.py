"""`quanheng law …`: commands that apply the law offline, without a running platform."""
