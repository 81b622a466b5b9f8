"""JSON over HTTP for other systems: the gRPC methods that people may call, under `/api/v1`."""
