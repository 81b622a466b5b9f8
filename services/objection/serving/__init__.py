"""Letters that are served on paper: recorded by hand, with the day and the proof."""
