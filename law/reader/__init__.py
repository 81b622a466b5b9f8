"""How a data file of the law becomes typed values: strict, whole, and with every fault named."""
