"""Prometheus metrics of one process, served at /metrics on a separate port.

Every metric is defined once: with `counted` if the code counts it while it works, with `figures` if
it is read at intervals, with `workflows` if Temporal's SDK measures it. Labels are few and bounded;
no label names a subject, a case or a person. A scrape reads only memory, so it answers even while
the database or NATS is unavailable.

With several replicas, a counted metric belongs to one process (add the values), and a figure comes
from the database that all replicas share (use the largest value). The help text of each metric says
which rule applies.
"""
