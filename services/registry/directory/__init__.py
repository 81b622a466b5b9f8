"""The service directory (S4 三(四)): the institutions that let the public find them."""
