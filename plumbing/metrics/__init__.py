"""Metrics: figures of one process for Prometheus, at /metrics on a port of its own.

Every metric is defined once: what the code counts as it works in `counted`, what is looked up now
and then in `figures`, what Temporal's SDK tells in `workflows`. Labels are few and bounded: a
subject, a case or a person never stands in one. A scrape reads memory alone; it asks neither the
database nor NATS, and answers while either is away.

With several replicas, what is counted is each process's own (sum it), and what is looked up is of
the one database all of them share (take the largest). The help of each metric says which.
"""
