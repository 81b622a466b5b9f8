"""What a file would change in the register, planned before anything is changed."""
