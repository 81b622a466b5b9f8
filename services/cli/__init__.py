"""The command-line program `quanheng`: runs the platform on one machine and calls it over gRPC."""
