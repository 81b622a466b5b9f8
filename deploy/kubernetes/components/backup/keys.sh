#!/bin/sh
# Copies the secrets of the platform, if they have changed since the last copy. Usage: keys.sh FROM TO
# FROM has a folder for each secret. A copy is an archive of these folders, readable by its owner alone.
set -eu
from=$1
to=$2
umask 077
# What was changed is told by the bytes, which follow from the content alone. The names that begin with
# two dots are how Kubernetes mounts a secret.
tar --create --file "$to/.new" --directory "$from" --dereference --exclude='..*' --sort=name \
  --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go= .
last=$(ls -1 "$to" | grep -E '^keys-.*\.tar$' | sort | tail -n 1)
if [ -n "$last" ] && cmp -s "$to/.new" "$to/$last"; then
  rm "$to/.new"
  echo "$to/$last"
else
  name=keys-$(date -u +%Y-%m-%dT%H%M%SZ).tar
  mv "$to/.new" "$to/$name"
  echo "$to/$name"
fi
