"""The rules. Pure: values in, values out; no I/O but the packaged YAML, no clock, no framework."""
