# Bugsink, strict, on SQLite. To be sourced after lib.sh, with $work set.

# bugsink_start SITE_PACKAGES: starts one on a free port of loopback; sets bugsink_address, bugsink_dsn and bugsink_pid. Its database lies in its working folder.
bugsink_start() {
  local key port
  mkdir -p "$work/bugsink"
  export PYTHONPATH=$1:$work/bugsink DJANGO_SETTINGS_MODULE=bugsink_conf PYTHONDONTWRITEBYTECODE=1
  key=$(cd "$work/bugsink" && bugsink_create 2>setup.log) || { tail -n 5 "$work/bugsink/setup.log"; return 1; }
  # One thread: several meet locks of SQLite, which Bugsink answers with 500 after it has taken the event in.
  (cd "$work/bugsink" && exec python3 -m gunicorn --worker-class gthread --workers 1 --threads 1 -b 127.0.0.1:0 bugsink.wsgi >server.log 2>&1) &
  bugsink_pid=$!
  for _ in $(seq 300); do
    port=$(sed -nE 's|.*Listening at: http://127.0.0.1:([0-9]+).*|\1|p' "$work/bugsink/server.log" | head -n 1)
    [[ $port ]] && break
    kill -0 "$bugsink_pid" 2>/dev/null || break
    sleep 0.1
  done
  [[ $port ]] || { tail -n 5 "$work/bugsink/server.log"; return 1; }
  bugsink_address=127.0.0.1:$port
  bugsink_dsn=http://$key@$bugsink_address/1
}

# bugsink_project NUMBER prints the DSN of another project.
bugsink_project() { echo "http://$(bugsink_database create "$1")@$bugsink_address/$1"; }

# bugsink_create prints the key of the project 1.
bugsink_create() {
  python3 -c 'from bugsink.scripts.create_conf import main; main()' --template local -o bugsink_conf.py >&2 &&
    cat "$repo/test/conformance/bugsink/settings.py" >>bugsink_conf.py &&
    python3 -m django migrate -v0 >&2 &&
    python3 -m django migrate snappea --database=snappea -v0 >&2 &&
    python3 "$repo/test/conformance/bugsink/database.py" create 1
}

# bugsink_database COMMAND...: what is in its database.
bugsink_database() { (cd "$work/bugsink" && python3 "$repo/test/conformance/bugsink/database.py" "$@"); }

bugsink_stop() {
  [[ ${bugsink_pid:-} ]] || return 0
  kill "$bugsink_pid" 2>/dev/null
  wait "$bugsink_pid" 2>/dev/null
  bugsink_pid=
}
