"""What-if, outlook and comparison of texts: computed on request; nothing is stored."""
