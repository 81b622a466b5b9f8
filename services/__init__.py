"""The processes. Every folder is one process: `python -m services.<name>`.

registry   subjects, bureaus, instruments, verifications, credit records, imports, accounts
grading    grades in both times, receipts
objection  objection cases, their terms and decisions
alerts     the watch over instruments, alerts, notices and their deliveries
cli        the command `quanheng`, a gRPC client; also starts the others on one machine
"""
