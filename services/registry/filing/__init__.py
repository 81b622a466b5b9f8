"""The filing of many new instruments by their user, from a file: S4 二(三), R-044."""
