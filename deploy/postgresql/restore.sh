#!/bin/sh
# Prepares the data directory of a PostgreSQL server that goes back to a moment: a whole copy that is
# older, and the log that the server archived since. Usage: restore.sh COPY LOG MOMENT STORE
#   COPY    a copy that databases.sh made
#   LOG     the directory to which archive_command takes the log
#   MOMENT  to which it goes, such as '2026-11-30 09:15:00+08'; the log must reach beyond it
#   STORE   the data directory, which must be missing or empty
# Run it as the user of the server, while every service and the damaged server are stopped. Then start
# the server: it says in its log when it has reached the moment, and takes changes from then on.
set -eu
copy=$1
log=$2
moment=$3
store=$4
umask 077
# The server asks for the log from its own directory.
case "$log" in /*) ;; *) log=$PWD/$log ;; esac
die() {
  echo "restore.sh: $1" >&2
  exit 1
}
[ -f "$copy/backup_manifest" ] || die "$copy 不是完整的副本 | is no complete copy"
[ -n "$(ls -A "$log" 2>/dev/null)" ] || die "$log 中没有日志 | has no log"
[ -z "$(ls -A "$store" 2>/dev/null)" ] || die "$store 不是空目录 | is not empty"
# What would end a setting and begin another one in the file below.
case "$log$moment" in *"'"* | *"
"*) die "路径和时刻不得含引号或换行 | no quotes or line breaks in paths and moments" ;; esac
pg_verifybackup --quiet "$copy"
mkdir -p "$store"
chmod 700 "$store"
cp -a "$copy/." "$store"
# The last line of a setting counts. The server reads these only while the file recovery.signal is
# there, which it removes itself.
cat >>"$store/postgresql.auto.conf" <<SETTINGS
restore_command = 'cp "$log/%f" "%p"'
recovery_target_time = '$moment'
recovery_target_action = 'promote'
SETTINGS
touch "$store/recovery.signal"
echo "$store"
