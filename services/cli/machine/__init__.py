"""The platform on one machine: engines and services, started and kept up."""
