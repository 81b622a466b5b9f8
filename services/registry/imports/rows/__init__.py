"""From rows of cells to values of the register, every fault noted."""
