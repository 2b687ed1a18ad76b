"""Starts what an image says, or what a pod says instead, as a container engine does that is told `--read-only`.

Process 1 of namespaces of its own, without network, as the user that the image names, who may not become another; the
root folder is read-only but for the mounts. Engines themselves need rights that a sandbox does not give.

unshare --mount --pid --fork --net --ipc --uts python3 start.py ROOT CONFIG [--mount FOLDER:PATH[:ro]]...
    [--env NAME=VALUE]... [--command] -- ARGUMENT...

ROOT: the mounted root folder of a container; CONFIG: file with what `buildah inspect --type image` prints.
--command: the arguments are the whole command, and do not follow the entrypoint.
"""

import argparse
import ctypes
import json
import os
import subprocess
import sys

PR_SET_NO_NEW_PRIVS = 38


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root")
    parser.add_argument("config")
    parser.add_argument("--mount", action="append", default=[])
    parser.add_argument("--env", action="append", default=[])
    parser.add_argument("--command", action="store_true")
    end = sys.argv.index("--")
    asked, arguments = parser.parse_args(sys.argv[1:end]), sys.argv[end + 1 :]
    with open(asked.config, encoding="utf-8") as file:
        config = json.load(file)["OCIv1"]["config"]

    mount("--rbind", asked.root, asked.root)
    for mounted in asked.mount:
        source, target, *options = mounted.split(":")
        target = asked.root + target
        # Engines make the folder where the image has none.
        os.makedirs(target, exist_ok=True)
        mount("--bind", source, target)
        if options:
            mount("-o", "remount,bind,ro", target)
    mount("-t", "proc", "proc", asked.root + "/proc")
    mount("--rbind", "/dev", asked.root + "/dev")
    mount("-o", "remount,bind,ro", asked.root)
    os.chroot(asked.root)

    user, group = (int(part) for part in config["User"].split(":"))
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.chdir(config["WorkingDir"])
    environment = dict(pair.split("=", 1) for pair in config["Env"] + asked.env)
    command = arguments or config["Cmd"]
    if not asked.command:
        command = config["Entrypoint"] + command
    # Searched in the PATH of the image, as engines do.
    os.environ.clear()
    os.environ.update(environment)
    os.execvp(command[0], command)


main()
