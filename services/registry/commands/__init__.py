"""Commands that change the register: one function per change, each in one transaction."""
