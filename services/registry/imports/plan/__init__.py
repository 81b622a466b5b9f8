"""What a file would do to the register, before anything is done."""
