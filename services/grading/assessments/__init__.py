"""What-if gradings, outlooks and comparisons of rulesets: computed on request, never stored."""
