"""Runs the platform on one machine: starts engines and services and restarts them if they die."""
