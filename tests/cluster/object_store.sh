#!/usr/bin/env bash
# Shards by way of an object store, on this machine: bash tests/cluster/object_store.sh
# rclone and moto, which stands in for S3, on the loopback address. A machine dies with a shard half done, a second one
# goes on with it, a third computes the other shard; a store that does not answer is an error. Without them the test is
# skipped, by name, or with REQUIRE_STORE=1 failed. SPURIOUS names the program, if not what cargo builds.
set -euo pipefail
# shellcheck source=tests/cluster/common.sh
. "$(dirname "$0")/common.sh"

command -v rclone >/dev/null || install "no rclone found" rclone
command -v rclone >/dev/null || skip cluster::object_store REQUIRE_STORE "rclone is not here"
python_with "moto[server]==5.2.5"
moto=$(dirname "$python")/moto_server
[ -x "$moto" ] || skip cluster::object_store REQUIRE_STORE "moto is not here"
program
prepare object_store
server=
clean() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; }
cd "$work"
began=$SECONDS
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$moto" -H 127.0.0.1 -p "$port" >moto.log 2>&1 &
server=$!
# The remote `store:`, said in variables; neither proxies nor certificates of this machine are for the loopback address.
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY AWS_CA_BUNDLE
export RCLONE_CONFIG=$work/none RCLONE_CONFIG_STORE_TYPE=s3 RCLONE_CONFIG_STORE_PROVIDER=Other
export RCLONE_CONFIG_STORE_ENDPOINT=http://127.0.0.1:$port RCLONE_CONFIG_STORE_REGION=us-east-1
export RCLONE_CONFIG_STORE_ACCESS_KEY_ID=test RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY=test
export RCLONE_CONFIG_STORE_FORCE_PATH_STYLE=true RCLONE_RETRIES=1 RCLONE_LOW_LEVEL_RETRIES=1
export SPURIOUS_BACKEND=cpu EVERY=0.3 RAYON_NUM_THREADS=1
touch none
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
wait_until 60 "moto answers" answers
rclone mkdir store:bucket
# Fewer parts than in the other tests: moto is no fast store.
sed 's/^keep_every = .*/keep_every = 0.3/; s/^per_cell = .*/per_cell = 3000/' \
    "$root/tests/cluster/experiment.toml" >experiment.toml

machine() { WORK=$work/$1 bash "$root/cluster/object_store/shard.sh" store:bucket/mine experiment.toml "$2" 2; }
stored() { rclone lsf "store:bucket/mine/shards/00001-of-00002/parts" 2>/dev/null | grep -c 'part$' || true; }
some_stored() { [ "$(stored)" -ge "$1" ]; }

# The first machine dies, the program and the script at once, when the store has something of it.
WORK=$work/first setsid bash "$root/cluster/object_store/shard.sh" store:bucket/mine experiment.toml 1 2 \
    >first.log 2>&1 &
first=$!
disown "$first"
wait_until 60 "something is in the store" some_stored 1
kill -9 -- "-$first"
kept=$(stored)
grep -q 'begins$' first.log || fail "the first machine does not say that it begins"

machine second 1 2>second.log || fail "the second machine: $(cat second.log)"
grep -q 'goes on from what' second.log || fail "the second machine does not go on"
[ "$(stored)" -gt "$kept" ] || fail "the first machine had done all of it"
machine third 2 2>third.log || fail "the third machine: $(cat third.log)"
rclone copy store:bucket/mine out
"$SPURIOUS" merge out >/dev/null 2>&1 || fail "merge"
"$SPURIOUS" run experiment.toml --backend cpu --quiet --out whole >/dev/null
compare whole out

# Asked for the shard that is done, another machine finds it done.
machine fourth 1 2>fourth.log || fail "the fourth machine: $(cat fourth.log)"
kill "$server"
wait "$server" 2>/dev/null || true
server=
code=0
machine fifth 1 2>fifth.log || code=$?
if [ "$code" != 1 ] || ! grep -q 'cannot read store:' fifth.log; then
    fail "without a store: exit code $code: $(cat fifth.log)"
fi
[ ! -e fifth/shards ] || fail "without a store a machine has begun"
echo "cluster::object_store: passed, after $((SECONDS - began)) s"
