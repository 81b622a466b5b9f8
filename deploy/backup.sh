#!/bin/sh
# Backs up the platform of compose.yaml while it runs. Usage: backup.sh FILES KEYS
#   FILES  a directory for the files and the evidence of cases; the newest KEEP (7) stay
#   KEYS   a directory elsewhere: whoever has the keys and the databases has everything
# The databases are copied and verified in the container of PostgreSQL, to DATABASE_COPIES. Run it as
# who may use Docker, each night: systemd/quanheng-backup.timer.
set -eu
files=$1
keys=$2
keep=${KEEP:-7}
umask 077
mkdir -p "$files" "$keys"
cd "$(dirname "$0")"
now=$(date -u +%Y-%m-%dT%H%M%SZ)
# The images are those that run: by digest, if `make digests` has written them.
digests=$([ ! -f digests.env ] || echo --env-file digests.env)
# shellcheck disable=SC2086 # two words, or none
compose() { docker compose --env-file compose.env $digests --file compose.yaml "$@"; }

compose exec -T --user postgres --env PGUSER=postgres --env KEEP="$keep" \
  --env LOG=/archive postgresql sh /scripts/databases.sh /backups

# After the databases: what these name is then there.
rm -f "$files"/*.unfinished
while read -r service folder; do
  # tar ends with 1 if something was added while it read, which the next archive has.
  compose exec -T "$service" sh -c 'tar -C "$1" -czf - . || [ $? -eq 1 ]' sh "$folder" </dev/null \
    >"$files/$service-$now.tar.gz.unfinished"
  mv "$files/$service-$now.tar.gz.unfinished" "$files/$service-$now.tar.gz"
  ls -1 "$files" | grep -E "^$service-[0-9TZ-]+\.tar\.gz$" | sort -r | tail -n "+$((keep + 1))" |
    while read -r old; do rm "${files:?}/$old"; done
done <<FOLDERS
registry /data/files
objection /data/files/evidence
FOLDERS

compose run --rm --no-deps -T keys tar -C /keys --sort=name -cf - . </dev/null >"$keys/.new"
last=$(ls -1 "$keys" | grep -E '^keys-.*\.tar$' | sort | tail -n 1)
if [ -n "$last" ] && cmp -s "$keys/.new" "$keys/$last"; then
  rm "$keys/.new"
else
  mv "$keys/.new" "$keys/keys-$now.tar"
fi

# The state page and QuanhengBackupOld go by this.
compose exec -T registry touch /data/files/last-backup
