"""The pages of the portal: a module for each group of pages, a function for each page."""
