#!/bin/sh
# A certificate authority and Redis's certificate by it, once; remove the volume to have them made anew.
set -eu
cd /certs
[ -f redis.crt ] && exit 0
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=perdure-compose -keyout ca.key -out ca.crt
openssl req -newkey rsa:2048 -nodes -subj /CN=redis -keyout redis.key -out redis.csr
printf 'subjectAltName=DNS:redis\n' > redis.ext
openssl x509 -req -in redis.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile redis.ext -out redis.crt
# Redis runs as a user of its own; the volume is seen by the containers of this file only.
chmod 644 redis.key
