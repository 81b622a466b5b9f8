"""One module for each group of pages; one function for each page."""
