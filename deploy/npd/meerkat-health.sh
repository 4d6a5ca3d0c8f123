#!/bin/bash
# Asks the Meerkat agent of this node how the node is, as a custom plugin of node-problem-detector.
#
#   meerkat-health.sh [node | check:ID] [critical | warning]
#
# Exit code 0: looked and fine. 1: a problem that is at least as grave as the second argument (critical). 2: unknown, thus
# also when no agent answers, when it starts, and when what it knows is too old. One line of at most 80 bytes says why.
# It needs bash alone, because the image of node-problem-detector has neither curl nor jq.
#
#   MEERKAT_HOST     where the agent listens (127.0.0.1)
#   MEERKAT_PORT     and on which port (7575)
#   MEERKAT_TIMEOUT  seconds to wait for the answer (4); node-problem-detector kills a plugin after 5
#
# https://github.com/kubernetes/node-problem-detector/blob/master/docs/custom_plugin_monitor.md
LC_ALL=C

host=${MEERKAT_HOST:-127.0.0.1}
port=${MEERKAT_PORT:-7575}
timeout=${MEERKAT_TIMEOUT:-4}
scope=${1:-node}
fail_on=${2:-critical}

# Says the line and ends. Whatever others said is cut to printable bytes, so that 80 characters are 80 bytes.
finish() {
  local line=${2//[^ -~]/?}
  printf '%s\n' "${line:0:80}"
  exit "$1"
}

case $scope in
  node) path=/health/node ;;
  check:?*) path=/health/check/${scope#check:} ;;
  # A condition that is true on every node at once could make something replace all of them.
  *) finish 2 "UNKNOWN the scope is node or check:ID, not $scope" ;;
esac
[[ $path =~ ^/[a-z0-9/-]+$ ]] || finish 2 "UNKNOWN the scope is node or check:ID, not $scope"
[[ $fail_on == critical || $fail_on == warning ]] || finish 2 "UNKNOWN the severity is critical or warning, not $fail_on"
[[ $port =~ ^[0-9]{1,5}$ ]] || finish 2 "UNKNOWN MEERKAT_PORT is not a port: $port"
[[ $timeout =~ ^[0-9]+(\.[0-9]+)?$ ]] || finish 2 "UNKNOWN MEERKAT_TIMEOUT is not a number of seconds: $timeout"

# Prints "code first-line" when the answer is there. Bounded, because anything may listen on that port.
ask() {
  local code rest line left
  exec 3<>"/dev/tcp/$host/$port" || return
  printf 'GET %s?failOn=%s HTTP/1.0\r\nHost: localhost\r\nAccept: text/plain\r\n\r\n' "$path" "$fail_on" >&3
  IFS=' ' read -r -n 256 rest code line <&3
  [[ $rest == HTTP/1.[01] ]] || { printf '0 \n' && return; }
  for ((left = 100; left > 0; left--)); do
    IFS= read -r -n 1024 line <&3 || break
    [[ $line == $'\r' ]] && break
  done
  IFS= read -r -n 512 line <&3
  printf '%s %s\n' "${code:0:3}" "$line"
}

# It is asked in a child, because opening /dev/tcp has no deadline of its own. The child holds none of the pipes that
# node-problem-detector waits for.
exec {answer}< <(ask 2>/dev/null)
child=$!
IFS=' ' read -r -t "$timeout" -u "$answer" code line
status=$?
kill -KILL "$child" 2>/dev/null

((status > 128)) && finish 2 "UNKNOWN the agent at $host:$port does not answer"
# Only an answer in the agent's own words is a verdict: any other server's 200 or 503 says nothing.
case "$code $line" in
  '200 OK '*) finish 0 "$line" ;;
  '503 PROBLEM '*) finish 1 "$line" ;;
  '504 UNKNOWN '*) finish 2 "$line" ;;
  ' ') finish 2 "UNKNOWN no agent listens at $host:$port" ;;
  '0 '*) finish 2 "UNKNOWN what listens at $host:$port does not speak HTTP; is it TLS?" ;;
esac
[[ $line =~ \"message\":\"(([^\"\\]|\\.)*)\" ]] && finish 2 "UNKNOWN the agent answered $code: ${BASH_REMATCH[1]//\\\"/\"}"
finish 2 "UNKNOWN $host:$port answered $code; is it a Meerkat agent?"
