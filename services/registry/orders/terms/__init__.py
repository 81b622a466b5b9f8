"""The terms that bureaus state for the steps of orders, in place of the examples of the law."""
