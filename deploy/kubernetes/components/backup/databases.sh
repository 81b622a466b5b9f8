#!/bin/sh
# Copies a whole PostgreSQL server, so that every database is of one moment, checks the copy, and keeps
# the newest KEEP of them. Usage: databases.sh DIR; PGHOST, PGUSER and the like say which server.
# Where LOG names the folder of the archived log (WAL), what is older than the oldest copy goes from it.
set -eu
dir=$1
keep=${KEEP:-7}
umask 077
name=$(date -u +%Y-%m-%dT%H%M%S.%NZ)
mkdir -p "$dir"
# What was cut off before has no manifest that holds, and goes.
rm -rf "$dir"/*.unfinished
# Plain files, and the log that was written meanwhile with them: started, it is whole by itself.
pg_basebackup --pgdata "$dir/$name.unfinished" --wal-method=stream --checkpoint=fast \
  --manifest-checksums=SHA256 --no-password
pg_verifybackup --quiet "$dir/$name.unfinished"
mv "$dir/$name.unfinished" "$dir/$name"
touch "$dir/last-backup"
# The names sort by time. The oldest go only now that a newer one was verified.
ls -1 "$dir" | grep -E '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}\.[0-9]+Z$' | sort -r | tail -n "+$((keep + 1))" |
  while read -r old; do rm -rf "${dir:?}/$old"; done
if [ -n "${LOG:-}" ] && [ -d "$LOG" ]; then
  oldest=$(ls -1 "$dir" | grep -E '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}\.[0-9]+Z$' | sort | head -n 1)
  pg_archivecleanup "$LOG" "$(sed -n 's/^START WAL LOCATION: .*(file \([0-9A-F]*\))$/\1/p' "$dir/$oldest/backup_label")"
fi
echo "$dir/$name"
