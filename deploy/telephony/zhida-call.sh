#!/bin/sh
# Tell Zhida of one event of one call. Any switch that can run a program can use it: Asterisk's System(),
# FreeSWITCH's system. It needs curl and openssl, and three settings, in the environment or in the file
# named by ZHIDA_CALL_CONF (/etc/zhida-call.conf): ZHIDA_URL, ZHIDA_KEY, ZHIDA_SECRET.
#
#   zhida-call.sh EVENT CALL [name=value …]     EVENT: ringing answered held resumed transferred ended
#   zhida-call.sh ringing 1764132.7 agent=8001 caller=13800006207 called=10010 queue_seconds=18
#
# An event that could not be delivered is tried again, under the same number; Zhida takes it once.
set -eu

conf=${ZHIDA_CALL_CONF:-/etc/zhida-call.conf}
if [ -r "$conf" ]; then . "$conf"; fi
event=$1 call=$2
shift 2

quoted() { printf '%s' "$1" | sed 's/[\\"]/\\&/g' | tr -d '\000-\037'; }

now=$(date -u +%s) fraction=$(date -u +%N)
case $fraction in *[!0-9]*) fraction=000000000 ;; esac # a date without nanoseconds
at=$(date -u +%Y-%m-%dT%H:%M:%S).$(printf '%.6s' "$fraction")Z
body="{\"event_id\":\"$(quoted "$call"):$event:$now.$fraction\",\"call\":\"$(quoted "$call")\",\"type\":\"$event\",\"at\":\"$at\""
for pair in "$@"; do
  name=${pair%%=*} value=${pair#*=}
  [ -n "$value" ] || continue
  case $name in
    sequence | queue_seconds) body="$body,\"$name\":$value" ;;
    *) body="$body,\"$name\":\"$(quoted "$value")\"" ;;
  esac
done
body="$body}"

path=/api/v1/calls
for pause in 0 1 2 4 8; do
  sleep "$pause"
  timestamp=$(date -u +%s)
  signature=$(printf '%s\nPOST\n%s\n%s' "$timestamp" "$path" "$body" |
    openssl dgst -sha256 -hmac "$ZHIDA_SECRET" | sed 's/^.*= *//')
  status=$(curl --silent --output /dev/null --write-out '%{http_code}' --max-time 3 \
    --header 'Content-Type: application/json' \
    --header "X-Zhida-Key: $ZHIDA_KEY" \
    --header "X-Zhida-Timestamp: $timestamp" \
    --header "X-Zhida-Signature: $signature" \
    --data-binary "$body" "$ZHIDA_URL$path") || status=000
  case $status in
    200 | 201) exit 0 ;;
    4*) echo "zhida-call: $event $call refused ($status)" >&2; exit 1 ;;
  esac
done
echo "zhida-call: $event $call not delivered ($status)" >&2
exit 1
