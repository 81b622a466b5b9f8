"""Events: facts that travel from one service to the others (D-03).

A change writes its event into the outbox (`outbox.record`) in its own transaction. The relay
publishes the outbox to NATS JetStream, in order per aggregate. A consumer takes events from a
stream into its inbox, where each has one effect. What cannot be handled goes to the dead letters.

Order within an aggregate is the sequence number given by the outbox; nothing is said about the
order of different aggregates. Streams keep everything: a limit on their age would leave a gap
that new consumers wait for.
"""
