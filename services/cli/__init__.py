"""The command `quanheng`: it runs one machine, and speaks gRPC like any other client."""
