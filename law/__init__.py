"""The rules. Pure: values in, values out; no I/O beyond the packaged YAML, no clock, no framework."""
