"""Channels of bureaus: chat groups and gateways that hear that there is a new notice."""
