"""Changes of the register: one function per change, each in one transaction."""
