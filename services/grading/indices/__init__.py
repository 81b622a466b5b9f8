"""The credit indices of areas: assessed, published by another person, withdrawn."""
