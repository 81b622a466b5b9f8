"""Estimates the effects of applying a batch: new alerts, and subjects whose grade would fall."""
