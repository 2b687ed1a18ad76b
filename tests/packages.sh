# Packages for tests; sourced, at the top of the repository.
# shellcheck shell=bash

# Installs packages of Debian or Ubuntu, if this may: install WHAT PACKAGE...
install() {
    local what=$1 as_root=()
    shift
    command -v apt-get >/dev/null || return 0
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    if [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; then
        echo "tests: $what; installing $*"
        # One at a time: another test may install too.
        mkdir -p target
        exec 9>target/packages.lock
        ! command -v flock >/dev/null || flock 9
        "${as_root[@]}" apt-get update -qq 9>&- || echo "tests: apt-get update failed; trying with the lists there are"
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" \
            >/dev/null 2>&1 9>&- || echo "tests: $* could not be installed"
        exec 9>&-
    else
        echo "tests: $what, and no right to install it (apt-get install $*)"
    fi
}
