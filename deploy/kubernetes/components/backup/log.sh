#!/bin/sh
# Receives the log (WAL) of a PostgreSQL server while it is written, into a folder in which restore.sh
# finds it. Usage: log.sh DIR; PGHOST, PGUSER and the like say which server.
# The server keeps for the slot what was not received yet: bound it there (max_slot_wal_keep_size).
set -eu
umask 077
mkdir -p "$1"
pg_receivewal --slot=quanheng_backup --create-slot --if-not-exists --no-password
# It ends when the connection does, so that after the server has moved the slot is made there too.
exec pg_receivewal --directory="$1" --slot=quanheng_backup --no-loop --no-password
