"""Metrics of one process for Prometheus, at /metrics on a port of its own.

Every metric is defined once: in `counted` what the code counts as it works, in `figures` what is
read now and then, in `workflows` what Temporal's SDK measures. Labels are few and bounded; none
names a subject, a case or a person. A scrape reads only memory, so it answers while the database
or NATS is away.

With several replicas, a counted metric belongs to one process (sum them), and a figure comes from
the database that all of them share (take the largest). The help of each metric says which.
"""
