"""The portal: the pages where people meet the platform.

It owns the sessions of those who signed in and nothing else. It asks the services over gRPC with
the person's own token, and decides nothing (D-14).
"""
