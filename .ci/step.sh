# To be sourced. It appends the duration of each step to the file $STEP_TIMES.

# step <name> <command...>
step() {
  local name="$1 (Node $(node -p process.versions.node))" started=$SECONDS
  shift
  printf '\n==> %s\n' "$name"
  "$@"
  printf '%d %s\n' $((SECONDS - started)) "$name" >>"${STEP_TIMES:-/dev/null}"
}
