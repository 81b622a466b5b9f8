"""Text messages to operators: the number, confirmed by a code, and what is sent to it."""
