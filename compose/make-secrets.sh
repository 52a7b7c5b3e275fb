#!/bin/sh
# Makes every secret of docker-compose.yml once, in compose/secrets or the folder given; never replaces one. Needs openssl.
# The processes of lastmile run as user 1000. A container sees a secret with the owner and mode that its file has here: so run this as
# root or as user 1000 (a folder given is filled as whoever asks). What databases read under users of their own is readable by all, inside a folder that only its owner can enter.
set -eu
folder=${1:-$(dirname "$0")/secrets}
user=1000
if [ $# = 0 ] && [ "$(id -u)" != 0 ] && [ "$(id -u)" != "$user" ]; then
  echo "Run this as root (sudo) or as user $user: the containers read the secrets as user $user." >&2
  exit 1
fi
umask 077
mkdir -p "$folder"

# make NAME MODE: standard input to a file, unless it is there.
make() {
  if [ -s "$folder/$1" ]; then cat > /dev/null; return; fi
  cat > "$folder/$1.new"
  chmod "$2" "$folder/$1.new"
  mv "$folder/$1.new" "$folder/$1"
}
text() { openssl rand -base64 "$1" | tr -d '\n' | tr '+/' '-_' | tr -d '='; }

printf 'lm_%s' "$(text 32)" | make api_key 400
text 48 | make service_token 400
openssl rand -base64 32 | make payload_key 400
openssl genpkey -algorithm ed25519 | make routes_key 400
openssl pkey -in "$folder/routes_key" -pubout | make routes_public_key 444
openssl rand -base64 96 | make mongo_keyfile 444
text 32 | make mongo_root_password 444
text 32 | make mongo_password 444
printf 'mongodb://lastmile:%s@mongo:27017/?replicaSet=rs0&authSource=lastmile' "$(cat "$folder/mongo_password")" | make mongodb_uri 400
text 32 | make postgres_password 444

if [ "$(id -u)" = 0 ]; then chown -R "$user:$user" "$folder"; fi
echo "The secrets are in $folder. The first API key, with every scope, is in $folder/api_key."
