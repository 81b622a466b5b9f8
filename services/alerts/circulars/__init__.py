"""Circulars: other authorities are told of the untrusted subjects on a list (S1 12(三), R-134)."""
