"""Laboratories of specially authorised institutions and their records: S4 二(五), C-46."""
