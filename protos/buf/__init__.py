"""The published contract that ours refers to."""
