"""Papers that people hold in their hands: letters that can be checked, and sheets of labels."""
