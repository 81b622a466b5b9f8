"""Events: messages about changes, sent from one service to the others (D-03).

A change writes its event into the outbox (`outbox.record`) in its own transaction. The relay
publishes the outbox to NATS JetStream, in order per aggregate (one object, such as a case). A
consumer passes the events of a stream to its inbox, where each event takes effect once. An event
that cannot be handled becomes a dead letter.

The sequence number from the outbox gives the order of the events of one aggregate; events of
different aggregates have no order. Streams store all events without an age limit: with a limit, new
consumers would wait for events that were already deleted.
"""
