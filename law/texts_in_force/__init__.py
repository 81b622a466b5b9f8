"""The rulesets, which are legal texts as checked data, and the text that governs each subject."""
