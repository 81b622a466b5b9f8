"""Orders for verification: from a user's application to an institution's result (S4 二(三)(四))."""
