# Bugsink, strict, on SQLite. To be sourced after lib.sh, with $work set.

# bugsink_start SITE_PACKAGES: starts one on a free port of loopback; sets bugsink_dsn and bugsink_pid.
bugsink_start() {
  local key port
  mkdir -p "$work/bugsink"
  export PYTHONPATH=$1:$work/bugsink DJANGO_SETTINGS_MODULE=bugsink_conf PYTHONDONTWRITEBYTECODE=1
  cd "$work/bugsink" || return 1
  python3 -c 'from bugsink.scripts.create_conf import main; main()' --template local -o bugsink_conf.py >setup.log 2>&1 &&
    cat "$repo/test/conformance/bugsink/settings.py" >>bugsink_conf.py &&
    python3 -m django migrate -v0 >>setup.log 2>&1 &&
    python3 -m django migrate snappea --database=snappea -v0 >>setup.log 2>&1 &&
    key=$(bugsink_database create 2>>setup.log) || { tail -n 5 setup.log; return 1; }
  # One thread: several meet locks of SQLite, which Bugsink answers with 500 after it has taken the event in.
  python3 -m gunicorn --worker-class gthread --workers 1 --threads 1 -b 127.0.0.1:0 bugsink.wsgi >server.log 2>&1 &
  bugsink_pid=$!
  for _ in $(seq 100); do
    port=$(sed -nE 's|.*Listening at: http://127.0.0.1:([0-9]+).*|\1|p' server.log | head -n 1)
    [[ $port ]] && python3 -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:$port/health/ready', timeout=20)" >/dev/null 2>&1
    [[ $port ]] && break
    kill -0 $bugsink_pid 2>/dev/null || { tail -n 5 server.log; return 1; }
    sleep 0.2
  done
  bugsink_dsn=http://$key@127.0.0.1:$port/1
}

# bugsink_database COMMAND...: what is in its database, which lies in its working folder.
bugsink_database() { (cd "$work/bugsink" && python3 "$repo/test/conformance/bugsink/database.py" "$@"); }

bugsink_stop() {
  [[ ${bugsink_pid:-} ]] || return 0
  kill "$bugsink_pid" 2>/dev/null
  wait "$bugsink_pid" 2>/dev/null
  bugsink_pid=
}
