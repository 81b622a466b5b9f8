"""The working-day calendar as every process has it, and the terms that another one would move."""
