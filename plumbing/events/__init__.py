"""Events: facts that travel from one service to the others (D-03).

A change writes its event into the outbox (`outbox.record`) in its own transaction. The relay
publishes the outbox to NATS JetStream, in order per aggregate. A consumer takes events from a
stream into its inbox, where each has its effect once. An event that cannot be handled goes to the
dead letters.

The sequence number from the outbox gives the order within an aggregate; different aggregates have
no order. Streams keep all events: with a limit on their age, new consumers would wait for events
that are gone.
"""
