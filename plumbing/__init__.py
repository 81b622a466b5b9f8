"""Code that two or more services need. Code for one service stays in that service's folder."""
