"""The options by which our contract states what a valid message is."""
