"""The rulesets: the texts as data, checked, with the text that governs each subject."""
