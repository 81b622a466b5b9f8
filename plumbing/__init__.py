"""The plumbing: code that two or more services need. Code for one service stays in that service."""
