"""The portal: the web pages through which people use the platform.

It owns the sessions of people who signed in and no other data. It calls the services over gRPC with
the person's own token, and decides nothing (D-14).
"""
