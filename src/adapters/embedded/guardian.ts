/**
 * The shell script that stands between us and a child. It holds one end of a pipe from us; when the other end
 * closes, because we asked or because we died of whatever cause, it ends the child. `sh` is the smallest
 * thing that is on every Linux and macOS machine and outlives a kill -9 of our process.
 *
 * Arguments: signal that asks the child to stop, seconds it may take, signal for when it took longer,
 * seconds until SIGKILL after that, then the command. Descriptor 3 is the pipe, 4 takes the child's pid.
 */
export const guardianScript = `
stop=$1 grace=$2 force=$3 last=$4
shift 4
# Asked to end, say by a machine that shuts down, the guardian stays until its child has ended.
trap : HUP INT TERM
"$@" 3<&- 4>&- </dev/null &
child=$!
echo "$child" >&4
exec 4>&-
await_end() {
  tenths=$(($1 * 10))
  while [ "$tenths" -gt 0 ] && kill -0 "$child" 2>/dev/null; do
    sleep 0.1
    tenths=$((tenths - 1))
  done
}
{
  read -r line <&3
  kill -s "$stop" "$child" 2>/dev/null
  await_end "$grace"
  kill -s "$force" "$child" 2>/dev/null
  await_end "$last"
  kill -s KILL "$child" 2>/dev/null
} >/dev/null 2>&1 &
watcher=$!
exec 3<&-
# A trapped signal ends wait early, with the child still there.
while :; do
  wait "$child"
  status=$?
  kill -0 "$child" 2>/dev/null || break
done
kill -s KILL "$watcher" 2>/dev/null
exit "$status"
`;
