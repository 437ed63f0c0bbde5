#!/usr/bin/env bash
# s3fs 2026.9.0 (fsspec 2026.9.0, aiobotocore 3.10.0): asked to remove a list of files, `rm` sends one
# DeleteObjects and does not look at the errors in its answer: files that the bucket's policy keeps
# are still there, and nothing is raised. A folder that is removed with recursive=True goes the same
# way. `rm_file` of the same file raises PermissionError.
#
# Seen:
#   rm_file of a kept file: PermissionError
#   rm of a kept and a free file: no error, still there: ['kept']
#   rm of their folder: no error, still there: ['kept']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
  s3fs==2026.9.0 fsspec==2026.9.0 aiobotocore==3.10.0 'moto[server,s3]==5.2.5'
env -u AWS_PROFILE AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_DEFAULT_REGION=us-east-1 \
  "$folder/venv/bin/python" - 2>/dev/null <<'PYTHON' | tee "$folder/seen"
import json

import s3fs
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
store = s3fs.S3FileSystem(endpoint_url=f"http://{host}:{port}", use_listings_cache=False)
store.mkdir("logs")
policy = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:DeleteObject",
            "Resource": "arn:aws:s3:::logs/day/kept",
        }
    ],
}
store.call_s3("put_bucket_policy", Bucket="logs", Policy=json.dumps(policy))


def remove(what, how):
    store.pipe({"logs/day/kept": b"1", "logs/day/free": b"2"})
    try:
        how()
    except OSError as fault:
        print(f"{what}: {type(fault).__name__}")
        return
    left = [name.rpartition("/")[2] for name in store.find("logs/day")]
    print(f"{what}: no error, still there: {left}")


paths = ["logs/day/kept", "logs/day/free"]
remove("rm_file of a kept file", lambda: store.rm_file(paths[0]))
remove("rm of a kept and a free file", lambda: store.rm(paths))
remove("rm of their folder", lambda: store.rm("logs/day", recursive=True))
server.stop()
PYTHON
diff "$folder/seen" - <<'SEEN'
rm_file of a kept file: PermissionError
rm of a kept and a free file: no error, still there: ['kept']
rm of their folder: no error, still there: ['kept']
SEEN
