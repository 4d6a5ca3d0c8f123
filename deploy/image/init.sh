#!/bin/sh
# Process 1 of Meerkat's containers: starts the program, passes on the order to stop, and ends as the program does.
#
# What a probe of the operator's leaves behind, or an exec into the container, becomes a child of process 1, which has to
# ask how it ended, or each keeps its number for ever. Node asks for its own children only; a shell that waits asks for all.
# `shareProcessNamespace` would do it, too, and would show the agent what is mounted in the container beside it: the
# container runtime's socket, which is root on the node. An init such as tini is in no base image that is to be had
# everywhere.
child=
order=
pass_on() {
  order=$1
  [ -z "$child" ] || kill -s "$order" "$child" 2>/dev/null
}
trap 'pass_on TERM' TERM
trap 'pass_on INT' INT
"$@" &
child=$!
# One that came before there was anybody to pass it on to.
[ -z "$order" ] || kill -s "$order" "$child" 2>/dev/null
wait "$child"
code=$?
# A signal ends the wait and not the program.
while kill -0 "$child" 2>/dev/null; do
  wait "$child"
  code=$?
done
exit "$code"
